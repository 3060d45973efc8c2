"""A client for the public API, as far as the command line needs it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import quote

import aiohttp
import msgspec

REQUEST_SECONDS = 10.0
EXPORT_SECONDS = 600.0
PART_BYTES = 65_536
POLL_SECONDS = 0.5
MAX_FAILURES = 20
"""So many polls in a row may fail (a gateway that is being restarted) before we give up: 10 s and more."""

T = TypeVar("T")


class ApiError(Exception):
    """The service refused the request; says what its error says, to people who type commands."""

    def __init__(self, code: str, message: str, status: int) -> None:
        """``code`` is one of the API's error codes, ``status`` the HTTP status."""
        self.message = message.replace("GET /api/v1/checks lists", "./scanfleet checks lists")
        super().__init__(self.message)
        self.code = code
        self.status = status


class UnreachableError(Exception):
    """The service can't be reached, or doesn't answer like itself."""


class Progress(msgspec.Struct, frozen=True):
    """How far a scan is."""

    phase: str = "queued"
    found: int = 0
    done: int = 0
    failed: int = 0
    skipped: int = 0
    pages_per_second: float | None = None
    eta_seconds: float | None = None


class CategoryScore(msgspec.Struct, frozen=True):
    """The score of one category; None when nothing in it applied."""

    id: str
    score: float | None = None
    weight: float = 0.0


class TopIssue(msgspec.Struct, frozen=True):
    """One of the worst issues of a scan."""

    check: str
    severity: str
    title: str
    pages: int = 0
    points_back: float | None = None
    fix: str = ""


class Totals(msgspec.Struct, frozen=True):
    """How many pages, and how many issues by severity."""

    pages: int = 0
    issues: dict[str, int] = {}


class Result(msgspec.Struct, frozen=True):
    """What a complete scan found."""

    score: float | None = None
    grade: str | None = None
    coverage: float | None = None
    categories: list[CategoryScore] = []
    totals: Totals = Totals()
    top_issues: list[TopIssue] = []


class Scan(msgspec.Struct, frozen=True):
    """GET /scans/{id}; fields that the command line doesn't show are left out."""

    scan_id: str
    url: str
    mode: str
    status: str
    reason: str | None = None
    progress: Progress = Progress()
    result: Result | None = None


class Issue(msgspec.Struct, frozen=True):
    """One item of GET /scans/{id}/issues."""

    check: str
    severity: str = ""
    title: str = ""
    pages: int = 0
    examples: list[Any] = []


class PageFinding(msgspec.Struct, frozen=True):
    """A finding of GET /scans/{id}/pages."""

    check: str


class Page(msgspec.Struct, frozen=True):
    """One item of GET /scans/{id}/pages."""

    url: str
    findings: list[PageFinding] = []


class Client:
    """Use as ``async with``. Every call raises ApiError or UnreachableError."""

    def __init__(self, address: str, key: str) -> None:
        """``address`` is the gateway's, without a path."""
        self._base = f"{address.rstrip('/')}/api/v1"
        self._key = key
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        """Open the session."""
        self._session = aiohttp.ClientSession(
            headers={"Authorization": f"Bearer {self._key}"},
            timeout=aiohttp.ClientTimeout(total=REQUEST_SECONDS),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the session."""
        if self._session is not None:
            await self._session.close()

    async def start_scan(self, url: str, mode: str, options: Mapping[str, Any] | None = None) -> str:
        """Start a scan; its id."""
        wanted = {"url": url, "mode": mode, **({"options": options} if options else {})}
        data = await self._call("POST", "/scans", wanted)
        return str(data["scan_id"])

    async def scan(self, scan_id: str) -> Scan:
        """The scan as it is now."""
        return _convert(await self._call("GET", f"/scans/{scan_id}"), Scan)

    async def raw_scan(self, scan_id: str) -> Mapping[str, Any]:
        """The same, with every field as the service sent it."""
        return await self._call("GET", f"/scans/{scan_id}")

    async def pages(self, scan_id: str, limit: int = 500) -> list[Page]:
        """The first ``limit`` pages of a scan."""
        data = await self._call("GET", f"/scans/{scan_id}/pages?limit={limit}")
        return _convert(data.get("items", []), list[Page])

    async def issues(self, scan_id: str, limit: int = 500) -> list[Issue]:
        """The first ``limit`` issues of a scan."""
        data = await self._call("GET", f"/scans/{scan_id}/issues?limit={limit}")
        return _convert(data.get("items", []), list[Issue])

    async def follow(self, scan_id: str, show: Callable[[Scan], None]) -> Scan:
        """Ask every 0.5 s until the scan is no longer running, ``show`` each answer; the last one."""
        failures = 0
        while True:
            try:
                scan = await self.scan(scan_id)
            except (UnreachableError, ApiError) as error:
                failures += 1
                if failures >= MAX_FAILURES or (isinstance(error, ApiError) and error.status not in {429, 500, 503}):
                    raise
            else:
                failures = 0
                show(scan)
                if scan.status != "running":
                    return scan
            await asyncio.sleep(POLL_SECONDS)

    async def every(self, path: str, limit: int = 500) -> AsyncIterator[Mapping[str, Any]]:
        """All items of a list, stretch by stretch."""
        cursor = ""
        while True:
            data = await self._call("GET", f"{path}?limit={limit}{cursor}")
            for item in data.get("items", []):
                yield item
            if not data.get("next_cursor"):
                return
            cursor = f"&cursor={quote(str(data['next_cursor']), safe='')}"

    async def export(self, scan_id: str, kind: str, write: Callable[[bytes], object]) -> None:
        """Hand an export (json, csv, pdf) to ``write``, part by part."""
        path = f"{self._base}/scans/{scan_id}/export/{kind}"
        try:
            timeout = aiohttp.ClientTimeout(total=EXPORT_SECONDS, sock_read=REQUEST_SECONDS)
            async with self._open_session().get(path, timeout=timeout) as response:
                if response.status != HTTPStatus.OK:
                    _open_envelope(await response.read(), response.status)
                async for part in response.content.iter_chunked(PART_BYTES):
                    write(part)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise self._away(error) from error

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            message = "the client is not open"
            raise RuntimeError(message)
        return self._session

    def _away(self, error: Exception) -> UnreachableError:
        reason = (error.strerror if isinstance(error, OSError) else "") or str(error) or type(error).__name__
        return UnreachableError(f"{self._base} can't be reached ({reason}). Is the address right, and does it run?")

    async def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        try:
            async with self._open_session().request(method, self._base + path, json=body) as response:
                return _open_envelope(await response.read(), response.status)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise self._away(error) from error


class _Fault(msgspec.Struct):
    code: str
    message: str


class _Envelope(msgspec.Struct):
    success: bool
    data: dict[str, Any] = {}
    error: _Fault | None = None


def _open_envelope(body: bytes, status: int) -> dict[str, Any]:
    try:
        envelope = msgspec.json.decode(body, type=_Envelope)
    except msgspec.DecodeError as error:
        message = f"The answer ({status}) is not scanfleet's: {body[:80]!r}"
        raise UnreachableError(message) from error
    if envelope.error is not None:
        raise ApiError(envelope.error.code, envelope.error.message, status)
    return envelope.data


def _convert(data: object, kind: type[T]) -> T:
    try:
        return msgspec.convert(data, kind)
    except msgspec.ValidationError as error:
        message = f"The service answers in a form that this version does not know: {error}"
        raise UnreachableError(message) from error
