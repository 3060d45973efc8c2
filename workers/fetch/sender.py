"""Posting webhooks' messages: the fetcher's network rules, no redirects, and the answer's head is enough."""

import asyncio
from contextlib import suppress
from types import TracebackType
from typing import Final, Self

import aiohttp
from aiohttp.abc import AbstractResolver
from msgspec import Struct
from yarl import URL

from shared.network import check_url
from workers.fetch.faults import EXPECTED, fetch_error
from workers.fetch.guard import Guard, GuardedResolver, SystemResolver

SECONDS: Final = 10.0
CONNECTIONS: Final = 64
MAX_HEADER: Final = 16_384


class Sent(Struct, frozen=True):
    """What became of a message: the status of the answer, or why there is none."""

    status: int | None
    error: str | None

    @property
    def delivered(self) -> bool:
        """Whether the receiver took it: 2xx (RFC 9110 section 15.3)."""
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004


class Sender:
    """A session for all messages of a worker process. Use as an async context manager."""

    def __init__(self, guard: Guard, *, seconds: float = SECONDS, resolver: AbstractResolver | None = None) -> None:
        """`seconds` from the look-up of the name to the answer's head; `resolver` replaces the machine's own."""
        self._guard: Final = guard
        self._seconds: Final = seconds
        self._resolver: Final = resolver
        self._open: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        """Open the session."""
        connector = aiohttp.TCPConnector(
            resolver=GuardedResolver(self._guard, self._resolver or SystemResolver()),
            socket_factory=self._guard.socket,
            limit=CONNECTIONS,
            use_dns_cache=False,
            force_close=True,
        )
        self._open = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            raise_for_status=False,
            timeout=aiohttp.ClientTimeout(total=None),
            skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding"),
            max_line_size=MAX_HEADER,
            max_field_size=MAX_HEADER,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close every connection."""
        if self._open is not None:
            await self._open.close()
        self._open = None

    async def post(self, url: str, body: bytes, headers: dict[str, str]) -> Sent:
        """Send `body` once. Never raises for what the receiver does; its answer's body isn't read."""
        session = self._open
        if session is None:
            message = "the sender is not open"
            raise RuntimeError(message)
        try:
            target = URL(check_url(url, allow_networks=self._guard.allow), encoded=True)
            async with asyncio.timeout(self._seconds):
                response = await session.post(target, data=body, headers=headers, allow_redirects=False)
            with suppress(aiohttp.ClientError):
                response.close()
        except TimeoutError:
            return Sent(None, f"timeout: no answer within {self._seconds:g} s")
        except EXPECTED as caught:
            error = fetch_error(caught)
            return Sent(None, f"{error.kind}: {error.message}")
        sent = Sent(response.status, None)
        return sent if sent.delivered else Sent(response.status, f"the receiver answered {response.status}")
