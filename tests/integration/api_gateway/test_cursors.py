"""Cursors, while rows come in between."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from shared.users import User
from tests.integration.api_gateway.conftest import Client, Db, MakeCaller
from tests.integration.api_gateway.seeds import seed


@pytest.fixture
async def reader(connection: Db, caller: MakeCaller, jwt_of: Callable[[User], str]) -> Client:
    return caller(jwt_of(await seed(connection)))


async def add_pages(connection: Db, scan_id: UUID, numbers: list[int]) -> None:
    await connection.execute(
        "INSERT INTO pages (scan_id, seq, url) SELECT %s, n, 'https://example.com/' || n FROM unnest(%s::int[]) n",
        [scan_id, numbers],
    )


async def rest(client: Client, path: str, cursor: str | None) -> list[Any]:
    """Everything from the cursor on, three at a time."""
    found: list[Any] = []
    while cursor is not None:
        _, data, _ = await client("GET", path, params={"limit": "3", "cursor": cursor})
        found += data["items"]
        cursor = data["next_cursor"]
    return found


async def test_pages_that_come_in_between(reader: Client, connection: Db) -> None:
    """No page twice, all behind the cursor, in order."""
    scan_id = (await reader("GET", "/history"))[1]["items"][0]["scan_id"]
    await connection.execute("DELETE FROM pages WHERE scan_id = %s", [scan_id])
    await add_pages(connection, scan_id, [0, 2, 4, 6, 8])
    path = f"/scans/{scan_id}/pages"
    _, first, _ = await reader("GET", path, params={"limit": "3"})
    await add_pages(connection, scan_id, [1, 3, 5, 7, 9])
    urls = [one["url"] for one in (*first["items"], *await rest(reader, path, first["next_cursor"]))]
    assert urls == [f"https://example.com/{n}" for n in (0, 2, 4, 5, 6, 7, 8, 9)]


async def test_pages_by_score(reader: Client, connection: Db) -> None:
    """The lowest first, those of the same score as found, those without one last; filters hold; cursors don't mix."""
    scan_id = (await reader("GET", "/history"))[1]["items"][0]["scan_id"]
    await connection.execute("DELETE FROM pages WHERE scan_id = %s", [scan_id])
    await add_pages(connection, scan_id, list(range(9)))
    scores = {1: 71.4, 2: 100.0, 3: 0.1 + 0.2, 4: 71.4, 6: 0.0, 7: 33.3, 8: 71.39999}
    for number, score in scores.items():
        await connection.execute(
            "UPDATE pages SET score = %s WHERE scan_id = %s AND seq = %s", [score, scan_id, number]
        )
    path = f"/scans/{scan_id}/pages"
    _, first, _ = await reader("GET", path, params={"limit": "2", "sort": "score"})
    found = [*first["items"], *await rest(reader, f"{path}?sort=score", first["next_cursor"])]
    assert [int(one["url"].rsplit("/")[-1]) for one in found] == [6, 3, 7, 8, 1, 4, 2, 0, 5]
    _, some, _ = await reader("GET", path, params={"sort": "score", "url": "com/8"})
    assert len(some["items"]) == 1
    status, fault, _ = await reader("GET", path, params={"cursor": first["next_cursor"]})
    assert (status, fault["param"]) == (400, "cursor")


async def test_deliveries_that_come_in_between(reader: Client, connection: Db) -> None:
    """Newest first: what is new stands before the cursor, and moves nothing behind it."""
    webhook = (await reader("GET", "/webhooks"))[1]["items"][0]["id"]
    path = f"/webhooks/{webhook}/deliveries"

    async def add(number: int) -> None:
        await connection.execute(
            """INSERT INTO deliveries (id, event_id, webhook_id, scan_id, user_id, owner, test, event, url, payload)
               SELECT gen_random_uuid(), gen_random_uuid(), webhook_id, scan_id, user_id, owner, test, event, url, payload
               FROM (SELECT * FROM deliveries LIMIT 1) AS one, generate_series(1, %s)""",
            [number],
        )

    await add(8)
    _, whole, _ = await reader("GET", path)
    _, first, _ = await reader("GET", path, params={"limit": "3"})
    cursor = first["next_cursor"]
    expected = [one["delivery_id"] for one in whole["items"][3:]]
    await connection.execute(
        """INSERT INTO deliveries (id, event_id, webhook_id, scan_id, user_id, owner, test, event, url, payload)
           SELECT 'ffffffff-ffff-7fff-bfff-ffffffffffff', gen_random_uuid(), webhook_id, scan_id, user_id, owner, test,
             event, url, payload FROM deliveries LIMIT 1"""
    )
    assert [one["delivery_id"] for one in await rest(reader, path, cursor)] == expected
