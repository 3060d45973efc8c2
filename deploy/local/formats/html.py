"""The self-contained HTML file, with what a run in continuous integration adds: its verdict, and what is new."""

from deploy.local.formats.gathered import Finding, Gathered
from shared import html_report
from shared.html_report import MAX_PLACES, Key, Place, Report


def render(gathered: Gathered) -> str:
    """The file's text."""
    places: dict[Key, list[Place]] = {}
    for finding in gathered.findings:
        listed = places.setdefault((finding.check, finding.severity), [])
        if len(listed) < MAX_PLACES:
            listed.append(_place(finding, gathered))
    return html_report.render(Report(gathered.scan, gathered.issues, places, gathered.failures))


def _place(finding: Finding, gathered: Gathered) -> Place:
    new = gathered.new is not None and gathered.is_new(finding)
    return Place(finding.url, finding.evidence, finding.position, new)
