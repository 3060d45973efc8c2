"""Queries over kept connections: their rows, their faults, and what becomes of a connection that fails."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any, Self

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from deploy.local.embedded import EmbeddedServices, embedded_services
from shared.db import lines as db_lines
from shared.db.lines import Lines
from shared.db.pool import Pool, connection, make_pool
from shared.errors import UnavailableError
from tests.integration.relay import Relay

PID = b"SELECT pg_backend_pid() AS pid"
ECHO = b"SELECT %(said)s::text AS said"
SLEEP = b"SELECT pg_sleep(%(seconds)s::float)"
SIZE = 4


class Kept:
    """Lines over a pool of their own."""

    def __init__(self, url: str, **arguments: Any) -> None:
        self.pool: Pool = make_pool(url, application="kept", **{"size": SIZE, **arguments})
        self.lines = Lines(self.pool)

    async def __aenter__(self) -> Self:
        await self.pool.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.lines.close()
        await self.pool.close()

    async def pid(self) -> int:
        (row,) = await self.lines.ask(PID, {})
        return int(row["pid"])

    async def echo(self, said: str) -> str:
        (row,) = await self.lines.ask(ECHO, {"said": said.encode()})
        return str(row["said"])

    async def sleep(self, seconds: float) -> None:
        await self.lines.ask(SLEEP, {"seconds": str(seconds).encode()})

    async def again(self) -> int:
        """A query's answer once there is one, within 20 s."""
        async with asyncio.timeout(20):
            while True:
                try:
                    return await self.pid()
                except UnavailableError:
                    await asyncio.sleep(0.05)


@pytest.fixture
async def kept(database_url: str) -> AsyncIterator[Kept]:
    async with Kept(database_url) as one:
        yield one


@pytest.fixture
async def relay(database_url: str) -> AsyncIterator[Relay]:
    one = Relay(database_url)
    await one.start()
    yield one
    await one.stop()


Hurry = Callable[[Kept], None]


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> Hurry:
    """From now on connections and answers have a second."""

    def begin(kept: Kept) -> None:
        kept.pool.timeout = 1.0
        monkeypatch.setattr(db_lines, "ANSWER_SECONDS", 1.0)

    return begin


async def test_rows_are_those_of_a_cursor(kept: Kept) -> None:
    query = (
        "SELECT n, 'ü\U0001f980' AS t, NULL::int AS nothing, n > 1 AS b, n / 2.0::float8 AS f, '\\x00ff'::bytea AS o,"
        " '0190a0b0-0000-7000-8000-000000000000'::uuid AS id, sum(n) OVER () AS total,"
        " '2026-01-02T03:04:05.678901+02'::timestamptz AS at, '{\"a\": [1]}'::jsonb AS j, ARRAY['x', NULL] AS a"
        " FROM generate_series(1, %(n)s::int) AS n ORDER BY n"
    ).encode()
    rows = await kept.lines.ask(query, {"n": b"3"})
    async with connection(kept.pool) as conn:
        assert rows == await (await conn.execute(query, {"n": 3})).fetchall()
    assert [list(row) for row in rows] == [list(rows[0])] * 3


async def test_no_rows(kept: Kept) -> None:
    assert await kept.lines.ask(b"SELECT 1 AS one WHERE false", {}) == []


async def test_a_connection_is_kept_and_a_query_prepared_once(kept: Kept) -> None:
    pids = {await kept.pid() for _ in range(10)}
    assert len(pids) == 1
    (row,) = await kept.lines.ask(b"SELECT count(*) AS n FROM pg_prepared_statements", {})
    assert row["n"] == 2


async def test_a_fault_of_the_query_leaves_the_connection_as_it_was(kept: Kept) -> None:
    pid = await kept.pid()
    with pytest.raises(psycopg.errors.DivisionByZero):
        await kept.lines.ask(b"SELECT 1 / %(by)s::int", {"by": b"0"})
    with pytest.raises(psycopg.errors.UndefinedTable):
        await kept.lines.ask(b"SELECT * FROM nothing", {})
    with pytest.raises(psycopg.errors.InvalidTextRepresentation):
        await kept.lines.ask(b"SELECT 1 / %(by)s::int", {"by": b"x"})
    assert await kept.pid() == pid


async def test_what_is_longer_than_the_sockets_buffers(kept: Kept) -> None:
    said = "ü" * 3_000_000
    assert await kept.echo(said) == said


async def test_more_at_once_than_are_kept_are_all_answered_and_half_of_the_pool_is_left(kept: Kept) -> None:
    said = [str(n) for n in range(40)]
    assert await asyncio.gather(*(kept.echo(one) for one in said)) == said
    async with connection(kept.pool), connection(kept.pool):
        assert await asyncio.gather(*(kept.pid() for _ in range(2)))


async def test_a_pool_of_one_keeps_none(database_url: str) -> None:
    async with Kept(database_url, size=1) as kept:
        pid = await kept.pid()
        async with connection(kept.pool) as conn:
            assert conn.info.backend_pid == pid
        assert await asyncio.gather(*(kept.pid() for _ in range(4))) == [pid] * 4


