"""How the host answers an address that doesn't exist: asked before the pages, which are compared with it."""

import hashlib
from typing import Any, Final
from urllib.parse import urljoin

import msgspec
from msgspec import Struct

from shared import chunks
from shared.db.pool import Connection, connection
from shared.host_probes import Seen
from shared.minhash import similarity
from shared.page import Missing
from shared.robots import Robots
from shared.scans import Work
from workers.fetch.politeness import NotBefore
from workers.lease import Lease
from workers.probes import store
from workers.probes.manner import Budget, asked_for
from workers.probes.of_host import HostProber
from workers.workshop import Workshop, fetch_options

MISSING_SECONDS: Final = 20.0
SAME: Final = 0.9
"""Share of their texts that two answers have in common when they are one page (heuristic)."""


class Nowhere(Struct, frozen=True):
    """The answer to an address that nobody has given to a page; `start`: the start page, looked at beside a page."""

    random: Seen | None = None
    start: Seen | None = None

    @property
    def missing(self) -> Missing | None:
        """What pages are compared with. None where it tells nothing: a real "not found", a redirect, no text.

        Where the start page looks the same, a program in the browser makes pages of it, and every address has it.
        """
        random, start = self.random, self.start
        if random is None or start is None or not random.ok or not random.is_html or not random.content_hash:
            return None
        if random.final_url != random.url or not start.ok:
            return None
        if start.content_hash == random.content_hash or similarity(start.sketch, random.sketch) >= SAME:
            return None
        return Missing(random.url, random.title, random.content_hash, random.sketch)


async def probe_missing(shop: Workshop, scan: Work, lease: Lease, url: str, robots: Robots) -> Nowhere:
    """Ask for an address that can't exist, unless it was asked before or the scan doesn't want to know.

    `url` is the start page by the scheme that answers. Raises `NotBefore` when the work has to end, `LeaseLostError`.
    """
    if "random_404" not in asked_for(scan):
        return Nowhere()
    async with connection(shop.pool) as conn:
        asked, known = await store.host(conn, scan.id, "missing")
    if asked:
        return msgspec.convert(known, Nowhere)
    prober = HostProber(shop, scan, lease, url, robots, fetch_options(scan, shop.settings))
    nowhere = await _ask(prober, Budget(MISSING_SECONDS))
    if prober.ended:
        raise NotBefore(0.0)
    async with connection(shop.pool) as conn, conn.transaction():
        await chunks.hold(conn, lease.claim)
        await store.save_host(conn, scan.id, "missing", url, msgspec.to_builtins(nowhere))
    return nowhere


async def _ask(prober: HostProber, budget: Budget) -> Nowhere:
    """The address is the same each time the scan is taken up again."""
    name = hashlib.blake2b(prober.scan.id.bytes, digest_size=12).hexdigest()
    url = urljoin(prober.url, f"/{name}")
    if not prober.allowed(url):
        return Nowhere()
    random = await prober.seen(url, prober.options, budget)
    if random is None or random.error is not None or random.refused is not None:
        return Nowhere()
    compare = random.ok and random.final_url == url and prober.allowed(prober.url)
    return Nowhere(random, await prober.seen(prober.url, prober.options, budget) if compare else None)


async def load_missing(conn: Connection, scan: Work) -> Nowhere:
    """What was asked before the pages."""
    known: Any = None
    if "random_404" in asked_for(scan):
        _, known = await store.host(conn, scan.id, "missing")
    return Nowhere() if known is None else msgspec.convert(known, Nowhere)
