"""The shapes of answers: what handlers send, and what the OpenAPI document is generated from."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

Moment = Annotated[datetime, Meta(tz=True)]

SeverityName = Literal["critical", "high", "medium", "low", "info"]
CategoryName = Literal["indexing", "on_page", "links", "international", "performance", "security", "social", "scan"]
ScanMode = Literal["single", "sitemap", "crawl"]
ScanStatus = Literal["running", "complete", "error", "stopped"]
ScopeName = Literal["read", "scan", "export"]


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
    """A stretch of pages; `next_cursor` is null at the end."""

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


class Registered(Struct, frozen=True):
    """The same whether the address is new or was registered before."""

    email: str
    tier: str


class LoggedIn(Struct, frozen=True):
    """A login token; `expires_in` is in seconds."""

    access_token: str
    token_type: Literal["Bearer"]
    expires_in: int


class Verified(Struct, frozen=True):
    """Whose token it is, and until when it holds."""

    valid: bool
    user_id: UUID
    email: str
    tier: str
    scopes: list[ScopeName]
    issued_at: Moment
    expires_at: Moment


class LoggedOut(Struct, frozen=True):
    """The token that was used is revoked."""

    revoked: bool


class TokenItem(Struct, frozen=True):
    """An API key without its secret; `prefix` shows how the secret begins and ends."""

    id: UUID
    client_id: str
    name: str
    prefix: str
    scopes: list[ScopeName]
    mode: Literal["live", "test"]
    created_at: Moment
    last_used_at: Moment | None
    revoked_at: Moment | None


class TokenSecret(TokenItem, frozen=True):
    """An API key with its secret in `token`, which is shown this once."""

    token: str


class TokenList(Struct, frozen=True):
    """The user's API keys, newest first; with an API key, those of its own mode."""

    items: list[TokenItem]


class Profile(Struct, frozen=True):
    """The caller's account."""

    id: UUID
    email: str
    tier: str
    created_at: Moment


class ModeUsage(Struct, frozen=True):
    """Scans of the last 24 hours; `next_free_at` is when the next unit comes back, null when none is used."""

    used: int
    limit: int
    next_free_at: Moment | None


class Limits(Struct, frozen=True):
    """What the account's tier allows, the account's own figures included."""

    requests_per_minute: int
    burst: int
    pages_per_scan: int
    running_scans: int
    monitors: int
    monitor_interval_hours: int
    kept_days: int


class Usage(Struct, frozen=True):
    """Use and limits. `requests_24h` is counted by the hour, and is 0 while Redis is away."""

    tier: str
    single: ModeUsage
    sitemap: ModeUsage
    crawl: ModeUsage
    requests_24h: int
    limits: Limits