async def test_one_that_is_killed_while_idle_is_replaced_before_anybody_notices(kept: Kept) -> None:
    pid = await kept.pid()
    (line,) = kept.lines._kept
    async with connection(kept.pool) as conn:
        await conn.execute("SELECT pg_terminate_backend(%s)", (pid,))
    async with asyncio.timeout(10):
        while line.usable:
            await asyncio.sleep(0)
    assert await kept.pid() != pid


async def test_one_that_is_killed_while_asked_fails_and_is_replaced(kept: Kept) -> None:
    pid = await kept.pid()
    asking = asyncio.ensure_future(kept.sleep(30))
    await asyncio.sleep(0)
    async with connection(kept.pool) as conn:
        await conn.execute("SELECT pg_terminate_backend(%s)", (pid,))
    with pytest.raises(UnavailableError, match="can't be reached"):
        await asking
    assert await kept.pid() != pid


async def test_a_statement_that_takes_too_long_is_ended_by_postgres(database_url: str) -> None:
    async with Kept(database_url, statement_seconds=0.2) as kept:
        pid = await kept.pid()
        with pytest.raises(UnavailableError, match="took too long") as caught:
            await kept.sleep(30)
        assert caught.value.retry_after == 3
        assert await kept.pid() == pid


async def test_an_answer_that_does_not_come_ends_in_time_and_is_never_taken_for_the_next(
    kept: Kept, hurry: Hurry
) -> None:
    pid = await kept.pid()
    hurry(kept)
    with pytest.raises(UnavailableError):
        await kept.sleep(30)
    assert await kept.echo("next") == "next"
    assert await kept.pid() != pid


async def test_a_cancelled_query_is_never_taken_for_the_next(kept: Kept) -> None:
    pid = await kept.pid()
    for _ in range(SIZE * 2):
        asking = asyncio.ensure_future(kept.sleep(0.01))
        await asyncio.sleep(0)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert await kept.echo("next") == "next"
    assert await kept.pid() != pid
    assert kept.pool.get_stats()["pool_size"] <= SIZE


@pytest.mark.parametrize("what", ["stall", "hang_up"])
async def test_behind_a_network_that_fails(relay: Relay, hurry: Hurry, what: str) -> None:
    async with Kept(relay.url) as kept:
        await asyncio.gather(*(kept.pid() for _ in range(SIZE)))
        hurry(kept)
        getattr(relay, what)()
        async with asyncio.timeout(20):
            for _ in range(SIZE + 1):
                with pytest.raises(UnavailableError):
                    await kept.pid()
        relay.recover()
        await kept.again()
        assert await kept.echo("well") == "well"


async def test_no_connection_to_be_had(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute("DROP ROLE IF EXISTS few")
        conn.execute("CREATE ROLE few LOGIN CONNECTION LIMIT 1")
    async with Kept(make_conninfo(database_url, user="few")) as kept:
        await kept.pid()
        kept.pool.timeout = 0.3
        asked = await asyncio.gather(*(kept.sleep(1) for _ in range(2)), return_exceptions=True)
        assert {type(one) for one in asked} == {type(None), UnavailableError}
        assert await kept.echo("well") == "well"


async def test_an_old_connection_is_given_back(kept: Kept) -> None:
    kept.pool.max_lifetime = -1.0
    await asyncio.gather(*(kept.pid() for _ in range(8)))
    assert kept.lines._kept == []


async def test_closing_closes_all(kept: Kept, database_url: str) -> None:
    await asyncio.gather(*(kept.pid() for _ in range(SIZE)))
    asking = asyncio.ensure_future(kept.sleep(0.1))
    await asyncio.sleep(0)
    await kept.lines.close()
    await kept.pool.close()
    await asking
    with pytest.raises(UnavailableError):
        await kept.pid()
    with psycopg.connect(database_url, autocommit=True) as conn:
        for _ in range(1_000):
            found = conn.execute("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'kept'").fetchone()
            if found == (0,):
                break
        assert found == (0,)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServices]:
    """A Postgres that may be stopped."""
    folder: Path = tmp_path_factory.mktemp("lines")
    with embedded_services(folder, fast=True) as services:
        yield services


async def test_a_postgres_that_stops_and_goes_on(server: EmbeddedServices, hurry: Hurry) -> None:
    async with Kept(server.database_url) as kept:
        await kept.pid()
        hurry(kept)
        server.postgres.pause()
        try:
            for _ in range(SIZE + 1):
                with pytest.raises(UnavailableError):
                    await kept.pid()
        finally:
            server.postgres.resume()
        await kept.again()
        assert await kept.echo("well") == "well"


async def test_a_postgres_that_is_killed_and_started_anew(server: EmbeddedServices, hurry: Hurry) -> None:
    async with Kept(server.database_url) as kept:
        await asyncio.gather(*(kept.echo("before") for _ in range(SIZE)))
        hurry(kept)
        server.postgres.kill()
        for _ in range(SIZE):
            with pytest.raises(UnavailableError):
                await kept.pid()
        server.postgres.launch()
        server.postgres.start()
        await kept.again()
        assert await kept.echo("after") == "after"
