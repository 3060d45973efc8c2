"""The stage that plans a scan of many pages: robots.txt, sitemaps, the start page; everything else follows from it."""

from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

import msgspec
from psycopg.types.json import Jsonb

from shared import chunks
from shared.checks.site import Fault, SitemapFile
from shared.db.pool import connection
from shared.db.queries import queries
from shared.scans import Work
from shared.sitemaps import SitemapEntry
from shared.tracing import traced
from workers.conclude import Outcome, end_in_error
from workers.fetch.discovery import Discovery, SitemapBatch
from workers.fetch.discovery import SitemapFile as ReadFile
from workers.fetch.politeness import NotBefore, Slot
from workers.frontier import Candidate, Sieve, add
from workers.lease import Lease
from workers.polite import host_slot
from workers.probes.missing import probe_missing
from workers.probes.of_host import probe_host, probe_tls
from workers.sample_fetch import sample_sitemaps
from workers.site_files import save_robots
from workers.starting import REASONS, Opening, open_host, settle
from workers.workshop import Workshop, fetch_options

MAX_FILES_KEPT = 1_000
"""Sitemap files whose report is kept; the rest is only read."""
MAX_ALTERNATES = 200
SITEMAP_PATIENCE = 600.0
"""Seconds that a sitemap's turn is waited for: giving the chunk back would read the ones before it again."""

_RESULTS = queries("results")
_SCANS = queries("scans")
_NOTHING: Any = None


async def run(shop: Workshop, scan: Work, lease: Lease) -> int | None:
    """Plan the scan. Taking it up again after a crash adds what is missing and counts nothing twice."""
    opening = await open_host(shop, scan)
    if opening.error is not None:
        await _keep(shop, scan, lease, opening)
        if scan.found:
            return await _end(shop, scan, lease, incomplete="unreachable")
        await _fail(shop, scan, lease, opening.error)
        return None
    start = opening.url
    try:
        scan, opening = await settle(shop, scan, opening)
        await _keep(shop, scan, lease, opening)
        planner = Planner(shop, scan, lease, opening, start)
        await probe_tls(shop, scan, lease)
        await probe_missing(shop, scan, lease, opening.url, opening.robots)
        await planner.plan()
        await probe_host(shop, scan, lease, opening.url, opening.robots)
    except NotBefore as later:
        async with connection(shop.pool) as conn:
            await chunks.release(conn, lease.claim, wait=later.seconds)
        return None
    if lease.ended:
        async with connection(shop.pool) as conn:
            await chunks.release(conn, lease.claim, wait=0.0)
        return None
    return await _end(shop, scan, lease)


async def _keep(shop: Workshop, scan: Work, lease: Lease, opening: Opening) -> None:
    async with connection(shop.pool) as conn, conn.transaction():
        await chunks.hold(conn, lease.claim)
        await save_robots(conn, scan.id, opening.answer)


async def _end(shop: Workshop, scan: Work, lease: Lease, *, incomplete: str | None = None) -> int | None:
    """The plan is made. `incomplete` says why it isn't whole: the host has gone since it was begun."""
    async with connection(shop.pool) as conn, conn.transaction():
        await chunks.hold(conn, lease.claim)
        if incomplete is not None:
            await conn.execute(_SCANS["mark_incomplete"], {"id": scan.id, "why": incomplete})
        return await chunks.end(conn, lease.claim)


async def _fail(shop: Workshop, scan: Work, lease: Lease, code: str) -> None:
    async with connection(shop.pool) as conn, conn.transaction():
        await chunks.hold(conn, lease.claim)
        outcome = Outcome(tally=_NOTHING, done=0, failed=0, found=0)
        await end_in_error(conn, shop, scan, code, REASONS[code], outcome=outcome)
        await chunks.finish(conn, lease.claim)


class Planner:
    """Adds the start page (crawl) and the sitemaps' pages, batch by batch."""

    def __init__(self, shop: Workshop, scan: Work, lease: Lease, opening: Opening, start: str) -> None:
        """Everything goes by the scheme and host that answered; only `start` may stand elsewhere and redirect there."""
        self._shop = shop
        self._scan = scan
        self._lease = lease
        self._opening = opening
        self._sieve = Sieve(msgspec.structs.replace(scan, url=opening.url))
        self._start = start
        self._files = 0
        self._listed = 0

    @traced("discovery")
    async def plan(self) -> None:
        """The start page comes first in a crawl; in a sitemap scan it stands in when there is no sitemap."""
        start = Candidate(self._start, depth=0 if self._scan.mode == "crawl" else None)
        there = Sieve(msgspec.structs.replace(self._scan, url=self._start))
        if self._scan.mode == "crawl":
            await self._add([start], there)
        if self._scan.test:
            for item in sample_sitemaps(self._scan.url):
                await self._take(item)
        else:
            await self._read()
        # A worker that has to end stops reading: that says nothing of what the sitemaps list.
        if not self._listed and self._scan.mode == "sitemap" and not self._lease.ended:
            await self._add([start], there)

    async def _read(self) -> None:
        scan, shop = self._scan, self._shop
        discovery = Discovery(
            shop.fetcher,
            "/".join(self._opening.url.split("/", 3)[:3]),
            fetch_options(scan, shop.settings),
            self._opening.robots,
            polite=self._polite,
            clock=shop.clock,
        )
        async with aclosing(discovery.items()) as items:
            async for item in items:
                if self._lease.ended or shop.drain.is_set():
                    self._lease.stop.set()
                    return
                await self._take(item)

    @asynccontextmanager
    async def _polite(self, url: str) -> AsyncGenerator[Slot]:
        async with host_slot(self._shop, self._scan, self._opening.robots, url, patience=SITEMAP_PATIENCE) as slot:
            yield slot

    async def _take(self, item: SitemapBatch | ReadFile) -> None:
        if isinstance(item, SitemapBatch):
            self._listed += len(item.entries)
            await self._add(list(_candidates(item.entries)))
            return
        self._files += 1
        if self._files <= MAX_FILES_KEPT:
            async with connection(self._shop.pool) as conn, conn.transaction():
                await chunks.hold(conn, self._lease.claim)
                await conn.execute(_RESULTS["save_file"], _file_row(self._scan, self._files, item))

    async def _add(self, candidates: list[Candidate], sieve: Sieve | None = None) -> None:
        async with connection(self._shop.pool) as conn, conn.transaction():
            await chunks.hold(conn, self._lease.claim)
            if await add(conn, self._scan.id, sieve or self._sieve, candidates):
                # A long plan may lose workers that have nothing to do with it.
                await chunks.forget_attempts(conn, self._lease.claim)


def _candidates(entries: tuple[SitemapEntry, ...]) -> Iterator[Candidate]:
    for entry in entries:
        alternates = entry.alternates[:MAX_ALTERNATES]
        facts = msgspec.json.encode({"alternates": alternates}).decode() if alternates else None
        yield Candidate(entry.loc, in_sitemap=True, lastmod=entry.lastmod, facts=facts)


def _file_row(scan: Work, n: int, read: ReadFile) -> dict[str, Any]:
    facts = SitemapFile(
        url=read.url,
        status=read.status,
        kind=read.kind,
        urls=read.urls,
        bytes=read.bytes,
        problems=[Fault(one.kind, one.line, one.text) for one in read.problems],
        counts={str(kind): count for kind, count in read.problem_counts.items()},
        error=read.error.kind if read.error else None,
    )
    return {
        "scan_id": scan.id,
        "n": n,
        "kind": "sitemap",
        "url": read.url,
        "status": read.status,
        "body": None,
        "facts": Jsonb(msgspec.to_builtins(facts)),
    }
