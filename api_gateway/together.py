"""What many requests ask at the same moment, asked of Postgres and Redis at once."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
import psycopg
from psycopg.rows import DictRow
from redis.asyncio import Redis
from redis.exceptions import RedisError

from shared import scans
from shared.db.lines import Lines
from shared.db.pool import Pool, connection
from shared.db.queries import queries
from shared.errors import ServiceError
from shared.gathering import Gathering
from shared.jobs import Job
from shared.jobs import ring as ring_bell
from shared.logs import get_logger
from shared.scans import Accepted, NewScan

AT_ONCE = 2
"""Batches of a kind. With more they are smaller, and those of one owner only wait for each other's lock."""

_SQL = queries("scans")


class Together:
    """Reading scans, accepting them, ringing for them."""

    def __init__(self, pool: Pool, redis: Redis, namespace: str) -> None:
        """Nothing is asked yet."""
        self._pool = pool
        self._redis = redis
        self._namespace = namespace
        self._lines = Lines(pool)
        self._reads: Gathering[UUID, DictRow | None] = Gathering(self._read, flights=AT_ONCE)
        self._accepts: Gathering[NewScan, Accepted | Exception] = Gathering(self._accept, flights=AT_ONCE)
        self._bells: Gathering[Job, None] = Gathering(self._ring)

    async def scan(self, scan_id: UUID) -> DictRow | None:
        """What GET /scans/{scan_id} shows, with what is stored as JSON as `msgspec.Raw`. Raises `UnavailableError`."""
        return await self._reads(scan_id)

    async def accept(self, new: NewScan) -> Accepted:
        """As `scans.accept`, on a connection of its own. Raises `UnavailableError`."""
        accepted = await self._accepts(new)
        if isinstance(accepted, Exception):
            raise accepted
        return accepted

    def ring(self, job: Job) -> None:
        """Put a message on its queue. Nothing depends on it: the dispatcher finds the work within a second."""
        self._bells(job)

    async def close(self) -> None:
        """Give the connections back that are kept; call it before the pool is closed."""
        await self._lines.close()

    async def _read(self, ids: list[UUID]) -> list[DictRow | None]:
        rows = await self._lines.ask(_SQL["views"], {"ids": f"{{{','.join(map(str, set(ids)))}}}".encode()})
        found: dict[UUID, DictRow] = {row["id"]: row for row in rows}
        for row in rows:
            for name in ("options", "result"):
                row[name] = msgspec.Raw(row[name].encode()) if row[name] is not None else None
        return [found.get(scan_id) for scan_id in ids]

    async def _accept(self, news: list[NewScan]) -> Sequence[Accepted | Exception]:
        try:
            if any(new.trace is not None for new in news):
                async with connection(self._pool) as conn:
                    return await scans.accept_many(conn, news)
            return await scans.accept_plain(self._lines, news)
        except psycopg.Error as error:
            # One that Postgres refuses must not take its neighbours along.
            get_logger().warning("scans.accepted_apart", scans=len(news), error=type(error).__name__)
        return [await self._accept_alone(new) for new in news]

    async def _accept_alone(self, new: NewScan) -> Accepted | Exception:
        try:
            async with connection(self._pool) as conn:
                return await scans.accept(conn, new)
        except (psycopg.Error, ServiceError) as error:
            return error

    async def _ring(self, jobs: list[Job]) -> list[None]:
        try:
            await ring_bell(self._redis, self._namespace, *jobs)
        except (RedisError, OSError, TimeoutError) as error:
            get_logger().warning("scan.enqueue_failed", scans=len(jobs), error=type(error).__name__)
        return [None] * len(jobs)
