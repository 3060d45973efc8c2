"""Decisions that travel together are made one by one, and counted once."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest

from shared import quota
from shared.quota import Decision, Limiter, Quota, Rate
from shared.redis.client import connect

RATE = Rate(requests=60, burst=20)
MANY = 200


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Any]:
    client = connect(redis_url)
    yield client
    await client.aclose()


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """With time enough, since on a loaded machine Redis itself may miss its 50 ms, and then processes count alone."""
    monkeypatch.setattr(quota, "BUDGET_SECONDS", 5.0)


@pytest.mark.usefixtures("patient")
async def test_a_storm_passes_exactly_the_burst(redis: Any) -> None:
    limiters = [Limiter(redis, "test"), Limiter(redis, "test")]
    await limiters[0].take("warm", RATE)
    decisions = await asyncio.gather(*(limiters[n % 2].take("key", RATE) for n in range(MANY)))
    assert sum(one.allowed for one in decisions) == RATE.burst
    assert not any(limiter.degraded for limiter in limiters)


@pytest.mark.usefixtures("patient")
async def test_everybody_gets_the_own_answer(redis: Any) -> None:
    """Different callers, with and without a quota, in one batch."""
    limiter = Limiter(redis, "test")
    asked = [Quota(f"user:{n}", "single", 1, uuid4()) if n % 3 else None for n in range(MANY)]
    for left, room in ((19, True), (18, False)):
        decisions = await asyncio.gather(*(limiter.take(f"key:{n}", RATE, one) for n, one in enumerate(asked)))
        assert {one.remaining for one in decisions} == {left}
        assert [one.quota for one in decisions] == [room if one else None for one in asked]


@pytest.mark.usefixtures("patient")
async def test_after_a_restart_the_script_is_sent_whole(redis: Any) -> None:
    limiter = Limiter(redis, "test")
    for _ in range(2):
        await redis.script_flush()
        decisions = await asyncio.gather(*(limiter.take(f"flushed:{n}", RATE) for n in range(MANY)))
        assert all(one.allowed for one in decisions)
    assert not limiter.degraded


async def test_nobody_there(tmp_path: Any) -> None:
    client = connect(f"unix://{tmp_path}/nowhere.sock")
    limiter = Limiter(client, "test")
    decisions = await asyncio.gather(*(limiter.take("key", RATE) for _ in range(MANY)))
    assert sum(one.allowed for one in decisions) in {RATE.burst, RATE.burst + 1}
    assert limiter.degraded
    await client.aclose()


async def test_a_denial_holds_until_its_time(redis: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is answered from memory: Redis isn't asked again."""
    limiter, once = Limiter(redis, "test"), Rate(requests=1, burst=1)
    assert (await limiter.take("once", once)).allowed
    first = await limiter.take("once", once)
    monkeypatch.setattr(limiter, "_decisions", None)
    again = await limiter.take("once", once)
    assert not first.allowed
    assert not again.allowed
    assert 59 < again.retry_after <= first.retry_after <= 60


def _silent(_asked: object) -> "asyncio.Future[Decision]":
    """A question that is never answered."""
    return asyncio.get_running_loop().create_future()


async def test_one_late_answer_is_forgiven(redis: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    limiter = Limiter(redis, "test")
    await limiter.take("key", RATE)
    for degraded in (False, True):
        with monkeypatch.context() as silence:
            silence.setattr(limiter, "_decisions", _silent)
            assert (await limiter.take("key", RATE)).allowed
            assert not limiter.degraded
            if degraded:
                assert (await limiter.take("key", RATE)).allowed
        assert limiter.degraded == degraded
        await limiter.take("key", RATE)
