"""A self-contained HTML file: no script, nothing loaded, readable on a phone and on paper, in light and dark."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from deploy.local.formats.gathered import SEVERITIES, Finding, Gathered, rank
from deploy.local.report import FAIR, GOOD
from deploy.local.screen import clean

MAX_PAGES = 100
"""Pages listed under an issue."""
MAX_FIRST = 10
STYLE = Path(__file__).with_name("report.css")


def render(gathered: Gathered) -> str:
    """The file's text. Everything that comes from the scanned site is escaped."""
    url = _text(str(gathered.scan.get("url", "")), 300)
    style = STYLE.read_text(encoding="utf-8")
    parts = [_head(gathered, url)]
    if gathered.scan.get("status") == "complete":
        by_issue = _by_issue(gathered.findings)
        parts += [_categories(gathered.scan["result"]), _first(gathered), _issues(gathered, by_issue), _about(gathered)]
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="robots" content="noindex">\n'
        f"<title>SEO report: {url}</title>\n<style>\n{style}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(parts)
        + "\n</main>\n</body>\n</html>\n"
    )


def _head(gathered: Gathered, url: str) -> str:
    scan = gathered.scan
    if scan.get("status") != "complete":
        reason = _text(str(scan.get("reason") or ""), 500)
        return f"<header><h1>SEO report</h1><p>{url}</p></header>\n<p>This scan ended as {scan.get('status')}. {reason}</p>"
    result: Mapping[str, Any] = scan["result"]
    counts = result["totals"]["issues"]
    chips = " ".join(f'<span class="chip {name}">{counts.get(name, 0)} {name}</span>' for name in SEVERITIES)
    finished = _text(str(scan.get("finished_at") or ""), 40)
    failures = "".join(f'<p class="failure">{_text(one, 500)}</p>' for one in gathered.failures)
    return (
        f"<header>{_gauge(gathered.score, str(result.get('grade') or ''))}\n<div><h1>SEO report</h1>\n"
        f'<p class="url">{url}</p>\n<p class="quiet">{result["totals"]["pages"]} pages · {scan.get("mode")} · {finished}</p>\n'
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
        name = _text(str(one["id"]).replace("_", " "), 40)
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


def _first(gathered: Gathered) -> str:
    worth = [one for one in gathered.issues if one["points_back"]]
    worth.sort(key=lambda one: -float(one["points_back"]))
    if not worth:
        return ""
    items = [
        f"<li><strong>{_text(one['title'], 200)}</strong> "
        f'<span class="points">+{one["points_back"]:.1f} points</span><br>{_sentence(one["fix"])}</li>'
        for one in worth[:MAX_FIRST]
    ]
    return f"<section><h2>Fix these first</h2>\n<ol>{''.join(items)}</ol></section>"


def _issues(gathered: Gathered, by_issue: Mapping[tuple[str, str], Sequence[Finding]]) -> str:
    ordered = sorted(gathered.issues, key=lambda one: (rank(one["severity"]), -one["pages"], one["check"]))
    if not ordered:
        return "<section><h2>Issues</h2><p>None were found.</p></section>"
    blocks = [_issue(one, by_issue.get((one["check"], one["severity"]), ()), gathered) for one in ordered]
    cut = '<p class="quiet">Findings beyond what this file can hold are left out.</p>' if gathered.truncated else ""
    return f"<section><h2>All issues</h2>{cut}\n{''.join(blocks)}</section>"


def _issue(issue: Mapping[str, Any], found: Sequence[Finding], gathered: Gathered) -> str:
    rows = "".join(
        f"<tr><td>{_text(one.url or 'the site', 300)}{_new(one, gathered)}</td><td>{_text(one.evidence, 300)}</td>"
        f"<td>{_text(one.position, 120)}</td></tr>"
        for one in found[:MAX_PAGES]
    )
    more = f'<p class="quiet">… and {len(found) - MAX_PAGES} more.</p>' if len(found) > MAX_PAGES else ""
    source = _text(str(issue.get("source") or ""), 300)
    pages = "1 page" if issue["pages"] == 1 else f"{issue['pages']} pages"
    head = '<tr><th scope="col">Page</th><th scope="col">Evidence</th><th scope="col">Where</th></tr>'
    table = f'<div class="wide"><table><thead>{head}</thead><tbody>{rows}</tbody></table></div>' if rows else ""
    return (
        f'<details><summary><span class="chip {issue["severity"]}">{issue["severity"]}</span> {_text(issue["title"], 200)} '
        f'<span class="quiet">{pages}</span></summary>\n<p>{_text(issue["why"], 1000)}</p>'
        f'<p><strong>Fix:</strong> {_sentence(issue["fix"])}</p><p class="quiet">{_text(issue["check"], 60)} · {source}</p>'
        f"{table}{more}</details>\n"
    )


def _about(gathered: Gathered) -> str:
    result: Mapping[str, Any] = gathered.scan["result"]
    incomplete = (
        f" The scan is incomplete: {_text(str(result['incomplete']), 300)}." if result.get("incomplete") else ""
    )
    return (
        f'<footer class="quiet"><p>Profile {_text(str(result["profile"]), 60)}, score version '
        f"{_text(str(result['score_version']), 20)}, {result['coverage']:.0f} % of the checks could be decided.{incomplete} "
        f"Scan {_text(str(gathered.scan['scan_id']), 40)}.</p></footer>"
    )


def _by_issue(findings: Iterable[Finding]) -> dict[tuple[str, str], list[Finding]]:
    grouped: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        grouped.setdefault((finding.check, finding.severity), []).append(finding)
    return grouped


def _new(finding: Finding, gathered: Gathered) -> str:
    return ' <span class="chip new">new</span>' if gathered.new is not None and gathered.is_new(finding) else ""


def _tone(score: float) -> str:
    return "good" if score >= GOOD else "fair" if score >= FAIR else "poor"


def _sentence(text: str) -> str:
    """With a capital, and what stands in backticks as code."""
    shown = _text(text, 600)
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", shown[:1].upper() + shown[1:])


def _text(text: str, limit: int) -> str:
    return escape(clean(text, limit))
