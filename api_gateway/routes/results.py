"""Reading what a scan found: page by page, issue by issue."""

import base64
import binascii
from typing import Any

import msgspec
from aiohttp import web

from api_gateway.access import visible_scan
from api_gateway.bodies import one_of, path_id, text, whole_number
from api_gateway.replies import IssueList, PageList
from api_gateway.routing import Route, route
from api_gateway.state import CALLER, GATEWAY
from api_gateway.wire import success
from shared.checks import catalogue
from shared.checks.base import Category, Severity
from shared.db.pool import connection
from shared.db.queries import queries
from shared.errors import InvalidRequestError

MAX_LIMIT = 500
DEFAULT_LIMIT = 100
_PAGES = queries("pages")
_RESULTS = queries("results")


def make_cursor(*parts: object) -> str:
    """An opaque cursor."""
    return base64.urlsafe_b64encode(msgspec.json.encode(parts)).decode().rstrip("=")


def read_cursor(request: web.Request, type_: Any) -> Any:  # noqa: ANN401
    """The cursor's parts, None at the beginning. Raises `InvalidRequestError` for one that isn't ours."""
    raw = request.query.get("cursor")
    if raw is None:
        return None
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(raw + "=" * (-len(raw) % 4)), type=type_)
    except (msgspec.MsgspecError, binascii.Error, ValueError) as error:
        message = "cursor: not one that this endpoint gave."
        raise InvalidRequestError(message, param="cursor") from error


def like(part: str | None) -> str | None:
    """A LIKE pattern for "contains"."""
    if part is None:
        return None
    escaped = part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


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
    query=("cursor", "limit", "check", "status", "url"),
    reply=PageList,
)
async def list_pages(request: web.Request) -> web.Response:
    """In the order of discovery, filtered by check, status and part of the URL."""
    gateway = request.app[GATEWAY]
    scan_id = path_id(request, "scan_id", "scan")
    limit = whole_number(request, "limit", DEFAULT_LIMIT, 1, MAX_LIMIT)
    after = read_cursor(request, tuple[int])
    values = {
        "scan_id": scan_id,
        "after": after[0] if after else -1,
        "limit": limit + 1,
        "check": one_of(request, "check", catalogue()),
        "status": whole_number(request, "status", -1, 100, 599) if "status" in request.query else None,
        "url": like(text(request, "url")),
    }
    async with connection(gateway.pool) as conn:
        await visible_scan(conn, scan_id, request[CALLER])
        rows = await (await conn.execute(_PAGES["list"], values)).fetchall()
    cursor = make_cursor(rows[limit - 1]["seq"]) if len(rows) > limit else None
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
    query=("cursor", "limit", "severity", "category"),
    reply=IssueList,
)
async def list_issues(request: web.Request) -> web.Response:
    """Those that give most points back first."""
    gateway = request.app[GATEWAY]
    scan_id = path_id(request, "scan_id", "scan")
    limit = whole_number(request, "limit", DEFAULT_LIMIT, 1, MAX_LIMIT)
    after = read_cursor(request, tuple[float, str, str]) or (1e9, "", "")
    values = {
        "scan_id": scan_id,
        "back": after[0],
        "after": after[1],
        "after_severity": after[2],
        "limit": limit + 1,
        "severity": one_of(request, "severity", [one.value for one in Severity]),
        "category": one_of(request, "category", [one.value for one in Category]),
    }
    async with connection(gateway.pool) as conn:
        await visible_scan(conn, scan_id, request[CALLER])
        rows = await (await conn.execute(_RESULTS["issues"], values)).fetchall()
    last = rows[limit - 1] if len(rows) > limit else None
    cursor = make_cursor(last["points_back"], last["check_id"], last["severity"]) if last else None
    data = {"items": [issue_view(row) for row in rows[:limit]], "next_cursor": cursor}
    return success(request, data, gateway.clock)


ROUTES: list[Route] = [list_pages, list_issues]
