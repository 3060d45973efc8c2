"""The story of one scan, as far as one message tells it: claim a chunk, do it under its lease, commit, hand on."""

import asyncio
import contextlib
import random
from collections.abc import Generator, Iterator, Mapping
from typing import Final, cast
from uuid import UUID

import structlog

from shared import chunks, scans
from shared.chunks import Claim, LeaseLostError
from shared.db.pool import AWAY, LOST, connection
from shared.errors import UnavailableError
from shared.jobs import chunk_job
from shared.logs import get_logger
from shared.metrics import CHUNKS, WORKER_INFLIGHT
from shared.scans import Phase, Work
from shared.tasks import end
from workers import discover, fetching, reduce, single
from workers.conclude import count_ended
from workers.fetch.politeness import NotBefore
from workers.lease import FETCHING, Lease, keep
from workers.pages import absolve
from workers.parser import ParserClosed
from workers.ring import ring
from workers.spans import chunk_span
from workers.workshop import Workshop

STAGES = {
    "single": single.run,
    "discover": discover.run,
    "fetch": fetching.run,
    "reduce": reduce.run,
}
"""What is done for each kind of chunk; each returns the chunk that follows, if its end made one ready."""


PHASES: Mapping[str, Phase] = {"single": "fetching", "discover": "discovering"}
DOING: Mapping[str, str] = {"single": "reading the page", "discover": "looking for pages", "fetch": "fetching pages"}

PATIENCE: Final = 30.0
"""Seconds that Postgres is waited for with a chunk to give back."""
CLAIM_SECONDS: Final = 6.0
"""A little longer than a statement may take."""
STOP_GRACE: Final = 1.0
"""Seconds that pages under way have to end by themselves once the scan was stopped or the lease was lost."""
DRAIN_GRACE: Final = 8.0
"""The same when the worker has to end: long enough for most pages, short enough for a drain of 20 s."""


async def run_chunk(shop: Workshop, scan_id: UUID, no: int, request_id: str) -> None:
    """Do one chunk if it is there to be done. Repeated, late and lost messages are all harmless."""
    with structlog.contextvars.bound_contextvars(scan_id=str(scan_id), request_id=request_id, chunk=no):
        taken = await _take(shop, scan_id, no, request_id)
        if taken is None:
            return
        scan, claim = taken
        with WORKER_INFLIGHT.track_inprogress(), chunk_span(scan, claim), _suspected(shop, claim) as alone:
            if alone:
                await _work(shop, scan, claim)
            else:
                await _give_back(shop, claim, wait=random.uniform(0.5, 1.5))  # noqa: S311 - spreads load


async def send_back(shop: Workshop, scan_id: UUID, no: int, *, wait: float = 0.0) -> None:
    """A message that this worker can't act on is for another: without this nobody came for a minute."""
    try:
        async with connection(shop.pool) as conn:
            await chunks.send_back(conn, scan_id, no, wait=wait)
    except AWAY as error:
        get_logger().warning("chunk.not_sent_back", error=type(error).__name__)


async def _take(shop: Workshop, scan_id: UUID, no: int, request_id: str) -> tuple[Work, Claim] | None:
    """Claim the chunk. None when it isn't ours to do, or can't be claimed from here."""
    if shop.drain.is_set():
        await send_back(shop, scan_id, no)
        return None
    claim = None
    try:
        async with asyncio.timeout(CLAIM_SECONDS), connection(shop.pool) as conn:
            claim = await chunks.claim(conn, scan_id, no, shop.settings.worker_name)
            scan = await scans.for_work(conn, scan_id) if claim else None
    except AWAY as error:
        get_logger().warning("chunk.not_claimed", error=type(error).__name__)
        if claim is None:
            await _pass_on(shop, scan_id, no, request_id)
        else:
            await _give_back(shop, claim)
        return None
    return (scan, claim) if claim is not None and scan is not None else None


async def _pass_on(shop: Workshop, scan_id: UUID, no: int, request_id: str) -> None:
    """Put the message back in Redis: perhaps another worker reaches Postgres, or we do in a moment.

    Whatever kind of chunk it is, the queue of chunks may carry it.
    """
    shop.away.set()
    await _pause(shop)
    await ring(shop, [chunk_job("fetch", scan_id, no, request_id)])


async def _pause(shop: Workshop) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(shop.drain.wait(), random.uniform(0.3, 1.0))  # noqa: S311 - spreads load


@contextlib.contextmanager
def _suspected(shop: Workshop, claim: Claim) -> Generator[bool]:
    """Whether the chunk may be done here now: of those that may end their worker, one at a time."""
    if claim.attempts < chunks.SUSPECT_ATTEMPTS:
        yield True
        return
    if shop.suspects:
        yield False
        return
    shop.suspects.add((claim.scan_id, claim.no))
    try:
        yield True
    finally:
        shop.suspects.clear()


async def _work(shop: Workshop, scan: Work, claim: Claim) -> None:
    outcome = "done"
    lease = Lease(claim)
    try:
        async with keep(shop, lease):
            following = await _until_ended(shop, scan, lease)
        if following is not None:
            await ring(shop, [chunk_job("reduce", scan.id, following, scan.request_id)])
    except Exception as error:  # noqa: BLE001 - whatever it was, the chunk goes back and the attempts are counted
        outcome = await _failed(shop, claim, error)
    if lease.trying is not None and outcome in {"done", "unavailable"}:
        await absolve(shop, claim, lease.trying)
    CHUNKS.labels(claim.kind, outcome).inc()
    get_logger().info("chunk.ended", kind=claim.kind, outcome=outcome, worker=shop.settings.worker_name)


