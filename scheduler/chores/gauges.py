"""Figures that only Postgres and Redis can tell: the autoscaler's signal, and messages set aside."""

from scheduler.office import Office
from shared.db.pool import connection
from shared.db.queries import queries
from shared.jobs import ACTORS
from shared.metrics import DEAD_LETTERS, QUEUE_DEPTH, QUEUE_OLDEST

KINDS = ("single", "discover", "fetch", "reduce")
_SQL = queries("chunks")


async def backlog(office: Office) -> None:
    """Ready and leased chunks, and the age of the oldest ready one. Work held back on purpose is not ready."""
    async with connection(office.pool) as conn:
        rows = await (await conn.execute(_SQL["depth"])).fetchall()
    by_kind = {row["kind"]: row for row in rows}
    for kind in KINDS:
        row = by_kind.get(kind)
        QUEUE_DEPTH.labels(kind, "ready").set(row["ready"] if row else 0)
        QUEUE_DEPTH.labels(kind, "leased").set(row["leased"] if row else 0)
        QUEUE_OLDEST.labels(kind).set((row["oldest"] or 0.0) if row else 0.0)


async def dead_letters(office: Office) -> None:
    """Messages that no actor could take."""
    for queue in sorted(set(ACTORS.values())):
        DEAD_LETTERS.labels(queue).set(await office.redis.zcard(f"{office.settings.namespace}:{queue}.XQ"))
