"""A scheduler's office on a database and a Redis of the test's own, and rows to work on."""

import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest
from psycopg.rows import DictRow

from scheduler.office import Office
from shared import scans
from shared.clock import uuid7
from shared.db.pool import Pool, connection, make_pool
from shared.redis.client import connect
from shared.scans import NewScan
from shared.settings import read_settings


class HandClock:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.at = 1_000.0
        self.step = 0.0
        """Seconds that pass between one look at it and the next."""

    def now(self) -> float:
        return 1_700_000_000.0 + self.at

    def monotonic(self) -> float:
        self.at += self.step
        return self.at


class Rows:
    """Scans made and looked at directly."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool

    async def sql(self, query: str, **values: Any) -> list[DictRow]:
        async with connection(self.pool) as conn:
            cursor = await conn.execute(query.encode(), values)
            return await cursor.fetchall() if cursor.description else []

    async def scan(
        self, owner: str = "guest:1", mode: str = "single", host: str = "", running: int = 1_000
    ) -> uuid.UUID:
        scan_id = uuid7()
        new = NewScan(
            id=scan_id,
            owner=owner,
            user_id=None,
            tier="pro",
            test=False,
            url=f"http://{host or scan_id.hex + '.example'}/",
            host=host or f"{scan_id.hex}.example",
            mode=mode,
            options={"delay_ms": 0},
            profile="default-2026.11",
            score_version="1",
            request_id="req",
            max_pages=1_000,
            quota=1_000_000,
            running=running,
            hours=24,
            kept_days=1,
        )
        async with connection(self.pool) as conn:
            accepted = await scans.accept(conn, new)
        assert accepted.outcome == "accepted"
        return scan_id

    async def chunk(self, scan_id: uuid.UUID, no: int = 0) -> DictRow:
        rows = await self.sql("SELECT * FROM chunks WHERE scan_id = %(id)s AND no = %(no)s", id=scan_id, no=no)
        return rows[0]

    async def of(self, scan_id: uuid.UUID) -> DictRow:
        return (await self.sql("SELECT * FROM scans WHERE id = %(id)s", id=scan_id))[0]

    async def old(self) -> None:
        """Past the second that the dispatcher leaves to the gateway."""
        await self.sql("UPDATE chunks SET created_at = created_at - interval '5 seconds'")


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    made = make_pool(database_url, application="test", size=4)
    await made.open()
    yield made
    await made.close()


@pytest.fixture
def rows(pool: Pool) -> Rows:
    return Rows(pool)


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def office(pool: Pool, database_url: str, redis_url: str, clock: HandClock) -> AsyncIterator[Office]:
    settings = read_settings({"DATABASE_URL": database_url, "REDIS_URL": redis_url, "SECRET_KEY": "x" * 40})
    redis = connect(redis_url)
    yield Office(settings=settings, pool=pool, redis=redis, clock=clock)
    await redis.aclose()
