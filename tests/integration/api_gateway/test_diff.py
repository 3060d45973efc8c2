"""What changed between two scans."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from api_gateway.replies.diff import Diff
from shared import users
from tests.integration.api_gateway.conftest import Client, MakeKey
from tests.integration.api_gateway.rows import Database, add_issue, add_page, add_scan

PAGE = "https://example.com/{}"


@pytest.fixture
async def pair(connection: Database, user: users.User) -> tuple[UUID, UUID]:
    """(earlier, later)."""
    long_ago = datetime.now(UTC) - timedelta(days=7)
    return await add_scan(connection, user, score=60.25, created_at=long_ago), await add_scan(
        connection, user, score=71.5
    )


async def compared(client: Client, pair: tuple[UUID, UUID], query: str = "") -> Any:
    status, data, _ = await client("GET", f"/scans/{pair[1]}/diff?against={pair[0]}{query}")
    assert status == 200, data
    msgspec.convert(data, Diff, strict=False)
    return data


async def test_score_and_issues(client: Client, connection: Database, pair: tuple[UUID, UUID]) -> None:
    before, after = pair
    await add_issue(connection, before, "title.missing", pages=10)
    await add_issue(connection, before, "h1.missing", "medium", pages=3)
    await add_issue(connection, after, "h1.missing", "medium", pages=1)
    await add_issue(connection, after, "status.5xx", "critical", pages=2)
    await add_issue(connection, after, "description.missing", "low", pages=7)
    data = await compared(client, pair)
    assert data["score_change"] == 11.25
    assert (data["before"]["scan_id"], data["after"]["scan_id"]) == (str(before), str(after))
    told = {
        section: [(one["check"], one["severity"], one["pages_before"], one["pages_after"]) for one in items]
        for section, items in data["issues"].items()
    }
    assert told == {
        "new": [("status.5xx", "critical", 0, 2), ("description.missing", "low", 0, 7)],
        "fixed": [("title.missing", "high", 10, 0)],
        "persisting": [("h1.missing", "medium", 3, 1)],
    }
    assert data["issues"]["fixed"][0]["title"] != "title.missing"


async def test_pages(client: Client, connection: Database, pair: tuple[UUID, UUID]) -> None:
    before, after = pair
    same: dict[str, Any] = {"canonical": "https://example.com/c", "noindex": False}
    for scan in pair:
        await add_page(connection, scan, 0, url=PAGE.format("same"), **same)
    await add_page(connection, before, 1, url=PAGE.format("gone"), status=301)
    await add_page(connection, after, 1, url=PAGE.format("new"), status=None, error="timeout")
    await add_page(connection, before, 2, url=PAGE.format("title"), title="old", **same)
    await add_page(connection, after, 2, url=PAGE.format("title"), title="new", **same)
    await add_page(connection, before, 3, url=PAGE.format("index"), **same)
    await add_page(connection, after, 3, url=PAGE.format("index"), canonical=None, noindex=True)
    await add_page(connection, before, 4, url=PAGE.format("broken"), title="was read", **same)
    await add_page(connection, after, 4, url=PAGE.format("broken"), title=None, status=500)
    pages = (await compared(client, pair))["pages"]
    assert pages["appeared"] == {
        "total": 1,
        "items": [{"url": PAGE.format("new"), "status": None}],
        "next_cursor": None,
    }
    assert pages["vanished"] == {
        "total": 1,
        "items": [{"url": PAGE.format("gone"), "status": 301}],
        "next_cursor": None,
    }
    assert pages["changed"] == {
        "total": 3,
        "items": [
            {"url": PAGE.format("broken"), "status": {"before": 200, "after": 500}},
            {
                "url": PAGE.format("index"),
                "canonical": {"before": "https://example.com/c", "after": None},
                "noindex": {"before": False, "after": True},
            },
            {"url": PAGE.format("title"), "title": {"before": "old", "after": "new"}},
        ],
        "next_cursor": None,
        "by_field": {"status": 1, "title": 1, "canonical": 1, "noindex": 1},
    }


async def test_a_scan_compared_to_itself(client: Client, connection: Database, user: users.User) -> None:
    scan_id = await add_scan(connection, user)
    await add_page(connection, scan_id, 0)
    await add_issue(connection, scan_id, "title.missing")
    data = await compared(client, (scan_id, scan_id))
    assert data["score_change"] == 0
    assert [data["pages"][name]["total"] for name in ("appeared", "vanished", "changed")] == [0, 0, 0]
    assert (data["issues"]["new"], data["issues"]["fixed"], len(data["issues"]["persisting"])) == ([], [], 1)


async def test_sections_go_on_by_cursor(client: Client, connection: Database, pair: tuple[UUID, UUID]) -> None:
    before, after = pair
    for n in range(7):
        await add_page(connection, before, n, url=PAGE.format(f"gone-{n}"))
        await add_page(connection, after, n, url=PAGE.format(f"Ü-{n}"))
    first = (await compared(client, pair, "&limit=3"))["pages"]
    seen = {name: [one["url"] for one in first[name]["items"]] for name in ("appeared", "vanished")}
    for name, urls in seen.items():
        cursor = first[name]["next_cursor"]
        while cursor is not None:
            pages = (await compared(client, pair, f"&limit=3&cursor={cursor}"))["pages"]
            assert [pages[other]["total"] for other in ("appeared", "vanished", "changed")] == [7, 7, 0]
            assert all(not pages[other]["items"] for other in pages if other != name)
            urls += [one["url"] for one in pages[name]["items"]]
            cursor = pages[name]["next_cursor"]
    assert seen["vanished"] == [PAGE.format(f"gone-{n}") for n in range(7)]
    assert seen["appeared"] == [PAGE.format(f"Ü-{n}") for n in range(7)]


async def test_by_default_the_scan_before(client: Client, connection: Database, user: users.User) -> None:
    now = datetime.now(UTC)
    made = [await add_scan(connection, user, created_at=now - timedelta(days=days)) for days in (9, 5, 1)]
    await add_scan(connection, user, created_at=now - timedelta(days=3), status="error")
    await add_scan(connection, user, created_at=now - timedelta(days=3), mode="crawl")
    await add_scan(connection, user, created_at=now - timedelta(days=3), url="https://example.com/other")
    await add_scan(connection, user, created_at=now - timedelta(days=3), test=True)
    assert (await client("GET", f"/scans/{made[2]}/diff"))[1]["before"]["scan_id"] == str(made[1])
    assert (await client("GET", f"/scans/{made[1]}/diff"))[1]["before"]["scan_id"] == str(made[0])
    assert (await client("GET", f"/scans/{made[0]}/diff"))[1]["code"] == "NOT_FOUND"


async def test_what_can_t_be_compared(client: Client, connection: Database, user: users.User) -> None:
    scan_id = await add_scan(connection, user)
    www = await add_scan(connection, user, host="www.example.com")
    elsewhere = await add_scan(connection, user, host="example.org")
    running = await add_scan(connection, user, status="running")
    stopped = await add_scan(connection, user, status="stopped")
    nobody = "01890000-0000-7000-8000-000000000000"

    async def answer(after: object, before: object) -> tuple[str | None, str | None]:
        _, data, _ = await client("GET", f"/scans/{after}/diff?against={before}")
        return data.get("code"), data.get("param")

    assert await answer(scan_id, www) == (None, None)
    assert await answer(scan_id, elsewhere) == ("INVALID_REQUEST", "against")
    assert await answer(scan_id, running) == ("CONFLICT", None)
    assert await answer(stopped, scan_id) == ("CONFLICT", None)
    assert await answer(running, nobody) == ("CONFLICT", None)
    assert await answer(scan_id, nobody) == ("NOT_FOUND", None)
    assert await answer(nobody, scan_id) == ("NOT_FOUND", None)
    assert await answer(scan_id, "nonsense") == ("INVALID_REQUEST", "against")
    assert (await client("GET", f"/scans/{scan_id}/diff?against={www}&cursor=bm8"))[1]["param"] == "cursor"


async def test_who_may_compare(
    caller: Callable[[str | None], Client], make_key: MakeKey, connection: Database, user: users.User, client: Client
) -> None:
    bob = await users.create(connection, email="bob@example.com", password="correct horse", tier="free")
    own, his = await add_scan(connection, user), await add_scan(connection, bob)
    tests = await add_scan(connection, user, test=True)
    assert (await client("GET", f"/scans/{own}/diff?against={his}"))[1]["code"] == "FORBIDDEN"
    assert (await client("GET", f"/scans/{his}/diff?against={own}"))[1]["code"] == "FORBIDDEN"
    assert (await client("GET", f"/scans/{own}/diff?against={tests}"))[1]["code"] == "NOT_FOUND"
    path = f"/scans/{own}/diff?against={own}"
    assert (await caller(await make_key("scan", "export"))("GET", path))[1]["code"] == "INSUFFICIENT_SCOPE"
    assert (await caller(None)("GET", path))[1]["code"] == "MISSING_AUTH"
