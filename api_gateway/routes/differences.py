"""Two scans of a site side by side: rows of what differs as the reply's sections, and the lines of robots.txt."""

from collections import Counter
from functools import lru_cache
from typing import Any, Final, Literal, NamedTuple, get_args

from api_gateway.routes.results import make_cursor
from shared.checks import catalogue
from shared.checks.base import Fact, Level, Severity

PageSection = Literal["appeared", "vanished", "changed"]
LineSection = Literal["lines_added", "lines_removed"]
SitemapSection = Literal["files_appeared", "files_vanished", "files_changed", "urls_appeared", "urls_vanished"]
Section = PageSection | LineSection | SitemapSection
"""What a cursor goes on with."""
FIELDS: Final = ("status", "redirect", "title", "canonical", "noindex", "robots")
DATED: Final = frozenset({"content.outdated", "security.cert_expiring"})
"""Checks that tell an age in days, which is another one tomorrow; a test keeps this complete."""
MOST_OF_LINE: Final = 1_000
"""Characters of a line of robots.txt that are shown."""

Row = dict[str, Any]


class Stretch(NamedTuple):
    """What of the sections is shown: of each the first `limit` items, or of one of them those behind `place`.

    A place is as good as a name: complete scans don't change any more.
    """

    section: Section | None
    place: int
    limit: int


_RANK: Final = {severity.value: rank for rank, severity in enumerate(Severity)}
_NO_RULES: Final = range(400, 500)
_READ: Final = range(200, 300)


@lru_cache(maxsize=1)
def comparing() -> list[str]:
    """Ids of the checks that compare with the scan before theirs."""
    return sorted(check.id for check in catalogue().values() if Fact.PREVIOUS in check.needs)


@lru_cache(maxsize=1)
def unsteady() -> list[str]:
    """Ids of the checks that may say something else on each scan of a site that is the same.

    They measure times, tell ages, or look at many pages and name some of those as examples, which are the ones found
    first.
    """
    found = {one.id for one in catalogue().values() if Fact.TIMINGS in one.needs or one.level is Level.SITE}
    return sorted(DATED | found)


def issue_sections(rows: list[Row], pages: list[Row]) -> dict[str, list[Row]]:
    """New, fixed and persisting issues, the most severe first; `pages` counts on how many each is another one."""
    found: dict[str, list[Row]] = {"new": [], "fixed": [], "persisting": []}
    counts = {row["check_id"]: row for row in pages}
    for row in rows:
        before, after = row["pages_before"], row["pages_after"]
        if before is None or after is None:
            found["new" if before is None else "fixed"].append(_issue(row))
        else:
            found["persisting"].append(_issue(row) | _still_there(row, counts.get(row["check_id"])))
    for items in found.values():
        items.sort(key=lambda one: (_RANK[one["severity"]], -one["pages_after"], -one["pages_before"], one["check"]))
    return found


def _issue(row: Row) -> Row:
    check = catalogue().get(row["check_id"])
    return {
        "check": row["check_id"],
        "severity": row["severity_after"] or row["severity_before"],
        "title": check.title if check else row["check_id"],
        "pages_before": row["pages_before"] or 0,
        "pages_after": row["pages_after"] or 0,
    }


def _still_there(row: Row, counts: Row | None) -> Row:
    figures = {f"pages_{name}": counts[name] if counts else 0 for name in ("new", "fixed", "changed")}
    same = row["severity_before"] == row["severity_after"] and row["pages_before"] == row["pages_after"]
    return {"changed": not same or any(figures.values()), "severity_before": row["severity_before"], **figures}


def page_sections(rows: list[Row], stretch: Stretch) -> dict[str, Row]:
    """Counts of all, items of one stretch, and where each section goes on."""
    found = {name: _part(name, rows, stretch) for name in get_args(PageSection)}
    counts = [row["told"] for row in rows if row["total"] and row["section"] == "changed"]
    found["changed"]["by_field"] = {name: sum(one[name] for one in counts) for name in FIELDS}
    return found


def sitemap_sections(rows: list[Row], stretch: Stretch) -> dict[str, Row]:
    """The same of sitemaps, and of the URLs that they list."""
    return {name.removeprefix("files_"): _part(name, rows, stretch) for name in get_args(SitemapSection)}


def _part(section: str, rows: list[Row], stretch: Stretch) -> Row:
    """The rows of a section hold its total, and one item more than are shown where it goes on."""
    mine = [row for row in rows if row["section"] == section]
    listed = [row for row in mine if not row["total"]]
    return {
        "total": next((row["told"]["total"] for row in mine if row["total"]), 0),
        "items": [_item(section, row) for row in listed[: stretch.limit]],
        "next_cursor": _next(section, stretch) if len(listed) > stretch.limit else None,
    }


def _next(section: str, stretch: Stretch) -> str:
    return make_cursor(section, stretch.place + stretch.limit)


def _item(section: str, row: Row) -> Row | str:
    url: str = row["url"]
    if section.startswith("urls_"):
        return url
    told: Row = row["told"]
    if section == "files_changed":
        return {"url": url, "status": _change("status", told)}
    if section != "changed":
        return {"url": url, "status": told["status"]["appeared" in section]}
    return {"url": url, **{name: _change(name, told) for name in FIELDS if told[name][2]}}


def _change(name: str, told: Row) -> Row:
    before, after = (_redirect(value) if name == "redirect" else value for value in told[name][:2])
    return {"before": before, "after": after}


def _redirect(value: str | None) -> Row | None:
    """From a status and a URL with a blank between them."""
    if value is None:
        return None
    status, _, url = value.partition(" ")
    return {"status": int(status), "url": url}


def robots_section(before: Row, after: Row, stretch: Stretch) -> Row:
    """Which lines of robots.txt were added and removed. Linear; each file has at most 500 KiB.

    A server that says there is none (4xx) has no lines (RFC 9309 section 2.3.1.3).
    """
    added, removed, reordered = compared(before, after)
    found: Row = {"reordered": reordered}
    for name, lines in {"added": added, "removed": removed}.items():
        section = f"lines_{name}"
        shown = lines[stretch.place : stretch.place + stretch.limit] if stretch.section in {None, section} else []
        more = shown and stretch.place + stretch.limit < len(lines)
        found[name] = {
            "total": len(lines),
            "items": [one if len(one) <= MOST_OF_LINE else one[: MOST_OF_LINE - 1] + "…" for one in shown],
            "next_cursor": _next(section, stretch) if more else None,
        }
    if before["status"] != after["status"]:
        found["status"] = {"before": before["status"], "after": after["status"]}
    return found


def compared(before: Row, after: Row) -> tuple[list[str], list[str], bool]:
    """(lines added, lines removed, whether only their order changed)."""
    was, now = _lines(before), _lines(after)
    if was is None or now is None or was == now:
        return [], [], False
    added, removed = _beyond(now, Counter(was)), _beyond(was, Counter(now))
    return added, removed, not added and not removed


def _lines(file: Row) -> list[str] | None:
    """Lines that say something; None where nobody knows."""
    status: int | None = file["status"]
    if status in _READ:
        text = bytes(file["body"] or b"").decode("utf-8-sig", "replace")
        return [line for one in text.splitlines() if (line := one.strip())]
    return [] if status in _NO_RULES else None


def _beyond(lines: list[str], others: Counter[str]) -> list[str]:
    """Those lines, in their order, of which `others` has fewer."""
    more: list[str] = []
    for line in lines:
        if others[line] > 0:
            others[line] -= 1
        else:
            more.append(line)
    return more
