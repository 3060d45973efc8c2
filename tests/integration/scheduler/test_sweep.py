"""What Redis holds of messages stays bounded, also when workers die, lose ids, or are sent what they can't read."""

import uuid
from typing import Any

import msgspec
import pytest
from redis.asyncio import Redis

from scheduler.chores import sweep
from scheduler.chores.maintenance import maintenance
from scheduler.office import Office
from shared.jobs import CHUNK_QUEUE, Job, encode, enqueue
from shared.redis.client import connect_sync
from tests.integration.scheduler.conftest import HandClock
from workers.broker import make_broker

pytestmark = pytest.mark.timeout(30)

MESSAGES = "scanfleet:chunks.msgs"


async def lost(redis: Redis, data: bytes | None = None, queue: str = "chunks") -> str:
    """A message whose id is in no list."""
    rid = str(uuid.uuid4())
    job = Job("run_chunk", uuid.uuid4(), 0, "r")
    await redis.hset(f"scanfleet:{queue}.msgs", rid, encode(job, rid) if data is None else data)
    return rid


async def taken(redis: Redis, rid: str, worker: str = "w1", queue: str = "chunks") -> None:
    """As if a worker had fetched it."""
    await redis.zadd("scanfleet:__heartbeats__", {worker: 1})
    await redis.sadd(f"scanfleet:__acks__.{worker}.{queue}", rid)


async def waiting(redis: Redis, queue: str = "chunks") -> list[str]:
    return [one.decode() for one in await redis.lrange(f"scanfleet:{queue}", 0, -1)]


async def test_a_message_in_no_list_is_sent_again_when_seen_twice(office: Office) -> None:
    rid = await lost(office.redis)
    await sweep.sweep(office)
    assert await waiting(office.redis) == []
    await sweep.sweep(office)
    assert await waiting(office.redis) == [rid]
    for _ in range(3):
        await sweep.sweep(office)
    assert await waiting(office.redis) == [rid]


async def test_what_waits_or_is_being_done_is_left_alone(office: Office) -> None:
    await enqueue(office.redis, "scanfleet", [Job("run_chunk", uuid.uuid4(), no, "r") for no in range(2_500)])
    before = await waiting(office.redis)
    rid = await lost(office.redis)
    await taken(office.redis, rid)
    stray = await lost(office.redis)
    for _ in range(3):
        await sweep.sweep(office)
    assert await waiting(office.redis) == [*before, stray]
    assert await office.redis.smembers("scanfleet:__acks__.w1.chunks") == {rid.encode()}


async def test_what_a_live_worker_never_got_is_sent_again(office: Office, clock: HandClock) -> None:
    """Redis handed it out, stalled, and was answered by nobody: the fetch had timed out."""
    for queue in ("chunks", "ingress"):
        rid = await lost(office.redis, queue=queue)
        await taken(office.redis, rid, queue=queue)
        await sweep.sweep(office)
        clock.at += sweep.TAKEN_SECONDS - 1
        await sweep.sweep(office)
        assert await waiting(office.redis, queue) == []
        clock.at += 1
        await sweep.sweep(office)
        assert await waiting(office.redis, queue) == [rid]
        assert await office.redis.exists(f"scanfleet:__acks__.w1.{queue}") == 0
        assert await office.redis.hlen(f"scanfleet:{queue}.msgs") == 1


async def test_an_id_without_a_message_is_dropped(office: Office) -> None:
    await taken(office.redis, "gone")
    await sweep.sweep(office)
    assert await office.redis.smembers("scanfleet:__acks__.w1.chunks") == set()


@pytest.mark.parametrize(
    "data",
    [b"\xff not JSON", b"[]", b"{}", b'{"options": {}}', b'{"options": {"redis_message_id": "another"}}'],
)
async def test_what_a_worker_can_never_acknowledge_is_set_aside(office: Office, data: bytes) -> None:
    rid = await lost(office.redis, data)
    await taken(office.redis, rid)
    for _ in range(2):
        await sweep.sweep(office)
    assert await office.redis.hlen(MESSAGES) == 0
    assert await office.redis.exists("scanfleet:__acks__.w1.chunks") == 0
    assert await office.redis.hgetall("scanfleet:chunks.XQ.msgs") == {rid.encode(): data}


async def test_a_submission_never_becomes_a_dead_letter_here(office: Office) -> None:
    """It holds a key; its own consumer answers what it can't read."""
    rid = await lost(office.redis, b"not JSON", "ingress")
    held = await lost(office.redis, b"not JSON either", "ingress")
    await taken(office.redis, held, queue="ingress")
    for _ in range(3):
        await sweep.sweep(office)
    assert await waiting(office.redis, "ingress") == [rid]
    assert await office.redis.exists("scanfleet:ingress.XQ.msgs") == 0


async def test_dead_letters_are_bounded(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep, "MOST", 10)
    for number in range(25):
        await office.redis.zadd("scanfleet:single.XQ", {f"{number}": number})
        await office.redis.hset("scanfleet:single.XQ.msgs", f"{number}", b"x")
    for _ in range(2):
        await sweep.sweep(office)
    assert await office.redis.zrange("scanfleet:single.XQ", 0, -1) == [b"%d" % one for one in range(15, 25)]
    assert await office.redis.hlen("scanfleet:single.XQ.msgs") == 10


async def test_nothing_is_left_of_a_worker_that_died(office: Office, redis_url: str) -> None:
    """Dramatiq's own consumer takes messages and is never heard of again."""
    await enqueue(office.redis, "scanfleet", [Job("run_chunk", uuid.uuid4(), no, "r") for no in range(3)])
    broker: Any = make_broker(office.settings, CHUNK_QUEUE)
    broker.declare_queue("chunks")
    fetched: list[Any] = broker.do_fetch("chunks", 2)
    assert len(fetched) == 2
    with connect_sync(redis_url) as client:
        client.zadd(f"{broker.namespace}:__heartbeats__", {broker.broker_id: 1})
    await maintenance(office)
    await sweep.sweep(office)
    ids = {msgspec.json.decode(one)["options"]["redis_message_id"] for one in fetched}
    again = await waiting(office.redis)
    assert len(again) == len(set(again)) == 3
    assert ids <= set(again)
    keys = [one async for one in office.redis.scan_iter("scanfleet:__acks__.*")]
    assert keys == []
    await maintenance(office)
    assert await office.redis.zscore("scanfleet:__heartbeats__", broker.broker_id) is None
