"""How late the event loop is: what a page that holds it costs all the others."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final

from shared.metrics import WORKER_LOOP_HELD, WORKER_LOOP_LAG

EVERY: Final = 0.05
"""Seconds between looks: 20 a second cost 0.1 % of a core."""
KEPT: Final = 60.0
"""Seconds for which the longest delay is shown, so that scrapes don't miss it."""


class Longest:
    """The largest of the values of the last `KEPT` seconds."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self._values: deque[tuple[float, float]] = deque()

    def add(self, now: float, value: float) -> float:
        """Take a value; the largest that still counts. Values that a later one exceeds are dropped."""
        while self._values and self._values[-1][1] <= value:
            self._values.pop()
        self._values.append((now, value))
        while self._values[0][0] < now - KEPT:
            self._values.popleft()
        return self._values[0][1]


async def measure(show: Callable[[float, float], None], every: float = EVERY) -> None:
    """Show the longest delay, and the longest that was the loop's own work, in seconds, until cancelled.

    The rest of a delay is waiting for a processor, which no page is to blame for.
    """
    now = asyncio.get_running_loop().time
    longest, held = Longest(), Longest()
    while True:
        due, before = now() + every, time.thread_time()
        await asyncio.sleep(every)
        at = now()
        lag = max(0.0, at - due)
        show(longest.add(at, lag), held.add(at, min(lag, time.thread_time() - before)))


def _show(lag: float, held: float) -> None:
    WORKER_LOOP_LAG.set(lag)
    WORKER_LOOP_HELD.set(held)


@asynccontextmanager
async def measured() -> AsyncGenerator[None]:
    """Keep the gauges for the length of the block."""
    task = asyncio.create_task(measure(_show), name="loop-lag")
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
