"""What changed from one scan of a site to another."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Annotated, Any, Final
from uuid import UUID
from weakref import WeakKeyDictionary

from aiohttp import web
from msgspec import Meta

from api_gateway.access import visible_scan
from api_gateway.bodies import path_id
from api_gateway.examples import EARLIER_ID
from api_gateway.parameters import CURSOR, LIMIT, Parameter
from api_gateway.prompt import promptly
from api_gateway.replies.diff import Diff
from api_gateway.routes.differences import (
    Section,
    Stretch,
    comparing,
    issue_sections,
    page_sections,
    robots_section,
    sitemap_sections,
    unsteady,
)
from api_gateway.routes.results import read_cursor
from api_gateway.routing import Route, route
from api_gateway.state import CALLER, GATEWAY
from api_gateway.wire import success
from shared.db.pool import Connection, Pool, connection
from shared.db.queries import queries
from shared.errors import ConflictError, ForbiddenError, InvalidRequestError, NotFoundError, UnavailableError
from shared.scans import parse_id

AT_ONCE: Final = 2
"""Comparisons at once per process: one of 2 * 50,000 pages keeps a processor of the database busy for 0.9 s, and for
4.6 s where each of their 15 findings says something else."""
WAIT_SECONDS: Final = 10.0
STATEMENT_SECONDS: Final = 60

AGAINST: Final = Parameter(
    "against",
    Annotated[str, Meta(pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")],
    "The earlier scan to compare to. By default the latest complete one before it of the same URL and mode.",
    None,
    EARLIER_ID,
)

_CURSOR = tuple[Section, Annotated[int, Meta(ge=0, le=2**31 - 1_000)]]
_SQL: Final = queries("diff")
_FREE: WeakKeyDictionary[Pool, asyncio.Semaphore] = WeakKeyDictionary()


def site_of(host: str) -> str:
    """The host as far as it tells one site from another: without `www.`, with its port."""
    return host.lower().removeprefix("www.")


async def _scans(request: web.Request) -> tuple[dict[str, Any], dict[str, Any]]:
    """(the earlier scan, the scan in the path), both the caller's, of one site, and complete."""
    gateway, caller = request.app[GATEWAY], request[CALLER]
    scan_id = path_id(request, "scan_id", "scan")
    against: str | None = AGAINST.read(request)
    async with connection(gateway.pool) as conn:
        after = _complete(await visible_scan(conn, scan_id, caller))
        other = parse_id(against) if against is not None else await _previous(conn, after)
        if other is None:
            raise NotFoundError("There is no earlier complete scan of this URL to compare to.", param="against")
        before = await visible_scan(conn, other, caller)
    if site_of(before["host"]) != site_of(after["host"]):
        message = f"These are scans of two sites, {before['host']} and {after['host']}."
        raise InvalidRequestError(message, param="against")
    return _complete(before), after


def _complete(row: dict[str, Any]) -> dict[str, Any]:
    if row["status"] != "complete":
        raise ConflictError(f"Only complete scans can be compared; {row['id']} is {row['status']}.")
    return row


async def _previous(conn: Connection, scan: dict[str, Any]) -> UUID | None:
    values = {name: scan[name] for name in ("id", "owner", "test", "url", "mode", "created_at")}
    row = await (await conn.execute(_SQL["previous"], values)).fetchone()
    return row["id"] if row else None


@asynccontextmanager
async def _turn(pool: Pool) -> AsyncGenerator[None]:
    free = _FREE.setdefault(pool, asyncio.Semaphore(AT_ONCE))
    try:
        async with asyncio.timeout(WAIT_SECONDS):
            await free.acquire()
    except TimeoutError as error:
        raise UnavailableError("Too many comparisons are under way at the moment.", retry_after=5) from error
    try:
        yield
    finally:
        free.release()


async def _compare(pool: Pool, values: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Rows by query."""
    found: dict[str, list[dict[str, Any]]] = {}
    async with _turn(pool), connection(pool) as conn, conn.transaction():
        await conn.execute(f"SET LOCAL statement_timeout = '{STATEMENT_SECONDS}s'".encode())
        for name in ("issues", "issue_pages", "pages", "robots", "sitemaps"):
            found[name] = await (await conn.execute(_SQL[name], values)).fetchall()
    return found


def _side(row: dict[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = row["result"] or {}
    return {
        "scan_id": str(row["id"]),
        "url": row["url"],
        "mode": row["mode"],
        "finished_at": row["finished_at"],
        "score": row["score"],
        "grade": result.get("grade"),
        "pages": row["done"],
        "incomplete": result.get("incomplete"),
    }


@route(
    "GET",
    "/scans/{scan_id}/diff",
    summary="What changed since an earlier scan",
    scope="read",
    query=(AGAINST, CURSOR, LIMIT),
    reply=Diff,
    bounded=False,
    errors=(ForbiddenError, ConflictError, NotFoundError, InvalidRequestError, UnavailableError),
)
async def get_diff(request: web.Request) -> web.Response:
    """Issues that are new, fixed or still there; pages, robots.txt and sitemaps as search engines see them.

    Both scans must be complete and of the same site. Counts are exact; pages, lines and URLs come in stretches of
    `limit`, each section with a cursor of its own: given back, it goes on with that section alone. Pages are told apart
    by their URL, so two scans that found different parts of a site differ in what appeared and vanished. Checks that
    themselves compare with an earlier scan are left out. An issue that is still there has changed where it is on other
    pages, or says something else of one; times, ages, and the pages that are named as examples don't count.
    """
    gateway = request.app[GATEWAY]
    section, place = read_cursor(request, _CURSOR) or (None, 0)
    stretch = Stretch(section, place, LIMIT.read(request))
    before, after = await promptly(_scans(request))
    values = {"before": before["id"], "after": after["id"], "comparing": comparing(), "unsteady": unsteady()}
    rows = await _compare(gateway.pool, values | stretch._asdict())
    change = round(after["score"] - before["score"], 2) if None not in (after["score"], before["score"]) else None
    single = "single" in {before["mode"], after["mode"]}
    data = {
        "before": _side(before),
        "after": _side(after),
        "score_change": change,
        "issues": issue_sections(rows["issues"], rows["issue_pages"]),
        "pages": page_sections(rows["pages"], stretch),
        "robots": _robots(rows["robots"], before, after, stretch),
        "sitemaps": None if single else sitemap_sections(rows["sitemaps"], stretch),
    }
    return success(request, data, gateway.clock)


def _robots(
    rows: list[dict[str, Any]], before: dict[str, Any], after: dict[str, Any], stretch: Stretch
) -> dict[str, Any] | None:
    files = {row["scan_id"]: row for row in rows}
    if not {before["id"], after["id"]} <= files.keys():
        return None
    return robots_section(files[before["id"]], files[after["id"]], stretch)


ROUTES: list[Route] = [get_diff]
