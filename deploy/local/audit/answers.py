"""What is written as JSON. These shapes are a contract: names may be added, none changes or goes away."""

from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec import Raw, Struct

from deploy.local.audit.judging import PageReport
from workers.judge import Found


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


def pretty(value: Any) -> str:  # noqa: ANN401 - anything that can be written as JSON
    """Indented JSON with a line end."""
    return msgspec.json.format(msgspec.json.encode(value)).decode() + "\n"


def tail(found: Iterable[Found]) -> dict[str, int]:
    """How many findings there are of each severity."""
    counts: dict[str, int] = {}
    for one in found:
        counts[one.severity.value] = counts.get(one.severity.value, 0) + 1
    return counts
