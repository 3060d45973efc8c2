"""Sends messages for work that Postgres holds: new chunks in fair shares, and everything again when Redis forgot."""

from typing import Any

from redis.asyncio import Redis

from scheduler.office import Office
from shared.chunks import LEASE_SECONDS
from shared.db.pool import connection
from shared.db.queries import queries
from shared.jobs import BROKER_MARK, CHUNK_QUEUE, EPOCH_KEY, chunk_job, enqueue
from shared.logs import get_logger
from shared.manners import manners
from shared.metrics import DISPATCHED

PER_SCAN = 8
"""Chunks of one scan in flight, at least; with more workers as many as they have threads.

Without a window a single scan waited 37 s behind 400 chunks, with one 0.9 s.
"""
MAX_PER_SCAN = 64
PER_WORKER = 4
POLITE_PER_SCAN = 2
"""Of a scan that pauses between requests: one chunk keeps the host's slots busy, the second bridges the gap."""
HEARTBEAT_SECONDS = 15.0
MOST = 500
SINGLES_WAITING, SINGLES_PER_WORKER = 8, 32
"""Single scans sent and not begun: at least so many, and at most so many for each worker. In between, twice what was
begun since the last look: that keeps the workers busy, and a newcomer waits for a second of their work."""
CHUNKS_WAITING, CHUNKS_PER_WORKER = 16, 8
GAP_SECONDS = 8.0
"""Postgres counts as having been away when it was silent for so long. With heartbeats every 5 s of a lease of 20 s,
shorter silences end no lease of a live worker."""
LENIENT_SECONDS = 7.0
"""After a silence: time for live workers to renew what ended meanwhile."""
GRACE_SECONDS = 0.5
"""The gateway rings first; only what hasn't been claimed after so long is sent from here."""
REPEAT_SECONDS = 60.0
UNNAMED = 4
"""Brokers of a worker of release 0.1.0 or before, which don't name their queues."""

_SQL = queries("chunks")
_DELIVERIES = queries("deliveries")


async def dispatch(office: Office) -> None:
    """Send what is due, in fair shares of scans, owners and hosts."""
    workers = await _workers(office)
    window = min(MAX_PER_SCAN, max(PER_SCAN, PER_WORKER * workers))
    values = {
        "per_scan": window,
        "per_owner": window * 3,
        "per_host": window * 2,
        "grace": GRACE_SECONDS,
        "singles": min(max(SINGLES_WAITING, SINGLES_PER_WORKER * workers), await _room(office)),
        "chunks": max(CHUNKS_WAITING, CHUNKS_PER_WORKER * workers),
    }
    async with connection(office.pool) as conn:
        rows = await (await conn.execute(_SQL["candidates"], values)).fetchall()
    sent = [row for row in rows if row["place"] <= _window(office, row, window)]
    await _send(office, sent)
    office.memory.singles_left += sum(1 for row in sent if row["kind"] == "single")


async def _room(office: Office) -> int:
    memory = office.memory
    async with connection(office.pool) as conn:
        row = await (await conn.execute(_SQL["unclaimed"])).fetchone()
    left = row["n"] if row else 0
    begun, memory.singles_left = max(0, memory.singles_left - left), left
    return max(SINGLES_WAITING, 2 * begun)


async def _workers(office: Office) -> int:
    """Worker processes that Redis has heard of lately, by their brokers of one queue, which they name.

    How many queues a worker has is its release's to say: by the number of all brokers, workers of a release with a
    queue less counted for too few.
    """
    key = f"{office.settings.namespace}:__heartbeats__"
    since = (office.clock.now() - HEARTBEAT_SECONDS) * 1000
    redis: Any = office.redis
    brokers: list[bytes] = await redis.zrange(key, since, "+inf", byscore=True)
    named = sum(broker.startswith(f"{CHUNK_QUEUE}{BROKER_MARK}".encode()) for broker in brokers)
    unnamed = sum(BROKER_MARK.encode() not in broker for broker in brokers)
    return named + -(-unnamed // UNNAMED)


def _window(office: Office, row: dict[str, Any], window: int) -> int:
    asked = manners(row["options"], row["url"], office.settings.allow_networks)
    return POLITE_PER_SCAN if asked.delay_ms else window


async def expire(office: Office) -> None:
    """Take back the work of workers that have gone silent; the next dispatch sends it.

    After a silence of Postgres itself, live workers first get the time to renew their leases, and nobody is blamed.
    """
    memory, clock = office.memory, office.clock
    async with connection(office.pool) as conn:
        told = await (await conn.execute(_SQL["now"])).fetchone()
        now, before = clock.monotonic(), memory.seen
        memory.seen = now
        if before is None or now - before > GAP_SECONDS:
            memory.lenient_until = now + LENIENT_SECONDS
        if told is None or now < memory.lenient_until:
            return
        values = {"now": told["now"], "blame": int(memory.lenient_until == 0.0), "lease": LEASE_SECONDS, "most": MOST}
        rows = await (await conn.execute(_SQL["expire"], values)).fetchall()
        memory.lenient_until = 0.0
    for row in rows:
        get_logger().warning(
            "chunk.expired", scan_id=str(row["scan_id"]), chunk=row["no"], kind=row["kind"], attempts=row["attempts"]
        )


async def _send(office: Office, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    jobs = [chunk_job(row["kind"], row["scan_id"], row["no"], row["request_id"]) for row in rows]
    await enqueue(office.redis, office.settings.namespace, jobs)
    async with connection(office.pool) as conn:
        await conn.execute(
            _SQL["mark_dispatched"],
            {
                "scan_ids": [row["scan_id"] for row in rows],
                "nos": [row["no"] for row in rows],
                "fences": [row["fence"] for row in rows],
            },
        )
    DISPATCHED.inc(len(rows))


async def repeat(office: Office) -> None:
    """Forget that messages were sent when they may be lost: after an outage, or when nobody has come for a minute.

    A Redis that was emptied has lost the epoch; one that was restarted (and with it perhaps its last second) is another
    run; one that stalled has handed out messages that no worker heard of.
    """
    memory = office.memory
    key = f"{office.settings.namespace}:{EPOCH_KEY}"
    try:
        run = await _run_of(office.redis)
        known = await office.redis.get(key)
        everything = memory.repeat_all or known != run
        async with connection(office.pool) as conn:
            cursor = await conn.execute(_SQL["redispatch"], {"older": 0.0 if everything else REPEAT_SECONDS})
            if everything:
                await conn.execute(_DELIVERIES["redispatch"])
        if known != run:
            await office.redis.set(key, run)
    except Exception:
        memory.repeat_all = True
        raise
    memory.repeat_all = False
    if cursor.rowcount:
        get_logger().info("dispatch.repeated", chunks=cursor.rowcount, everything=everything)


async def _run_of(redis: Redis) -> bytes:
    """What tells one start of the server from another; servers that don't say count as never restarted."""
    info: Any = await redis.info("server")  # pyright: ignore[reportUnknownMemberType]
    return str(info.get("run_id", "1")).encode()
