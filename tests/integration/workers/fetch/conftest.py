"""A fetcher that may reach loopback, with short deadlines, and a watch on the event loop."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from ipaddress import IPv4Network

import pytest

from workers.fetch.client import Fetcher
from workers.fetch.guard import Guard
from workers.fetch.options import Caps, FetchOptions

LOOPBACK = (IPv4Network("127.0.0.0/8"),)
QUICK = Caps(total=1.5, head=0.6, connect=0.5, rate=1_000.0, grace=0.3)


@pytest.fixture
def options() -> FetchOptions:
    """The plainest."""
    return FetchOptions(user_agent="scanfleet-test")


@pytest.fixture
async def fetcher() -> AsyncGenerator[Fetcher]:
    """With deadlines of a second or less."""
    async with Fetcher(Guard(LOOPBACK), caps=QUICK, stream_caps=QUICK) as fetcher:
        yield fetcher


class Lag:
    """The longest time, in seconds, that the event loop was held by one callback."""

    def __init__(self) -> None:
        """Nothing seen yet."""
        self.worst = 0.0


@asynccontextmanager
async def watching() -> AsyncGenerator[Lag]:
    """Measure the loop's lag while the block runs."""
    lag = Lag()
    loop = asyncio.get_running_loop()

    async def tick() -> None:
        while True:
            before = loop.time()
            await asyncio.sleep(0.001)
            lag.worst = max(lag.worst, loop.time() - before - 0.001)

    task = asyncio.create_task(tick())
    try:
        await asyncio.sleep(0.005)
        lag.worst = 0.0
        yield lag
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
