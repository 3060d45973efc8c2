"""The pages of a chunk: fetched politely, judged in the child process, committed in small batches under the fence."""

import asyncio
import hashlib
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import Struct, field

from shared import chunks
from shared.chunks import Claim
from shared.db.pool import AWAY, Connection, connection
from shared.db.queries import queries
from shared.host_probes import HostTls
from shared.logs import get_logger
from shared.metrics import CHECKS_RAISED, FETCH_DURATION, JUDGE_DURATION, PAGES, PAGES_UNCHANGED, PARSE_KILLED
from shared.page import Context, Fetched, FetchError, Missing, Tls
from shared.robots import Robots
from shared.scans import Work
from shared.tally import Tally, merge
from shared.tracing import traced
from shared.urls import host_of, normalise
from workers.fetch.options import FetchOptions
from workers.fetch.politeness import NotBefore
from workers.frontier import SEED_DEPTH, Candidate, Sieve, add
from workers.lease import Lease
from workers.other_robots import OtherRobots
from workers.parser import JobFailed, ParserKilled
from workers.polite import host_slot, rules_of
from workers.probes.candidates import Look
from workers.probes.manner import PAGE_OPTIONS, asked_for
from workers.probes.of_page import Prober, wishes
from workers.rescan.before import Before, conditional, slow_from, taken_over
from workers.rescan.keeping import verdict_key
from workers.sample_fetch import fetch_sample
from workers.scan_page import PageJob, PageRow, Terms, without_body
from workers.spans import of_batch, of_page, of_url
from workers.workshop import Workshop, terms_of

BATCH_PAGES = 10
BATCH_SECONDS = 2.0
JUDGE_SECONDS = 60.0
"""For the answer of the parser, waiting for other pages included; one page has 5 s of it."""
MAX_ROBOTS = 65_536
"""A robots.txt larger than this isn't sent to the parser with every page."""
ROBOTS_AGENTS = ("*", "Googlebot", "Bingbot")
HTTP_ERROR = 400
NOT_MODIFIED = 304

_URLS = queries("urls")
_PAGES = queries("pages")
_ENCODE = msgspec.msgpack.Encoder()
_ROW = msgspec.msgpack.Decoder(PageRow)
_LOOK = msgspec.msgpack.Decoder(Look)
_TALLY = msgspec.msgpack.Decoder(Tally)


class UrlFacts(Struct, frozen=True):
    """What discovery knew of a URL besides itself."""

    alternates: tuple[tuple[str, str], ...] = ()


class Target(Struct, frozen=True, gc=False):
    """A page to do."""

    seq: int
    url: str
    depth: int | None
    in_sitemap: bool
    attempts: int
    lastmod: str | None
    alternates: tuple[tuple[str, str], ...]


class Assignment(Struct, frozen=True, kw_only=True):
    """What a chunk's pages have in common."""

    shop: Workshop
    scan: Work
    lease: Lease
    robots: Robots
    robots_file: tuple[int | None, bytes]
    options: FetchOptions
    before: Mapping[str, Before] = {}
    """Pages of the scan before, by URL."""
    tls: HostTls | None = None
    """What was found out about the host's TLS."""
    missing: Missing | None = None
    """The page that it serves for what doesn't exist."""
    elsewhere: OtherRobots = field(default_factory=OtherRobots)

    @property
    def claim(self) -> Claim:
        """The held chunk."""
        return self.lease.claim


class Sums(Struct):
    """What the chunk has come to, earlier holders' committed pages included."""

    tally: Tally
    done: int
    failed: int


async def targets(conn: Connection, claim: Claim) -> list[Target]:
    """The chunk's pages that aren't committed yet."""
    rows = await (
        await conn.execute(
            _URLS["of_chunk"], {"scan_id": claim.scan_id, "seq_from": claim.seq_from, "seq_to": claim.seq_to}
        )
    ).fetchall()
    return [
        Target(
            row["seq"],
            row["url"],
            row["depth"],
            row["in_sitemap"],
            row["attempts"],
            row["lastmod"],
            msgspec.convert(row["facts"] or {}, UrlFacts).alternates,
        )
        for row in rows
    ]


