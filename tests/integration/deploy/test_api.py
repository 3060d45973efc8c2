"""The API client against a server that behaves and misbehaves."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from deploy.local import api
from deploy.local.api import ApiError, Client, Scan, UnreachableError

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Serve = Callable[[Handler], Awaitable[str]]


def envelope(data: object, status: int = 200) -> web.Response:
    return web.json_response({"success": True, "data": data, "meta": {"request_id": "1"}}, status=status)


def scan_data(status: str, done: int) -> dict[str, object]:
    progress = {"phase": "fetching", "found": 3, "done": done, "failed": 0, "skipped": 0, "new_field": 1}
    return {"scan_id": "s1", "url": "http://a/", "mode": "single", "status": status, "progress": progress}


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    servers: list[TestServer] = []

    async def start(handler: Handler) -> str:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", handler)
        server = TestServer(app)
        await server.start_server()
        servers.append(server)
        return str(server.make_url("")).rstrip("/")

    yield start
    for server in servers:
        await server.close()


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "POLL_SECONDS", 0)


async def test_a_scan_is_started_with_the_key_and_followed_to_its_end(serve: Serve) -> None:
    requests: list[tuple[str, str, str]] = []

    async def handle(request: web.Request) -> web.Response:
        requests.append((request.method, request.path, request.headers["Authorization"]))
        if request.method == "POST":
            assert await request.json() == {"url": "http://a/", "mode": "sitemap"}
            return envelope({"scan_id": "s1", "status": "running", "poll_url": "/"}, 202)
        done = len(requests) - 1
        return envelope(scan_data("complete" if done == 3 else "running", done))

    seen: list[int] = []
    async with Client(await serve(handle), "sk_live_x") as client:
        scan_id = await client.start_scan("http://a/", "sitemap")
        scan = await client.follow(scan_id, lambda one: seen.append(one.progress.done))
    assert seen == [1, 2, 3]
    assert scan.status == "complete"
    assert requests[0] == ("POST", "/api/v1/scans", "Bearer sk_live_x")
    assert {request[1] for request in requests[1:]} == {"/api/v1/scans/s1"}


async def test_an_error_of_the_service_is_told_with_its_code(serve: Serve) -> None:
    async def handle(_request: web.Request) -> web.Response:
        error = {"code": "INVALID_URL", "message": "That address may not be scanned.", "param": "url"}
        return web.json_response({"success": False, "error": error, "meta": {}}, status=400)

    async with Client(await serve(handle), "k") as client:
        with pytest.raises(ApiError) as raised:
            await client.start_scan("http://10.0.0.1/", "single")
    assert (raised.value.code, raised.value.status) == ("INVALID_URL", 400)
    assert str(raised.value) == "That address may not be scanned."


async def test_a_gateway_that_is_restarted_meanwhile_is_no_reason_to_give_up(serve: Serve) -> None:
    count = 0

    async def handle(_request: web.Request) -> web.Response:
        nonlocal count
        count += 1
        if count < 5:
            raise web.HTTPBadGateway(text="<html>")
        return envelope(scan_data("complete", 3))

    seen: list[Scan] = []
    async with Client(await serve(handle), "k") as client:
        await client.follow("s1", seen.append)
    assert [scan.status for scan in seen] == ["complete"]


async def test_a_scan_that_is_gone_ends_the_wait(serve: Serve) -> None:
    count = 0

    async def handle(_request: web.Request) -> web.Response:
        nonlocal count
        count += 1
        body = json.dumps({"success": False, "error": {"code": "NOT_FOUND", "message": "No such scan."}, "meta": {}})
        return web.Response(status=404, text=body, content_type="application/json")

    async with Client(await serve(handle), "k") as client:
        with pytest.raises(ApiError, match="No such scan"):
            await client.follow("s1", lambda _: None)
    assert count == 1


@pytest.mark.parametrize("body", ["", "<html>", "[]", '{"data": {}}', '{"success": true, "data": {"scan_id": 1}}'])
async def test_an_answer_that_is_not_ours_is_told(serve: Serve, body: str) -> None:
    async def handle(_request: web.Request) -> web.Response:
        return web.Response(text=body)

    async with Client(await serve(handle), "k") as client:
        with pytest.raises(UnreachableError):
            await client.scan("s1")


async def test_nobody_there(unused_tcp_port: int) -> None:
    async with Client(f"http://127.0.0.1:{unused_tcp_port}", "k") as client:
        with pytest.raises(UnreachableError, match="can't be reached"):
            await client.scan("s1")
