"""Closes connections that a client only holds: idle ones, half-sent requests, answers that nobody reads.

aiohttp's own time-outs cover a part of these, and which part has changed between versions.
"""

import array
import asyncio
import contextlib
import fcntl
import socket
import struct
import termios
from collections.abc import AsyncGenerator

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.web_protocol import RequestHandler

from api_gateway.routing import Handler
from shared.logs import get_logger

HOLD_SECONDS = 20.0
"""Without a whole request head, or without reading on. Bodies have a deadline of their own (`bodies.BODY_SECONDS`)."""
TICK_SECONDS = 1.0
STEP_BYTES = 4_096
"""Less than this in `HOLD_SECONDS` isn't reading."""


def _in_kernel(transport: asyncio.WriteTransport) -> int:
    """Bytes that the client hasn't acknowledged; 0 where the system doesn't tell.

    A kernel's buffer takes megabytes and is refilled by thirds, so without this figure a slow reader looks like none.
    """
    sock: socket.socket | None = transport.get_extra_info("socket")
    waiting = array.array("i", [0])
    with contextlib.suppress(OSError, AttributeError):
        fcntl.ioctl(sock.fileno() if sock is not None else -1, termios.TIOCOUTQ, waiting)
    return waiting[0]


class _Held:
    """One connection: since when nothing has happened on it that should."""

    __slots__ = ("busy", "moved", "taken", "writer")

    def __init__(self, now: float) -> None:
        self.moved = now
        self.busy = 0
        self.taken = 0
        self.writer: AbstractStreamWriter | None = None

    def look(self, now: float, transport: asyncio.WriteTransport) -> float:
        """Seconds without progress: without a request, or without the client taking what waits for it."""
        buffered = transport.get_write_buffer_size()
        if buffered:
            taken = (self.writer.output_size if self.writer is not None else 0) - buffered - _in_kernel(transport)
            if abs(taken - self.taken) >= STEP_BYTES:
                self.moved, self.taken = now, taken
        elif self.busy:
            self.moved = now
        return now - self.moved


def _drop(transport: asyncio.WriteTransport) -> None:
    """Reset rather than close: else the kernel goes on offering what nobody reads, for minutes."""
    sock: socket.socket | None = transport.get_extra_info("socket")
    if sock is not None and transport.get_write_buffer_size():
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


class Holding:
    """Every connection of the gateway, looked at once a second."""

    def __init__(self, *, seconds: float = HOLD_SECONDS, tick: float = TICK_SECONDS) -> None:
        """A connection is closed after at most `seconds` + `tick` without progress."""
        self._seconds = seconds
        self._tick = tick
        self._held: dict[RequestHandler, _Held] = {}

    async def serve(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """A handler has the connection: it may take its time, as long as the client reads."""
        loop = asyncio.get_running_loop()
        held = self._held.get(request.protocol)
        if held is None:
            held = self._held[request.protocol] = _Held(loop.time())
        held.busy += 1
        held.moved, held.writer, held.taken = loop.time(), request.writer, 0
        try:
            return await handler(request)
        finally:
            held.busy -= 1
            held.moved = loop.time()

    def look(self, server: web.Server, now: float) -> int:
        """Close what is only held; how many that were."""
        known, self._held, closed = self._held, {}, 0
        for connection in server.connections:
            transport = connection.transport
            if transport is None:
                continue
            held = self._held[connection] = known.get(connection) or _Held(now)
            if held.look(now, transport) > self._seconds:
                _drop(transport)
                closed += 1
        return closed

    @contextlib.asynccontextmanager
    async def watching(self, server: web.Server) -> AsyncGenerator[None]:
        """Look every second for the length of the block."""
        task = asyncio.create_task(self._watch(server))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _watch(self, server: web.Server) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(self._tick)
            if closed := self.look(server, loop.time()):
                get_logger().info("http.closed_held", connections=closed)


HOLDING = web.AppKey("holding", Holding)


@web.middleware
async def holding(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Tells the watch which connections are being served."""
    return await request.app[HOLDING].serve(request, handler)
