"""Keeping a chunk's lease while the work goes on, and hearing that it should stop."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from shared import chunks, scans
from shared.chunks import Claim, LeaseLostError
from shared.db.pool import AWAY, Connection
from shared.logs import get_logger
from shared.tasks import end
from workers.workshop import Workshop

RETRY_SECONDS = 1.0
"""After a heartbeat that failed."""
FETCHING = frozenset({"discover", "fetch"})


class Lease:
    """A held chunk. `stop` is set when its scan should end, `lost` when somebody else may hold it."""

    def __init__(self, claim: Claim) -> None:
        """Wrap a fresh claim."""
        self.claim = claim
        self.stop = asyncio.Event()
        self.lost = asyncio.Event()
        self.trying: int | None = None
        """The page that was written down as tried and isn't done yet, where pages are done one by one."""
        self.overdue = False
        """Past the scan's deadline. Ends what fetches; an analysis of what there is goes on."""

    @property
    def ended(self) -> bool:
        """Whether to begin nothing new."""
        return self.stop.is_set() or self.lost.is_set()

    async def beat(self, shop: Workshop) -> None:
        """Extend the lease every few seconds until cancelled; a lease that can't be extended in time is lost."""
        loop = asyncio.get_running_loop()
        good_until = loop.time() + chunks.LEASE_SECONDS
        pause = chunks.HEARTBEAT_SECONDS
        while True:
            await asyncio.sleep(pause)
            asked = loop.time()
            try:
                async with asyncio.timeout(chunks.HEARTBEAT_SECONDS), shop.pool.connection() as conn:
                    stop, self.overdue = await chunks.heartbeat(conn, self.claim)
            except LeaseLostError:
                self.lost.set()
                return
            except AWAY as error:
                get_logger().warning("lease.heartbeat_failed", no=self.claim.no, error=type(error).__name__)
                shop.away.set()
                pause = RETRY_SECONDS
                if loop.time() >= good_until:
                    self.lost.set()
                    return
            else:
                good_until = asked + chunks.LEASE_SECONDS
                pause = chunks.HEARTBEAT_SECONDS
                if stop or (self.overdue and self.claim.kind in FETCHING):
                    self.stop.set()


@asynccontextmanager
async def keep(shop: Workshop, lease: Lease) -> AsyncGenerator[None]:
    """Hold the lease for the length of the block."""
    shop.held[lease.stop] = lease.claim.scan_id
    beating = asyncio.create_task(lease.beat(shop), name=f"lease-{lease.claim.no}")
    try:
        yield
    finally:
        del shop.held[lease.stop]
        await end(beating)


async def heed(conn: Connection, shop: Workshop) -> None:
    """Stop the chunks whose scans were stopped or deleted.

    One query for all of them, so that it can be asked every second: with heartbeats alone a chunk hears of it after up
    to 5 s, and the scan ends later than that.
    """
    ended = set(await scans.stopping(conn, set(shop.held.values())))
    for stop in [stop for stop, scan_id in shop.held.items() if scan_id in ended]:
        stop.set()
