"""Without Postgres every answer that needs it is a 503 with Retry-After, within 3 s; then all is well again."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import msgspec
import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from api_gateway.app import build
from shared.settings import Settings
from tests.integration.api_gateway.conftest import Client, Eventually, MakeKey

GOOD = {"url": "https://example.com/"}


class Proxy:
    """Stands before Postgres; stalls as a stopped process does, or hangs up as a killed one."""

    def __init__(self, socket_path: str) -> None:
        self._path = socket_path
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self.refusing = False
        self.port = 0

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    def stall(self) -> None:
        self._flowing.clear()

    def hang_up(self) -> None:
        self.refusing = True
        for writer in self._writers:
            writer.close()

    def recover(self) -> None:
        self.refusing = False
        self._flowing.set()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65_536):
                await self._flowing.wait()
                writer.write(data)
                await writer.drain()
        writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.refusing:
            writer.close()
            return
        above, below = await asyncio.open_unix_connection(self._path)
        self._writers |= {writer, below}
        await asyncio.gather(self._pump(reader, below), self._pump(above, writer))
        self._writers -= {writer, below}

    async def stop(self) -> None:
        self.recover()
        self.hang_up()
        if self._server is not None:
            self._server.close()


@pytest.fixture
async def proxy(settings: Settings) -> AsyncIterator[Proxy]:
    parts = conninfo_to_dict(settings.database_url)
    running = Proxy(f"{parts['host']}/.s.PGSQL.{parts.get('port', 5432)}")
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
async def behind(settings: Settings, proxy: Proxy, make_key: MakeKey) -> AsyncIterator[Client]:
    url = make_conninfo(
        settings.database_url, host="127.0.0.1", port=proxy.port, sslmode="disable", gssencmode="disable"
    )
    async with (
        TestServer(build(msgspec.structs.replace(settings, database_url=url))) as server,
        ClientSession() as session,
    ):
        client = Client(session, str(server.make_url("")).rstrip("/"), await make_key())
        assert (await client("POST", "/scans", json=GOOD))[0] == 202
        yield client


@pytest.mark.parametrize("what", ["stall", "hang_up"])
async def test_postgres_away(behind: Client, proxy: Proxy, eventually: Eventually, what: str) -> None:
    loop = asyncio.get_running_loop()
    getattr(proxy, what)()
    calls = [("POST", "/scans", GOOD), ("POST", "/scans/bulk", {"urls": [GOOD["url"]]}), ("GET", "/history", None)]
    for _ in range(3):
        began = loop.time()
        answers = await asyncio.gather(*(behind(method, path, json=body) for method, path, body in calls))
        assert loop.time() - began < 3
        for status, error, headers in answers:
            assert (status, error["code"], headers["Retry-After"]) == (503, "SERVICE_UNAVAILABLE", "3")
            assert "retry_after" not in error
    assert (await behind("GET", "/checks"))[0] in {200, 503}, "answered from the cache or not, never left hanging"
    proxy.recover()

    async def well() -> bool:
        return (await behind("POST", "/scans", json=GOOD))[0] == 202

    async with asyncio.timeout(30):
        while not await well():
            await asyncio.sleep(0.1)


async def test_a_key_that_cannot_be_looked_up_is_not_held_to_what_its_address_may_do(
    behind: Client, proxy: Proxy, make_key: MakeKey, settings: Settings
) -> None:
    stranger = Client(behind.session, behind.base, await make_key())
    proxy.hang_up()
    for path in ("/history", "/nowhere"):
        answers = await asyncio.gather(*(stranger("GET", path) for _ in range(settings.tiers["guest"].burst + 10)))
        assert {status for status, _, _ in answers} <= {503, 404}, path
