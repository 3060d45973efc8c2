"""The connection below the client: what the HTTP parser may be made to chew on is bounded here.

Measured with a server that floods: each read of 256 KB of `100 Continue`, or of one-byte chunks, held the loop for
45 ms, again and again until the deadline. Now the first ends within one read, the other within three.
"""

import asyncio
import socket
from contextvars import ContextVar
from functools import partial
from typing import Final

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from aiohttp.http import RawResponseMessage
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.streams import StreamReader

from shared.page import Tls
from workers.fetch.faults import FetchFault
from workers.fetch.tls import TlsFacts
from workers.fetch.trace import Trace

TRACE: Final[ContextVar[Trace | None]] = ContextVar("trace", default=None)
"""Of the request that is being sent."""
MAX_EARLY: Final = 20
"""Informational answers (1xx) before the answer itself."""
_FINAL: Final = 200
_SLICE: Final = 8_192
_SLACK: Final = 262_144
"""Bytes of head and framing that are not looked at."""
_FRAMING: Final = 3
"""Bytes on the wire for each byte of body beyond that; chunks of one byte take six."""


class Handler(ResponseHandler):
    """The parser's side of one connection."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Of a connector."""
        super().__init__(loop)
        self.received = 0
        self._early = 0
        self._heading = True

    def expect(self) -> None:
        """A request has been sent; count anew."""
        self.received = self._early = 0
        self._heading = True

    def data_received(self, data: bytes) -> None:
        """Parse what came in; in small parts while the answer's head is awaited, since each may be the last wanted."""
        self.received += len(data)
        while self._heading and len(data) > _SLICE:
            super().data_received(data[:_SLICE])
            if self.exception() is not None:
                return
            data = data[_SLICE:]
        super().data_received(data)

    def feed_data(self, data: tuple[RawResponseMessage, StreamReader], size: int = 0) -> None:
        """Pass a head on, unless it is one informational answer too many."""
        if data[0].code >= _FINAL:
            self._heading = False
        else:
            self._early += 1
            if self._early > MAX_EARLY:
                self._give_up()
                return
        super().feed_data(data, size)

    def _give_up(self) -> None:
        if self.transport is not None:
            self.transport.close()
        self.set_exception(HttpProcessingError(message=f"more than {MAX_EARLY} informational answers"))


class Connector(aiohttp.TCPConnector):
    """Connections with our handler, for which `TCPConnector` has no parameter but a factory."""

    def __init__(self, **options: object) -> None:
        """`options` as of `TCPConnector`."""
        super().__init__(**options)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        handler: type[ResponseHandler] = Handler
        self._factory = partial(handler, loop=self._loop)

    async def _create_connection(
        self,
        req: aiohttp.ClientRequest,
        traces: list[aiohttp.tracing.Trace],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - the library's
    ) -> ResponseHandler:
        """Note when it begins and ends; the library's own tracing costs each request 45 us, connecting or not."""
        trace = TRACE.get()
        if trace is not None:
            trace.connect_began = trace.now()
        made = await super()._create_connection(req, traces, timeout)
        if trace is not None:
            trace.connect_ended()
        return made


class TracedResolver(AbstractResolver):
    """Another resolver whose look-ups are noted in the trace of the request that causes them."""

    def __init__(self, inner: AbstractResolver) -> None:
        """Take over `inner`, and close it with this one."""
        self._inner: Final = inner

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """As `inner` does."""
        trace = TRACE.get()
        if trace is not None:
            trace.dns_began = trace.now()
        found = await self._inner.resolve(host, port, family)
        if trace is not None:
            trace.dns_ended()
        return found

    async def close(self) -> None:
        """Close the inner resolver."""
        await self._inner.close()


class Response(aiohttp.ClientResponse):
    """A response that keeps its connection's TLS facts, since short bodies give the connection back at once."""

    facts: Final = TlsFacts()
    tls: Tls | None = None

    async def start(self, connection: Connection) -> aiohttp.ClientResponse:
        """Read the head."""
        self.tls = self.facts.of(connection.transport)
        if isinstance(connection.protocol, Handler):
            connection.protocol.expect()
        return await super().start(connection)


def check_framing(response: aiohttp.ClientResponse, body: int) -> None:
    """Raise `FetchFault` when the wire carries mostly framing; `body` is the bytes that have come out of it."""
    connection = response.connection
    handler = connection.protocol if connection is not None else None
    if isinstance(handler, Handler) and handler.received > _SLACK + _FRAMING * body:
        raise FetchFault("protocol", "the body comes in chunks of almost nothing")
