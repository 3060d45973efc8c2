"""POST /scans/bulk: in order, while the quota lasts, one request."""

import asyncio
from typing import Any

import pytest

from tests.integration.api_gateway.conftest import Client, Db, MakeCaller, MakeKey
from tests.integration.api_gateway.test_idempotency import counts


def urls(number: int) -> dict[str, Any]:
    return {"urls": [f"https://example.com/{n}" for n in range(number)]}


async def test_in_order_while_the_quota_lasts(client: Client, connection: Db) -> None:
    status, data, headers = await client("POST", "/scans/bulk", json=urls(45))
    assert status == 202
    assert all("scan_id" in item and "error" not in item for item in data["items"])
    assert '"scans-single";r=5' in headers["RateLimit"]
    left = int(headers["RateLimit-Remaining"])
    body = urls(8)
    body["urls"].insert(2, "ftp://example.com/")
    status, data, headers = await client("POST", "/scans/bulk", json=body)
    assert [item["url"] for item in data["items"]] == body["urls"]
    codes = [item["error"]["code"] if "error" in item else "ok" for item in data["items"]]
    assert codes == ["ok", "ok", "INVALID_URL", "ok", "ok", "ok", *["RATE_LIMIT_EXCEEDED"] * 3]
    assert data["items"][2]["error"]["param"] == "url"
    assert 86_000 < data["items"][-1]["error"]["retry_after"] <= 86_400
    assert left - int(headers["RateLimit-Remaining"]) <= 1, "one request, whatever it holds"
    assert await counts(connection) == (50, 50)


async def test_parallel_bulks_share_the_quota_exactly(client: Client, connection: Db) -> None:
    answers = await asyncio.gather(*(client("POST", "/scans/bulk", json=urls(9)) for _ in range(8)))
    started = [item for _, data, _ in answers for item in data["items"] if "scan_id" in item]
    assert len(started) == 50
    assert await counts(connection) == (50, 50)


@pytest.mark.parametrize(
    ("body", "status", "code", "param"),
    [
        ({}, 400, "INVALID_REQUEST", "urls"),
        ({"urls": []}, 400, "INVALID_REQUEST", "urls"),
        (urls(51), 400, "INVALID_REQUEST", "urls"),
        ({"urls": [7]}, 400, "INVALID_REQUEST", "urls[0]"),
        ({**urls(1), "mode": "crawl"}, 400, "INVALID_REQUEST", "mode"),
        ({**urls(1), "options": {"user_agent": "x"}}, 403, "FORBIDDEN", "options.user_agent"),
        ({**urls(1), "webhook_url": "http://10.0.0.1/"}, 400, "INVALID_URL", "webhook_url"),
    ],
)
async def test_what_is_wrong_as_a_whole(
    client: Client, connection: Db, body: Any, status: int, code: str, param: str
) -> None:
    answer = await client("POST", "/scans/bulk", json=body)
    assert (answer[0], answer[1]["code"], answer[1]["param"]) == (status, code, param)
    assert await counts(connection) == (0, 0)


async def test_who_may(caller: MakeCaller, make_key: MakeKey, connection: Db) -> None:
    assert (await caller(None)("POST", "/scans/bulk", json=urls(1)))[1]["code"] == "MISSING_AUTH"
    reader = caller(await make_key("read"))
    assert (await reader("POST", "/scans/bulk", json=urls(1)))[1]["code"] == "INSUFFICIENT_SCOPE"
    test = caller(await make_key(mode="test"))
    status, data, _ = await test("POST", "/scans/bulk", json={"urls": ["http://10.0.0.1/", "nonsense"]})
    assert (status, "scan_id" in data["items"][0], data["items"][1]["error"]["code"]) == (202, True, "INVALID_URL")
    assert await counts(connection) == (1, 0)


async def test_all_or_nothing(client: Client, connection: Db) -> None:
    """A transaction that is killed half-way leaves neither scans nor a key, so a repeated request is a first one."""
    await connection.execute(
        """CREATE FUNCTION stumble() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             IF NEW.url LIKE '%%/3' THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF; RETURN NEW; END $$"""
    )
    await connection.execute("CREATE TRIGGER stumble BEFORE INSERT ON scans FOR EACH ROW EXECUTE FUNCTION stumble()")
    headers = {"Idempotency-Key": "again"}
    status, error, sent = await client("POST", "/scans/bulk", json=urls(5), headers=headers)
    assert (status, error["code"], sent["Retry-After"]) == (503, "SERVICE_UNAVAILABLE", "3")
    assert await counts(connection) == (0, 0)
    await connection.execute("DROP TRIGGER stumble ON scans")
    assert (await client("POST", "/scans/bulk", json=urls(5), headers=headers))[0] == 202
    assert (await client("POST", "/scans/bulk", json=urls(5), headers=headers))[0] == 202
    assert await counts(connection) == (5, 5)
