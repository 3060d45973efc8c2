"""Calls that travel together are answered one by one, and counted once."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from redis.exceptions import RedisError

from shared import quota
from shared.quota import Limiter, Rate
from shared.redis.batches import MOST, Batches
from shared.redis.client import connect
from shared.redis.scripts import Script, load

RATE = Rate(requests=60, burst=20)


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Any]:
    client = connect(redis_url)
    yield client
    await client.aclose()


async def test_a_storm_passes_exactly_the_burst(redis: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """With time enough, since on a loaded machine Redis itself may miss its 50 ms, and then processes count alone."""
    monkeypatch.setattr(quota, "BUDGET_SECONDS", 5.0)
    limiters = [Limiter(redis, "test"), Limiter(redis, "test")]
    await limiters[0].take("warm", RATE)
    decisions = await asyncio.gather(*(limiters[n % 2].take("key", RATE) for n in range(3 * MOST)))
    assert sum(one.allowed for one in decisions) == RATE.burst
    assert not any(limiter.degraded for limiter in limiters)


async def test_after_a_restart_the_script_is_sent_whole(redis: Any) -> None:
    batches = Batches(redis, load("limits"))
    for _ in range(2):
        await redis.script_flush()
        replies = await asyncio.gather(*(batches(keys=[f"test:{n}"], args=[1_000_000, 5, ""]) for n in range(MOST + 7)))
        assert [int(reply[0]) for reply in replies] == [1] * (MOST + 7)


async def test_one_that_fails_leaves_the_others(redis: Any) -> None:
    batches = Batches(redis, Script("return redis.call('INCR', KEYS[1])"))
    await redis.set("test:text", "no number")
    names = ["test:a", "test:text", "test:b"]
    good, bad, other = await asyncio.gather(*(batches(keys=[one], args=[]) for one in names), return_exceptions=True)
    assert (good, other) == (1, 1)
    assert isinstance(bad, RedisError)


async def test_nobody_there(tmp_path: Any) -> None:
    client = connect(f"unix://{tmp_path}/nowhere.sock")
    batches = Batches(client, load("limits"))
    outcomes = await asyncio.gather(*(batches(keys=["a"], args=[1, 1, ""]) for _ in range(9)), return_exceptions=True)
    assert all(isinstance(one, RedisError | OSError) for one in outcomes)
    await client.aclose()


class Silent:
    """A script that is never answered."""

    def __call__(self, **_arguments: Any) -> "asyncio.Future[Any]":
        return asyncio.get_running_loop().create_future()


async def test_one_late_answer_is_forgiven(redis: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    limiter = Limiter(redis, "test")
    await limiter.take("key", RATE)
    for degraded in (False, True):
        with monkeypatch.context() as silence:
            silence.setattr(limiter, "_script", Silent())
            assert (await limiter.take("key", RATE)).allowed
            assert not limiter.degraded
            if degraded:
                assert (await limiter.take("key", RATE)).allowed
        assert limiter.degraded == degraded
        await limiter.take("key", RATE)
