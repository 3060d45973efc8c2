"""Who asked to be told is told: by stream while the scan runs, by webhook when it ends, whatever dies in between."""

import asyncio
import hashlib
import hmac
import json
import os
import signal
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.e2e.conftest import Api, Fleet


class Receiver:
    """Keeps what it is sent; answers only while `open` is set."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.open, self.url = asyncio.Event(), ""

    async def answer(self, request: web.Request) -> web.Response:
        self.got.append((dict(request.headers), await request.read()))
        await self.open.wait()
        return web.Response(status=204)

    async def wait(self, number: int, seconds: float) -> None:
        async with asyncio.timeout(seconds):
            while len(self.got) < number:
                await asyncio.sleep(0.02)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    one = Receiver()
    app = web.Application()
    app.router.add_post("/{path:.*}", one.answer)
    async with TestServer(app) as server:
        one.url = str(server.make_url("/hook"))
        yield one
        one.open.set()


async def test_stream_and_webhook(api: Api, receiver: Receiver, numbered_site: Any) -> None:
    receiver.open.set()
    hook = await api("POST", "/webhooks", json={"url": receiver.url, "events": ["scan.complete"]})
    site = await numbered_site(30, 0.02)
    scan = await api("POST", "/scans", json={"url": site.address + "/", "mode": "sitemap"})
    headers = {"Authorization": f"Bearer {api.key}"}
    async with api.session.get(f"{api.base}/scans/{scan['scan_id']}/events", headers=headers) as response:
        lines = (await response.content.read()).decode().splitlines()
    kinds = [line[7:] for line in lines if line.startswith("event: ")]
    assert (kinds[0], kinds[-1]) == ("progress", "end")
    assert kinds.count("end") == 1
    assert "finding" in kinds
    await receiver.wait(1, 20)
    ((sent, body),) = receiver.got
    at, digest = (part.partition("=")[2] for part in sent["X-Scanfleet-Signature"].split(","))
    wanted = hmac.new(hook["secret"].encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    assert hmac.compare_digest(digest, wanted)
    told = json.loads(body)["data"]
    result = (await api("GET", f"/scans/{scan['scan_id']}"))["result"]
    assert (told["score"], told["issues"]) == (result["score"], result["totals"]["issues"])
    await api("DELETE", f"/webhooks/{hook['id']}")


async def test_a_worker_killed_while_it_delivers(
    api: Api, fleet: Fleet, receiver: Receiver, numbered_site: Any
) -> None:
    site = await numbered_site(1)
    body = {"url": site.address + "/p/1", "webhook_url": receiver.url}
    scan = await api("POST", "/scans", json=body)
    await receiver.wait(1, 30)
    for pid in fleet.pids("workers"):
        os.kill(pid, signal.SIGKILL)
    receiver.open.set()
    await receiver.wait(2, 60)
    assert len({json.loads(body)["delivery_id"] for _, body in receiver.got}) == 1
    query = "SELECT attempts, last_status, delivered_at FROM deliveries WHERE scan_id = %s"
    async with asyncio.timeout(10):
        while (rows := fleet.sql(query, scan["scan_id"]))[0]["delivered_at"] is None:
            await asyncio.sleep(0.05)
    assert [(row["attempts"], row["last_status"]) for row in rows] == [(2, 204)]
