"""Sends messages for work that Postgres holds: new chunks in fair shares, and everything again when Redis forgot."""

from typing import Any

from scheduler.office import Office
from shared.db.pool import connection
from shared.db.queries import queries
from shared.jobs import ACTORS, EPOCH_KEY, chunk_job, enqueue
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
GRACE_SECONDS = 0.5
"""The gateway rings first; only what hasn't been claimed after so long is sent from here."""
REPEAT_SECONDS = 60.0

_SQL = queries("chunks")


async def dispatch(office: Office) -> None:
    """Send what is due, in fair shares of scans, owners and hosts."""
    window = min(MAX_PER_SCAN, max(PER_SCAN, PER_WORKER * await _workers(office)))
    values = {
        "per_scan": window,
        "per_owner": window * 3,
        "per_host": window * 2,
        "most": MOST,
        "grace": GRACE_SECONDS,
    }
    async with connection(office.pool) as conn:
        rows = await (await conn.execute(_SQL["candidates"], values)).fetchall()
    await _send(office, [row for row in rows if row["place"] <= _window(office, row, window)])


async def _workers(office: Office) -> int:
    """Worker processes that Redis has heard of lately; each has a broker for every queue."""
    key = f"{office.settings.namespace}:__heartbeats__"
    since = (office.clock.now() - HEARTBEAT_SECONDS) * 1000
    return int(await office.redis.zcount(key, since, "+inf")) // len(set(ACTORS.values()))


def _window(office: Office, row: dict[str, Any], window: int) -> int:
    asked = manners(row["options"], row["url"], office.settings.allow_networks)
    return POLITE_PER_SCAN if asked.delay_ms else window


async def expire(office: Office) -> None:
    """Take back the work of workers that have gone silent; the next dispatch sends it."""
    async with connection(office.pool) as conn:
        rows = await (await conn.execute(_SQL["expire"], {"most": MOST})).fetchall()
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
            {"scan_ids": [row["scan_id"] for row in rows], "nos": [row["no"] for row in rows]},
        )
    DISPATCHED.inc(len(rows))


async def repeat(office: Office) -> None:
    """Forget that messages were sent when Redis was emptied, or when nobody has come for a minute."""
    key = f"{office.settings.namespace}:{EPOCH_KEY}"
    fresh = await office.redis.set(key, "1", nx=True)
    async with connection(office.pool) as conn:
        cursor = await conn.execute(_SQL["redispatch"], {"older": 0.0 if fresh else REPEAT_SECONDS})
    if cursor.rowcount:
        get_logger().info("dispatch.repeated", chunks=cursor.rowcount, emptied=bool(fresh))
