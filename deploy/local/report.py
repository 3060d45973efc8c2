"""A scan's result for the terminal: score, categories, and what to do first."""

from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from deploy.local.api import CategoryScore, Issue, Result, Scan, TopIssue
from deploy.local.screen import clean
from shared.html_report import FAIR, GOOD, WORTH

BAR_WIDTH = 24
MAX_ISSUES = 10
MAX_EXAMPLES = 2
SEVERITIES = ("critical", "high", "medium", "low", "info")
_STYLES = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "cyan", "info": "dim"}


def render_summary(scan: Scan) -> RenderableType:
    """Score and counts, for where the report itself went to a file."""
    return Group(_headline(scan), *([_totals(scan.result)] if scan.result is not None else []))


def render_report(scan: Scan, issues: Sequence[Issue] = ()) -> RenderableType:
    """The report of a scan that has ended; ``issues`` lend their example pages to the worst ones."""
    parts: list[RenderableType] = [_headline(scan)]
    result = scan.result
    if result is not None:
        parts += [_totals(result), Text(), _categories(result.categories)]
        first = [issue for issue in result.top_issues if (issue.points_back or 0) >= WORTH][:MAX_ISSUES]
        if first:
            parts += [Text(), Text("What to do first", style="bold")]
            parts.append(_issues(first, {issue.check: issue.examples for issue in issues}))
        shown = {(issue.check, issue.severity) for issue in first}
        others = [issue for issue in issues if (issue.check, issue.severity) not in shown]
        if others:
            parts += [Text(), Text("Also found", style="bold"), _others(others)]
    return Padding(Group(*parts), (1, 0), expand=False)


def _headline(scan: Scan) -> Text:
    where = f"{clean(scan.url)}  ({scan.mode})"
    if scan.result is None or scan.result.score is None:
        reason = f": {clean(scan.reason)}" if scan.reason else ""
        return Text.assemble((scan.status.upper(), "bold red"), reason, "  ", where)
    score = scan.result.score
    grade = f" {clean(scan.result.grade, 4)}" if scan.result.grade else ""
    head = Text.assemble((f"{score:.0f}/100{grade}", f"bold {score_style(score)}"), "  ", (where, "bold"))
    if scan.status != "complete":
        head.append(f"  {scan.status}", style="yellow")
    return head


def _totals(result: Result) -> Text:
    found = [f"{result.totals.issues[name]} {name}" for name in SEVERITIES if result.totals.issues.get(name)]
    pages = "1 page" if result.totals.pages == 1 else f"{result.totals.pages} pages"
    return Text(f"{pages}; issues: {', '.join(found) or 'none'}", style="dim")


def _categories(categories: Iterable[CategoryScore]) -> Table:
    table = Table.grid(padding=(0, 2))
    for category in categories:
        name = clean(category.id, 30).replace("_", " ")
        if category.score is None:
            table.add_row(name, Text("not applicable", style="dim"), "")
            continue
        style = score_style(category.score)
        bar = ProgressBar(
            total=100, completed=category.score, width=BAR_WIDTH, complete_style=style, finished_style=style
        )
        table.add_row(name, bar, Text(f"{category.score:.0f}", style=style))
    return table


def _issues(issues: Iterable[TopIssue], examples: Mapping[str, Sequence[object]]) -> Table:
    table = Table.grid(padding=(0, 1))
    table.add_column(justify="right")
    for number, issue in enumerate(issues, 1):
        title = clean(issue.title, 160).rstrip(".")
        pages = "1 page" if issue.pages == 1 else f"{issue.pages} pages"
        back = f", {issue.points_back:+.1f} points" if issue.points_back else ""
        details = [Text.assemble((title, "bold"), f"  {pages}{back}")]
        if issue.fix:
            details.append(Text(_sentence(issue.fix)))
        details += [Text(line, style="dim") for line in _example_lines(examples.get(issue.check, ()))]
        severity = Text(clean(issue.severity, 10), style=_STYLES.get(issue.severity, ""))
        table.add_row(f"{number}.", severity, Group(*details))
    return table


def _others(issues: Sequence[Issue]) -> Table:
    """The rest, a line each, the most severe first."""
    table = Table.grid(padding=(0, 1))
    for issue in sorted(issues, key=lambda one: (SEVERITIES.index(one.severity), -one.pages, one.check)):
        severity = Text(clean(issue.severity, 10), style=_STYLES.get(issue.severity, ""))
        title = Text(clean(issue.title, 100).rstrip("."))
        table.add_row(severity, Text(f"{issue.pages}"), title, Text(issue.check, "dim"))
    return table


def planted_defects(found: Sequence[tuple[str, bool]]) -> RenderableType:
    """The sample site's planted defects, each with a mark that tells whether the scan named it."""
    table = Table.grid(padding=(0, 1))
    for what, named in found:
        table.add_row(Text("✓", "green") if named else Text("✗", "bold red"), Text(what))
    count = sum(1 for _, named in found if named)
    head = Text(f"Planted defects that the scan named: {count} of {len(found)}", style="bold")
    return Padding(Group(head, table), (1, 0), expand=False)


def _sentence(text: str) -> str:
    shown = clean(text, 400)
    return shown[:1].upper() + shown[1:]


def _example_lines(examples: Sequence[object]) -> list[str]:
    lines: list[str] = []
    for example in examples[:MAX_EXAMPLES]:
        if isinstance(example, Mapping):
            fields = cast("Mapping[str, object]", example)
            url, evidence = str(fields.get("url") or ""), str(fields.get("evidence") or "")
            shown = "" if evidence == url else clean(evidence, 80)
            lines.append("  ".join(part for part in (clean(url, 140), shown) if part))
        else:
            lines.append(clean(str(example), 140))
    return lines


def score_style(score: float) -> str:
    """The colour of a score from 0 to 100."""
    return "green" if score >= GOOD else "yellow" if score >= FAIR else "red"
