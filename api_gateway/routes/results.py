"""Reading what a scan found: page by page, issue by issue."""

import base64
import binascii
from typing import Annotated, Any

import msgspec
from aiohttp import web
from msgspec import Meta

from api_gateway.access import visible_scan
from api_gateway.bodies import path_id
from api_gateway.parameters import (
    CATEGORY,
    CHECK,
    CURSOR,
    HTTP_STATUS,
    LIMIT,
    PAGE_ORDER,
    SEVERITY,
    URL_PART,
    CheckId,
    like,
)
from api_gateway.replies.names import SeverityName
from api_gateway.replies.results import IssueList, PageList
from api_gateway.routing import Route, route
from api_gateway.state import CALLER, GATEWAY
from api_gateway.wire import success
from shared.checks import catalogue
from shared.db.pool import connection
from shared.db.queries import queries
from shared.errors import InvalidRequestError

_PAGES = queries("pages")
_RESULTS = queries("results")
_PAGE_CURSOR = tuple[Annotated[int, Meta(ge=0, le=2**31 - 1)]]
_SCORE_CURSOR = tuple[Annotated[float, Meta(ge=0, le=101)], Annotated[int, Meta(ge=0, le=2**31 - 1)]]
_ISSUE_CURSOR = tuple[float, CheckId, SeverityName]


def make_cursor(*parts: object) -> str:
    """An opaque cursor."""
    return base64.urlsafe_b64encode(msgspec.json.encode(parts)).decode().rstrip("=")


def read_cursor(request: web.Request, type_: Any) -> Any:  # noqa: ANN401
    """The cursor's parts, None at the beginning. Raises `InvalidRequestError` for one that isn't ours."""
    raw: str | None = CURSOR.read(request)
    if raw is None:
        return None
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(raw + "=" * (-len(raw) % 4)), type=type_)
    except (msgspec.MsgspecError, binascii.Error, ValueError) as error:
        message = "cursor: not one that this endpoint gave."
        raise InvalidRequestError(message, param="cursor") from error


def page_view(row: dict[str, Any]) -> dict[str, Any]:
    """A page as the API shows it; its site-level findings stand behind its own."""
    facts: dict[str, Any] = dict(row["facts"])
    return {
        "url": row["url"],
        "final_url": row["final_url"],
        "status": row["status"],
        "error": row["error"],
        "redirects": facts.pop("redirects", []),
        "score": row["score"],
        "title": row["title"],
        "depth": row["depth"],
        "bytes": row["bytes"],
        "duration_ms": row["duration_ms"],
        "facts": facts,
        "findings": [*row["findings"], *row["site_findings"]],
    }


@route(
    "GET",
    "/scans/{scan_id}/pages",
    summary="A scan's pages",
    scope="read",
    guest=True,
    query=(CURSOR, LIMIT, PAGE_ORDER, CHECK, HTTP_STATUS, URL_PART),
    reply=PageList,
)
async def list_pages(request: web.Request) -> web.Response:
    """In the order of discovery or by score, filtered by check, status and part of the URL.

    A cursor never gives a page twice. While the scan is running, pages are done in any order: what was done before the
    cursor meanwhile shows when the list is read anew.
    """
    gateway = request.app[GATEWAY]
    scan_id = path_id(request, "scan_id", "scan")
    limit: int = LIMIT.read(request)
    by_score = PAGE_ORDER.read(request) == "score"
    begin = read_cursor(request, _SCORE_CURSOR if by_score else _PAGE_CURSOR) or (-1.0, -1)
    values = {
        "scan_id": scan_id,
        "after_rank": begin[0],
        "after": begin[-1],
        "limit": limit + 1,
        "check": CHECK.read(request),
        "status": HTTP_STATUS.read(request),
        "url": like(URL_PART.read(request)),
    }
    async with connection(gateway.pool) as conn:
        await visible_scan(conn, scan_id, request[CALLER])
        rows = await (await conn.execute(_PAGES["worst" if by_score else "list"], values)).fetchall()
    last = rows[limit - 1] if len(rows) > limit else None
    cursor = make_cursor(*((last["rank"],) if by_score else ()), last["seq"]) if last else None
    data = {"items": [page_view(row) for row in rows[:limit]], "next_cursor": cursor}
    return success(request, data, gateway.clock)


def issue_view(row: dict[str, Any]) -> dict[str, Any]:
    """An issue as the API shows it, with the texts of its check."""
    check = catalogue().get(row["check_id"])
    return {
        "check": row["check_id"],
        "severity": row["severity"],
        "category": row["category"],
        "title": check.title if check else row["check_id"],
        "why": check.why if check else "",
        "fix": check.fix if check else "",
        "source": check.source if check else "",
        "pages": row["pages"],
        "share": row["share"],
        "points_lost": row["points_lost"],
        "points_back": row["points_back"],
        "examples": row["examples"],
    }


@route(
    "GET",
    "/scans/{scan_id}/issues",
    summary="A scan's issues",
    scope="read",
    guest=True,
    query=(CURSOR, LIMIT, SEVERITY, CATEGORY),
    reply=IssueList,
)
async def list_issues(request: web.Request) -> web.Response:
    """Those that give most points back first."""
    gateway = request.app[GATEWAY]
    scan_id = path_id(request, "scan_id", "scan")
    limit: int = LIMIT.read(request)
    after = read_cursor(request, _ISSUE_CURSOR) or (1e9, "", "")
    values = {
        "scan_id": scan_id,
        "back": after[0],
        "after": after[1],
        "after_severity": after[2],
        "limit": limit + 1,
        "severity": SEVERITY.read(request),
        "category": CATEGORY.read(request),
    }
    async with connection(gateway.pool) as conn:
        await visible_scan(conn, scan_id, request[CALLER])
        rows = await (await conn.execute(_RESULTS["issues"], values)).fetchall()
    last = rows[limit - 1] if len(rows) > limit else None
    cursor = make_cursor(last["points_back"], last["check_id"], last["severity"]) if last else None
    data = {"items": [issue_view(row) for row in rows[:limit]], "next_cursor": cursor}
    return success(request, data, gateway.clock)


ROUTES: list[Route] = [list_pages, list_issues]
