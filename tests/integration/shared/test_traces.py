"""The trace that a scan began in: kept with it or not at all, whichever way it was accepted."""

from typing import Any
from uuid import UUID

import msgspec
import psycopg
import pytest
from psycopg.rows import dict_row

from shared import scans
from shared.clock import uuid7
from shared.db.pool import Connection
from shared.scans import NewScan

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def new(trace: str | None, **changes: Any) -> NewScan:
    scan = NewScan(
        id=uuid7(), owner="guest:a", user_id=None, tier="guest", test=False, url="http://x/", host="x", mode="single",
        options={}, profile="p", score_version="1", request_id="r", max_pages=1, quota=2, running=9, hours=24, kept_days=1,
        trace=trace,
    )  # fmt: skip
    return msgspec.structs.replace(scan, **changes)


async def connect(database_url: str) -> Connection:
    return await Connection.connect(database_url, autocommit=True, row_factory=dict_row)


async def kept(conn: Connection) -> dict[UUID, str | None]:
    return {row["id"]: row["trace"] for row in await (await conn.execute("SELECT id, trace FROM scans")).fetchall()}


async def test_alone_it_is_kept_and_a_worker_sees_it(database_url: str) -> None:
    async with await connect(database_url) as conn:
        traced, plain = new(TRACE), new(None)
        assert [(await scans.accept(conn, one)).outcome for one in (traced, plain)] == ["accepted"] * 2
        assert await kept(conn) == {traced.id: TRACE, plain.id: None}
        work = await scans.for_work(conn, traced.id)
        assert work is not None
        assert work.trace == TRACE


async def test_in_company_each_keeps_its_own(database_url: str) -> None:
    async with await connect(database_url) as conn:
        news = [new(TRACE), new(None), new(TRACE[:-2] + "03")]
        accepted = await scans.accept_many(conn, news)
        assert [one.outcome for one in accepted] == ["accepted", "accepted", "quota"]
        assert await kept(conn) == {news[0].id: TRACE, news[1].id: None}


async def test_a_repeated_request_leaves_the_first_one_s_trace(database_url: str) -> None:
    async with await connect(database_url) as conn:
        first = new(TRACE, key="k", hash=b"h")
        again = new(TRACE[:-2] + "03", key="k", hash=b"h")
        assert (await scans.accept(conn, first)).outcome == "accepted"
        assert (await scans.accept(conn, again)).outcome == "replayed"
        assert await kept(conn) == {first.id: TRACE}


async def test_what_can_t_keep_its_trace_isn_t_accepted(database_url: str) -> None:
    """One transaction: a caller who hears of a fault has no scan, and can ask again under the same id."""
    async with await connect(database_url) as conn:
        scan = new(TRACE)
        await conn.execute("ALTER TABLE scans ADD CONSTRAINT none CHECK (trace IS NULL)")
        with pytest.raises(psycopg.errors.CheckViolation):
            await scans.accept(conn, scan)
        assert await kept(conn) == {}
        await conn.execute("ALTER TABLE scans DROP CONSTRAINT none")
        assert (await scans.accept(conn, scan)).outcome == "accepted"