def context_of(work: Assignment, target: Target) -> Context:
    """What the scan knows of the page besides its bytes."""
    scan, before = work.scan, work.before.get(target.url)
    robots = work.elsewhere.known(target.url, work.robots)
    return Context(
        now=work.shop.clock.now(),
        is_home=(target.seq == 0 and scan.mode != "sitemap") or _place(target.url) == _home(scan.url),
        in_sitemap=target.in_sitemap if scan.mode != "single" else None,
        depth=target.depth,
        robots={agent: robots.allowed(target.url, agent) for agent in ROBOTS_AGENTS},
        site_host=scan.url.split("/", 3)[2].rpartition("@")[2].partition(":")[0],
        include_subdomains=bool(scan.options.get("include_subdomains", False)),
        sitemap_alternates=target.alternates,
        previous=before.previous if before else None,
        missing=work.missing,
    )


@lru_cache(maxsize=64)
def _home(url: str) -> str:
    return _place("/".join(url.split("/", 3)[:3]) + "/")


def _place(url: str) -> str:
    """Host and path in the one spelling; a scan may have fallen back to the other scheme."""
    return (normalise(url) or url).partition("://")[2]


def key_of(work: Assignment, target: Target, context: Context, terms: Terms) -> bytes | None:
    """What the page's verdict depends on besides its answer; None where the next scan can't take the verdict over.

    A page whose assets, external links or certificate are looked at depends on more than its own answer.
    """
    scan = work.scan
    if scan.mode == "single" or scan.test or scan.sealed is not None or not PAGE_OPTIONS.isdisjoint(asked_for(scan)):
        return None
    robots = _print(*work.robots_file)
    return verdict_key(context, terms, scan.mode, robots, target.lastmod, work.options.user_agent)


@lru_cache(maxsize=8)
def _print(status: int | None, body: bytes) -> tuple[int | None, bytes]:
    """Stands for a robots.txt, which may have 500 kB; the pages of a chunk share it."""
    return status, hashlib.blake2b(body, digest_size=16).digest()


@traced("page", of_page)
async def done(work: Assignment, target: Target, terms: Terms) -> PageRow:
    """The page's row: judged anew, or taken over from the scan before if the server says that nothing has changed.

    Raises `NotBefore`.
    """
    await work.elsewhere.of(work.shop, work.scan, target.url, work.robots)  # the key below depends on it
    before, now = work.before.get(target.url), work.shop.clock.now()
    asked = None
    if before is not None:
        asked = conditional(before, key_of(work, target, context_of(work, target), terms), now, work.options)
    if before is None or asked is None:
        return await judge(work, target, await fetch(work, target.url), terms)
    fetched = await fetch(work, target.url, asked)
    row = taken_over(before, fetched, target.seq, now, slow_from(terms))
    if row is not None:
        PAGES_UNCHANGED.inc()
        return row
    if fetched.status == NOT_MODIFIED:
        fetched = await fetch(work, target.url)
    return await judge(work, target, fetched, terms)


@traced("page.fetch", of_url)
async def fetch(work: Assignment, url: str, options: FetchOptions | None = None) -> Fetched:
    """The page, or why not. Raises `NotBefore` when the host's turn is too far off."""
    scan, options = work.scan, options or work.options
    robots = await work.elsewhere.of(work.shop, scan, url, work.robots)
    heeds = scan.options.get("respect_robots", True)
    if heeds and not robots.allowed(url, options.user_agent):
        return Fetched(url, url, headers=None, error=FetchError("blocked_by_robots", "robots.txt disallows this URL"))
    if scan.test:
        return fetch_sample(url, scan.url, work.shop.clock.now())

    async def permits(target: str) -> bool:
        theirs = await work.elsewhere.of(work.shop, scan, target, work.robots)
        return theirs.allowed(target, options.user_agent)

    async with host_slot(work.shop, scan, robots, url) as slot:
        began = time.perf_counter()
        fetched = await work.shop.fetcher.get(url, options, permits=permits if heeds else None)
        FETCH_DURATION.observe(time.perf_counter() - began)
        slot.answered(fetched)
    return fetched


