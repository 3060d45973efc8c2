"""Connections that are only held are closed, those in use are not. aiohttp's own time-outs are set out of the way."""

import asyncio
import socket
from collections.abc import AsyncIterator

import msgspec
import pytest
from aiohttp import web

from api_gateway import bodies
from api_gateway.app import build
from api_gateway.holding import HOLDING, Holding
from api_gateway.serving import Runner
from shared.settings import Settings

SECONDS = 0.4
HEAD = b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n"
GET = b"GET /api/v1/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture
async def address(settings: Settings) -> AsyncIterator[tuple[str, int]]:
    roomy = msgspec.structs.replace(settings.tiers["guest"], requests=1_000_000, burst=1_000_000)
    app = build(msgspec.structs.replace(settings, tiers={**settings.tiers, "guest": roomy}))
    app[HOLDING] = Holding(seconds=SECONDS, tick=0.05)
    runner = Runner(app, keepalive_timeout=3_600, lingering_time=3_600, shutdown_timeout=0.1)
    await runner.setup()
    assert runner.server is not None
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    async with app[HOLDING].watching(runner.server):
        yield runner.addresses[0]
        await runner.cleanup()


async def closed_after(reader: asyncio.StreamReader) -> float:
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with asyncio.timeout(15):
        try:
            while await reader.read(65_536):
                began = loop.time()
        except ConnectionResetError:
            pass
    return loop.time() - began


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET /api/v1/checks HTTP/1.1\r\nHo",
        HEAD,
        HEAD + b"\r\n" + b'{"email',
        GET,
        GET + b"GET /api/v1/che",
        b"GET /api/v1/openapi.json HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf",
    ],
    ids=["idle", "half a line", "half a head", "half a body", "kept alive", "half a second head", "unread half body"],
)
async def test_held_connections_are_closed(
    address: tuple[str, int], sent: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "BODY_SECONDS", 0.3)
    reader, writer = await asyncio.open_connection(*address)
    writer.write(sent)
    assert await closed_after(reader) < 5
    writer.close()


async def test_a_dripping_head_does_not_help(address: tuple[str, int]) -> None:
    reader, writer = await asyncio.open_connection(*address)

    async def drip() -> None:
        for byte in HEAD * 20:
            writer.write(bytes([byte]))
            await asyncio.sleep(0.02)

    dripping = asyncio.create_task(drip())
    assert await closed_after(reader) < 5
    dripping.cancel()
    writer.close()


async def test_an_answer_that_nobody_reads(address: tuple[str, int]) -> None:
    """Enough answers to fill every buffer on the way; the server gives up instead of keeping them."""
    loop = asyncio.get_running_loop()
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        client.setblocking(False)
        await loop.sock_connect(client, address)
        await loop.sock_sendall(client, GET * 100)
        async with asyncio.timeout(15):
            # Nothing is read, so only the reset tells that the server has let go.
            while client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0:
                await asyncio.sleep(0.05)


async def test_a_connection_in_use_stays(address: tuple[str, int]) -> None:
    reader, writer = await asyncio.open_connection(*address)
    for _ in range(12):
        writer.write(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200")
        assert await reader.readexactly(3) == b"ok\n"
        await asyncio.sleep(SECONDS / 4)
    writer.close()


async def test_a_slow_reader_stays(address: tuple[str, int]) -> None:
    """Who reads on, however slowly, gets everything, over many times the limit."""
    loop = asyncio.get_running_loop()
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        client.setblocking(False)
        await loop.sock_connect(client, address)
        await loop.sock_sendall(client, GET * 25)
        seen = received = 0
        rest = b""
        while seen < 25:
            chunk = await loop.sock_recv(client, 131_072)
            assert chunk, f"cut off after {received} bytes"
            received += len(chunk)
            seen += (rest + chunk).count(b"HTTP/1.1 200 OK")
            rest = chunk[-14:]
            await asyncio.sleep(0.004)
        assert seen == 25
