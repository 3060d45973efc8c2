"""Profile, usage and history."""

from collections.abc import Callable
from datetime import datetime, timedelta

from shared import scans
from shared.users import User
from tests.integration.api_gateway.conftest import Client, Db, MakeCaller, MakeKey

GOOD = {"url": "https://example.com/"}


async def test_profile(client: Client, user: User) -> None:
    status, data, _ = await client("GET", "/user/profile")
    assert (status, set(data)) == (200, {"id", "email", "tier", "created_at"})
    assert (data["id"], data["email"], data["tier"]) == (str(user.id), user.email, "pro")


async def test_usage_counts_without_using_up(client: Client) -> None:
    for _ in range(3):
        assert (await client("POST", "/scans", json=GOOD))[0] == 202
    for _ in range(2):
        await client("GET", "/user/usage")
    status, data, _ = await client("GET", "/user/usage")
    assert (status, data["single"]["used"], data["single"]["limit"]) == (200, 3, 50)
    assert data["sitemap"] == {"used": 0, "limit": 10, "next_free_at": None}
    _, scan, _ = await client("GET", "/history?per_page=1&page=3")
    oldest = datetime.fromisoformat(scan["items"][0]["created_at"])
    free = datetime.fromisoformat(data["single"]["next_free_at"])
    assert abs(free - oldest - timedelta(days=1)) < timedelta(seconds=1)
    assert data["requests_24h"] == 6
    assert (data["limits"]["requests_per_minute"], data["limits"]["pages_per_scan"]) == (600, 50_000)


async def test_usage_after_a_refund(client: Client, connection: Db) -> None:
    _, scan, _ = await client("POST", "/scans", json=GOOD)
    assert await scans.refund(connection, scan["scan_id"])
    assert (await client("GET", "/user/usage"))[1]["single"] == {"used": 0, "limit": 50, "next_free_at": None}


async def test_usage_past_a_lowered_limit(client: Client, connection: Db) -> None:
    for _ in range(4):
        await client("POST", "/scans", json=GOOD)
    await connection.execute("UPDATE users SET overrides = '{\"single\": 2}'")
    ats = [row["at"] for row in await (await connection.execute("SELECT at FROM quota_uses ORDER BY at")).fetchall()]

    async def told() -> dict[str, object]:
        data: dict[str, object] = (await client("GET", "/user/usage"))[1]["single"]
        return data

    while (data := await told())["limit"] != 2:
        pass
    assert data["used"] == 4
    free = datetime.fromisoformat(str(data["next_free_at"]))
    assert abs(free - ats[2] - timedelta(days=1)) < timedelta(seconds=1)


async def test_history(client: Client, caller: MakeCaller, make_key: MakeKey, connection: Db) -> None:
    made: list[str] = []
    for number in range(5):
        mode = "sitemap" if number == 2 else "single"
        _, data, _ = await client("POST", "/scans", json={"url": f"https://example.com/{number}_", "mode": mode})
        made.append(data["scan_id"])
    await connection.execute("UPDATE scans SET status = 'stopped' WHERE id = %s", [made[0]])
    status, data, _ = await client("GET", "/history")
    assert (status, data["page"], data["per_page"], data["total"]) == (200, 1, 20, 5)
    assert [one["scan_id"] for one in data["items"]] == made[::-1]
    _, data, _ = await client("GET", "/history?page=2&per_page=2")
    assert [one["scan_id"] for one in data["items"]] == [made[2], made[1]]
    filtered: list[tuple[str, list[str]]] = [
        ("mode=sitemap", [made[2]]),
        ("status=stopped", [made[0]]),
        ("url=COM/3_", [made[3]]),
        ("url=%25", []),
        ("mode=crawl", []),
    ]
    for query, expected in filtered:
        _, data, _ = await client("GET", f"/history?{query}")
        assert ([one["scan_id"] for one in data["items"]], data["total"]) == (expected, len(expected))
    test = caller(await make_key(mode="test"))
    assert (await test("GET", "/history"))[1]["total"] == 0
    _, scan, _ = await test("POST", "/scans", json=GOOD)
    assert [one["test"] for one in (await test("GET", "/history"))[1]["items"]] == [True]
    assert (await client("GET", "/history"))[1]["total"] == 5
    assert (await client("GET", f"/scans/{scan['scan_id']}"))[0] == 404


async def test_history_refuses(client: Client) -> None:
    for query, param in (
        ("per_page=51", "per_page"),
        ("per_page=0", "per_page"),
        ("page=-1", "page"),
        ("page=%D9%A1", "page"),
        ("page=1&page=2", "page"),
        ("mode=all", "mode"),
        ("status=failed", "status"),
        ("url=", "url"),
        ("url=%00", "url"),
        ("nope=1", "nope"),
    ):
        status, error, _ = await client("GET", f"/history?{query}")
        assert (status, error["code"], error["param"]) == (400, "INVALID_REQUEST", param), query


async def test_a_login_sees_live_scans(
    caller: MakeCaller, user: User, jwt_of: Callable[[User], str], client: Client
) -> None:
    _, scan, _ = await client("POST", "/scans", json=GOOD)
    session = caller(jwt_of(user))
    assert (await session("GET", f"/scans/{scan['scan_id']}"))[0] == 200
    assert (await session("GET", "/history"))[1]["total"] == 1
    assert (await session("POST", "/scans", json=GOOD))[0] == 202
