"""Bad requests get the contract's error and cost no quota."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from shared import tokens
from tests.integration.api_gateway.conftest import Client, Eventually, MakeKey

GOOD = {"url": "https://example.com/"}


async def used(connection: psycopg.AsyncConnection[Any]) -> int:
    row = await (await connection.execute("SELECT count(*) AS n FROM quota_uses")).fetchone()
    return row["n"] if row else -1


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ({}, "INVALID_REQUEST", "url"),
        ({"url": "ftp://example.com/"}, "INVALID_URL", "url"),
        ({"url": "nonsense"}, "INVALID_URL", "url"),
        ({"url": "http://10.0.0.1/"}, "INVALID_URL", "url"),
        ({"url": "http://169.254.169.254/latest"}, "INVALID_URL", "url"),
        ({"url": "http://user:pw@example.com/"}, "INVALID_URL", "url"),
        ({"url": "https://example.com/", "extra": 1}, "INVALID_REQUEST", "extra"),
        ({"url": "https://example.com/", "mode": "everything"}, "INVALID_REQUEST", "mode"),
        ({"url": "https://example.com/", "options": {"delay_ms": -1}}, "INVALID_REQUEST", "options.delay_ms"),
        ({"url": "https://example.com/", "options": {"nope": 1}}, "INVALID_REQUEST", "options.nope"),
        ({"url": "https://example.com/", "options": {"exclude": ["/(/"]}}, "INVALID_REQUEST", "options.exclude"),
        ({"url": "https://example.com/", "options": {"profile": "x"}}, "INVALID_REQUEST", "options.profile"),
        ({"url": "https://example.com/", "options": {"user_agent": "x"}}, "FORBIDDEN", "options.user_agent"),
        ({"url": 5}, "INVALID_REQUEST", "url"),
        ([], "INVALID_REQUEST", None),
        ({"url": "https://example.com/\u0000"}, "INVALID_REQUEST", None),
    ],
)
async def test_bodies(
    client: Client, connection: psycopg.AsyncConnection[Any], body: Any, code: str, param: str | None
) -> None:
    status, error, _ = await client("POST", "/scans", json=body)
    assert (status, error["code"], error.get("param")) == (403 if code == "FORBIDDEN" else 400, code, param)
    assert await used(connection) == 0


@pytest.mark.parametrize(
    "body", [b"", b"{", b'{"url": "\xff"}', b"[" * 100_000, b'{"url": ' + b"9" * 5_000 + b"}", b"null", b"NaN"]
)
async def test_broken_json(client: Client, connection: psycopg.AsyncConnection[Any], body: bytes) -> None:
    status, error, _ = await client("POST", "/scans", data=body, headers={"Content-Type": "application/json"})
    assert (status, error["code"]) == (400, "INVALID_REQUEST")
    assert await used(connection) == 0


async def test_localhost_is_refused_unless_allowed(client: Client) -> None:
    status, error, _ = await client("POST", "/scans", json={"url": "http://[::1]/"})
    assert (status, error["code"], error["param"]) == (400, "INVALID_URL", "url")


async def test_credentials(
    caller: Callable[[str | None], Client], make_key: MakeKey, connection: psycopg.AsyncConnection[Any]
) -> None:
    assert (await caller(None)("GET", "/scans/" + "0" * 36))[1]["code"] == "NOT_FOUND"
    for header, code in (
        ("Basic abc", "MISSING_AUTH"),
        ("Bearer", "MISSING_AUTH"),
        ("Bearer sk_live_" + "0" * 40, "INVALID_TOKEN"),
        ("Bearer nonsense", "INVALID_TOKEN"),
    ):
        status, error, _ = await caller(None)("POST", "/scans", json=GOOD, headers={"Authorization": header})
        assert (status, error["code"]) == (401, code)
    reader = caller(await make_key("read"))
    status, error, _ = await reader("POST", "/scans", json=GOOD)
    assert (status, error["code"]) == (403, "INSUFFICIENT_SCOPE")
    assert await used(connection) == 0


async def test_a_revoked_key_stops_working(
    caller: Callable[[str | None], Client],
    make_key: MakeKey,
    connection: psycopg.AsyncConnection[Any],
    eventually: Eventually,
) -> None:
    secret = await make_key()
    client = caller(secret)
    assert (await client("GET", "/checks"))[0] == 200
    row = await (await connection.execute("SELECT id FROM tokens")).fetchone()
    assert row is not None
    assert await tokens.revoke(connection, row["id"])

    async def refused() -> bool:
        status, error, _ = await client("POST", "/scans", json={"url": "nonsense"})
        return (status, error["code"]) == (401, "INVALID_TOKEN")

    await eventually(refused)


async def test_quota_used_up(client: Client, connection: psycopg.AsyncConnection[Any]) -> None:
    for number in range(50):
        status, data, headers = await client("POST", "/scans", json={"url": f"https://example.com/{number}"})
        assert (status, data["status"]) == (202, "running")
        assert headers["Location"] == data["poll_url"]
    status, error, headers = await client("POST", "/scans", json=GOOD)
    assert (status, error["code"]) == (429, "RATE_LIMIT_EXCEEDED")
    assert error["message"] == "Scan limit reached (50/50)."
    assert 86_000 < error["retry_after"] <= 86_400
    assert headers["Retry-After"] == str(error["retry_after"])
    assert '"scans-single";q=50;w=86400' in headers["RateLimit-Policy"]
    assert await used(connection) == 50


async def test_unknown_paths_methods_and_types(client: Client) -> None:
    assert (await client("GET", "/nothing"))[1]["code"] == "NOT_FOUND"
    status, error, headers = await client("DELETE", "/scans")
    assert (status, error["code"], headers["Allow"]) == (405, "INVALID_REQUEST", "POST")
    status, error, _ = await client("POST", "/scans", data=b"x", headers={"Content-Type": "text/plain"})
    assert (status, error["code"]) == (415, "INVALID_REQUEST")
    status, error, _ = await client("POST", "/scans", data=b" " * 300_000, headers={"Content-Type": "application/json"})
    assert (status, error["code"]) == (413, "INVALID_REQUEST")
    status, error, _ = await client("GET", "/checks?nope=1")
    assert (status, error["code"], error["param"]) == (400, "INVALID_REQUEST", "nope")
