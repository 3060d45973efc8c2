"""The verdict on a directory for the terminal."""

from collections.abc import Iterable, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from deploy.local.audit.show import MAX_PLACES, add_check, headline, new_table, place
from deploy.local.audit.site import SiteReport
from deploy.local.audit.terms import RANKS
from shared.checks.base import Severity
from shared.scoring import Issue
from workers.judge import Found
from workers.site import SiteFound


def show_site(report: SiteReport, base: str) -> RenderableType:
    """A directory: the score, then every check that fired with the points it gives back, most first."""
    places: dict[str, list[tuple[str, str]]] = {}
    for page in report.pages:
        for found in page.findings:
            places.setdefault(found.check, []).append((page.url, place(found.evidence, found.position)))
    for one in report.findings:
        places.setdefault(one.check, []).append((one.url or base, place(one.evidence, one.position)))
    table = new_table()
    issues = {issue.check: issue for issue in report.score.issues if issue.check in places}
    for check_id in [*issues, *sorted(places.keys() - issues.keys())]:
        lines = _examples(places[check_id], base)
        more = len(places[check_id]) - len(lines)
        add_check(table, _severity(check_id, issues, report), check_id, lines, _sums(issues.get(check_id), more))
    score = report.score
    parts: list[RenderableType] = [headline(score.score, score.grade, base)]
    parts.append(
        Text(f"{len(report.pages)} pages; {len(places)} checks fired; coverage {score.coverage:.0f} %", style="dim")
    )
    if places:
        parts += [Text(), table]
    return Padding(Group(*parts), (1, 0), expand=False)


def _severity(check_id: str, issues: dict[str, Issue], report: SiteReport) -> Severity:
    if check_id in issues:
        return issues[check_id].severity
    found: Iterable[Found | SiteFound] = (*report.findings, *(one for page in report.pages for one in page.findings))
    return min((one.severity for one in found if one.check == check_id), key=RANKS.index)


def _examples(places: Sequence[tuple[str, str]], base: str) -> list[str]:
    shown = places[:MAX_PLACES]
    return [f"{'/' + url.removeprefix(base) if url.startswith(base) else url}  {text}" for url, text in shown]


def _sums(issue: Issue | None, more: int) -> str:
    parts = [f"and {more} more"] if more > 0 else []
    if issue is not None and issue.pages > 1:
        parts.append(f"{issue.pages} pages")
    if issue is not None and issue.points_back:
        parts.append(f"{issue.points_back:+.1f} points if fixed")
    return ", ".join(parts)
