"""Deletes what has been kept for long enough, in small steps that hold no lock for long."""

from typing import Any
from uuid import UUID

from scheduler.office import Office
from shared.db.pool import AWAY, Connection, connection
from shared.db.queries import queries
from shared.logs import get_logger
from shared.metrics import RETENTION_DELETED

MAX_STEPS = 200
"""Steps for one scan in one run. A million pages take five runs, and hold up nobody else's meanwhile."""
RUN_SECONDS = 120.0
"""For one run while scans are due: with a single batch a run, 28,800 scans a day was the most that could go."""
MOST_LEFT = 200
"""Scans that can't go in one run; beyond so many something else is wrong, and the next run tries again."""
PARTS = ("delete_pages", "delete_urls", "delete_site_findings", "delete_probes", "delete_files", "delete_chunks")
"""What a scan can have thousands of. The rest goes with its row."""

_SQL = queries("scans")
_SESSIONS = queries("sessions")
_SUBMISSIONS = queries("submissions")


async def retention(office: Office) -> None:
    """Scans past their time go part by part; quota records after 48 h, idempotency keys after 24 h.

    A revoked log-in is remembered until an hour after it would have ended by itself.
    """
    async with connection(office.pool) as conn:
        await conn.execute(_SQL["forget_uses"])
        await conn.execute(_SQL["forget_keys"])
        await conn.execute(_SESSIONS["forget_revoked"])
        await conn.execute(_SUBMISSIONS["forget"])
    until = office.clock.monotonic() + RUN_SECONDS
    left: list[UUID] = []
    while await _batch(office, left) and office.clock.monotonic() < until:
        pass


async def _batch(office: Office, left: list[UUID]) -> bool:
    """Delete some scans, longest due first, those in `left` excepted; whether there may be more.

    What can't go in this run is added to `left`: it must not keep the others for ever.
    """
    async with connection(office.pool) as conn:
        rows = await (await conn.execute(_SQL["expired"], {"left": left})).fetchall()
    for row in rows:
        try:
            async with connection(office.pool) as conn:
                gone = await _delete(conn, row["id"])
        except AWAY as error:
            get_logger().warning("scan.not_deleted", scan_id=str(row["id"]), error=type(error).__name__)
            gone = False
        if gone:
            RETENTION_DELETED.inc()
            get_logger().info("scan.deleted", scan_id=str(row["id"]))
        else:
            left.append(row["id"])
    return bool(rows) and len(left) < MOST_LEFT


async def _delete(conn: Connection, scan_id: UUID) -> bool:
    """Each step is a transaction of its own. False when there is more than one run may take."""
    values: dict[str, Any] = {"id": scan_id}
    steps = 0
    for part in PARTS:
        while (await conn.execute(_SQL[part], values)).rowcount:
            steps += 1
            if steps >= MAX_STEPS:
                return False
    await conn.execute(_SQL["delete"], values)
    return True
