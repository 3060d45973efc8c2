"""One answer while its body comes in: capped, timed, undone from its Content-Encoding, never decoded to text."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from typing import Final

import aiohttp
from msgspec.structs import replace

from shared.page import Fetched, FetchError, Timings
from workers.fetch.decode import Decoder, TooMuch
from workers.fetch.faults import EXPECTED, FetchFault, fetch_error
from workers.fetch.options import Caps
from workers.fetch.trace import Trace
from workers.fetch.wire import check_framing

_STEPS_AT_ONCE: Final = 4
"""Steps of the decoder before others get the loop: about 2 ms."""


class Clockwork:
    """What is left of a fetch's time. Only waiting for the server counts, so a stream's slow reader costs nothing."""

    def __init__(self, total: float) -> None:
        """`total` in seconds."""
        self.now: Final[Callable[[], float]] = asyncio.get_running_loop().time
        self.left = total
        self.started = self.now()

    def restart(self) -> None:
        """A new hop begins: its timings are counted from here."""
        self.started = self.now()

    def elapsed(self) -> float:
        """Milliseconds since the hop began."""
        return (self.now() - self.started) * 1000


class Answer:
    """An answer's head, and its body as it comes.

    `head` has no body; `error` is set at once, or by the end of `chunks`. `decoded` and `wire` count bytes so far.
    """

    def __init__(
        self,
        head: Fetched,
        caps: Caps,
        clock: Clockwork,
        trace: Trace,
        response: aiohttp.ClientResponse | None = None,
    ) -> None:
        """Without a `response` the fetch has failed already, and `head` says why."""
        self.head: Final = head
        self.error: FetchError | None = head.error
        self.decoded = 0
        self.wire = 0
        self._caps: Final = caps
        self._clock: Final = clock
        self._trace: Final = trace
        self._response: Final = response
        self._ttfb: Final = clock.elapsed() if response is not None else None
        self._waited = 0.0

    @property
    def content_encoding(self) -> str:
        """The header's value, repeated headers joined."""
        return ", ".join(value for name, value in self.head.headers or () if name.lower() == "content-encoding")

    async def chunks(self) -> AsyncGenerator[bytes]:
        """Decoded pieces of at most about 64 KB, none empty. A fault ends the iteration and is found in `error`."""
        if self._response is None:
            return
        try:
            decoder = Decoder(self.content_encoding, self._caps.body)
            steps = 0
            while data := await self._read(self._response):
                for piece in decoder.feed(data):
                    steps += 1
                    if not steps % _STEPS_AT_ONCE and not decoder.plain:
                        await asyncio.sleep(0)
                    if piece:
                        self.decoded += len(piece)
                        yield piece
            decoder.finish()
        except EXPECTED as caught:
            self.error = fetch_error(caught)

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        """What has arrived, or the next that does. Raises `FetchFault` for too little too slowly, `TooMuch`."""
        caps, content = self._caps, response.content
        data = content.read_nowait()
        if not data and not content.at_eof():
            data = await self._wait(content)
        self.wire += len(data)
        check_framing(response, self.wire)
        if self.wire > caps.wire:
            msg = f"the body is larger than {caps.wire} bytes"
            raise TooMuch(msg)
        return data

    async def _wait(self, content: aiohttp.StreamReader) -> bytes:
        caps, clock = self._caps, self._clock
        patience = max(caps.grace, self.wire / caps.rate) - self._waited
        slow = patience < clock.left
        began = clock.now()
        try:
            async with asyncio.timeout(max(0.0, min(patience, clock.left))):
                return await content.readany()
        except TimeoutError as error:
            message = (
                f"the body came at less than {caps.rate:.0f} bytes a second" if slow else "the answer took too long"
            )
            raise FetchFault("timeout", message) from error
        finally:
            waited = clock.now() - began
            self._waited += waited
            clock.left -= waited

    async def whole(self) -> Fetched:
        """The complete fetch.

        A body over the cap is refused as a whole ("too_large", headers kept), not cut: what is judged from half a page,
        missing closing tags or links or words, would be wrong. The same holds for a body that broke off.
        """
        response = self._response
        if response is not None and response.method != "HEAD" and (response.content_length or 0) > self._caps.wire:
            # Its Content-Length alone says so; nothing of it need be read.
            self.error = FetchError("too_large", f"the body is larger than {self._caps.wire} bytes")
            return self.ended()
        pieces = [piece async for piece in self.chunks()]
        return self.ended(b"" if self.error else b"".join(pieces))

    async def start(self, limit: int) -> Fetched:
        """The fetch with at most `limit` bytes of its body; `truncated` tells that there is more."""
        pieces: list[bytes] = []
        size = 0
        if limit:
            async for piece in self.chunks():
                pieces.append(piece)
                size += len(piece)
                if size > limit:
                    break
        return self.ended(b"".join(pieces)[:limit], truncated=size > limit)

    def ended(self, body: bytes = b"", *, truncated: bool = False) -> Fetched:
        """What is known by now, with this body."""
        timings = None
        if self._response is not None:
            timings = Timings(self._ttfb, self._clock.elapsed(), self._trace.dns, self._trace.connect)
        return replace(
            self.head,
            body=body,
            error=self.error,
            timings=timings,
            wire_bytes=self.wire if self._response is not None else None,
            truncated=truncated,
        )

    def close(self) -> None:
        """Give the connection back if the body was read to its end, else close it."""
        if self._response is not None:
            with suppress(aiohttp.ClientError):  # a broken body was reported already
                self._response.release()