@traced("page.judge", of_page)
async def judge(work: Assignment, target: Target, fetched: Fetched, terms: Terms) -> PageRow:
    """The page's row. A page that kills its parser becomes a row that says so.

    Raises `NotBefore` when the work has to end while the page's probes are under way.
    """
    if fetched.tls is not None:
        fetched = msgspec.structs.replace(fetched, tls=tls_of(work, fetched))
    robots = work.robots_file if len(work.robots_file[1]) <= MAX_ROBOTS else None
    context = context_of(work, target)
    job = PageJob(
        target.seq,
        fetched,
        context,
        terms,
        links=work.scan.mode == "crawl",
        robots=robots,
        lastmod=target.lastmod,
        keep=key_of(work, target, context, terms),
    )
    if wishes(work.scan):
        job = await probed(work, job)
    began = time.perf_counter()
    try:
        answer = await work.shop.parser.run(_ENCODE.encode(job), deadline=JUDGE_SECONDS)
    except (ParserKilled, JobFailed) as error:
        reason = error.reason if isinstance(error, ParserKilled) else "failed"
        PARSE_KILLED.labels(reason).inc()
        get_logger().error("parser.gave_up", reason=reason, url=target.url, error=str(error)[:500])
        harmless = without_body(job, "parser_killed", f"this page could not be read ({reason})")
        answer = await work.shop.parser.run(_ENCODE.encode(harmless), deadline=JUDGE_SECONDS)
    JUDGE_DURATION.observe(time.perf_counter() - began)
    row = _ROW.decode(answer)
    for check, text in row.raised:
        CHECKS_RAISED.labels(check.partition(".")[0]).inc()
        get_logger().error("check.raised", check=check, error=text, url=target.url)
    return row


def tls_of(work: Assignment, fetched: Fetched) -> Tls | None:
    """What the page's checks may know of its connection: nothing unless that was asked for."""
    if fetched.tls is None or "tls" not in asked_for(work.scan):
        return None
    if work.tls is None or work.tls.host != host_of(fetched.final_url):
        return fetched.tls
    return msgspec.structs.replace(fetched.tls, accepts=work.tls.accepts)


async def probed(work: Assignment, job: PageJob) -> PageJob:
    """The job with what the page loads and links to, asked for after a first look at it. Raises `NotBefore`."""
    look = Look()
    if job.fetched.error is None and job.fetched.body:
        try:
            payload = _ENCODE.encode(msgspec.structs.replace(job, look=True))
            look = _LOOK.decode(await work.shop.parser.run(payload, deadline=JUDGE_SECONDS))
        except (ParserKilled, JobFailed):
            return job
    prober = Prober(work.shop, work.scan, work.lease, work.robots, work.options)
    return msgspec.structs.replace(job, context=await prober.context(job.context, look))


def outcome_of(row: PageRow) -> str:
    """The metric's label."""
    if row.error is not None:
        return row.error
    return "ok" if row.status is not None and row.status < HTTP_ERROR else "http_error"


def failed(row: PageRow) -> bool:
    """Whether the page counts as failed in the scan's progress."""
    return row.error is not None or row.status is None or row.status >= HTTP_ERROR


def row_values(scan_id: Any, row: PageRow) -> dict[str, Any]:  # noqa: ANN401
    """The row's columns. JSON and the ids of checks go as text: psycopg's own wrappers cost 40 % of a row."""
    return {
        "scan_id": scan_id,
        "seq": row.seq,
        "url": row.url,
        "final_url": row.final_url,
        "status": row.status,
        "error": row.error,
        "score": row.score,
        "title": row.title,
        "depth": row.depth,
        "bytes": row.size,
        "duration_ms": row.duration_ms,
        "checks": " ".join(row.checks),
        "findings": row.findings.decode(),
        "facts": row.facts.decode(),
        "site": row.site,
        "etag": row.etag,
        "last_modified": row.last_modified,
        "verdict_key": row.verdict_key,
        "again": row.again,
    }


class Writer:
    """Commits judged pages in batches; every commit proves the lease."""

    def __init__(self, work: Assignment) -> None:
        """Go on from what earlier holders of the chunk committed."""
        claim = work.claim
        tally = _TALLY.decode(claim.tally) if claim.tally else Tally()
        self.sums = Sums(tally, claim.done, claim.failed)
        self._work = work
        self._sieve = Sieve(work.scan)
        self._waiting: list[PageRow] = []
        self._since = 0.0
        self._lock = asyncio.Lock()

    async def put(self, row: PageRow) -> None:
        """Take a row; commit when a batch is full or old. Raises `LeaseLostError`."""
        if not self._waiting:
            self._since = time.monotonic()
        self._waiting.append(row)
        if len(self._waiting) >= BATCH_PAGES or time.monotonic() - self._since > BATCH_SECONDS:
            await self.flush()

    async def tick(self) -> None:
        """Commit what has waited for long. Raises `LeaseLostError`."""
        if self._waiting and time.monotonic() - self._since > BATCH_SECONDS:
            await self.flush()

    async def flush(self) -> None:
        """Commit everything taken so far. Raises `LeaseLostError`."""
        async with self._lock:
            batch, self._waiting = self._waiting, []
            if not batch:
                return
            async with connection(self._work.shop.pool) as conn, conn.transaction():
                sums = await write(conn, self._work, self._sieve, batch, self.sums)
            self.sums = sums
            for row in batch:
                PAGES.labels(outcome_of(row)).inc()


