"""The one way out: fetches a URL that strangers name, and always ends with a `Fetched`, in bounded time and memory."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Final, Self

import aiohttp
from aiohttp.abc import AbstractResolver
from msgspec.structs import replace

from shared.clock import SYSTEM, Clock
from shared.page import Fetched, FetchError, Hop
from workers.fetch.answer import Answer, Clockwork
from workers.fetch.faults import EXPECTED, FetchFault, fetch_error
from workers.fetch.guard import Guard, GuardedResolver, SystemResolver
from workers.fetch.offered import OfferedVersions
from workers.fetch.options import STREAM, Caps, FetchOptions
from workers.fetch.redirect import location, target
from workers.fetch.trip import Trip
from workers.fetch.wire import TRACE, Connector, Response, TracedResolver

MAX_HEADER: Final = 32_768
"""Bytes of one header: content security policies of 10 KB are served in practice, and the library's default is 8 KB."""
MAX_HEADERS: Final = 200
CONNECTIONS: Final = 512
_NAMES_KEPT: Final = 60
_IDLE: Final = 15.0
Permits = Callable[[str], Awaitable[bool]]
"""Whether the address that a redirect leads to may be fetched."""
_FINAL: Final = 200
"""The lowest status of an answer; 101 would switch to another protocol, and 0 gets past the parser."""


class Fetcher:
    """A session over all scans of a worker process. Use as an async context manager."""

    def __init__(
        self,
        guard: Guard,
        *,
        caps: Caps | None = None,
        stream_caps: Caps = STREAM,
        resolver: AbstractResolver | None = None,
        tls: ssl.SSLContext | None = None,
        clock: Clock = SYSTEM,
    ) -> None:
        """`resolver` and `tls` replace the machine's own; `clock` dates the fetches."""
        self.guard: Final = guard
        self.caps: Final = caps or Caps()
        self.stream_caps: Final = stream_caps
        self._resolver: Final = resolver
        self._tls: Final = tls
        self._clock: Final = clock
        self._open: aiohttp.ClientSession | None = None
        self._offered: OfferedVersions | None = None

    async def __aenter__(self) -> Self:
        """Open the session."""
        resolver = GuardedResolver(self.guard, self._resolver or SystemResolver())
        context = self._tls or _trusting()
        connector = Connector(
            resolver=TracedResolver(resolver),
            socket_factory=self.guard.socket,
            ssl=context,
            limit=CONNECTIONS,
            ttl_dns_cache=_NAMES_KEPT,
            keepalive_timeout=_IDLE,
        )
        self._offered = OfferedVersions(self.guard, resolver)
        self._open = aiohttp.ClientSession(
            connector=connector,
            connector_owner=True,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            raise_for_status=False,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=self.caps.connect),
            response_class=Response,
            skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding"),
            max_line_size=MAX_HEADER,
            max_field_size=MAX_HEADER,
            max_headers=MAX_HEADERS,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close every connection."""
        if self._offered is not None:
            await self._offered.close()
        if self._open is not None:
            await self._open.close()
        self._open = self._offered = None

    async def get(
        self, url: str, options: FetchOptions, *, caps: Caps | None = None, permits: Permits | None = None
    ) -> Fetched:
        """Fetch a page, redirects followed hop by hop as far as `permits`. Never raises for what a server does."""
        caps = caps or self.caps
        answer = await self._travel("GET", Trip(url, options, Clockwork(caps.total)), caps, permits)
        try:
            if answer.head.tls is None or self._offered is None:
                return await answer.whole()
            asked = self._offered.ask(answer.head.final_url)
            fetched = await answer.whole()
        finally:
            answer.close()
        offered = await asyncio.shield(asked)
        return replace(fetched, http_version=offered)

    async def probe(
        self, url: str, options: FetchOptions, *, method: str = "GET", limit: int = 0, caps: Caps | None = None
    ) -> Fetched:
        """Ask for a URL whose body matters little: at most `limit` bytes of it are kept, the rest isn't read."""
        async with self._answer(method, url, options, caps or self.caps) as answer:
            return await answer.start(limit)

    @asynccontextmanager
    async def stream(self, url: str, options: FetchOptions, *, caps: Caps | None = None) -> AsyncGenerator[Answer]:
        """An answer whose body is read by the caller, in pieces and at its own pace."""
        async with self._answer("GET", url, options, caps or self.stream_caps) as answer:
            yield answer

    @asynccontextmanager
    async def _answer(
        self, method: str, url: str, options: FetchOptions, caps: Caps, permits: Permits | None = None
    ) -> AsyncGenerator[Answer]:
        trip = Trip(url, options, Clockwork(caps.total))
        answer = await self._travel(method, trip, caps, permits)
        try:
            yield answer
        finally:
            answer.close()

    async def _travel(self, method: str, trip: Trip, caps: Caps, permits: Permits | None) -> Answer:
        """Follow redirects to the answer, or to the fault that ends the way."""
        allow = self.guard.allow
        response: Response | None = None
        try:
            trip.begin(allow)
            while True:
                response = await self._hop(method, trip, caps)
                value = location(response.status, trip.headers or ())
                if value is None:
                    return self._arrived(trip, caps, response)
                response.release()
                trip.follow(Hop(trip.at, response.status, target(trip.at, value, allow)))
                if permits is not None and not await permits(trip.at):
                    raise FetchFault("blocked_by_robots", "robots.txt disallows the address that it redirects to")
        except EXPECTED as caught:
            if self._open is None or self._open.closed:
                raise  # our own doing, which must not be told of the site
            if response is not None:
                response.release()
            return self._failed(trip, caps, fetch_error(caught))

    async def _hop(self, method: str, trip: Trip, caps: Caps) -> Response:
        """One request, up to the head of its answer."""
        session = self._open
        if session is None:
            message = "the fetcher is not open"
            raise RuntimeError(message)
        TRACE.set(trip.trace)
        response = await trip.waiting(
            session.request(method, trip.request_url(), headers=trip.request_headers(), allow_redirects=False),
            caps.head,
        )
        if not isinstance(response, Response) or response.status < _FINAL:
            response.close()
            raise FetchFault("protocol", "the answer's status is not that of an answer")
        trip.met(response.status, response.raw_headers)
        return response

    def _arrived(self, trip: Trip, caps: Caps, response: Response) -> Answer:
        version = response.version
        head = trip.head(
            self._clock.now(),
            http_version=f"{version.major}.{version.minor}" if version else None,
            tls=response.tls,
        )
        return Answer(head, caps, trip.clock, trip.trace, response)

    def _failed(self, trip: Trip, caps: Caps, error: FetchError) -> Answer:
        return Answer(trip.head(self._clock.now(), error=error), caps, trip.clock, trip.trace)


def _trusting() -> ssl.SSLContext:
    """The machine's trusted certificates; HTTP/1.1 is what this client speaks."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context
