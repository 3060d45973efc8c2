"""Downloads of a scan's results."""

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC
from typing import Any, Final
from weakref import WeakKeyDictionary

from aiohttp import web

from api_gateway.access import visible_scan
from api_gateway.bodies import path_id
from api_gateway.export.as_csv import csv_export
from api_gateway.export.as_html import html_export
from api_gateway.export.as_json import json_export
from api_gateway.export.as_pdf import Press
from api_gateway.export.batches import PagesGoneError
from api_gateway.export.report import found_so_far, report_of
from api_gateway.middleware.limits import headers
from api_gateway.prompt import promptly
from api_gateway.routes.results import issue_view
from api_gateway.routing import Route, route
from api_gateway.state import CALLER, GATEWAY, REQUEST_ID, Gateway
from api_gateway.views import scan_view
from shared.db.pool import AWAY, Connection, Pool, connection
from shared.db.queries import queries
from shared.errors import ConflictError, ForbiddenError, UnavailableError
from shared.logs import get_logger

AT_ONCE: Final = 16
PIECE: Final = 262_144
PIECE_SECONDS: Final = 30.0
"""A client that takes less than 9 KB a second is cut off."""

_SQL: Final = queries("export")
SANDBOX: Final = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox"}
"""For a browser that shows the file instead of keeping it."""
_UNDER_WAY: Final[tuple[type[Exception], ...]] = (PagesGoneError, *AWAY)
"""What may happen when a part of the answer is sent already."""
_PRESSES: WeakKeyDictionary[Pool, Press] = WeakKeyDictionary()
_OPEN: WeakKeyDictionary[Pool, int] = WeakKeyDictionary()


def filename(row: dict[str, Any], extension: str) -> str:
    """A name that any file system takes, made of host and day."""
    host = re.sub(r"[^a-z0-9.-]+", "-", str(row["host"]).lower())[:80].strip(".-") or "scan"
    day = (row["finished_at"] or row["created_at"]).astimezone(UTC).date().isoformat()
    return f"scanfleet-{host}-{day}.{extension}"


async def _found(request: web.Request) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The scan's row, and its issues. Raises what `_exportable` does."""
    async with connection(request.app[GATEWAY].pool) as conn:
        row = await _exportable(conn, request)
        return row, await _issues(conn, row)


async def _report(request: web.Request) -> tuple[dict[str, Any], dict[str, Any]]:
    """The scan's row, and what its report says."""
    async with connection(request.app[GATEWAY].pool) as conn:
        row = await _exportable(conn, request)
        return row, await report_of(conn, row, await _issues(conn, row))


async def _drawn_up(request: web.Request) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The scan's row, and its issues, or what a stopped scan found so far."""
    async with connection(request.app[GATEWAY].pool) as conn:
        row = await _exportable(conn, request)
        return row, await _issues(conn, row) or await found_so_far(conn, row)


async def _exportable(conn: Connection, request: web.Request) -> dict[str, Any]:
    """The scan's row. Raises `ConflictError` for one that is still running or has ended in an error."""
    row = await visible_scan(conn, path_id(request, "id", "scan"), request[CALLER])
    if row["status"] == "running":
        raise ConflictError("This scan is still running; there is something to export when it has ended.")
    if row["status"] == "error":
        raise ConflictError(f"This scan ended in an error, so there is nothing to export: {row['reason']}")
    return row


async def _issues(conn: Connection, row: dict[str, Any]) -> list[dict[str, Any]]:
    rows = await (await conn.execute(_SQL["issues"], {"scan_id": row["id"]})).fetchall()
    return [issue_view(one) for one in rows]


def _head(request: web.Request, row: dict[str, Any], extension: str, media: str) -> dict[str, str]:
    return {
        "Content-Type": media,
        "Content-Disposition": f'attachment; filename="{filename(row, extension)}"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "X-Request-Id": request[REQUEST_ID],
        **headers(request),
    }


@asynccontextmanager
async def _room(pool: Pool) -> AsyncGenerator[None]:
    if _OPEN.get(pool, 0) >= AT_ONCE:
        raise UnavailableError("Too many exports are under way at the moment.", retry_after=5)
    _OPEN[pool] = _OPEN.get(pool, 0) + 1
    try:
        yield
    finally:
        _OPEN[pool] -= 1


