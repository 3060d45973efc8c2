"""Runs the chores, each at its own pace, none of them stopping another."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

from msgspec import Struct

from scheduler.office import Office
from shared.logs import get_logger
from shared.metrics import TICK_DURATION, TICK_FAILED
from shared.tasks import end

Run = Callable[[Office], Awaitable[None]]


class Chore(Struct, frozen=True):
    """A chore, how often it runs (seconds between the end of one run and the start of the next), and its deadline."""

    name: str
    every: float
    run: Run
    deadline: float = 30.0


async def keep_doing(office: Office, chore: Chore) -> None:
    """Run the chore until cancelled. A failure is logged and counted; the next run tries again."""
    # An alert asks for the increase, and one from nothing to 1 is none.
    TICK_FAILED.labels(chore.name)
    while True:
        began = time.perf_counter()
        try:
            async with asyncio.timeout(chore.deadline):
                await chore.run(office)
        except Exception as error:  # noqa: BLE001 - a chore's failure must not stop the others
            TICK_FAILED.labels(chore.name).inc()
            get_logger().warning("chore.failed", chore=chore.name, error=f"{type(error).__name__}: {error}"[:300])
        TICK_DURATION.labels(chore.name).observe(time.perf_counter() - began)
        await asyncio.sleep(chore.every)


async def all_of(office: Office, chores: Sequence[Chore]) -> None:
    """Every chore at once, until cancelled."""
    tasks = [asyncio.create_task(keep_doing(office, chore), name=chore.name) for chore in chores]
    try:
        # Not a task group: that asks its tasks to end only once.
        await asyncio.gather(*tasks)
    finally:
        await end(*tasks)
