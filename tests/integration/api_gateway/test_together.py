"""Scans that are accepted in one transaction are accepted one by one, in order, and each by its own rules."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import msgspec
import psycopg
import pytest

from api_gateway.together import Together
from shared.clock import uuid7
from shared.db.pool import Pool, connection, make_pool
from shared.redis.client import connect
from shared.scans import NewScan
from shared.settings import Settings
from tests.integration.api_gateway.conftest import Db


@pytest.fixture
async def pool(settings: Settings) -> AsyncIterator[Pool]:
    pool = make_pool(settings.database_url, application="test", size=8)
    await pool.open()
    yield pool
    await pool.close()


@pytest.fixture
async def together(pool: Pool, settings: Settings) -> AsyncIterator[Together]:
    redis: Any = connect(settings.redis_url)
    together = Together(pool, redis, "test")
    yield together
    await together.close()
    await redis.aclose()


def new(owner: str, *, quota: int = 2, **changes: Any) -> NewScan:
    """A guest's single scan."""
    scan = NewScan(
        id=uuid7(),
        owner=owner,
        user_id=None,
        tier="guest",
        test=False,
        url="https://example.com/\u00fc?\U0001f980='\"\\",
        host="example.com",
        mode="single",
        options={"thresholds": {"title.too_long": 0.1}, "exclude": ["/a b/"]},
        profile="p",
        score_version="1",
        request_id="r",
        max_pages=1,
        quota=quota,
        running=1,
        hours=24,
        kept_days=1,
    )
    return msgspec.structs.replace(scan, **changes)


async def test_each_owner_has_the_own_quota(together: Together) -> None:
    asked = [new(f"guest:{n % 3}") for n in range(12)]
    accepted = await asyncio.gather(*(together.accept(one) for one in asked))
    assert [one.outcome for one in accepted] == ["accepted"] * 6 + ["quota"] * 6
    assert [one.scan_id for one in accepted[:6]] == [one.id for one in asked[:6]]
    assert [one.admitted for one in accepted[:6]] == [True] * 3 + [False] * 3, "one runs at a time, the second waits"
    assert {one.used for one in accepted[6:]} == {2}
    assert all(one.next_free is not None for one in accepted[6:])


async def test_a_key_holds_within_a_batch(together: Together) -> None:
    key: dict[str, Any] = {"key": "k", "hash": b"\x00\xff"}
    body: dict[str, Any] = {**key, "hash": b"other"}
    asked = [new("guest:a", **key), new("guest:a", **key), new("guest:a", **body)]
    first, again, other = await asyncio.gather(*(together.accept(one) for one in asked))
    assert (first.outcome, again.outcome, other.outcome) == ("accepted", "replayed", "conflict")
    assert again.scan_id == first.scan_id == asked[0].id


async def test_what_is_stored_is_what_was_asked(together: Together, connection: Db) -> None:
    """Alone or in company: the row is the same."""
    sealed = bytes(range(256))
    alone = new("guest:a", sealed=sealed, webhook_url="https://example.com/h")
    await together.accept(alone)
    pair = [msgspec.structs.replace(alone, id=uuid7(), owner=f"guest:{name}") for name in "bc"]
    await asyncio.gather(*(together.accept(one) for one in pair))
    rows = await (
        await connection.execute(
            "SELECT url, host, options, sealed, webhook_url, ends_at - created_at AS time FROM scans ORDER BY id"
        )
    ).fetchall()
    assert len(rows) == 3
    assert rows[0] == rows[1] == rows[2]
    assert (rows[0]["sealed"], rows[0]["options"], rows[0]["url"]) == (sealed, alone.options, alone.url)


async def test_one_that_postgres_refuses_leaves_the_others(together: Together, connection: Db) -> None:
    asked = [new("guest:a"), new("guest:b", request_id="\x00"), new("guest:c")]
    outcomes = await asyncio.gather(*(together.accept(one) for one in asked), return_exceptions=True)
    assert isinstance(outcomes[1], psycopg.DataError)
    assert not isinstance(outcomes[0], BaseException)
    assert not isinstance(outcomes[2], BaseException)
    row = await (await connection.execute("SELECT count(*) AS n FROM scans")).fetchone()
    assert row == {"n": 2}


async def test_crossing_owners_never_wait_for_each_other(pool: Pool, together: Together, settings: Settings) -> None:
    redis: Any = connect(settings.redis_url)
    other = Together(pool, redis, "test")
    rising = [new(f"guest:{n % 7}", quota=100) for n in range(70)]
    falling = [new(f"guest:{6 - n % 7}", quota=100) for n in range(70)]
    async with asyncio.timeout(30):
        accepted = await asyncio.gather(
            *(together.accept(one) for one in rising), *(other.accept(one) for one in falling)
        )
    assert {one.outcome for one in accepted} == {"accepted"}
    await other.close()
    await redis.aclose()


async def test_reading(together: Together, pool: Pool) -> None:
    asked = [new(f"guest:{n}") for n in range(3)]
    await asyncio.gather(*(together.accept(one) for one in asked))
    wanted = [asked[0].id, uuid4(), asked[2].id, asked[0].id]
    rows = await asyncio.gather(*(together.scan(one) for one in wanted))
    assert [row["owner"] if row else None for row in rows] == ["guest:0", None, "guest:2", "guest:0"]
    assert rows[0] is not None
    assert msgspec.json.decode(rows[0]["options"]) == asked[0].options
    async with connection(pool) as conn:
        assert conn.info.status.name == "OK"
