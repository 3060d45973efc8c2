import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from api_gateway import meter
from api_gateway.meter import Meter
from shared.clock import SYSTEM


class Deaf:
    """A Redis whose command, cancelled as it times out, tells of the time-out only."""

    def __init__(self) -> None:
        self.under_way = asyncio.Event()
        self.swallowed = 0

    @asynccontextmanager
    async def pipeline(self, **_: object) -> AsyncIterator["Deaf"]:
        yield self

    def incrby(self, *_: object) -> None: ...

    def expire(self, *_: object) -> None: ...

    async def execute(self) -> None:
        self.under_way.set()
        try:
            await asyncio.sleep(3_600)
        except asyncio.CancelledError:
            self.swallowed += 1
            raise TimeoutError from None


async def test_a_gateway_ends_although_a_flush_swallows_that_it_should(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meter, "FLUSH_SECONDS", 0.0)
    redis = Deaf()
    client: Any = redis
    counting = Meter(client, "ns", SYSTEM)
    counting.count("user:1")
    async with asyncio.timeout(10), counting.running():
        await redis.under_way.wait()
    assert redis.swallowed == 1
