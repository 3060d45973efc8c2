"""A sitemap scan through the whole fleet: CPU of each kind of process, a page."""

import asyncio
import secrets
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from deploy.local.accounts import open_accounts
from deploy.local.api import Client
from deploy.local.fleet import Fleet, FleetOptions, base_environment, module_spec
from deploy.local.ports import free_ports
from deploy.local.screen import Screen
from deploy.local.secret import secret_key
from deploy.local.signals import Interrupts
from tests.bench.folder import in_folder
from tests.bench.peers.runner import Measured
from tests.bench.processes import cpu_seconds, parser_seconds
from tests.bench.site_server import HOST, READY_PATH

SCAN_SECONDS = 1_800.0
CONCURRENCY = 10
POLL_SECONDS = 0.5
Beside = Callable[[str], Coroutine[Any, Any, list[Measured]]]
"""Measures other crawlers on the site whose sitemap it is given."""


class Scanned(Struct, frozen=True):
    """The outcome; `cpu` in seconds by kind of process, spent between POST and the scan's end.

    `parsers` is what the workers' parsers took of `cpu["workers"]`; the rest is their event loops'. `peers` are other
    crawlers on the same site, right after it.
    """

    status: str
    pages: int
    seconds: float
    cpu: dict[str, float]
    parsers: float = 0.0
    peers: list[Measured] = []


def measure(folder: Path | None, pages: int, workers: int, screen: Screen, beside: Beside | None = None) -> Scanned:
    """Start a fleet of its own on embedded servers, scan `pages` pages, and end it."""
    return in_folder(
        lambda directory, interrupts: _measure(directory, folder, pages, workers, screen, interrupts, beside)
    )


async def _measure(
    directory: Path,
    folder: Path | None,
    pages: int,
    workers: int,
    screen: Screen,
    interrupts: Interrupts,
    beside: Beside | None,
) -> Scanned:
    options = FleetOptions(directory, workers=workers, allow_networks=("127.0.0.0/8",))
    async with Fleet(options, screen.note, interrupts) as fleet:
        port = free_ports(1)[0]
        site = f"http://{HOST}:{port}"
        arguments = (str(port), str(pages), *([str(folder)] if folder else []))
        spec = module_spec("bench-site", "tests.bench.site_server", base_environment(), *arguments)
        await fleet.add(spec, site + READY_PATH)
        async with open_accounts(fleet.database_url, secret_key(directory)) as accounts:
            email = f"bench-{secrets.token_hex(4)}@example.org"
            await accounts.create_user(email, secrets.token_urlsafe(24), "enterprise")
            key = await accounts.create_key(email, "bench", ("read", "scan"), "live")
        async with Client(fleet.address, key) as client:
            scanned = await fleet.run(_scan(client, f"{site}/"))
        if beside is None:
            return scanned
        screen.note("the same pages by other crawlers")
        return replace(scanned, peers=await fleet.run(beside(f"{site}/sitemap.xml")))


async def _scan(client: Client, url: str) -> Scanned:
    before, parsers, began = cpu_seconds(), parser_seconds(), time.perf_counter()
    scan_id = await client.start_scan(url, "sitemap", {"concurrency": CONCURRENCY, "delay_ms": 0})
    async with asyncio.timeout(SCAN_SECONDS):
        while (scan := await client.scan(scan_id)).status == "running":
            await asyncio.sleep(POLL_SECONDS)
    seconds, after, parsers = time.perf_counter() - began, cpu_seconds(), parser_seconds() - parsers
    spent = {kind: after[kind] - before[kind] for kind in after}
    return Scanned(scan.status, scan.progress.done, seconds, spent, parsers)
