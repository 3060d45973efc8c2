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
from tests.integration.api_gateway.rows import (
    Database,
    add_issue,
    add_page,
    add_robots,
    add_scan,
    add_site_finding,
    add_sitemap,
    add_urls,
    finding,
)

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
        "by_field": {"status": 1, "redirect": 0, "title": 1, "canonical": 1, "noindex": 1, "robots": 0},
    }


async def test_what_became_of_issues_that_are_still_there(
    client: Client, connection: Database, pair: tuple[UUID, UUID]
) -> None:
    async def judged(scan: UUID, *pages: tuple[str, list[dict[str, Any]]]) -> None:
        for n, (path, findings) in enumerate(pages):
            await add_page(connection, scan, n, url=PAGE.format(path), findings=findings)

    def found(check: str, evidence: str = "", severity: str = "high", at: str = "url") -> dict[str, Any]:
        return finding(check, severity, evidence) | {"position": at}

    both = [found("link.nofollow_internal", "a"), found("link.nofollow_internal", "b")]
    before, after = pair
    await judged(
        before,
        ("same", [found("title.too_long", "61 characters"), *both]),
        ("worded", [found("title.too_long", "61 characters"), found("perf.ttfb_slow", "901 ms")]),
        ("left", [found("h1.missing"), found("title.too_long", "70 characters")]),
        ("graver", [found("meta.refresh", severity="low")]),
    )
    await judged(
        after,
        ("same", [*reversed(both), found("title.too_long", "61 characters", at="(//title)[2]")]),
        ("worded", [found("title.too_long", "66 characters"), found("perf.ttfb_slow", "954 ms")]),
        ("came", [found("h1.missing")]),
        ("graver", [found("meta.refresh", severity="high")]),
        ("compares", [found("title.changed", "was")]),
    )
    for scan in pair:
        for check in ("title.too_long", "link.nofollow_internal", "perf.ttfb_slow", "h1.missing"):
            await add_issue(connection, scan, check, pages=2)
        await add_issue(connection, scan, "meta.refresh", "low" if scan == before else "high")
        await add_issue(connection, scan, "robots.blocks_all", "high", pages=1)
        await add_site_finding(connection, scan, 0, "robots.blocks_all", evidence=f"such as {scan}")
        await add_site_finding(connection, scan, 1, "sitemap.coverage", url=PAGE.format(scan))
        await add_issue(connection, scan, "sitemap.coverage")
        for n in range(2, 102):
            await add_site_finding(connection, scan, n, "sitemap.duplicate_url", url=PAGE.format(f"{scan}-{n}"))
        await add_issue(connection, scan, "sitemap.duplicate_url")
    await add_issue(connection, after, "title.changed")
    issues = (await compared(client, pair))["issues"]
    assert (issues["new"], issues["fixed"]) == ([], [])
    told = {
        one["check"]: (
            one["changed"],
            one["severity_before"],
            one["pages_new"],
            one["pages_fixed"],
            one["pages_changed"],
        )
        for one in issues["persisting"]
    }
    assert told == {
        "title.too_long": (True, "high", 0, 1, 1),
        "link.nofollow_internal": (False, "high", 0, 0, 0),
        "perf.ttfb_slow": (False, "high", 0, 0, 0),
        "h1.missing": (True, "high", 1, 1, 0),
        "meta.refresh": (True, "low", 0, 0, 1),
        "robots.blocks_all": (False, "high", 0, 0, 0),
        "sitemap.coverage": (True, "high", 1, 1, 0),
        "sitemap.duplicate_url": (False, "high", 0, 0, 0),
    }


async def test_an_issue_on_other_numbers_of_pages_has_changed(
    client: Client, connection: Database, pair: tuple[UUID, UUID]
) -> None:
    for scan, pages in zip(pair, (3, 4), strict=True):
        await add_issue(connection, scan, "index.mostly_noindex", pages=pages)
        await add_issue(connection, scan, "title.missing", pages=3)
    persisting = (await compared(client, pair))["issues"]["persisting"]
    assert {one["check"]: one["changed"] for one in persisting} == {
        "index.mostly_noindex": True,
        "title.missing": False,
    }


