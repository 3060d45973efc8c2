"""What is written as JSON. These shapes are a contract: names may be added, none changes or goes away."""

from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Raw, Struct

from deploy.local.audit.judging import PageReport

if TYPE_CHECKING:
    from deploy.local.audit.site import SiteReport


class LineFinding(Struct, frozen=True):
    """A finding in an answer of one line."""

    check: str
    severity: str
    evidence: str
    position: str


class Line(Struct, frozen=True):
    """The answer to a page that came as a line."""

    id: Raw
    findings: list[LineFinding]
    not_decided: tuple[str, ...]
    score: float | None


class Fault(Struct, frozen=True):
    """The answer to a line that is no page."""

    id: Raw
    error: str


def line_of(given_id: Raw, report: PageReport) -> bytes:
    """The answer to a page, without the line end."""
    found = [LineFinding(one.check, one.severity.value, one.evidence, one.position) for one in report.findings]
    return msgspec.json.encode(Line(given_id, found, report.not_decided, report.score))


def fault_of(given_id: Raw, error: str) -> bytes:
    """The answer to a line that is no page, without the line end."""
    return msgspec.json.encode(Fault(given_id, error))


def site_answer(report: "SiteReport") -> dict[str, Any]:
    """The answer to a directory."""
    score = report.score
    return {
        "score": score.score,
        "grade": score.grade,
        "coverage": score.coverage,
        "pages": report.pages,
        "site": {
            "findings": [
                {
                    "check": one.check,
                    "severity": one.severity,
                    "evidence": one.evidence,
                    "position": one.position,
                    "url": one.url,
                    "count": one.count,
                }
                for one in report.findings
            ],
            "not_decided": report.not_decided,
        },
        "categories": score.categories,
        "issues": score.issues,
        "gates": score.gates,
    }
