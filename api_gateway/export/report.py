"""What the PDF report says: plain data, cleaned and capped, in the order in which it is read."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from api_gateway.export.readable import breakable, pieces, readable
from shared.checks import catalogue
from shared.checks.base import Severity
from shared.db.pool import Connection
from shared.db.queries import queries
from shared.html_report import CATEGORIES, WORTH
from shared.ledger import GATES, GateId

FIRST: Final = 8
SECTIONS: Final = 60
"""Issues with a section of their own; the others stand in the appendix."""
EXAMPLES: Final = 5
LISTED: Final = 250
WEAKEST: Final = 15
LOOKED_AT: Final = 50_000
URL: Final = 180
INCOMPLETE: Final = {
    "time": "The scan reached its time limit; the pages that were left were not fetched.",
    "budget": "The scan reached its page limit; further pages were found but not fetched.",
    "depth": "Pages deeper than the scan's limit were found but not fetched.",
    "trap": "Addresses that seem to go on for ever (calendars, session numbers) were not followed.",
}
LIMITED: Final[Mapping[GateId, str]] = {
    "home_not_indexable": "search engines may not index the start page",
    "not_indexable": "search engines may not index most of the pages",
    "broken": "most of the pages don't work",
}
_RANK: Final = {severity.value: rank for rank, severity in enumerate(Severity)}
_SQL: Final = queries("export")


async def report_of(conn: Connection, scan: dict[str, Any], issues: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The report of a scan that is complete or was stopped. `issues` are those of GET /scans/{id}/issues."""
    values = {"scan_id": scan["id"], "most": WEAKEST}
    statuses = await (await conn.execute(_SQL["statuses"], values)).fetchall()
    weakest = await (await conn.execute(_SQL["weakest"], values)).fetchall()
    found = list(issues) or await found_so_far(conn, scan)
    found.sort(key=lambda one: (_RANK[one["severity"]], -one["points_back"], -one["pages"], one["check"]))
    counts = dict.fromkeys(_RANK, 0)
    for one in found:
        counts[one["severity"]] += 1
    return {
        **_cover(scan),
        "counts": counts,
        "first": [_first(one) for one in _worth_most(found)],
        "sections": [_section(one) for one in found[:SECTIONS]],
        "all": [_line(one) for one in found[:LISTED]],
        "more": max(0, len(found) - LISTED),
        "statuses": [_status(one) for one in statuses],
        "weakest": [_page(one) for one in weakest],
    }