async def test_redirects_and_directives(client: Client, connection: Database, pair: tuple[UUID, UUID]) -> None:
    before, after = pair

    async def page(scan: UUID, n: int, path: str, to: tuple[int, str] | None = None, **more: Any) -> None:
        hops = [] if to is None else [{"url": PAGE.format(path), "status": to[0], "location": PAGE.format(to[1])}]
        more = {"noindex": False, "canonical": None, "redirects": hops, **more}
        final = PAGE.format(path if to is None else to[1])
        await add_page(connection, scan, n, url=PAGE.format(path), final_url=final, **more)

    await page(before, 0, "moves", title="Here")
    await page(after, 0, "moves", (301, "there"), title="There")
    await page(before, 1, "kind", (302, "there"))
    await page(after, 1, "kind", (301, "there"))
    await page(before, 2, "target", (301, "a"), title="Old")
    await page(after, 2, "target", (301, "a"), title="New")
    await page(before, 3, "robots", robots="")
    await page(after, 3, "robots", robots="nosnippet")
    await page(before, 4, "of-the-release-before")
    await page(after, 4, "of-the-release-before", robots="noarchive")
    await page(before, 5, "gone", title="Page", robots="")
    await page(after, 5, "gone", title="Not found", status=404, robots="noindex", noindex=True)
    changed = (await compared(client, pair))["pages"]["changed"]
    assert changed["items"] == [
        {"url": PAGE.format("gone"), "status": {"before": 200, "after": 404}},
        {
            "url": PAGE.format("kind"),
            "redirect": {
                "before": {"status": 302, "url": PAGE.format("there")},
                "after": {"status": 301, "url": PAGE.format("there")},
            },
        },
        {
            "url": PAGE.format("moves"),
            "redirect": {"before": None, "after": {"status": 301, "url": PAGE.format("there")}},
        },
        {"url": PAGE.format("robots"), "robots": {"before": "", "after": "nosnippet"}},
        {"url": PAGE.format("target"), "title": {"before": "Old", "after": "New"}},
    ]
    assert changed["by_field"] == {"status": 1, "redirect": 2, "title": 1, "canonical": 0, "noindex": 0, "robots": 1}


async def test_robots_txt(client: Client, connection: Database, pair: tuple[UUID, UUID]) -> None:
    before, after = pair
    assert (await compared(client, pair))["robots"] is None
    await add_robots(connection, before, b"\xef\xbb\xbfUser-agent: *\nDisallow: /a\nDisallow: /b\n\n\xff\n")
    await add_robots(connection, after, b"User-agent: *\r\nDisallow: /b  \r\nDisallow: /c\r\nDisallow: /c\r\n\xff")
    assert (await compared(client, pair))["robots"] == {
        "reordered": False,
        "added": {"total": 2, "items": ["Disallow: /c"] * 2, "next_cursor": None},
        "removed": {"total": 1, "items": ["Disallow: /a"], "next_cursor": None},
    }


async def test_sitemaps(client: Client, connection: Database, pair: tuple[UUID, UUID]) -> None:
    before, after = pair
    statuses: dict[str, tuple[int | None, int | None]] = {
        "same": (200, 200),
        "broken": (200, 503),
        "silent": (None, 200),
    }
    for n, (name, both) in enumerate(statuses.items(), 1):
        for scan, status in zip(pair, both, strict=True):
            await add_sitemap(connection, scan, n, PAGE.format(name), status)
    await add_sitemap(connection, before, 9, PAGE.format("old"), 404)
    await add_sitemap(connection, after, 9, PAGE.format("new"), 200)
    for scan, listed in zip(pair, (("a", "b"), ("b", "c", "d")), strict=True):
        await add_urls(connection, scan, [PAGE.format(one) for one in listed], in_sitemap=True)
        await add_urls(connection, scan, [PAGE.format(f"linked-by-{scan}")], in_sitemap=False)
    sitemaps = (await compared(client, pair))["sitemaps"]
    assert sitemaps == {
        "appeared": {"total": 1, "items": [{"url": PAGE.format("new"), "status": 200}], "next_cursor": None},
        "vanished": {"total": 1, "items": [{"url": PAGE.format("old"), "status": 404}], "next_cursor": None},
        "changed": {
            "total": 2,
            "items": [
                {"url": PAGE.format("broken"), "status": {"before": 200, "after": 503}},
                {"url": PAGE.format("silent"), "status": {"before": None, "after": 200}},
            ],
            "next_cursor": None,
        },
        "urls_appeared": {"total": 2, "items": [PAGE.format("c"), PAGE.format("d")], "next_cursor": None},
        "urls_vanished": {"total": 1, "items": [PAGE.format("a")], "next_cursor": None},
    }


