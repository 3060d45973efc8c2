"""Monitors over HTTP: what may be asked for, what is refused and why, and how scores went."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from shared.monitors import page_hash
from shared.seal import unseal
from shared.users import User
from tests.integration.api_gateway.conftest import PEPPER, Client, Db, MakeCaller, MakeKey

DAILY = {"url": "https://example.com/", "schedule": "daily"}


async def rows(connection: Db, query: str, *values: object) -> list[Any]:
    return await (await connection.execute(query.encode(), values)).fetchall()


async def made(client: Client, **changes: Any) -> Any:
    status, data, headers = await client("POST", "/monitors", json=DAILY | changes)
    assert status == 201, data
    assert headers["Location"].endswith(f"/monitors/{data['id']}")
    return data


async def error(client: Client, method: str, path: str, body: Any = None) -> tuple[int, str, str | None]:
    status, data, _ = await client(method, path, json=body)
    return status, data["code"], data.get("param")


async def end(connection: Db, scan_id: str, score: float = 80.0) -> None:
    result = {
        "score": score,
        "grade": "B",
        "totals": {"issues": dict.fromkeys(("critical", "high", "medium", "low", "info"), 1)},
    }
    await connection.execute(
        "UPDATE scans SET status = 'complete', score = %s, result = %s, finished_at = now(), done = 3 WHERE id = %s",
        [score, Jsonb(result), scan_id],
    )


async def test_a_monitor_is_made_shown_and_listed(client: Client) -> None:
    asked = {"timezone": "Europe/Berlin", "schedule": "30 6 * * 1-5", "mode": "crawl", "options": {"max_pages": 9}}
    monitor = await made(client, **asked, name="Shop")
    assert {name: monitor[name] for name in asked} == asked
    assert (monitor["name"], monitor["enabled"], monitor["credentials"], monitor["last"]) == ("Shop", True, False, None)
    assert 0 <= monitor["jitter_seconds"] < 900
    at = datetime.fromisoformat(monitor["next_run_at"]) - timedelta(seconds=monitor["jitter_seconds"])
    assert (at.second, at.minute, at > datetime.now(UTC) - timedelta(minutes=15)) == (0, 30, True)
    assert (await client("GET", f"/monitors/{monitor['id']}"))[1] == monitor
    plain = await made(client)
    assert (plain["name"], plain["timezone"], plain["mode"]) == ("example.com", "UTC", "single")
    first = (await client("GET", "/monitors", params={"limit": "1"}))[1]
    assert [one["id"] for one in first["items"]] == [plain["id"]]
    rest = (await client("GET", "/monitors", params={"limit": "1", "cursor": first["next_cursor"]}))[1]
    assert ([one["id"] for one in rest["items"]], rest["next_cursor"]) == ([monitor["id"]], None)


@pytest.mark.parametrize(
    ("change", "answer"),
    [
        ({"schedule": "every day"}, (400, "INVALID_REQUEST", "schedule")),
        ({"schedule": "0 0 31 2 *"}, (400, "INVALID_REQUEST", "schedule")),
        ({"timezone": "Berlin"}, (400, "INVALID_REQUEST", "timezone")),
        ({"schedule": "*/30 * * * *"}, (403, "FORBIDDEN", "schedule")),
        ({"url": "ftp://example.com/"}, (400, "INVALID_URL", "url")),
        ({"url": "http://10.0.0.1/"}, (400, "INVALID_URL", "url")),
        ({"options": {"respect_robots": False}}, (403, "FORBIDDEN", "options.respect_robots")),
        ({"options": {"unheard_of": 1}}, (400, "INVALID_REQUEST", "options.unheard_of")),
        ({"webhook_url": "https://example.com/"}, (400, "INVALID_REQUEST", "webhook_url")),
        ({"name": ""}, (400, "INVALID_REQUEST", "name")),
        ({"schedule": None}, (400, "INVALID_REQUEST", "schedule")),
    ],
)
async def test_what_is_wrong_is_named(client: Client, change: dict[str, Any], answer: tuple[int, str, str]) -> None:
    assert await error(client, "POST", "/monitors", DAILY | change) == answer
    assert (await client("GET", "/monitors"))[1]["items"] == []
    monitor = await made(client)
    assert await error(client, "PATCH", f"/monitors/{monitor['id']}", change) == answer


async def test_the_tiers_limits(caller: MakeCaller, make_key: MakeKey, stranger: User, connection: Db) -> None:
    free = caller(await make_key(owner=stranger))
    await made(free)
    status, data, _ = await free("POST", "/monitors", json=DAILY)
    assert (status, data["code"], data["message"]) == (403, "FORBIDDEN", "The free tier includes 1 monitor.")
    status, data, _ = await free("POST", "/monitors", json=DAILY | {"schedule": "0 */6 * * *"})
    assert (status, data["param"]) == (403, "schedule")
    assert "free tier" in data["message"]
    assert "24 h" in data["message"]
    await connection.execute("UPDATE users SET overrides = %s WHERE id = %s", [Jsonb({"monitors": 0}), stranger.id])
    none = caller(await make_key(owner=stranger))
    status, data, _ = await none("POST", "/monitors", json=DAILY)
    assert (status, data["code"], data["message"]) == (403, "FORBIDDEN", "The free tier does not include monitors.")


async def test_pausing_changing_and_resuming(client: Client) -> None:
    monitor = await made(client)
    path = f"/monitors/{monitor['id']}"
    _, paused, _ = await client("PATCH", path, json={"enabled": False})
    assert (paused["enabled"], paused["next_run_at"]) == (False, None)
    _, changed, _ = await client("PATCH", path, json={"schedule": "weekly", "name": "Week"})
    assert (changed["schedule"], changed["name"], changed["next_run_at"]) == ("weekly", "Week", None)
    _, resumed, _ = await client("PATCH", path, json={"enabled": True})
    assert datetime.fromisoformat(resumed["next_run_at"]) > datetime.now(UTC)
    assert (await client("PATCH", path, json={}))[1]["next_run_at"] == resumed["next_run_at"]
    assert (await client("DELETE", path))[1] == {"id": monitor["id"], "deleted": True}
    assert await error(client, "GET", path) == (404, "NOT_FOUND", None)


async def test_a_run_that_is_due_stays_due(client: Client, connection: Db) -> None:
    monitor = await made(client)
    await connection.execute("UPDATE monitors SET next_run_at = now() - interval '1 minute'")
    _, renamed, _ = await client("PATCH", f"/monitors/{monitor['id']}", json={"name": "N", "options": {}})
    assert datetime.fromisoformat(renamed["next_run_at"]) < datetime.now(UTC)


async def test_a_lowered_tier_may_still_pause_and_rename(client: Client, user: User, connection: Db) -> None:
    monitor = await made(client, schedule="hourly")
    await connection.execute("UPDATE users SET tier = 'free' WHERE id = %s", [user.id])
    path = f"/monitors/{monitor['id']}"
    assert (await client("PATCH", path, json={"enabled": False, "name": "later"}))[0] == 200
    assert await error(client, "PATCH", path, {"enabled": True}) == (403, "FORBIDDEN", "schedule")


async def test_credentials_are_kept_sealed_and_stay_with_their_site(client: Client, connection: Db) -> None:
    auth = {"basic_auth": {"username": "u", "password": "hidden"}, "max_pages": 3}
    monitor = await made(client, options=auth)
    assert (monitor["credentials"], monitor["options"]) == (True, {"max_pages": 3})
    (row,) = await rows(connection, "SELECT sealed, options FROM monitors")
    assert unseal(bytes(row["sealed"]), PEPPER)["basic_auth"]["password"] == "hidden"
    path = f"/monitors/{monitor['id']}"
    elsewhere = {"url": "https://attacker.example/"}
    assert await error(client, "PATCH", path, elsewhere) == (400, "INVALID_REQUEST", "options")
    assert (await client("PATCH", path, json={"url": "https://example.com/shop"}))[1]["credentials"] is True
    _, moved, _ = await client("PATCH", path, json=elsewhere | {"options": {}})
    assert (moved["credentials"], moved["url"]) == (False, "https://attacker.example/")


async def test_running_by_hand(client: Client, connection: Db) -> None:
    monitor = await made(client, mode="crawl", enabled=False)
    path = f"/monitors/{monitor['id']}/run"
    status, started, headers = await client("POST", path)
    assert (status, started["status"]) == (202, "running")
    assert headers["Location"] == started["poll_url"]
    _, scan, _ = await client("GET", f"/scans/{started['scan_id']}")
    assert (scan["monitor_id"], scan["mode"]) == (monitor["id"], "crawl")
    assert await error(client, "POST", path) == (409, "CONFLICT", None)
    _, usage, _ = await client("GET", "/user/usage")
    assert usage["crawl"]["used"] == 0
    await end(connection, started["scan_id"])
    _, history, _ = await client("GET", "/history")
    assert [one["monitor_id"] for one in history["items"]] == [monitor["id"]]
    _, shown, _ = await client("GET", f"/monitors/{monitor['id']}")
    assert (shown["last"]["scan_id"], shown["last"]["score"]) == (started["scan_id"], 80.0)


async def test_running_by_hand_has_an_end(
    caller: MakeCaller, make_key: MakeKey, stranger: User, connection: Db
) -> None:
    free = caller(await make_key(owner=stranger))
    for _ in range(2):
        monitor = await made(free)
        _, started, _ = await free("POST", f"/monitors/{monitor['id']}/run")
        await end(connection, started["scan_id"])
        await free("DELETE", f"/monitors/{monitor['id']}")
    monitor = await made(free)
    status, refused, headers = await free("POST", f"/monitors/{monitor['id']}/run")
    assert (status, refused["code"]) == (429, "RATE_LIMIT_EXCEEDED")
    assert 86_300 < refused["retry_after"] <= 86_400
    assert headers["Retry-After"] == str(refused["retry_after"])
    assert await rows(connection, "SELECT * FROM monitor_runs") == []


async def test_runs_and_a_pages_history(client: Client, connection: Db) -> None:
    monitor = await made(client)
    scans = []
    for score in (70.0, 80.0, 90.0):
        _, started, _ = await client("POST", f"/monitors/{monitor['id']}/run")
        scan_id = started["scan_id"]
        scans.append(scan_id)
        url = "https://example.com/a"
        await connection.execute(
            "INSERT INTO urls (scan_id, seq, hash, url) VALUES (%s, 0, %s, %s)", [scan_id, page_hash(url), url]
        )
        await connection.execute(
            "INSERT INTO pages (scan_id, seq, url, status, score) VALUES (%s, 0, %s, 200, %s)", [scan_id, url, score]
        )
        await end(connection, scan_id, score)
    await connection.execute(
        "INSERT INTO monitor_runs (monitor_id, due_at, decided_at, outcome, reason) VALUES (%s, now(), now(), 'refused', 'why')",
        [monitor["id"]],
    )
    path = f"/monitors/{monitor['id']}"
    _, first, _ = await client("GET", f"{path}/runs", params={"limit": "2"})
    assert [(one["outcome"], one["score"], one["reason"]) for one in first["items"]] == [
        ("refused", None, "why"),
        ("by_hand", 90.0, None),
    ]
    _, rest, _ = await client("GET", f"{path}/runs", params={"limit": "2", "cursor": first["next_cursor"]})
    assert [one["score"] for one in rest["items"]] == [80.0, 70.0]
    assert rest["next_cursor"] is None
    assert rest["items"][0]["issues"]["high"] == 1
    _, history, _ = await client("GET", f"{path}/history", params={"url": "https://example.com/a", "limit": "2"})
    assert [(one["scan_id"], one["score"], one["status"]) for one in history["items"]] == [
        (scans[2], 90.0, 200),
        (scans[1], 80.0, 200),
    ]
    assert history["next_cursor"]
    _, home, _ = await client("GET", f"{path}/history")
    assert (home["url"], home["items"], home["next_cursor"]) == ("https://example.com/", [], None)
    assert await error(client, "GET", f"{path}/runs?cursor=x") == (400, "INVALID_REQUEST", "cursor")


async def test_a_pages_history_is_asked_for_in_any_spelling(client: Client, connection: Db) -> None:
    monitor = await made(client, mode="crawl")
    _, started, _ = await client("POST", f"/monitors/{monitor['id']}/run")
    for seq, url in enumerate(("https://example.com/", "https://example.com/a%20b?c=1")):
        values = {"id": started["scan_id"], "seq": seq, "hash": page_hash(url), "url": url}
        await connection.execute(
            "INSERT INTO urls (scan_id, seq, hash, url) VALUES (%(id)s, %(seq)s, %(hash)s, %(url)s)", values
        )
        await connection.execute(
            "INSERT INTO pages (scan_id, seq, url, status) VALUES (%(id)s, %(seq)s, %(url)s, 200)", values
        )
    await end(connection, started["scan_id"])
    path = f"/monitors/{monitor['id']}/history"
    for spelling, url in (
        ("https://example.com", "https://example.com/"),
        ("HTTPS://EXAMPLE.com:443/#top", "https://example.com/"),
        ("https://example.com/x/../a b?utm_source=mail&c=1", "https://example.com/a%20b?c=1"),
    ):
        _, found, _ = await client("GET", path, params={"url": spelling})
        assert (found["url"], [one["status"] for one in found["items"]]) == (url, [200])
    _, unknown, _ = await client("GET", path, params={"url": "https://example.com/unknown"})
    assert unknown["items"] == []
    assert await error(client, "GET", f"{path}?url=ftp://example.com/") == (400, "INVALID_URL", "url")


@pytest.mark.parametrize(
    ("given", "stored"),
    [("daily ", "daily"), ("Daily", "daily"), ("0 0 * * 1\n", "0 0 * * 1"), (" 30  6 * * MON ", "30 6 * * MON")],
)
async def test_a_schedule_is_stored_in_one_spelling(client: Client, given: str, stored: str) -> None:
    monitor = await made(client, schedule=given)
    assert monitor["schedule"] == stored
    path = f"/monitors/{monitor['id']}"
    assert (await client("PATCH", path, json={"schedule": "Weekly\t"}))[1]["schedule"] == "weekly"
    assert (await client("PATCH", path, json={"schedule": given}))[1]["schedule"] == stored


async def test_test_monitors_are_apart(client: Client, caller: MakeCaller, make_key: MakeKey, connection: Db) -> None:
    test = caller(await make_key(mode="test"))
    monitor = await made(test, url="http://10.0.0.1/anything")
    assert await error(client, "GET", f"/monitors/{monitor['id']}") == (404, "NOT_FOUND", None)
    assert (await client("GET", "/monitors"))[1]["items"] == []
    _, started, _ = await test("POST", f"/monitors/{monitor['id']}/run")
    assert (await rows(connection, "SELECT test FROM scans WHERE id = %s", started["scan_id"])) == [{"test": True}]
