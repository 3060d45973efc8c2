"""Keeps bounded what Redis holds of messages.

From its sending to its acknowledgement a message is in the hash `<queue>.msgs`; its id is in the queue's list or, once
a worker has taken it, in that worker's ack set. Dramatiq moves the ids of dead workers back (maintenance). What it
leaves for ever: ids in neither place, ids without a message, messages that a worker took but can't acknowledge, since
they name another id than their own, and messages that a live worker took but never got, because Redis stalled and its
answer came too late.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct
from redis.asyncio import Redis

from scheduler.office import Office
from shared.jobs import ACTORS, INGRESS_QUEUE
from shared.logs import get_logger

MOST = 10_000
"""Messages that one run moves, and dead letters that a queue keeps (besides dramatiq's own limit of seven days)."""
AT_ONCE = 1_000
TAKEN_SECONDS = 60.0
"""After so long with one worker a message is sent again. Where that worker is still at it, its lease holds."""

Ids = set[bytes]


class _Options(Struct):
    redis_message_id: str


class _Message(Struct):
    options: _Options


class Queue(Struct, frozen=True):
    """The names of a queue's parts in Redis, and the ack sets with members of workers that Redis has heard of."""

    redis: Any
    """The client. redis-py leaves parts of its signatures untyped."""
    name: str
    keys: str
    acks: dict[str, int]

    @property
    def messages(self) -> str:
        """Hash: id → message."""
        return f"{self.keys}.msgs"

    @property
    def dead(self) -> str:
        """Sorted set: ids of dead letters by time; with `.msgs` the hash of their messages."""
        return f"{self.keys}.XQ"


async def sweep(office: Office) -> None:
    """Send again what lies in no list or with a worker for long, set aside what can't be acknowledged.

    Redis is read step by step while others write, so only what two runs in a row have found is touched.
    """
    redis: Any = office.redis
    namespace = office.settings.namespace
    workers: list[bytes] = await redis.zrange(f"{namespace}:__heartbeats__", 0, -1)
    memory, now = office.memory, office.clock.monotonic()
    found: set[tuple[str, bytes]] = set()
    taken: dict[tuple[str, bytes], float] = {}
    for name in sorted(set(ACTORS.values())):
        acks = await _not_empty(redis, [f"{namespace}:__acks__.{worker.decode()}.{name}" for worker in workers])
        queue = Queue(redis, name, f"{namespace}:{name}", acks)
        strays, held = await _strays(queue), await _held(queue)
        stuck = {one for (_, one), body in held.items() if name != INGRESS_QUEUE and not _names(body, one)}
        found |= {(name, one) for one in strays | stuck}
        taken |= {place: memory.taken.get(place, now) for place in held}
        late = [place for place in held if now - taken[place] >= TAKEN_SECONDS and place[1] not in stuck]
        resent = await _send_again(queue, {one for one in strays if (name, one) in memory.swept}, late)
        known = {one for one in stuck if (name, one) in memory.swept}
        dead = await _set_aside(queue, known, office.clock.now())
        dropped = await _drop_oldest(queue)
        if resent or dead or dropped:
            get_logger().warning("messages.swept", queue=name, sent_again=resent, set_aside=dead, dropped=dropped)
    memory.swept, memory.taken = found, taken


async def _not_empty(redis: Redis, keys: Sequence[str]) -> dict[str, int]:
    """Of these sets those that have members, and how many; in one round trip, since each worker has one a queue."""
    async with redis.pipeline(transaction=False) as pipe:
        for key in keys:
            pipe.scard(key)
        sizes: list[int] = await pipe.execute()
    return {key: size for key, size in zip(keys, sizes, strict=True) if size}


async def _strays(queue: Queue) -> Ids:
    """Ids that have a message and are in no list and no ack set."""
    waiting = await queue.redis.llen(queue.keys)
    if await queue.redis.hlen(queue.messages) <= waiting + sum(queue.acks.values()):
        return set()
    every: Ids = set()
    async for one, _ in queue.redis.hscan_iter(queue.messages, count=AT_ONCE):
        every.add(one)
    for key in queue.acks:
        every -= await queue.redis.smembers(key)
    for first in range(0, waiting + AT_ONCE, AT_ONCE):
        every -= set(await queue.redis.lrange(queue.keys, first, first + AT_ONCE - 1))
    return set(sorted(every)[:MOST])


async def _held(queue: Queue) -> dict[tuple[str, bytes], bytes]:
    """What workers have taken, by ack set and id. Ids without a message are dropped at once.

    The ingress queue's consumer answers unreadable messages itself, since they may hold keys.
    """
    found: dict[tuple[str, bytes], bytes] = {}
    for key in queue.acks:
        ids: list[bytes] = sorted(await queue.redis.smembers(key))[:MOST]
        if not ids:
            continue
        bodies: list[bytes | None] = await queue.redis.hmget(queue.messages, ids)
        if gone := [one for one, body in zip(ids, bodies, strict=True) if body is None]:
            await queue.redis.srem(key, *gone)
        found |= {(key, one): body for one, body in zip(ids, bodies, strict=True) if body is not None}
    return found


def _names(body: bytes, own: bytes) -> bool:
    try:
        return msgspec.json.decode(body, type=_Message).options.redis_message_id.encode() == own
    except msgspec.DecodeError:
        return False


async def _send_again(queue: Queue, strays: Ids, late: list[tuple[str, bytes]]) -> int:
    """Harmless where the message was done: Postgres knows. One of another program would else never be read."""
    async with queue.redis.pipeline(transaction=True) as pipe:
        for key, one in late:
            pipe.srem(key, one)
        for one in sorted(strays | {one for _, one in late}):
            pipe.rpush(queue.keys, one)
        await pipe.execute()
    return len(strays) + len(late)


async def _set_aside(queue: Queue, ids: Ids, now: float) -> int:
    for one in sorted(ids):
        body = await queue.redis.hget(queue.messages, one)
        async with queue.redis.pipeline(transaction=True) as pipe:
            for key in queue.acks:
                pipe.srem(key, one)
            pipe.hdel(queue.messages, one)
            if body is not None:
                pipe.zadd(queue.dead, {one: int(now * 1000)})
                pipe.hset(f"{queue.dead}.msgs", one, body)
            await pipe.execute()
    return len(ids)


async def _drop_oldest(queue: Queue) -> int:
    """Dead letters beyond what is kept."""
    over = min(await queue.redis.zcard(queue.dead) - MOST, MOST)
    if over <= 0:
        return 0
    oldest: list[bytes] = await queue.redis.zrange(queue.dead, 0, over - 1)
    await queue.redis.zrem(queue.dead, *oldest)
    await queue.redis.hdel(f"{queue.dead}.msgs", *oldest)
    return len(oldest)