def _cover(scan: dict[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = scan["result"] or {}
    incomplete = result.get("incomplete") or scan["incomplete"]
    return {
        "host": breakable(readable(scan["host"], 120)),
        "url": _link(scan["url"]),
        "mode": {"single": "Single page", "sitemap": "Sitemap", "crawl": "Crawl"}[scan["mode"]],
        "test": scan["test"],
        "stopped": scan["status"] == "stopped",
        "date": _date(scan["finished_at"] or scan["created_at"]),
        "scan_id": str(scan["id"]),
        "score": result.get("score"),
        "grade": result.get("grade"),
        "coverage": result.get("coverage"),
        "categories": [
            {"name": CATEGORIES.get(one["id"], one["id"]), "score": one["score"], "weight": one["weight"]}
            for one in result.get("categories", ())
        ],
        "pages": scan["done"],
        "failed": scan["failed"],
        "skipped": scan["skipped"],
        "profile": scan["profile"],
        "score_version": scan["score_version"],
        "limited": limited(result.get("gates", ())),
        "note": INCOMPLETE.get(incomplete, "Not every page of the site was fetched.") if incomplete else "",
    }


def limited(gates: Sequence[str]) -> str:
    """Why the score can't be higher, as the end of a sentence; empty when nothing limits it."""
    names: list[GateId] = [name for name in GATES if name in gates]
    if not names:
        return ""
    most = min(GATES[name][1] for name in names)
    return f"{most:g} of 100, because {' and '.join(LIMITED[name] for name in names)}"


def _date(moment: datetime) -> str:
    at = moment.astimezone(UTC)
    return f"{at.day} {at:%B %Y}"


def _link(url: str) -> dict[str, str]:
    """A URL to show, and to follow where it is a web address."""
    web = urlsplit(url).scheme in {"http", "https"} and url.isprintable()
    return {"text": breakable(readable(url, URL)), "to": url if web and len(url) <= 2_000 else ""}  # noqa: PLR2004


def _worth_most(found: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    ordered = sorted(found, key=lambda one: (-one["points_back"], _RANK[one["severity"]], -one["pages"], one["check"]))
    told = [one for one in ordered if one["severity"] != "info"]
    return ([one for one in told if one["points_back"] >= WORTH] or told)[:FIRST]


def _first(issue: dict[str, Any]) -> dict[str, Any]:
    return {
        "title": pieces(issue["title"].rstrip("."), 200),
        "fix": pieces(issue["fix"], 400),
        "severity": issue["severity"],
        "pages": issue["pages"],
        "points": issue["points_back"],
    }


def _section(issue: dict[str, Any]) -> dict[str, Any]:
    return {
        "title": pieces(issue["title"].rstrip("."), 200),
        "check": issue["check"],
        "severity": issue["severity"],
        "category": CATEGORIES.get(issue["category"], issue["category"]),
        "why": pieces(issue["why"]),
        "fix": pieces(issue["fix"]),
        "source": _link(issue["source"]) if issue["source"].startswith("https://") else None,
        "pages": issue["pages"],
        "share": issue["share"],
        "points": issue["points_back"],
        "examples": [
            {"url": _link(one.get("url") or ""), "evidence": breakable(readable(one.get("evidence"), 160))}
            for one in issue["examples"][:EXAMPLES]
        ],
    }


def _line(issue: dict[str, Any]) -> dict[str, Any]:
    return {
        "title": pieces(issue["title"].rstrip("."), 160),
        "check": issue["check"],
        "severity": issue["severity"],
        "pages": issue["pages"],
        "points": issue["points_back"],
    }


_ERRORS: Final = {
    "blocked_by_robots": "Disallowed by robots.txt",
    "blocked_by_server": "Refused our robot",
    "timeout": "No answer in time",
    "dns": "Name not found",
    "tls": "No secure connection",
    "too_large": "Larger than 10 MB",
}


def _status(row: dict[str, Any]) -> dict[str, Any]:
    error: str | None = row["error"]
    name = _ERRORS.get(error, error.replace("_", " ").capitalize()) if error else f"HTTP {row['status']}"
    return {"name": name, "pages": row["n"], "good": not error and (row["status"] or 0) < 400}  # noqa: PLR2004


def _page(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "url": _link(row["url"]),
        "title": breakable(readable(row["title"], 90)),
        "score": row["score"],
        "checks": row["checks"],
    }


async def found_so_far(conn: Connection, scan: dict[str, Any]) -> list[dict[str, Any]]:
    """The issues of a scan that never came to its conclusion, from its pages."""
    if scan["status"] != "stopped":
        return []
    rows = await _fired(conn, scan["id"])
    known = catalogue()
    pages = max(1, min(scan["done"], LOOKED_AT))
    return [
        {
            "check": check.id,
            "severity": check.severity.value,
            "category": check.category.value,
            "title": check.title,
            "why": check.why,
            "fix": check.fix,
            "source": check.source,
            "pages": row["pages"],
            "share": min(1.0, row["pages"] / pages),
            "points_back": 0.0,
            "examples": [{"url": row["url"], "evidence": ""}],
        }
        for row in rows
        if (check := known.get(row["check_id"])) is not None
    ]


async def _fired(conn: Connection, scan_id: UUID) -> list[dict[str, Any]]:
    cursor = await conn.execute(_SQL["fired"], {"scan_id": scan_id, "most": LOOKED_AT})
    return await cursor.fetchall()