async def _stream(request: web.Request, head: dict[str, str], data: AsyncGenerator[bytes]) -> web.StreamResponse:
    """Send piece by piece. What fails under way breaks the connection off, so that half a file isn't taken for one."""
    response = web.StreamResponse(headers=head)
    try:
        async with _room(request.app[GATEWAY].pool):
            piece = await anext(data)
            await response.prepare(request)
            await _write(response, piece)
            async for piece in data:
                await _write(response, piece)
            await response.write_eof()
    except _UNDER_WAY as error:
        if not response.prepared:
            raise
        get_logger().warning("export.broken_off", error=type(error).__name__)
        _break_off(request)
    except ConnectionError:
        _break_off(request)
    finally:
        await data.aclose()
    return response


async def _write(response: web.StreamResponse, data: bytes) -> None:
    for start in range(0, len(data), PIECE):
        async with asyncio.timeout(PIECE_SECONDS):
            await response.write(data[start : start + PIECE])


def _break_off(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


_ERRORS: Final = (ForbiddenError, ConflictError, UnavailableError)


@route(
    "GET",
    "/scans/{id}/export/json",
    summary="Download a scan as JSON",
    scope="export",
    bounded=False,
    media="application/json",
    errors=_ERRORS,
)
async def export_json(request: web.Request) -> web.StreamResponse:
    """`{"scan", "issues", "pages"}`, each as GET /scans/{scan_id}, its issues and its pages show them; a page a line.

    A scan that was stopped is exported as far as it got: without a result, and without issues, which are drawn up at
    the end; what was found stands with its pages. A running one is 409, and so is one that ended in an error.
    """
    gateway = request.app[GATEWAY]
    row, issues = await promptly(_found(request))
    head = _head(request, row, "json", "application/json; charset=utf-8")
    return await _stream(request, head, json_export(gateway, row["id"], scan_view(row, gateway), issues))


@route(
    "GET",
    "/scans/{id}/export/csv",
    summary="Download a scan's pages as CSV",
    scope="export",
    bounded=False,
    media="text/csv",
    errors=_ERRORS,
)
async def export_csv(request: web.Request) -> web.StreamResponse:
    """A row a page, for spreadsheets: UTF-8 with a byte order mark, commas, CRLF.

    Text that a spreadsheet would take for a formula is led in by an apostrophe, and control characters are blanks; the
    JSON export has everything to the letter.
    """
    gateway = request.app[GATEWAY]
    row, _ = await promptly(_found(request))
    head = _head(request, row, "csv", "text/csv; charset=utf-8; header=present")
    return await _stream(request, head, csv_export(gateway, row["id"]))


@route(
    "GET",
    "/scans/{id}/export/pdf",
    summary="Download a scan's report as PDF",
    scope="export",
    bounded=False,
    media="application/pdf",
    errors=_ERRORS,
)
async def export_pdf(request: web.Request) -> web.Response:
    """A report to hand on: the score, what to fix first, each issue with examples. Tables of pages are capped."""
    row, report = await promptly(_report(request))
    pdf = await _press(request.app[GATEWAY]).print(report)
    return web.Response(body=pdf, headers=_head(request, row, "pdf", "application/pdf"))


@route(
    "GET",
    "/scans/{id}/export/html",
    summary="Download a scan's report as HTML",
    scope="export",
    bounded=False,
    media="text/html",
    errors=_ERRORS,
)
async def export_html(request: web.Request) -> web.StreamResponse:
    """A report in one file that needs nothing else: no script, nothing loaded. Each issue lists at most 100 places."""
    gateway = request.app[GATEWAY]
    row, issues = await promptly(_drawn_up(request))
    head = _head(request, row, "html", "text/html; charset=utf-8") | SANDBOX
    return await _stream(request, head, html_export(gateway, row["id"], scan_view(row, gateway), issues))


async def print_report(gateway: Gateway, row: dict[str, Any]) -> bytes:
    """The PDF of a scan that has ended."""
    async with connection(gateway.pool) as conn:
        report = await report_of(conn, row, await _issues(conn, row))
    return await _press(gateway).print(report)


def _press(gateway: Gateway) -> Press:
    press = _PRESSES.get(gateway.pool)
    if press is None:
        press = _PRESSES[gateway.pool] = Press()
    return press


ROUTES: list[Route] = [export_json, export_csv, export_pdf, export_html]