async def test_a_single_scan_says_nothing_of_sitemaps(client: Client, connection: Database, user: users.User) -> None:
    whole, single = await add_scan(connection, user), await add_scan(connection, user, mode="single")
    await add_urls(connection, whole, [PAGE.format("a")], in_sitemap=True)
    assert (await compared(client, (whole, single)))["sitemaps"] is None


async def test_a_scan_compared_to_itself(client: Client, connection: Database, user: users.User) -> None:
    scan_id = await add_scan(connection, user)
    await add_page(connection, scan_id, 0)
    await add_issue(connection, scan_id, "title.missing")
    data = await compared(client, (scan_id, scan_id))
    assert data["score_change"] == 0
    assert [data["pages"][name]["total"] for name in ("appeared", "vanished", "changed")] == [0, 0, 0]
    assert (data["issues"]["new"], data["issues"]["fixed"], len(data["issues"]["persisting"])) == ([], [], 1)


async def test_sections_go_on_by_cursor(client: Client, connection: Database, pair: tuple[UUID, UUID]) -> None:
    """Each by its own, with addresses as long as there are."""
    before, after = pair
    long = "x" * 7_000
    for n in range(7):
        await add_page(connection, before, n, url=PAGE.format(f"gone-{n}-{long}"))
        await add_page(connection, after, n, url=PAGE.format(f"Ü-{n}"))
        await add_sitemap(connection, after, n + 1, PAGE.format(f"map-{n}"), 200)
    await add_urls(connection, before, [PAGE.format(f"listed-{n}") for n in range(7)], in_sitemap=True)
    await add_robots(connection, before, b"")
    await add_robots(connection, after, b"\n".join(b"Disallow: /%d" % n for n in range(7)))

    def parts(data: Any) -> dict[str, Any]:
        return {
            f"{group}.{name}": part
            for group in ("pages", "robots", "sitemaps")
            for name, part in data[group].items()
            if isinstance(part, dict)
        }

    first = parts(await compared(client, pair, "&limit=3"))
    seen = {name: list(part["items"]) for name, part in first.items()}
    for name, items in seen.items():
        cursor = first[name]["next_cursor"]
        while cursor is not None:
            now = parts(await compared(client, pair, f"&limit=3&cursor={cursor}"))
            assert {other: part["total"] for other, part in now.items()} == {
                other: part["total"] for other, part in first.items()
            }
            assert all(
                not part["items"] and part["next_cursor"] is None for other, part in now.items() if other != name
            )
            items.extend(now[name]["items"])
            cursor = now[name]["next_cursor"]
    assert {name: len(items) for name, items in seen.items() if items} == dict.fromkeys(
        ("pages.appeared", "pages.vanished", "robots.added", "sitemaps.appeared", "sitemaps.urls_vanished"), 7
    )
    assert [one["url"] for one in seen["pages.vanished"]] == [PAGE.format(f"gone-{n}-{long}") for n in range(7)]
    assert [one["url"] for one in seen["pages.appeared"]] == [PAGE.format(f"Ü-{n}") for n in range(7)]
    assert seen["robots.added"] == [f"Disallow: /{n}" for n in range(7)]


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
