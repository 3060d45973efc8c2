"""Deletes what has been kept for long enough, in small steps that hold no lock for long."""

from scheduler.office import Office
from shared.db.pool import connection
from shared.db.queries import queries
from shared.logs import get_logger
from shared.metrics import RETENTION_DELETED

_SQL = queries("scans")
MAX_STEPS = 200


async def retention(office: Office) -> None:
    """Scans past their time go page by page; quota records after 48 h, idempotency keys after 24 h."""
    async with connection(office.pool) as conn:
        await conn.execute(_SQL["forget_uses"])
        await conn.execute(_SQL["forget_keys"])
        rows = await (await conn.execute(_SQL["expired"])).fetchall()
        for row in rows:
            for query in ("delete_pages", "delete_urls"):
                for _ in range(MAX_STEPS):
                    if not (await conn.execute(_SQL[query], {"id": row["id"]})).rowcount:
                        break
                else:
                    return
            await conn.execute(_SQL["delete"], {"id": row["id"]})
            RETENTION_DELETED.inc()
            get_logger().info("scan.deleted", scan_id=str(row["id"]))
