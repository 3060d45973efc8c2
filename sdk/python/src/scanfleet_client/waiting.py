"""Waiting for a scan: asking at the contract's pace, or listening to its events."""

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

import aiohttp

from scanfleet_client.decoding import decode
from scanfleet_client.errors import ApiError, ConnectionFailedError, ScanfleetError, WaitTimeoutError
from scanfleet_client.events import EndEvent, FindingEvent, ProgressEvent, ScanEvent
from scanfleet_client.models import Scan
from scanfleet_client.retry import backoff, curable
from scanfleet_client.sse import RawEvent, SseParser
from scanfleet_client.transport import Transport

PACE_SECONDS: Final = (2.0, 3.0)
"""The contract asks clients to look every 2 to 3 s."""
SILENCE_SECONDS: Final = 30.0
"""The service sends a comment every 10 s, so a stream that is silent for longer is dead."""
_NO_CONTENT: Final = 204


async def polled(transport: Transport, scan_id: str, seconds: float) -> AsyncGenerator[Scan]:
    """The scan, again and again, until it has ended.

    Failures that another try may better are ridden out until `seconds` are over. Raises `WaitTimeoutError` then, and
    any other `ScanfleetError` at once.
    """
    deadline = transport.clock() + seconds
    while True:
        least, most = PACE_SECONDS
        wait = least + transport.draw() * (most - least)
        failure: ScanfleetError | None = None
        try:
            left = deadline - transport.clock()
            scan = decode(Scan, await transport.data("GET", "/scans/{scan_id}", scan_id, within=max(left, least)))
        except ScanfleetError as error:
            if not curable(error):
                raise
            failure = error
            wait = max(wait, (error.retry_after or 0) if isinstance(error, ApiError) else 0)
        else:
            yield scan
            if scan.status != "running":
                return
        if transport.clock() + wait >= deadline:
            raise WaitTimeoutError(scan_id, seconds) from failure
        await transport.sleep(wait)


class Watch:
    """One scan's events, over as many connections as it takes."""

    def __init__(self, transport: Transport, scan_id: str, seconds: float) -> None:
        self._transport = transport
        self._scan_id = scan_id
        self._seconds = seconds
        self._deadline = transport.clock() + seconds
        self._last_id = ""
        self._retry: int | None = None
        self._failures = 0
        self._ended = False
        self._told: set[tuple[str, str]] = set()

    def _left(self) -> float:
        left = self._deadline - self._transport.clock()
        if left <= 0:
            raise WaitTimeoutError(self._scan_id, self._seconds)
        return left

    async def events(self) -> AsyncGenerator[ScanEvent]:
        """Until the scan has ended. Raises `WaitTimeoutError`, or what the last of too many failures in a row was."""
        while not self._ended:
            failure: ScanfleetError = ConnectionFailedError("The stream of events ended before the scan did.")
            try:
                async with aclosing(self._connection()) as connection:
                    async for event in connection:
                        yield event
            except ScanfleetError as error:
                failure = error
            if not self._ended:
                await self._rest(failure)

    async def _rest(self, failure: ScanfleetError) -> None:
        """Pause before the next connection, or give up."""
        self._failures += 1
        if not curable(failure) or self._failures >= self._transport.retry.attempts:
            raise failure
        asked = failure.retry_after if isinstance(failure, ApiError) else None
        least = max(asked or 0, (self._retry or 0) / 1000)
        wait = backoff(self._transport.retry, self._failures, self._transport.draw(), least)
        if wait >= self._left():
            raise WaitTimeoutError(self._scan_id, self._seconds) from failure
        await self._transport.sleep(wait)

    async def _connection(self) -> AsyncGenerator[ScanEvent]:
        headers = {"Accept": "text/event-stream"}
        # A header can't hold just anything, and an id that this service wouldn't send is none to send back.
        if self._last_id.isascii() and self._last_id.isprintable() and self._last_id:
            headers["Last-Event-ID"] = self._last_id
        seconds = min(self._transport.timeout, self._left())
        response = await self._transport.open(
            "/scans/{scan_id}/events", self._scan_id, headers=headers, seconds=seconds
        )
        try:
            self._ended = response.status == _NO_CONTENT
            async with aclosing(self._raw(response)) as stream:
                async for raw in stream:
                    event = self._understood(raw)
                    if event is not None:
                        yield event
                    if self._ended:
                        return
        finally:
            response.close()

    async def _raw(self, response: aiohttp.ClientResponse) -> AsyncGenerator[RawEvent]:
        parser = SseParser()
        while piece := await self._transport.piece(response, min(SILENCE_SECONDS, self._left())):
            for raw in parser.feed(piece):
                self._last_id, self._failures = raw.id, 0
                yield raw
            self._retry = parser.retry if parser.retry is not None else self._retry

    def _understood(self, raw: RawEvent) -> ScanEvent | None:
        """The event; None for what a newer service adds, and for a finding that was told of before."""
        if raw.type not in {"progress", "finding", "end"}:
            return None
        try:
            data: object = json.loads(raw.data)
        except (ValueError, RecursionError):
            data = None
        if raw.type == "progress":
            return decode(ProgressEvent, data)
        if raw.type == "end":
            self._ended = True
            return decode(EndEvent, data)
        finding = decode(FindingEvent, data)
        key = (finding.check, finding.severity)
        if key in self._told:
            return None
        self._told.add(key)
        return finding
