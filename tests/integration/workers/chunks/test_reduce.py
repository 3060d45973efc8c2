"""The end of a scan of many pages: nothing that takes long is done while the chunk's row is held."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from unittest.mock import patch

import psycopg
import pytest

from shared import chunks
from shared.db.pool import connect_arguments, connection
from shared.scans import Work
from shared.tally import Tally
from workers import places, reduce
from workers.lease import Lease
from workers.workshop import Workshop

pytestmark = pytest.mark.timeout(60)

MakeWork = Callable[..., Awaitable[Work]]
URL = "http://127.0.0.1:9/"


async def with_pages(shop: Workshop, scan: Work, pages: int) -> None:
    """Every page fires `often`, every tenth `seldom`, the last one `once`; `site` is a site-level finding of all."""
    async with connection(shop.pool) as conn:
        await conn.execute(
            "INSERT INTO pages (scan_id, seq, url, status, checks, findings) SELECT %s, n, %s || n,"
            " CASE WHEN n %% 4 = 0 THEN 404 ELSE 200 END,"
            " ARRAY['often'] || CASE WHEN n %% 10 = 0 THEN ARRAY['seldom'] ELSE '{}' END"
            " || CASE WHEN n = %s THEN ARRAY['once'] ELSE '{}' END,"
            " jsonb_build_array(jsonb_build_object('check', 'often', 'evidence', 'no ' || n))"
            " FROM generate_series(0, %s) n",
            (scan.id, scan.url, pages - 1, pages - 1),
        )
        await conn.execute(
            "INSERT INTO site_findings (scan_id, n, check_id, severity, seq, evidence)"
            " SELECT %s, n, 'site', 'low', n, 'of ' || n FROM generate_series(0, %s) n",
            (scan.id, pages - 1),
        )


@pytest.mark.parametrize("at_once", [7, 10_000])
async def test_examples_are_the_first_of_each_check_in_steps_of_any_size(
    shop: Workshop, make_work: MakeWork, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(places, "AT_ONCE", at_once)
    scan, other = await make_work(URL, "crawl"), await make_work(URL, "crawl")
    for one in (scan, other):
        await with_pages(shop, one, 61)
    async with connection(shop.pool) as conn:
        assert await places.counted(conn, scan.id) == (61, 16)
        found = await places.examples(conn, scan.id, ["often", "once", "seldom", "site", "never"])
        assert await places.examples(conn, scan.id, []) == {}
    first = range(5)
    assert found == {
        "often": [{"url": f"{URL}{n}", "evidence": f"no {n}"} for n in first],
        "seldom": [{"url": f"{URL}{10 * n}", "evidence": ""} for n in first],
        "once": [{"url": f"{URL}60", "evidence": ""}],
        "site": [{"url": f"{URL}{n}", "evidence": f"of {n}"} for n in first],
    }


async def test_the_lease_is_kept_while_pages_are_looked_at(
    shop: Workshop, make_work: MakeWork, database_url: str
) -> None:
    """A look that takes long, here at a locked table, must not hold up the chunk's own heartbeat."""
    scan = await make_work(URL, "crawl")
    await with_pages(shop, scan, 3)
    async with connection(shop.pool) as conn:
        await conn.execute("INSERT INTO chunks (scan_id, no, kind) VALUES (%s, 0, 'reduce')", (scan.id,))
        held = await chunks.claim(conn, scan.id, 0, "me")
    assert held is not None
    arguments = connect_arguments("test") | {"autocommit": True}
    with psycopg.connect(database_url, **arguments) as locking, psycopg.connect(database_url, **arguments) as own:
        own.execute("SET lock_timeout = '1s'")

        def locked(*given: Any) -> Tally:
            locking.execute("BEGIN")
            locking.execute("LOCK TABLE pages")
            tally: Tally = given[-1]
            return tally

        with patch.object(reduce, "analyse", locked):
            ending = asyncio.create_task(reduce.run(shop, scan, Lease(held)))
            waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            while not await asyncio.to_thread(lambda: own.execute(waiting).fetchall()):
                assert not ending.done()
            beat = "UPDATE chunks SET lease_until = now() + interval '20 s' WHERE scan_id = %s"
            assert (await asyncio.to_thread(own.execute, beat, (scan.id,))).rowcount == 1
            locking.execute("ROLLBACK")
            await ending
    async with connection(shop.pool) as conn:
        row = await (await conn.execute("SELECT status, done FROM scans")).fetchone()
    assert row == {"status": "complete", "done": 3}
