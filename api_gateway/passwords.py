"""Passwords cost 30 ms of CPU and 19 MiB each: few at a time, few waiting."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator

from shared.errors import UnavailableError

AT_ONCE = 4
"""More than the two threads that hash, so that they have no gap; with two gateways still fewer than ten in flight."""
MOST_WAITING = 60
"""60 x 30 ms / 2 threads = 0.9 s, well within the deadline of a request."""


class Passwords:
    """The gate before the threads that hash."""

    def __init__(self) -> None:
        """Nobody waits yet."""
        self._free = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    @contextlib.asynccontextmanager
    async def turn(self) -> AsyncGenerator[None]:
        """Wait for one's turn. Raises `UnavailableError` when too many wait already."""
        if self._waiting >= MOST_WAITING:
            raise UnavailableError("Too many log-ins at once; try again in 2 s.", retry_after=2)
        self._waiting += 1
        try:
            await self._free.acquire()
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._free.release()
