"""The queue's consumers on a real Valkey: woken by a message instead of asking for one again and again."""

import asyncio
import time
import uuid
from typing import Any

import pytest
from dramatiq.errors import ConnectionClosed
from redis.exceptions import TimeoutError as RedisTimeoutError

import workers.broker
from shared.jobs import CHUNK_QUEUE, Job, enqueue
from shared.redis.client import connect
from shared.settings import Settings, read_settings
from workers.actors import Work, declare
from workers.broker import Broker, make_broker

SLEEP = 4_000
"""Milliseconds that the consumers here sleep at most: what takes much less was woken."""


@pytest.fixture
def settings(database_url: str, redis_url: str) -> Settings:
    return read_settings(
        {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "SECRET_KEY": "x" * 40, "NAMESPACE": "ns"}
    )


async def never(*_: object) -> None:
    raise AssertionError


def consumer(settings: Settings, prefetch: int = 1) -> Any:
    broker = make_broker(settings, CHUNK_QUEUE, Broker)
    declare(broker, CHUNK_QUEUE, Work(never, never, never, never, never))
    made: Any = broker.consume(CHUNK_QUEUE, prefetch=prefetch, timeout=SLEEP)
    return made


async def send(settings: Settings, *numbers: int) -> None:
    redis = connect(settings.redis_url)
    await enqueue(redis, "ns", [Job("run_chunk", uuid.UUID(int=1), number, "") for number in numbers])
    await redis.aclose()


async def asleep(settings: Settings, consumers: int) -> None:
    """Until so many wait for a message."""
    redis: Any = connect(settings.redis_url)
    async with asyncio.timeout(10):
        while (await redis.info("clients"))["blocked_clients"] < consumers:
            await asyncio.sleep(0.01)
    await redis.aclose()


def number_of(message: Any) -> int:
    number: int = message.kwargs["no"]
    return number


def close(*consumers: Any) -> None:
    for one in consumers:
        one.broker.client.connection_pool.disconnect()


async def test_a_message_wakes_a_sleeping_consumer_at_once(settings: Settings) -> None:
    waiting = consumer(settings)
    found = asyncio.create_task(asyncio.to_thread(next, waiting))
    await asleep(settings, 1)
    began = time.monotonic()
    await send(settings, 7)
    assert number_of(await found) == 7
    assert time.monotonic() - began < SLEEP / 2_000
    close(waiting)


async def test_each_message_goes_to_one_of_the_woken_and_in_order(settings: Settings) -> None:
    first, second = consumer(settings, 2), consumer(settings, 2)
    asked = [asyncio.create_task(asyncio.to_thread(next, one)) for one in (first, second)]
    await asleep(settings, 2)
    await send(settings, 1, 2, 3)
    found = [await one for one in asked]
    taken = [number_of(one) for one in found if one is not None]
    for one in (first, second):
        while one.message_cache:
            taken.append(number_of(next(one)))
    while len(taken) < 3:
        message = await asyncio.to_thread(next, second)
        taken += [] if message is None else [number_of(message)]
    assert sorted(taken) == [1, 2, 3]
    close(first, second)


async def test_waiting_leaves_the_queue_as_it_is(settings: Settings) -> None:
    await send(settings, 1, 2, 3)
    reader = consumer(settings, 3)
    assert [number_of(await asyncio.to_thread(next, reader)) for _ in range(3)] == [1, 2, 3]
    close(reader)


async def test_a_full_consumer_is_woken_by_the_end_of_a_message(settings: Settings) -> None:
    await send(settings, 1, 2)
    reader = consumer(settings)
    message = await asyncio.to_thread(next, reader)
    began = time.monotonic()
    resting = asyncio.create_task(asyncio.to_thread(next, reader))
    await asyncio.to_thread(reader.ack, message)
    following = await resting or await asyncio.to_thread(next, reader)  # it may have begun to rest after the end
    assert number_of(following) == 2
    assert time.monotonic() - began < SLEEP / 2_000
    close(reader)


async def test_a_consumer_that_is_full_for_long_is_known_to_live(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else its messages would be sent again after 15 s, though a chunk may well take a minute."""
    monkeypatch.setattr(workers.broker, "TELL_SECONDS", 0.0)
    await send(settings, 1)
    reader = consumer(settings)
    reader.timeout = 20
    await asyncio.to_thread(next, reader)
    redis: Any = connect(settings.redis_url)
    before = await redis.zscore("ns:__heartbeats__", reader.broker.broker_id)
    await asyncio.sleep(0.01)  # the score has milliseconds
    assert await asyncio.to_thread(next, reader) is None
    assert await redis.zscore("ns:__heartbeats__", reader.broker.broker_id) > before
    await redis.aclose()
    close(reader)


async def test_an_acknowledgement_without_an_answer_is_one_to_try_again(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = consumer(settings)
    await send(settings, 7)
    message = next(one)

    def unanswered(*_: object) -> None:
        raise RedisTimeoutError

    monkeypatch.setattr(one.broker, "do_ack", unanswered)
    with pytest.raises(ConnectionClosed):
        one.ack(message)
    monkeypatch.undo()
    one.ack(message)
    assert one.broker.client.hlen("ns:chunks.msgs") == 0
    close(one)
