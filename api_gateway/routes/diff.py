"""What changed from one scan of a site to another."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Annotated, Any, Final, Literal
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
from api_gateway.routes.results import make_cursor, read_cursor
from api_gateway.routing import Route, route
from api_gateway.state import CALLER, GATEWAY
from api_gateway.wire import success
from shared.checks import catalogue
from shared.checks.base import Severity
from shared.db.pool import Connection, Pool, connection
from shared.db.queries import queries
from shared.errors import ConflictError, ForbiddenError, InvalidRequestError, NotFoundError, UnavailableError
from shared.scans import parse_id

AT_ONCE: Final = 2
"""Comparisons at once per process: one of 2 * 50,000 pages keeps a processor of the database busy for a second."""
WAIT_SECONDS: Final = 10.0
STATEMENT_SECONDS: Final = 60

Section = Literal["appeared", "vanished", "changed"]
SECTIONS: Final[tuple[Section, ...]] = ("appeared", "vanished", "changed")
FIELDS: Final = ("status", "title", "canonical", "noindex")
AGAINST: Final = Parameter(
    "against",
    Annotated[str, Meta(pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")],
    "The earlier scan to compare to. By default the latest complete one before it of the same URL and mode.",
    None,
    EARLIER_ID,
)

_CURSOR = tuple[Section, Annotated[str, Meta(max_length=4_000)]]
_RANK: Final = {severity.value: rank for rank, severity in enumerate(Severity)}
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


async def _compare(pool: Pool, values: dict[str, Any]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows of issues and of pages."""
    async with _turn(pool), connection(pool) as conn:
        issues = await (await conn.execute(_SQL["issues"], values)).fetchall()
        async with conn.transaction():
            await conn.execute(f"SET LOCAL statement_timeout = '{STATEMENT_SECONDS}s'".encode())
            pages = await (await conn.execute(_SQL["pages"], values)).fetchall()
    return issues, pages


def issue_sections(rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """New, fixed and persisting issues, the most severe first."""
    found: dict[str, list[dict[str, Any]]] = {"new": [], "fixed": [], "persisting": []}
    for row in rows:
        check = catalogue().get(row["check_id"])
        before, after = row["pages_before"], row["pages_after"]
        section = "new" if before is None else "fixed" if after is None else "persisting"
        found[section].append(
            {
                "check": row["check_id"],
                "severity": row["severity_after"] or row["severity_before"],
                "title": check.title if check else row["check_id"],
                "pages_before": before or 0,
                "pages_after": after or 0,
            }
        )
    for items in found.values():
        items.sort(key=lambda one: (_RANK[one["severity"]], -one["pages_after"], -one["pages_before"], one["check"]))
    return found


def _item(section: Section, row: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = row["told"]
    if section != "changed":
        return {"url": row["url"], "status": told["status"][section == "appeared"]}
    changes = {name: {"before": told[name][0], "after": told[name][1]} for name in FIELDS if told[name][2]}
    return {"url": row["url"], **changes}


def page_sections(rows: list[dict[str, Any]], limit: int) -> dict[str, dict[str, Any]]:
    """Counts of all, items of one stretch, and where each section goes on."""
    totals: dict[str, dict[str, int]] = {row["section"]: row["told"] for row in rows if row["total"]}
    found: dict[str, dict[str, Any]] = {}
    for section in SECTIONS:
        listed = [row for row in rows if not row["total"] and row["section"] == section]
        more = len(listed) > limit
        counts = totals.get(section, {})
        found[section] = {
            "total": counts.get("total", 0),
            "items": [_item(section, row) for row in listed[:limit]],
            "next_cursor": make_cursor(section, listed[limit - 1]["url"]) if more else None,
        }
        if section == "changed":
            found[section]["by_field"] = {name: counts.get(name, 0) for name in FIELDS}
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
    """Issues that are new, fixed or still there; pages that appeared, vanished, or changed what search engines see.

    Both scans must be complete and of the same site. Counts are exact; pages come in stretches of `limit`, each section
    with a cursor of its own: given back, it goes on with that section alone. Pages are told apart by their URL, so two
    scans that found different parts of a site differ in what appeared and vanished.
    """
    gateway = request.app[GATEWAY]
    limit: int = LIMIT.read(request)
    section, last = read_cursor(request, _CURSOR) or (None, None)
    before, after = await promptly(_scans(request))
    values = {"before": before["id"], "after": after["id"], "section": section, "last": last, "limit": limit + 1}
    issues, pages = await _compare(gateway.pool, values)
    change = round(after["score"] - before["score"], 2) if None not in (after["score"], before["score"]) else None
    data = {
        "before": _side(before),
        "after": _side(after),
        "score_change": change,
        "issues": issue_sections(issues),
        "pages": page_sections(pages, limit),
    }
    return success(request, data, gateway.clock)


ROUTES: list[Route] = [get_diff]
