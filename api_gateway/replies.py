"""The shapes of answers: what handlers send, and what the OpenAPI document is generated from."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType

SeverityName = Literal["critical", "high", "medium", "low", "info"]


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
    status: Literal["running", "complete", "error", "stopped"]
    poll_url: str


class Scan(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A scan's state and, when complete, its result."""

    scan_id: UUID
    url: str
    mode: Literal["single", "sitemap", "crawl"]
    test: bool
    status: Literal["running", "complete", "error", "stopped"]
    progress: Progress
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    options: dict[str, Any]
    reason: str | UnsetType = UNSET
    reason_code: str | UnsetType = UNSET
    result: ScanResult | UnsetType = UNSET


class FoundOnPage(Struct, frozen=True):
    """A finding on a page; `count` is how often the check fired there."""

    check: str
    severity: SeverityName
    evidence: str
    position: str
    count: int


class PageItem(Struct, frozen=True):
    """A page of a scan."""

    url: str
    final_url: str | None
    status: int | None
    error: str | None
    redirects: list[dict[str, Any]]
    score: float | None
    title: str | None
    depth: int | None
    bytes: int | None
    duration_ms: int | None
    facts: dict[str, Any]
    findings: list[FoundOnPage]


class PageList(Struct, frozen=True):
    """A stretch of pages; `next_cursor` is None at the end."""

    items: list[PageItem]
    next_cursor: str | None


class IssueItem(Struct, frozen=True):
    """An issue: a check that fired, at one severity, over the whole scan."""

    check: str
    severity: SeverityName
    category: str
    title: str
    why: str
    fix: str
    source: str
    pages: int
    share: float
    points_lost: float
    points_back: float
    examples: list[dict[str, Any]]


class IssueList(Struct, frozen=True):
    """A stretch of issues, most points back first."""

    items: list[IssueItem]
    next_cursor: str | None


class CheckItem(Struct, frozen=True):
    """A check of the catalogue."""

    id: str
    category: str
    severity: SeverityName
    severities: list[SeverityName]
    level: Literal["page", "site"]
    title: str
    why: str
    fix: str
    source: str
    network: str | None


class CheckList(Struct, frozen=True):
    """The catalogue."""

    items: list[CheckItem]
    total: int
