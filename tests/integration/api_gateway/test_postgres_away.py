"""Without Postgres every answer that needs it is a 503 with Retry-After, within 3 s; then all is well again."""

import asyncio
from collections.abc import AsyncIterator

import msgspec
import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer

from api_gateway.app import build
from shared.settings import Settings
from tests.integration.api_gateway.conftest import Client, Eventually, MakeKey
from tests.integration.relay import Relay

GOOD = {"url": "https://example.com/"}


@pytest.fixture
async def relay(settings: Settings) -> AsyncIterator[Relay]:
    running = Relay(settings.database_url)
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
async def behind(settings: Settings, relay: Relay, make_key: MakeKey) -> AsyncIterator[Client]:
    async with (
        TestServer(build(msgspec.structs.replace(settings, database_url=relay.url))) as server,
        ClientSession() as session,
    ):
        client = Client(session, str(server.make_url("")).rstrip("/"), await make_key())
        assert (await client("POST", "/scans", json=GOOD))[0] == 202
        yield client


@pytest.mark.parametrize("what", ["stall", "hang_up"])
async def test_postgres_away(behind: Client, relay: Relay, eventually: Eventually, what: str) -> None:
    loop = asyncio.get_running_loop()
    scan = f"/scans/{(await behind('POST', '/scans', json=GOOD))[1]['scan_id']}"
    assert (await behind("GET", scan))[0] == 200
    getattr(relay, what)()
    calls = [("POST", "/scans", GOOD), ("POST", "/scans/bulk", {"urls": [GOOD["url"]]}), ("GET", "/history", None)]
    calls.append(("GET", scan, None))
    for _ in range(3):
        began = loop.time()
        answers = await asyncio.gather(*(behind(method, path, json=body) for method, path, body in calls))
        assert loop.time() - began < 3
        for status, error, headers in answers:
            assert (status, error["code"], headers["Retry-After"]) == (503, "SERVICE_UNAVAILABLE", "3")
            assert "retry_after" not in error
    assert (await behind("GET", "/checks"))[0] in {200, 503}, "answered from the cache or not, never left hanging"
    relay.recover()

    async def well() -> bool:
        return (await behind("POST", "/scans", json=GOOD))[0] == 202 and (await behind("GET", scan))[0] == 200

    async with asyncio.timeout(30):
        while not await well():
            await asyncio.sleep(0.1)


async def test_a_key_that_cannot_be_looked_up_is_not_held_to_what_its_address_may_do(
    behind: Client, relay: Relay, make_key: MakeKey, settings: Settings
) -> None:
    stranger = Client(behind.session, behind.base, await make_key())
    relay.hang_up()
    for path in ("/history", "/nowhere"):
        answers = await asyncio.gather(*(stranger("GET", path) for _ in range(settings.tiers["guest"].burst + 10)))
        assert {status for status, _, _ in answers} <= {503, 404}, path
