"""A scan's report as one HTML file: no script, nothing loaded, readable on a phone and on paper, in light and dark.

The gateway offers it as an export; the command line makes it with what it knows besides: a baseline and a verdict.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, Final, NamedTuple

from shared.checks.base import Severity
from shared.clean_text import clean

MAX_PLACES: Final = 100
"""Places listed under an issue."""
MAX_FIRST: Final = 10
WORTH: Final = 0.05
"""Points that are shown as 0.0 lead nobody anywhere."""
GOOD: Final = 80
FAIR: Final = 50
"""Scores from which on a bar is green, and yellow (heuristic)."""
CATEGORIES: Final[Mapping[str, str]] = {
    "indexing": "Crawling and indexing",
    "on_page": "On-page",
    "links": "Links",
    "international": "International and structured data",
    "performance": "Performance hints",
    "security": "Security",
    "social": "Social and AI",
    "scan": "About the scan",
}
"""As the dashboard calls them."""
NEW: Final = ' <span class="chip new">new</span>'
STYLE: Final = Path(__file__).with_suffix(".css")
_RANK: Final = {severity.value: rank for rank, severity in enumerate(Severity)}

Key = tuple[str, str]
"""An issue: check and severity."""


class Place(NamedTuple):
    """Where an issue was found. ``url`` is empty where it speaks of the site as a whole."""

    url: str
    evidence: str
    position: str
    new: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """What the file tells: scan and issues as the API shows them, and places of each issue."""

    scan: Mapping[str, Any]
    issues: Sequence[Mapping[str, Any]]
    places: Mapping[Key, Sequence[Place]]
    failures: Sequence[str] = ()
    """Why a run in continuous integration fails, in words."""


def render(report: Report) -> str:
    """The file's text. Everything that comes from the scanned site is escaped."""
    url = _text(str(report.scan.get("url", "")), 300)
    style = STYLE.read_text(encoding="utf-8")
    result: Mapping[str, Any] | None = report.scan.get("result")
    parts = [_head(report, url)]
    if result:
        parts += [_categories(result), _first(report.issues)]
    if result or report.issues:
        parts.append(_issues(report))
    if result:
        parts.append(_about(report.scan, result))
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="robots" content="noindex">\n'
        f"<title>SEO report: {url}</title>\n<style>\n{style}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(part for part in parts if part)
        + "\n</main>\n</body>\n</html>\n"
    )


def _head(report: Report, url: str) -> str:
    scan = report.scan
    result: Mapping[str, Any] | None = scan.get("result")
    failures = "".join(f'<p class="failure">{_text(one, 500)}</p>' for one in report.failures)
    if not result:
        reason = _text(str(scan.get("reason") or ""), 500)
        ended = f"<p>This scan ended as {scan.get('status')}, so there is no score. {reason}</p>"
        return f'<header><div><h1>SEO report</h1>\n<p class="url">{url}</p>{ended}{failures}</div></header>'
    counts = result["totals"]["issues"]
    chips = " ".join(f'<span class="chip {name}">{counts.get(name, 0)} {name}</span>' for name in _RANK)
    finished = _text(str(scan.get("finished_at") or ""), 40)
    pages = _pages(result["totals"]["pages"])
    return (
        f"<header>{_gauge(result['score'], str(result.get('grade') or ''))}\n<div><h1>SEO report</h1>\n"
        f'<p class="url">{url}</p>\n<p class="quiet">{pages} · {scan.get("mode")} · {finished}</p>\n'
        f"<p>{chips}</p>{failures}</div></header>"
    )


def _gauge(score: float | None, grade: str) -> str:
    """A ring that the score fills."""
    if score is None:
        return '<div class="gauge"><p>no score</p></div>'
    around = 2 * math.pi * 52
    label = f"Score {score:.0f} of 100, grade {_text(grade, 4)}"
    return (
        f'<svg class="gauge {_tone(score)}" viewBox="0 0 120 120" role="img" aria-label="{label}">'
        '<circle class="track" cx="60" cy="60" r="52"/>'
        f'<circle class="value" cx="60" cy="60" r="52" transform="rotate(-90 60 60)" '
        f'stroke-dasharray="{around * score / 100:.1f} {around:.1f}"/>'
        f'<text x="60" y="66" class="number">{score:.0f}</text><text x="60" y="86" class="grade">{_text(grade, 4)}</text></svg>'
    )


