"""Markdown for a comment on a pull request or a job's summary."""

import re
from collections.abc import Mapping
from typing import Any

from deploy.local.formats.gathered import SEVERITIES, Finding, Gathered, rank
from deploy.local.screen import clean
from shared.html_report import WORTH

MAX_ISSUES = 20
MAX_PAGES = 3
_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|<>~@&:])")


def render(gathered: Gathered) -> str:
    """Score, categories, what to fix first; what is new where there is a baseline."""
    result: Mapping[str, Any] = gathered.scan.get("result") or {}
    score = "no score" if gathered.score is None else f"{gathered.score:.0f}/100 ({result.get('grade')})"
    lines = [f"## {score}: {_text(str(gathered.scan.get('url', '')))}", ""]
    lines += [f"**Failed:** {_text(reason)}  " for reason in gathered.failures]
    if gathered.scan.get("status") != "complete":
        lines.append(f"The scan ended with the status {gathered.scan.get('status')}. {_text(_reason(gathered.scan))}")
        return "\n".join(lines) + "\n"
    counts = result["totals"]["issues"]
    found = ", ".join(f"{counts[name]} {name}" for name in SEVERITIES if counts.get(name)) or "none"
    lines += [f"{result['totals']['pages']} pages; issues: {found}.", "", "| category | score |", "|---|---:|"]
    lines += [
        f"| {_text(str(one['id']).replace('_', ' '))} | {'–' if one['score'] is None else round(one['score'])} |"
        for one in result["categories"]
    ]
    lines += _issues(gathered)
    return "\n".join(lines) + "\n"


def _issues(gathered: Gathered) -> list[str]:
    by_check: dict[tuple[str, str], list[Finding]] = {}
    for finding in gathered.findings:
        if gathered.is_new(finding):
            by_check.setdefault((finding.check, finding.severity), []).append(finding)
    listed = [one for one in gathered.issues if gathered.new is None or (one["check"], one["severity"]) in by_check]
    listed.sort(key=lambda one: (-(one["points_back"] or 0.0), rank(one["severity"]), one["check"]))
    if not listed:
        return ["", "Nothing new was found." if gathered.new is not None else "Nothing was found."]
    worth = [one for one in listed if gathered.new is not None or (one["points_back"] or 0.0) >= WORTH] or listed
    lines = ["", "### New" if gathered.new is not None else "### Fix these first", ""]
    lines += ["| | issue | pages | points back |", "|---|---|---:|---:|"]
    for one in worth[:MAX_ISSUES]:
        found = by_check.get((one["check"], one["severity"]), [])
        pages = list(dict.fromkeys(finding.url for finding in found if finding.url))
        where = "<br>".join(_text(page, 120) for page in pages[:MAX_PAGES])
        more = f"<br>… {len(pages) - MAX_PAGES} more" if len(pages) > MAX_PAGES else ""
        count = one["pages"] if gathered.new is None else len(pages)
        fix = one["fix"][:1].upper() + one["fix"][1:]
        cell = f"**{_text(one['title'])}** {_text(fix)}<br>{where}{more}"
        lines.append(f"| {one['severity']} | {cell} | {count} | {one['points_back'] or 0:.1f} |")
    if (left := len(listed) - len(worth[:MAX_ISSUES])) > 0:
        lines += ["", f"… and {left} more."]
    return lines


def _reason(scan: Mapping[str, Any]) -> str:
    return str(scan.get("reason") or "")


def _text(text: str, limit: int = 300) -> str:
    """A stranger's text as text: no links, no markup, no mentions, on one line."""
    return _SPECIAL.sub(r"\\\1", clean(text, limit))