async def _until_ended(shop: Workshop, scan: Work, lease: Lease) -> int | None:
    """Do the chunk, but no longer than a moment after it was stopped, lost, or the worker has to end.

    Everything is committed in transactions that prove the lease, so it may be cut off anywhere.
    """
    stage = asyncio.ensure_future(_do(shop, scan, lease))
    ends = {asyncio.ensure_future(one.wait()): one for one in (lease.stop, lease.lost, shop.drain)}
    try:
        await asyncio.wait({stage, *ends}, return_when=asyncio.FIRST_COMPLETED)
        if not stage.done():
            draining = shop.drain.is_set() and not lease.ended
            await asyncio.wait({stage}, timeout=DRAIN_GRACE if draining else STOP_GRACE)
        if stage.done():
            return stage.result()
        get_logger().info("chunk.cut_off", kind=lease.claim.kind, drain=shop.drain.is_set())
    finally:
        await end(stage, *ends)
    if not stage.cancelled() and (error := stage.exception()) is not None:
        raise error
    await _give_back(shop, lease.claim)
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        group = cast("BaseExceptionGroup[BaseException]", error)
        for one in group.exceptions:
            yield from _causes(one)
    else:
        yield error


async def _failed(shop: Workshop, claim: Claim, error: Exception) -> str:
    """Let the chunk go after a failure; what to call it. What isn't the chunk's fault costs it no attempt."""
    causes = list(_causes(error))
    if any(isinstance(one, LeaseLostError) for one in causes):
        get_logger().warning("chunk.lease_lost", kind=claim.kind, fence=claim.fence)
        return "lost"
    away = all(isinstance(one, (*LOST, UnavailableError, ParserClosed, NotBefore)) for one in causes)
    # A TimeoutError of its own is the parser's: Postgres's come as UnavailableError.
    if away and not any(type(one) is TimeoutError for one in causes) and claim.fence < chunks.MAX_FENCE:
        get_logger().warning("chunk.unavailable", kind=claim.kind, error=type(causes[0]).__name__)
        waits = [one.seconds for one in causes if isinstance(one, NotBefore)]
        await _give_back(shop, claim, wait=max(waits, default=0.5))
        return "unavailable"
    get_logger().error("chunk.failed", kind=claim.kind, attempts=claim.attempts, exc_info=error)
    wait = min(60.0, 2.0**claim.attempts) * random.uniform(0.5, 1.5)  # noqa: S311 - spreads load
    await _give_back(shop, claim, wait=wait, blame=True)
    return "failed"


async def _give_back(shop: Workshop, claim: Claim, *, wait: float = 0.0, blame: bool = False) -> None:
    """Release the chunk as soon as Postgres takes it; at last the lease runs out by itself."""
    loop = asyncio.get_running_loop()
    until = loop.time() + PATIENCE
    give = chunks.fail if blame else chunks.release
    while True:
        try:
            async with connection(shop.pool) as conn:
                await give(conn, claim, wait=wait)
        except AWAY as error:
            get_logger().warning("chunk.not_given_back", error=type(error).__name__)
            if shop.drain.is_set() or loop.time() > until:
                return
            await _pause(shop)
        else:
            return


async def _do(shop: Workshop, scan: Work, lease: Lease) -> int | None:
    """Run the chunk's stage, unless its scan has ended or it has failed too often."""
    claim = lease.claim
    overdue = claim.kind in FETCHING and scan.overdue
    if scan.status != "running" or scan.stop_requested_at is not None or overdue:
        await _give_back(shop, claim, wait=1.0)
        return None
    if claim.attempts >= _tries(claim):
        await _give_up(shop, scan, claim)
        return None
    if scan.started_at is None:
        async with connection(shop.pool) as conn:
            # A scan whose discovery never came to run before its time was up begins with its analysis.
            await scans.begin(conn, scan.id, PHASES.get(claim.kind, scan.phase))
    return await STAGES[claim.kind](shop, scan, lease)


def _tries(claim: Claim) -> int:
    """Attempts after which the scan is given up. Among pages each may be poison, and is condemned by itself."""
    pages = claim.seq_to - claim.seq_from + 1 if claim.kind == "fetch" else 0
    return chunks.MAX_ATTEMPTS * (1 + 2 * pages)


async def _give_up(shop: Workshop, scan: Work, claim: Claim) -> None:
    """End a scan whose work failed three times, and give its unit back."""
    doing = DOING.get(claim.kind, "adding up")
    reason = f"The scan failed {chunks.MAX_ATTEMPTS} times while {doing}; the service's log has the reason."
    async with connection(shop.pool) as conn, conn.transaction():
        await chunks.hold(conn, claim)
        if await scans.finish(conn, scan.id, status="error", reason_code="failed", reason=reason):
            await scans.refund(conn, scan.id)
            count_ended(shop, scan, "error")
        await chunks.finish(conn, claim)