def _categories(result: Mapping[str, Any]) -> str:
    rows: list[str] = []
    for one in result["categories"]:
        name = CATEGORIES.get(one["id"]) or _text(str(one["id"]).replace("_", " "), 40)
        score = one["score"]
        bar = (
            '<td class="quiet">not applicable</td><td></td>'
            if score is None
            else f'<td><svg class="bar {_tone(score)}" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">'
            f'<rect class="track" width="100" height="6"/><rect class="value" width="{score:.1f}" height="6"/></svg></td>'
            f'<td class="n">{score:.0f}</td>'
        )
        rows.append(f'<tr><th scope="row">{name}</th>{bar}<td class="n quiet">{one["weight"]:.0f} %</td></tr>')
    head = '<tr><th scope="col">Category</th><th scope="col" colspan="2">Score</th><th scope="col" class="n">Weight</th></tr>'
    return f"<section><h2>Categories</h2>\n<table><thead>{head}</thead><tbody>{''.join(rows)}</tbody></table></section>"


def _first(issues: Iterable[Mapping[str, Any]]) -> str:
    worth = [one for one in issues if one["points_back"] >= WORTH]
    worth.sort(key=lambda one: -float(one["points_back"]))
    items = [
        f"<li><strong>{_text(one['title'], 200)}</strong> "
        f'<span class="points">+{one["points_back"]:.1f} points</span><br>{_sentence(one["fix"])}</li>'
        for one in worth[:MAX_FIRST]
    ]
    return f"<section><h2>Fix these first</h2>\n<ol>{''.join(items)}</ol></section>" if items else ""


def _issues(report: Report) -> str:
    ordered = sorted(report.issues, key=lambda one: (_RANK[one["severity"]], -one["pages"], one["check"]))
    if not ordered:
        return "<section><h2>Issues</h2><p>None were found.</p></section>"
    blocks = [_issue(one, report.places.get((one["check"], one["severity"]), ())) for one in ordered]
    return f"<section><h2>All issues</h2>\n{''.join(blocks)}</section>"


def _issue(issue: Mapping[str, Any], found: Sequence[Place]) -> str:
    shown = found[:MAX_PLACES]
    rows = "".join(
        f"<tr><td>{_text(one.url or 'the site', 300)}{NEW if one.new else ''}</td><td>{_text(one.evidence, 300)}</td>"
        f"<td>{_text(one.position, 120)}</td></tr>"
        for one in shown
    )
    left = issue["pages"] - len({one.url for one in shown})
    more = f'<p class="quiet">… and {left} more.</p>' if rows and left > 0 else ""
    source = _text(str(issue.get("source") or ""), 300)
    head = '<tr><th scope="col">Page</th><th scope="col">Evidence</th><th scope="col">Where</th></tr>'
    table = f'<div class="wide"><table><thead>{head}</thead><tbody>{rows}</tbody></table></div>' if rows else ""
    return (
        f'<details><summary><span class="chip {issue["severity"]}">{issue["severity"]}</span> {_text(issue["title"], 200)} '
        f'<span class="quiet">{_pages(issue["pages"])}</span></summary>\n<p>{_text(issue["why"], 1000)}</p>'
        f'<p><strong>Fix:</strong> {_sentence(issue["fix"])}</p><p class="quiet">{_text(issue["check"], 60)} · {source}</p>'
        f"{table}{more}</details>\n"
    )


def _about(scan: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    incomplete = (
        f" The scan is incomplete: {_text(str(result['incomplete']), 300)}." if result.get("incomplete") else ""
    )
    return (
        f'<footer class="quiet"><p>Profile {_text(str(result["profile"]), 60)}, score version '
        f"{_text(str(result['score_version']), 20)}, {result['coverage']:.0f} % of the checks could be decided.{incomplete} "
        f"Scan {_text(str(scan['scan_id']), 40)}.</p></footer>"
    )


def _pages(count: int) -> str:
    return "1 page" if count == 1 else f"{count:,} pages"


def _tone(score: float) -> str:
    return "good" if score >= GOOD else "fair" if score >= FAIR else "poor"


def _sentence(text: str) -> str:
    """With a capital, and what stands in backticks as code."""
    shown = _text(text, 600)
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", shown[:1].upper() + shown[1:])


def _text(text: str, limit: int) -> str:
    return escape(clean(text, limit))
