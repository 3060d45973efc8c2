"""The way of one fetch over its redirects."""

import asyncio
from collections.abc import Awaitable, Sequence
from typing import Final, TypeVar

from yarl import URL

from shared.network import BadUrl, Network, check_url
from shared.page import Fetched, FetchError, Hop, Tls
from workers.fetch.answer import Clockwork
from workers.fetch.faults import FetchFault
from workers.fetch.options import FetchOptions
from workers.fetch.trace import Trace

T = TypeVar("T")


def origin(url: str) -> str:
    """Scheme, host and port of a URL in the spelling of `check_url`."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}"


class Trip:
    """Where a fetch stands: the URL of the hop at hand, the hops behind it, and what that hop answered."""

    def __init__(self, url: str, options: FetchOptions, clock: Clockwork) -> None:
        """Begin at `url`, as it was asked for."""
        self.url: Final = url
        self.options: Final = options
        self.clock: Final = clock
        self.trace = Trace(clock.now)
        self.at = url
        self.hops: list[Hop] = []
        self.status: int | None = None
        self.headers: tuple[tuple[str, str], ...] | None = None
        self._seen: set[str] = set()
        self._own: str | None = None

    def begin(self, allow: Sequence[Network]) -> None:
        """Judge the URL. Raises `BadUrl`."""
        self.at = check_url(self.url, allow_networks=allow)
        self._seen = {self.at}
        if self.options.credentials_for is not None:
            try:
                self._own = origin(check_url(self.options.credentials_for, allow_networks=allow))
            except BadUrl as error:
                raise FetchFault("bad_url", "the credentials' origin is not a URL") from error

    def request_url(self) -> URL:
        """The hop's URL as the connector takes it, byte for byte."""
        return URL(self.at, encoded=True)

    def request_headers(self) -> dict[str, str]:
        """The hop's headers; credentials only to their own origin."""
        return self.options.headers(first=not self.hops, own=self._own is not None and origin(self.at) == self._own)

    async def waiting(self, answer: Awaitable[T], limit: float) -> T:
        """Wait for the server at most `limit` seconds, and no longer than the fetch's time. Raises `FetchFault`."""
        clock = self.clock
        began = clock.now()
        try:
            async with asyncio.timeout(max(0.0, min(limit, clock.left))):
                return await answer
        except TimeoutError as error:
            raise FetchFault("timeout", f"no answer within {min(limit, clock.left):.0f} seconds") from error
        finally:
            clock.left -= clock.now() - began

    def met(self, status: int, raw_headers: Sequence[tuple[bytes, bytes]]) -> None:
        """Note the head of the hop's answer; header bytes are UTF-8, else Latin-1 (RFC 9110 section 5.5)."""
        self.status = status
        self.headers = tuple((_text(name), _text(value)) for name, value in raw_headers)

    def follow(self, hop: Hop) -> None:
        """Go on to where the hop points. Raises `FetchFault` for loops and for too many hops."""
        if hop.location in self._seen:
            raise FetchFault("redirect_loop", "the redirects lead back to a URL that was asked before")
        if len(self.hops) >= self.options.max_redirects:
            raise FetchFault("too_many_redirects", f"more than {self.options.max_redirects} redirects")
        self._seen.add(hop.location)
        self.hops.append(hop)
        self.at = hop.location
        self.status = self.headers = None
        self.clock.restart()
        self.trace = Trace(self.clock.now)

    def head(
        self,
        fetched_at: float,
        *,
        error: FetchError | None = None,
        http_version: str | None = None,
        tls: Tls | None = None,
    ) -> Fetched:
        """The fetch as far as it is known, without a body."""
        return Fetched(
            url=self.url,
            final_url=self.at,
            status=self.status,
            headers=self.headers,
            redirects=tuple(self.hops),
            error=error,
            http_version=http_version,
            tls=tls,
            fetched_at=fetched_at,
        )


def _text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")
