"""Watching a scan over a real socket."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import ClientResponse
from aiohttp.test_utils import TestServer

from api_gateway import streams
from api_gateway.app import READINESS
from api_gateway.routes import events as route
from shared import tokens, users
from tests.integration.api_gateway.conftest import Client, MakeKey
from tests.integration.api_gateway.rows import Database, add_issue, add_page, add_scan, end, finding


class Stream:
    """An open stream, read event by event."""

    def __init__(self, response: ClientResponse) -> None:
        self.response = response

    async def block(self) -> dict[str, str]:
        """The next block: an event, a comment, or nothing at the end."""
        fields: dict[str, str] = {}
        async with asyncio.timeout(10):
            while line := (await self.response.content.readline()).decode():
                if line == "\n":
                    return fields
                name, _, value = line.rstrip("\n").partition(": ")
                fields[name] = value
        return fields

    async def event(self) -> tuple[str, Any]:
        while block := await self.block():
            if "event" in block:
                self.last = block["id"]
                return block["event"], json.loads(block["data"])
        return "", None

    async def rest(self) -> list[tuple[str, Any]]:
        found: list[tuple[str, Any]] = []
        while (one := await self.event())[0]:
            found.append(one)
        return found


@asynccontextmanager
async def watching(client: Client, scan_id: Any, last: str | None = None) -> AsyncIterator[Stream]:
    headers = {"Last-Event-ID": last} if last else {}
    if client.key:
        headers["Authorization"] = f"Bearer {client.key}"
    url = f"{client.base}/api/v1/scans/{scan_id}/events"
    async with client.session.get(url, headers=headers) as response:
        assert response.status == 200
        assert response.content_type == "text/event-stream"
        assert response.headers["X-Request-Id"]
        assert response.headers["RateLimit-Limit"] == ("600" if client.key else "60")
        stream = Stream(response)
        assert await stream.block() == {"retry": "3000"}
        yield stream


async def add_chunk(conn: Database, scan_id: Any, no: int, seqs: tuple[int, int], done: int, status: str) -> None:
    await conn.execute(
        "INSERT INTO chunks (scan_id, no, kind, status, seq_from, seq_to, done) VALUES (%s, %s, 'fetch', %s, %s, %s, %s)"
        " ON CONFLICT (scan_id, no) DO UPDATE SET done = excluded.done, status = excluded.status",
        (scan_id, no, status, *seqs, done),
    )


async def test_a_scan_that_has_ended_is_told_at_once(client: Client, connection: Database, user: users.User) -> None:
    scan_id = await add_scan(connection, user)
    await add_issue(connection, scan_id, "title.missing", "high", pages=3, back=4.0)
    await add_issue(connection, scan_id, "h1.missing", "medium", pages=1, back=1.0)
    async with watching(client, scan_id) as stream:
        (kind, progress), *findings, (last, told) = await stream.rest()
    assert (kind, progress["status"], progress["phase"], progress["done"]) == ("progress", "complete", "ended", 3)
    assert [(name, one["check"], one["severity"]) for name, one in findings] == [
        ("finding", "title.missing", "high"),
        ("finding", "h1.missing", "medium"),
    ]
    assert findings[0][1]["url"] == "https://example.com/0"
    assert (last, told["status"], told["score"], told["grade"]) == ("end", "complete", 71.5, "C")
    url = f"{client.base}/api/v1/scans/{scan_id}/events"
    headers = {"Authorization": f"Bearer {client.key}", "Last-Event-ID": "end"}
    async with client.session.get(url, headers=headers) as response:
        assert response.status == 204


async def test_a_running_scan_as_it_goes_on(client: Client, connection: Database, user: users.User) -> None:
    scan_id = await add_scan(connection, user, status="running")
    async with watching(client, scan_id) as stream:
        assert (await stream.event())[0] == "progress"
        await add_page(connection, scan_id, 0, findings=[finding("title.missing"), finding("h1.missing", "medium")])
        await add_chunk(connection, scan_id, 1, (0, 49), 1, "running")
        seen = [await stream.event() for _ in range(3)]
        assert sorted((kind, data.get("check")) for kind, data in seen if kind == "finding") == [
            ("finding", "h1.missing"),
            ("finding", "title.missing"),
        ]
        assert next(data["done"] for kind, data in seen if kind == "progress") == 4
        await add_page(connection, scan_id, 1, findings=[finding("title.missing"), finding("title.missing", "low")])
        await add_chunk(connection, scan_id, 1, (0, 49), 2, "done")
        await add_issue(connection, scan_id, "title.missing")
        await add_issue(connection, scan_id, "sitemap.missing")
        kinds: list[Any] = []
        while not any(kind == "finding" for kind, _ in kinds):
            kinds.append(await stream.event())
        assert kinds[-1][1]["severity"] == "low"
        await end(connection, scan_id)
        *_, (finding_, site), (last, told) = await stream.rest()
    assert (finding_, site["check"], last, told["status"]) == ("finding", "sitemap.missing", "end", "complete")


async def test_going_on_where_the_connection_broke(client: Client, connection: Database, user: users.User) -> None:
    scan_id = await add_scan(connection, user, status="running")
    await add_page(connection, scan_id, 0, findings=[finding("title.missing"), finding("h1.missing")])
    await add_chunk(connection, scan_id, 1, (0, 49), 1, "done")
    async with watching(client, scan_id) as first:
        had = [await first.event() for _ in range(2)]
        assert [kind for kind, _ in had] == ["progress", "finding"]
    async with watching(client, scan_id, first.last) as second:
        got = [await second.event() for _ in range(2)]
        assert [kind for kind, _ in got] == ["progress", "finding"]
        assert got[1][1]["check"] != had[1][1]["check"]
    async with watching(client, scan_id, "ffffffff.2") as third:
        assert [(await third.event())[0] for _ in range(3)] == ["progress", "finding", "finding"]


async def test_one_look_for_all_watchers(
    client: Client, server: TestServer, connection: Database, user: users.User, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0
    look = streams.Hub._look

    async def counted(hub: streams.Hub) -> None:
        nonlocal looks
        looks += 1
        await look(hub)

    monkeypatch.setattr(streams.Hub, "_look", counted)
    scan_id = await add_scan(connection, user, status="running")
    async with asyncio.TaskGroup() as group:

        async def watch() -> None:
            async with watching(client, scan_id) as stream:
                assert (await stream.rest())[-1][0] == "end"

        for _ in range(10):
            group.create_task(watch())
        while route.streams_of(server.app).watchers < 10:
            await asyncio.sleep(0.01)
        assert route.streams_of(server.app).hubs == 1
        before = looks
        await end(connection, scan_id)
    assert looks - before <= 2


async def test_ten_streams_a_caller(client: Client, server: TestServer, connection: Database, user: users.User) -> None:
    scan_id = await add_scan(connection, user, status="running")
    async with asyncio.TaskGroup() as group:
        ready = asyncio.Event()

        async def watch() -> None:
            async with watching(client, scan_id):
                await ready.wait()

        for _ in range(10):
            group.create_task(watch())
        while route.streams_of(server.app).watchers < 10:
            await asyncio.sleep(0.01)
        status, error, headers = await client("GET", f"/scans/{scan_id}/events")
        assert (status, error["code"], headers["Retry-After"]) == (429, "RATE_LIMIT_EXCEEDED", "10")
        ready.set()
    while route.streams_of(server.app).watchers:
        await asyncio.sleep(0.05)


async def test_who_may_watch(
    caller: Callable[[str | None], Client], make_key: MakeKey, connection: Database, user: users.User, client: Client
) -> None:
    bob = await users.create(connection, email="bob@example.com", password="correct horse", tier="free")
    scan_id = await add_scan(connection, user)
    path = f"/scans/{scan_id}/events"
    assert (await caller(await make_key(owner=bob))("GET", path))[1]["code"] == "FORBIDDEN"
    assert (await caller(None)("GET", path))[1]["code"] == "FORBIDDEN"
    assert (await caller(await make_key(mode="test"))("GET", path))[1]["code"] == "NOT_FOUND"
    assert (await caller(await make_key("scan"))("GET", path))[1]["code"] == "INSUFFICIENT_SCOPE"
    assert (await client("GET", "/scans/01890000-0000-7000-8000-000000000000/events"))[1]["code"] == "NOT_FOUND"
    guests = await add_scan(connection, None, owner="guest:127.0.0.1")
    async with watching(caller(None), guests) as stream:
        assert (await stream.rest())[-1][0] == "end"


async def test_a_revoked_key_is_cut_off_and_heartbeats_come(
    client: Client, connection: Database, user: users.User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(route, "HEARTBEAT_SECONDS", 0.2)
    scan_id = await add_scan(connection, user, status="running")
    async with watching(client, scan_id) as stream:
        assert (await stream.event())[0] == "progress"
        assert await stream.block() == {"": ""}
        row = await (await connection.execute("SELECT id FROM tokens")).fetchone()
        assert row is not None
        await tokens.revoke(connection, row["id"])
        assert await stream.rest() == []


async def test_draining_closes_streams_at_once(
    client: Client, server: TestServer, connection: Database, user: users.User
) -> None:
    scan_id = await add_scan(connection, user, status="running")
    loop = asyncio.get_running_loop()
    async with watching(client, scan_id) as stream:
        assert (await stream.event())[0] == "progress"
        began = loop.time()
        server.app[READINESS].draining = True
        assert await stream.rest() == []
        assert loop.time() - began < 1.5
        assert (await client("GET", f"/scans/{scan_id}/events"))[1]["code"] == "SERVICE_UNAVAILABLE"


async def test_a_deleted_scan_ends_its_streams(client: Client, connection: Database, user: users.User) -> None:
    scan_id = await add_scan(connection, user, status="running")
    async with watching(client, scan_id) as stream:
        assert (await stream.event())[0] == "progress"
        await connection.execute("DELETE FROM scans WHERE id = %s", (scan_id,))
        assert await stream.rest() == []
