"""What is told of besides answers: events of a scan that is watched, and webhooks' messages."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from scanfleet_client.models import EventName, IssueCounts, Phase, Severity, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressEvent:
    """A watched scan has got on."""

    scan_id: str
    status: Status
    phase: Phase
    found: int
    done: int
    failed: int
    skipped: int
    pages_per_second: float | None
    eta_seconds: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingEvent:
    """The first finding of a check at a severity in a watched scan."""

    check: str
    severity: Severity
    url: str | None
    evidence: str
    position: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EndEvent:
    """A watched scan has ended."""

    scan_id: str
    status: Status
    reason: str | None
    score: float | None
    grade: str | None


ScanEvent = ProgressEvent | FindingEvent | EndEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookData:
    """What a webhook's message is about; `score` is None where there is none, `alert` is that of `alert.triggered`."""

    scan_id: str
    url: str
    score: float | None
    issues: IssueCounts
    alert: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEvent:
    """A webhook's message."""

    event: EventName
    occurred_at: datetime
    delivery_id: str
    data: WebhookData
