"""The story of one scan, as far as one message tells it: claim a chunk, do it under its lease, commit, hand on."""

from collections.abc import Mapping
from uuid import UUID

import structlog

from shared import chunks, scans
from shared.chunks import Claim, LeaseLostError
from shared.db.pool import AWAY, connection
from shared.errors import UnavailableError
from shared.jobs import chunk_job
from shared.logs import get_logger
from shared.metrics import CHUNKS, WORKER_INFLIGHT
from shared.scans import Phase, Work
from workers import discover, fetching, reduce, single
from workers.fetch.politeness import host_key
from workers.lease import Lease, keep
from workers.ring import ring
from workers.workshop import Workshop

STAGES = {
    "single": single.run,
    "discover": discover.run,
    "fetch": fetching.run,
    "reduce": reduce.run,
}
"""What is done for each kind of chunk; each returns the chunk that follows, if its end made one ready."""


PHASES: Mapping[str, Phase] = {"single": "fetching", "discover": "discovering"}


async def run_chunk(shop: Workshop, scan_id: UUID, no: int, request_id: str) -> None:
    """Do one chunk if it is there to be done. Repeated, late and lost messages are all harmless.

    A failure of ours leaves the chunk to its lease: it is taken up again when that ends, at most three times.
    """
    with structlog.contextvars.bound_contextvars(scan_id=str(scan_id), request_id=request_id, chunk=no):
        if shop.drain.is_set():
            return
        try:
            async with connection(shop.pool) as conn:
                claim = await chunks.claim(conn, scan_id, no, shop.settings.worker_name)
                scan = await scans.for_work(conn, scan_id) if claim else None
        except UnavailableError as error:
            get_logger().warning("chunk.not_claimed", error=str(error))
            return
        if claim is None or scan is None:
            return
        with WORKER_INFLIGHT.track_inprogress():
            await _work(shop, scan, claim)


async def _work(shop: Workshop, scan: Work, claim: Claim) -> None:
    outcome = "done"
    try:
        async with keep(shop.pool, claim) as lease:
            following = await _do(shop, scan, lease)
        if following is not None:
            await ring(shop, [chunk_job("reduce", scan.id, following, scan.request_id)])
        if claim.kind in {"single", "reduce"}:
            await shop.politeness.forget(host_key(scan.url), str(scan.id))
    except LeaseLostError:
        outcome = "lost"
        get_logger().warning("chunk.lease_lost", kind=claim.kind, fence=claim.fence)
    except AWAY as error:
        outcome = "unavailable"
        get_logger().warning("chunk.unavailable", kind=claim.kind, error=type(error).__name__)
    except Exception:  # noqa: BLE001 - whatever it was, the lease ends and the attempts are counted
        outcome = "failed"
        get_logger().exception("chunk.failed", kind=claim.kind, attempts=claim.attempts)
    CHUNKS.labels(claim.kind, outcome).inc()


async def _do(shop: Workshop, scan: Work, lease: Lease) -> int | None:
    """Run the chunk's stage, unless its scan has ended or it has failed too often."""
    claim = lease.claim
    if scan.status != "running" or scan.stop_requested_at is not None:
        async with connection(shop.pool) as conn:
            await chunks.release(conn, claim, wait=1.0)
        return None
    if claim.attempts >= chunks.MAX_ATTEMPTS and claim.kind != "fetch":
        await _give_up(shop, scan, claim)
        return None
    if scan.started_at is None:
        async with connection(shop.pool) as conn:
            await scans.begin(conn, scan.id, PHASES[claim.kind])
    return await STAGES[claim.kind](shop, scan, lease)


async def _give_up(shop: Workshop, scan: Work, claim: Claim) -> None:
    """End a scan whose work failed three times, and give its unit back."""
    reason = f"The scan failed three times while {claim.kind}ing; the service's log has the reason."
    async with connection(shop.pool) as conn, conn.transaction():
        await chunks.hold(conn, claim)
        if await scans.finish(conn, scan.id, status="error", reason_code="failed", reason=reason):
            await scans.refund(conn, scan.id)
