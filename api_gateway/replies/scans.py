"""A scan: accepted, under way, ended, and in the history."""

from typing import Any, Literal
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType

from api_gateway.replies.names import Moment, ScanMode, ScanStatus, SeverityName


class Progress(Struct, frozen=True):
    """How far a scan has come. `found` counts known pages, `done` those fetched, `failed` those of them that failed."""

    phase: Literal["queued", "discovering", "fetching", "analysing", "ended"]
    found: int
    done: int
    failed: int
    skipped: int
    pages_per_second: float | None
    eta_seconds: int | None


class CategoryScore(Struct, frozen=True):
    """A category's score, 0 to 100, and its weight in percent."""

    id: str
    score: float
    weight: float


class IssueCounts(Struct, frozen=True):
    """Number of different issues by severity."""

    critical: int
    high: int
    medium: int
    low: int
    info: int


class Totals(Struct, frozen=True):
    """Sums over the scan."""

    pages: int
    issues: IssueCounts


class TopIssue(Struct, frozen=True):
    """An issue worth fixing first; `points_back` is what fixing it alone would give the score."""

    check: str
    severity: SeverityName
    pages: int
    share: float
    points_back: float
    title: str
    fix: str


class ScanResult(Struct, frozen=True):
    """The outcome of a complete scan. `coverage` is the share of verdicts that could be reached, in percent."""

    score: float
    grade: str
    score_version: str
    profile: str
    coverage: float
    categories: list[CategoryScore]
    totals: Totals
    top_issues: list[TopIssue]
    gates: list[str]
    incomplete: str | None
    suppressed: list[str]


class ScanAccepted(Struct, frozen=True):
    """A scan that was accepted."""

    scan_id: UUID
    status: ScanStatus
    poll_url: str


class Scan(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A scan's state and, when complete, its result. `monitor_id`: the monitor that it is a run of."""

    scan_id: UUID
    url: str
    mode: ScanMode
    test: bool
    status: ScanStatus
    progress: Progress
    created_at: Moment
    started_at: Moment | None
    finished_at: Moment | None
    options: dict[str, Any]
    monitor_id: UUID | None
    reason: str | UnsetType = UNSET
    reason_code: str | UnsetType = UNSET
    result: ScanResult | UnsetType = UNSET


class HistoryItem(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A scan in the history; `score` and `grade` are null until it is complete."""

    scan_id: UUID
    url: str
    mode: ScanMode
    test: bool
    status: ScanStatus
    score: float | None
    grade: str | None
    pages: int
    monitor_id: UUID | None
    created_at: Moment
    started_at: Moment | None
    finished_at: Moment | None
    reason: str | UnsetType = UNSET
    reason_code: str | UnsetType = UNSET


class History(Struct, frozen=True):
    """A page of the caller's scans, newest first; `total` counts all that match."""

    items: list[HistoryItem]
    page: int
    per_page: int
    total: int


class BulkError(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Why one URL of a bulk request was not accepted; `retry_after` is in seconds."""

    code: str
    message: str
    param: str | UnsetType = UNSET
    retry_after: int | UnsetType = UNSET


class BulkItem(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One URL of a bulk request, with either the scan that was started or the error."""

    url: str
    scan_id: UUID | UnsetType = UNSET
    error: BulkError | UnsetType = UNSET


class BulkAccepted(Struct, frozen=True):
    """One item for each URL, in the order of the request."""

    items: list[BulkItem]
