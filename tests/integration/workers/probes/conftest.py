"""A worker's workshop on real servers, and scans written straight into Postgres."""

import asyncio
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from shared import scans
from shared.clock import SYSTEM, uuid7
from shared.db.pool import connection, make_pool
from shared.redis.client import connect
from shared.scans import Work
from shared.settings import Settings, read_settings
from workers.fetch.client import Fetcher
from workers.fetch.guard import Guard
from workers.fetch.politeness import Politeness
from workers.parser import ParserProcess
from workers.workshop import Workshop

MakeWork = Callable[..., Awaitable[Work]]


@pytest.fixture
def settings(database_url: str, redis_url: str) -> Settings:
    """Of a worker that may reach loopback."""
    return read_settings(
        {
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "SECRET_KEY": "s" * 40,
            "ALLOW_NETWORKS": "127.0.0.0/8",
            "POOL_SIZE": "8",
        }
    )


@asynccontextmanager
async def workshop(settings: Settings) -> AsyncGenerator[Workshop]:
    """One worker's."""
    async with AsyncExitStack() as stack:
        pool = make_pool(settings.database_url, application="test", size=settings.pool_size)
        await pool.open(wait=True)
        stack.push_async_callback(pool.close)
        redis = connect(settings.redis_url)
        stack.push_async_callback(redis.aclose)
        politeness = Politeness(redis, namespace="probes", budget=1.0)
        stack.push_async_callback(politeness.close)
        fetcher = await stack.enter_async_context(Fetcher(Guard(settings.allow_networks)))
        parser = await stack.enter_async_context(ParserProcess("workers.scan_page:judge_page"))
        yield Workshop(
            settings=settings,
            pool=pool,
            redis=redis,
            fetcher=fetcher,
            politeness=politeness,
            parser=parser,
            clock=SYSTEM,
            drain=asyncio.Event(),
        )


@pytest.fixture
async def shop(settings: Settings) -> AsyncGenerator[Workshop]:
    """A worker's."""
    async with workshop(settings) as one:
        yield one


@pytest.fixture
def make_work(shop: Workshop) -> MakeWork:
    """`await make_work(url, mode, **options)`: a running scan as a worker sees it."""

    async def make(url: str, mode: str = "single", **options: Any) -> Work:
        new = uuid7()
        async with connection(shop.pool) as conn:
            await conn.execute(
                "INSERT INTO scans (id, owner, tier, url, host, mode, options, profile, score_version, request_id, "
                "max_pages, ends_at, kept_until) VALUES (%s, 'user:x', 'pro', %s, %s, %s, %s, 'default-2026.11', '1', "
                "'r', 100, now() + interval '1 hour', now() + interval '1 day')",
                (new, url, url.split("/")[2], mode, Jsonb(options)),
            )
            work = await scans.for_work(conn, new)
        assert work is not None
        return work

    return make


def sql(settings: Settings, query: str, *values: object) -> list[tuple[Any, ...]]:
    """Rows."""
    with psycopg.connect(settings.database_url, autocommit=True) as conn:
        return conn.execute(query.encode(), values).fetchall()


def unknown() -> uuid.UUID:
    """An id of nothing."""
    return uuid7()
