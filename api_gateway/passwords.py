"""Passwords cost 30 ms of CPU and 19 MiB each: few at a time, few waiting."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator

from aiohttp import web

from api_gateway.middleware.deadline import ALLOWANCE
from shared.errors import UnavailableError

AT_ONCE = 4
"""More than the two threads that hash, so that they have no gap; with two gateways still fewer than ten in flight."""
MOST_WAITING = 60
"""60 x 30 ms / 2 threads = 0.9 s."""
SECONDS = 10.0
"""The deadline of waiting for a turn, and that of hashing. The handler's own is for Postgres and doesn't run meanwhile:
on an overloaded machine (load 40 on two cores) ten hashes took 2.5 s, and right passwords were answered with 503."""


@contextlib.asynccontextmanager
async def unhurried(request: web.Request) -> AsyncGenerator[None]:
    """Time of its own for what costs CPU. Raises `UnavailableError` at its end."""
    allowance = request.get(ALLOWANCE)
    with allowance.paused() if allowance else contextlib.nullcontext():
        try:
            async with asyncio.timeout(SECONDS):
                yield
        except TimeoutError as error:
            raise UnavailableError("Too many log-ins at once; try again in 5 s.", retry_after=5) from error


class Passwords:
    """The gate before the threads that hash."""

    def __init__(self) -> None:
        """Nobody waits yet."""
        self._free = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    @contextlib.asynccontextmanager
    async def turn(self, request: web.Request) -> AsyncGenerator[None]:
        """Wait for one's turn. Raises `UnavailableError` when too many wait already."""
        if self._waiting >= MOST_WAITING:
            raise UnavailableError("Too many log-ins at once; try again in 2 s.", retry_after=2)
        self._waiting += 1
        try:
            async with unhurried(request):
                await self._free.acquire()
        finally:
            self._waiting -= 1
        try:
            yield
        finally:
            self._free.release()
