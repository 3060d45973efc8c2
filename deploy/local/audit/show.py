"""Verdicts for the terminal."""

from collections.abc import Sequence
from typing import Final

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from deploy.local.audit.judging import PageReport
from deploy.local.audit.terms import RANKS
from deploy.local.screen import clean
from shared.checks import catalogue
from shared.checks.base import Severity
from workers.judge import Found

MAX_PLACES: Final = 3
"""Examples shown of one check."""
STYLES: Final = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "cyan", "info": "dim"}


def show_page(report: PageReport) -> RenderableType:
    """One page: the score, then every check that fired, worst first."""
    groups: dict[str, list[Found]] = {}
    for found in report.findings:
        groups.setdefault(found.check, []).append(found)
    table = new_table()
    for check_id, group in sorted(groups.items(), key=lambda pair: RANKS.index(pair[1][0].severity)):
        lines = [place(one.evidence, one.position) for one in group[:MAX_PLACES]]
        more = group[0].count - len(lines)
        add_check(table, group[0].severity, check_id, lines, f"and {more} more" if more > 0 else "")
    parts: list[RenderableType] = [headline(report.score, report.grade, report.url)]
    parts.append(Text(_figures(list(groups.values()), report.not_decided), style="dim"))
    if groups:
        parts += [Text(), table]
    return Padding(Group(*parts), (1, 0), expand=False)


def new_table() -> Table:
    """A grid for `add_check`."""
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    return table


def add_check(table: Table, severity: Severity, check_id: str, lines: Sequence[str], tail: str) -> None:
    """Add a row: severity, id, title, places and what to do."""
    check = catalogue()[check_id]
    details = [Text(clean(line)) for line in lines]
    if tail:
        details.append(Text(tail, style="dim"))
    details.append(Text(f"Fix: {check.fix}", style="dim"))
    title = Text.assemble((check_id, "bold"), "  ", check.title.rstrip("."))
    severity_cell = Text(severity.value, style=STYLES[severity.value])
    table.add_row(severity_cell, Group(title, Padding(Group(*details), (0, 0, 0, 2))))


def place(evidence: str, position: str) -> str:
    """Evidence and where it stands."""
    return f"{evidence}  @ {position}" if position else evidence


def _figures(groups: Sequence[Sequence[Found]], not_decided: Sequence[str]) -> str:
    counts = [(severity, sum(1 for group in groups if group[0].severity is severity)) for severity in RANKS]
    found = ", ".join(f"{count} {severity.value}" for severity, count in counts if count)
    return f"{found or 'nothing found'}; {len(not_decided)} checks not decided"


def headline(score: float | None, grade: str | None, url: str) -> Text:
    """The score and what it is of."""
    shown = clean(url)
    if score is None:
        return Text.assemble(("no score", "bold"), "  ", (shown, "bold"))
    style = STYLES["high"] if score < 50 else STYLES["medium"] if score < 80 else "green"  # noqa: PLR2004 - as in a scan's report
    return Text.assemble((f"{score:.1f}/100 {grade}", f"bold {style}"), "  ", (shown, "bold"))
