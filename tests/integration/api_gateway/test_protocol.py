"""What isn't HTTP, or no request of this API, is answered in the envelope, and what reaches the API counts."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import msgspec
import pytest
from aiohttp import web

from api_gateway.app import build
from api_gateway.serving import Runner
from shared.settings import Settings
from tests.integration.api_gateway.conftest import Client, MakeCaller

Address = tuple[str, int]
LIMITS = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "RateLimit-Policy", "RateLimit")
HEAD = b"Host: x\r\nContent-Type: application/json\r\n"


@pytest.fixture
async def address(settings: Settings) -> AsyncIterator[Address]:
    runner = Runner(build(settings), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield runner.addresses[0]
    await runner.cleanup()


async def sent(address: Address, data: bytes) -> tuple[int, dict[str, Any]]:
    """Status and body of the answer to these bytes; the server ends the connection."""
    reader, writer = await asyncio.open_connection(*address)
    writer.write(data)
    async with asyncio.timeout(10):
        answer = await reader.read()
    writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"content-type: application/json" in head.lower()
    told: dict[str, Any] = msgspec.json.decode(body)
    assert f"x-request-id: {told['meta']['request_id']}".encode() in head.lower()
    return int(head.split()[1]), told


def agrees(error: dict[str, Any], headers: Any) -> bool:
    """Whether Retry-After, retry_after and RateLimit-Reset say the same instant."""
    return bool(headers["Retry-After"] == headers["RateLimit-Reset"] == str(error["retry_after"]))


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03hello\r\n\r\n",
        b"GET\r\n\r\n",
        b"BREW /api/v1/scans HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /api/v1/checks HTTP/9.9\r\nHost: x\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /api/v1/checks HTTP/1.1\r\nHost x\r\n\r\n",
        b"GET /api/v1/checks HTTP/1.1\r\n\r\n",
        b"GET /api/v1/\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /api/v1/" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /api/v1/checks HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 20_000 + b"\r\n\r\n",
        b"GET /api/v1/checks HTTP/1.1\r\nHost: x\r\n" + b"X: a\r\n" * 500 + b"\r\n",
        b"POST /api/v1/scans HTTP/1.1\r\n" + HEAD + b"Content-Length: three\r\n\r\n",
        b"POST /api/v1/scans HTTP/1.1\r\n" + HEAD + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /api/v1/scans HTTP/1.1\r\n" + HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST /api/v1/scans HTTP/1.1\r\n" + HEAD + b"Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
    ],
)
async def test_bytes_that_are_no_request(address: Address, data: bytes) -> None:
    status, told = await sent(address, data)
    assert (status, told["success"], told["error"]["code"]) == (400, False, "INVALID_REQUEST")
    assert "\\x" not in told["error"]["message"]
    assert "aaa" not in told["error"]["message"]


@pytest.mark.parametrize("path", [b"/api/v1/checks", b"/api/v1/nothing", b"/nothing"])
async def test_an_unknown_expectation(address: Address, path: bytes) -> None:
    status, told = await sent(address, b"GET " + path + b" HTTP/1.1\r\nHost: x\r\nExpect: tea\r\n\r\n")
    assert (status, told["error"]["code"]) == (417, "INVALID_REQUEST")


@pytest.mark.parametrize(
    ("method", "path", "arguments", "expected"),
    [
        ("GET", "/nothing", {}, 404),
        ("GET", "/scans/x/export/xml", {}, 404),
        ("GET", "", {}, 404),
        ("GET", "/scans", {}, 405),
        ("PATCH", "/checks", {}, 405),
        ("POST", "/scans", {"data": b" " * 300_000, "headers": {"Content-Type": "application/json"}}, 413),
        ("POST", "/scans", {"data": b"x", "headers": {"Content-Type": "text/plain"}}, 415),
        ("POST", "/scans", {"json": {}}, 400),
        ("GET", "/user/profile?colour=blue", {}, 400),
    ],
)
async def test_what_is_refused_counts_too(
    client: Client, method: str, path: str, arguments: dict[str, Any], expected: int
) -> None:
    before = int((await client("GET", "/checks"))[2]["RateLimit"].split('"burst";r=')[1].split(";")[0])
    status, error, headers = await client(method, path, **arguments)
    assert (status, error["code"]) == (expected, "NOT_FOUND" if expected == 404 else "INVALID_REQUEST")
    assert all(name in headers for name in LIMITS)
    assert headers["RateLimit-Limit"] == "600"
    after = int(headers["RateLimit"].split('"burst";r=')[1].split(";")[0])
    assert before - 1 <= after <= before, "one request more; at 10 a second some come back"


async def test_head_tells_what_get_would_without_the_body(client: Client) -> None:
    for path in ("/api/v1/checks", "/api/v1/user/profile", "/api/v1/docs", "/api/v1/nothing", "/", "/livez"):
        headers = {"Authorization": f"Bearer {client.key}"}
        async with client.session.get(client.base + path, headers=headers) as got:
            whole = await got.read()
        async with client.session.head(client.base + path, headers=headers) as asked:
            assert await asked.read() == b""
        assert (asked.status, asked.content_type) == (got.status, got.content_type)
        assert whole


async def test_head_of_a_download_or_a_stream_is_refused(client: Client) -> None:
    for path in (f"/scans/{UUID(int=1)}/export/json", f"/scans/{UUID(int=1)}/events"):
        async with client.session.head(f"{client.base}/api/v1{path}") as asked:
            assert (asked.status, asked.headers["Allow"]) == (405, "GET")


async def test_unknown_paths_reach_the_limit(settings: Settings, caller: MakeCaller) -> None:
    guest = caller(None)
    burst = settings.tiers["guest"].burst
    answers = [await guest("GET", f"/nothing/{n}") for n in range(burst + 40)]
    codes = {status for status, _, _ in answers}
    assert codes == {404, 429}
    refused = next(one for one in answers if one[0] == 429)
    assert agrees(refused[1], refused[2])


async def test_a_bad_credential_at_an_unknown_path_counts_against_the_address(caller: MakeCaller) -> None:
    status, error, headers = await caller("sk_live_" + "0" * 40)("GET", "/nothing")
    assert (status, error["code"], headers["RateLimit-Limit"]) == (404, "NOT_FOUND", "60")


async def test_a_used_up_quota_says_one_instant(client: Client) -> None:
    answers = [await client("POST", "/scans", json={"url": "https://example.com/"}) for _ in range(51)]
    assert [status for status, _, _ in answers] == [202] * 50 + [429]
    _, error, headers = answers[-1]
    assert agrees(error, headers)
    assert f'"scans-single";r=0;t={error["retry_after"]}' in headers["RateLimit"]


@pytest.mark.usefixtures("patient")
async def test_failed_logins_say_one_instant(caller: MakeCaller) -> None:
    body = {"email": "nobody@example.com", "password": "wrong horse"}
    answers = [await caller(None)("POST", "/auth/login", json=body) for _ in range(11)]
    assert [status for status, _, _ in answers] == [401] * 10 + [429]
    _, error, headers = answers[-1]
    assert agrees(error, headers)
    assert 800 <= error["retry_after"] <= 900


async def test_an_accepted_scan_names_the_quota(client: Client) -> None:
    _, _, headers = await client("POST", "/scans", json={"url": "https://example.com/"})
    assert '"scans-single";q=50;w=86400' in headers["RateLimit-Policy"]
    assert headers["RateLimit"].endswith('"scans-single";r=49'), "when it is full again isn't known"