@traced("pages.write", of_batch)
async def write(conn: Connection, work: Assignment, sieve: Sieve, batch: Sequence[PageRow], sums: Sums) -> Sums:
    """Rows, tally and newly found links, in the caller's transaction. Raises `LeaseLostError`.

    The scan's row is locked before the chunk's (in `add`), always in this order, so that workers can't deadlock.
    """
    claim = work.claim
    found = [
        Candidate(link, (SEED_DEPTH if row.depth is None else row.depth) + 1) for row in batch for link in row.links
    ]
    if found:
        await add(conn, work.scan.id, sieve, found)
    sums = Sums(
        merge(sums.tally, *(row.tally for row in batch)),
        sums.done + len(batch),
        sums.failed + sum(1 for row in batch if failed(row)),
    )
    if await chunks.progress(conn, claim, tally=_ENCODE.encode(sums.tally), done=sums.done, failed=sums.failed):
        work.lease.stop.set()
    async with conn.cursor() as cursor:
        await cursor.executemany(_PAGES["insert"], [row_values(work.scan.id, row) for row in batch])
    return sums


@asynccontextmanager
async def ticking(writer: Writer) -> AsyncGenerator[None]:
    """Commit old batches in the background for the length of the block."""

    async def tick() -> None:
        while True:
            await asyncio.sleep(BATCH_SECONDS / 2)
            await writer.tick()

    async with asyncio.TaskGroup() as group:
        task = group.create_task(tick())
        try:
            yield
        finally:
            task.cancel()


async def work_through(work: Assignment, writer: Writer, pages: Sequence[Target]) -> float | None:
    """Do the pages. Returns None when all are done, else the seconds to wait before going on (0: drained or stopped).

    Raises `LeaseLostError` when somebody else holds the chunk.
    """
    terms = terms_of(work.scan)
    waiting = iter(pages)
    pause: list[float] = []
    careful = work.claim.attempts >= chunks.SUSPECT_ATTEMPTS

    async def slot() -> None:
        for target in waiting:
            if work.lease.ended or work.shop.drain.is_set() or pause:
                pause.append(0.0)
                return
            if careful:
                await _confess(work, writer, target)
            try:
                row = await done(work, target, terms)
            except NotBefore as later:
                pause.append(later.seconds)
                return
            await writer.put(row)
            work.lease.trying = None

    async with ticking(writer):
        async with asyncio.TaskGroup() as group:
            for _ in range(1 if careful else parallel(work)):
                group.create_task(slot())
        await writer.flush()
    return max(pause) if pause else None


async def _confess(work: Assignment, writer: Writer, target: Target) -> None:
    """Write down that this page is being tried, after committing the ones before it."""
    await writer.flush()
    async with connection(work.shop.pool) as conn, conn.transaction():
        await chunks.hold(conn, work.claim)
        await conn.execute(_URLS["mark_tried"], {"scan_id": work.scan.id, "seq": target.seq})
    work.lease.trying = target.seq


async def absolve(shop: Workshop, claim: Claim, seq: int) -> None:
    """Take back that the page was tried: it was let go for another reason than its own."""
    try:
        async with connection(shop.pool) as conn:
            await conn.execute(_URLS["unmark_tried"], {"scan_id": claim.scan_id, "seq": seq})
    except AWAY as error:
        get_logger().warning("page.not_absolved", seq=seq, error=type(error).__name__)


def parallel(work: Assignment) -> int:
    """Pages of this chunk under way at once: half of what the host takes, since a second chunk shares it."""
    return -(-rules_of(work.shop.settings, work.scan, work.robots, work.scan.url).concurrency // 2)


def poisonous(pages: Sequence[Target]) -> tuple[list[Target], list[Target]]:
    """(pages to do, pages that were tried three times and took their worker with them each time)."""
    return (
        [page for page in pages if page.attempts < chunks.MAX_ATTEMPTS],
        [page for page in pages if page.attempts >= chunks.MAX_ATTEMPTS],
    )


def condemned(target: Target) -> Fetched:
    """The page's place in the results."""
    message = "the page ended its worker three times and was given up"
    return Fetched(target.url, target.url, headers=None, error=FetchError("parser_killed", message))
