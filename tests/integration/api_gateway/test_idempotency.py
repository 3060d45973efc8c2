"""One Idempotency-Key, one effect: under concurrency, across gateways, for single scans and for bulk."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp.test_utils import TestServer

from api_gateway.app import build
from shared import scans
from shared.settings import Settings
from shared.users import User
from tests.integration.api_gateway.conftest import Client, Db, MakeCaller, MakeKey

GOOD = {"url": "https://example.com/"}
BULK = {"urls": [f"https://example.com/{number}" for number in range(4)]}
KEY = {"Idempotency-Key": "order-66"}


@pytest.fixture
async def both(client: Client, settings: Settings) -> AsyncIterator[list[Client]]:
    """The same caller at two gateways."""
    async with TestServer(build(settings)) as second:
        yield [client, Client(client.session, str(second.make_url("")).rstrip("/"), client.key)]


async def counts(connection: Db) -> tuple[int, int]:
    row = await (
        await connection.execute(
            "SELECT (SELECT count(*) FROM scans) AS scans, (SELECT count(*) FROM quota_uses) AS units"
        )
    ).fetchone()
    assert row is not None
    return row["scans"], row["units"]


@pytest.mark.parametrize(("path", "body", "made"), [("/scans", GOOD, 1), ("/scans/bulk", BULK, 4)])
async def test_sixty_four_at_once(both: list[Client], connection: Db, path: str, body: Any, made: int) -> None:
    answers = await asyncio.gather(*(both[n % 2]("POST", path, json=body, headers=KEY) for n in range(64)))
    assert {status for status, _, _ in answers} == {202}
    assert len({str(data) for _, data, _ in answers}) == 1
    assert await counts(connection) == (made, made)
    usage = (await both[0]("GET", "/user/usage"))[1]
    assert usage["single"]["used"] == made


@pytest.mark.parametrize(("path", "body"), [("/scans", GOOD), ("/scans/bulk", BULK)])
async def test_another_body_is_a_conflict(client: Client, connection: Db, path: str, body: Any) -> None:
    assert (await client("POST", path, json=body, headers=KEY))[0] == 202
    before = await counts(connection)
    others = [
        ("/scans", {"url": "https://example.com/other"}),
        ("/scans", {**GOOD, "mode": "sitemap"}),
        ("/scans/bulk", {"urls": [*BULK["urls"], "https://example.com/5"]}),
        ("/scans/bulk", {"urls": BULK["urls"][::-1]}),
    ]
    for where, other in others:
        status, error, _ = await client("POST", where, json=other, headers=KEY)
        assert (status, error["code"], error["param"]) == (409, "CONFLICT", "Idempotency-Key")
    assert await counts(connection) == before


async def test_after_a_day_a_key_is_new(client: Client, connection: Db) -> None:
    for path, body in (("/scans", GOOD), ("/scans/bulk", BULK)):
        first = (await client("POST", path, json=body, headers=KEY))[1]
        await connection.execute("UPDATE idempotency_keys SET created_at = created_at - interval '24 hours'")
        second = (await client("POST", path, json=body, headers=KEY))[1]
        assert first != second
        assert (await client("POST", path, json=body, headers=KEY))[1] == second
        await connection.execute("DELETE FROM idempotency_keys")


async def test_a_replay_passes_a_used_up_quota(client: Client, connection: Db) -> None:
    _, first, _ = await client("POST", "/scans", json=GOOD, headers=KEY)
    await client("POST", "/scans/bulk", json={"urls": [GOOD["url"]] * 49})
    assert (await client("POST", "/scans", json=GOOD))[0] == 429
    status, again, _ = await client("POST", "/scans", json=GOOD, headers=KEY)
    assert (status, again) == (202, first)
    assert await counts(connection) == (50, 50)


async def test_keys_are_the_callers_own(
    client: Client, caller: MakeCaller, make_key: MakeKey, stranger: User, connection: Db
) -> None:
    callers = [client, caller(await make_key(mode="test")), caller(await make_key(owner=stranger)), caller(None)]
    ids = [(await one("POST", "/scans", json=GOOD, headers=KEY))[1]["scan_id"] for one in callers]
    assert len(set(ids)) == 4
    assert await counts(connection) == (4, 3)


async def test_a_refused_request_leaves_no_key(client: Client, connection: Db) -> None:
    await connection.execute("UPDATE users SET overrides = '{\"single\": 1}'")
    while (await client("GET", "/user/usage"))[1]["single"]["limit"] != 1:
        pass
    _, used, _ = await client("POST", "/scans", json=GOOD)
    assert (await client("POST", "/scans", json=GOOD, headers=KEY))[0] == 429
    await scans.refund(connection, used["scan_id"])
    assert (await client("POST", "/scans", json=GOOD, headers=KEY))[0] == 202


@pytest.mark.parametrize("key", ["", "two words", "ü", "x" * 256])
async def test_malformed_keys(client: Client, key: str) -> None:
    for path, body in (("/scans", GOOD), ("/scans/bulk", BULK)):
        status, error, _ = await client("POST", path, json=body, headers={"Idempotency-Key": key})
        assert (status, error["code"], error["param"]) == (400, "INVALID_REQUEST", "Idempotency-Key")
