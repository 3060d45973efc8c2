"""What the API takes and gives, name by name as in its OpenAPI document.

Times are `datetime` in UTC, ids are strings. What may be missing from an answer is None then. Secrets that an answer
holds are kept out of `repr`, so that they don't end up in a log.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Mode = Literal["single", "sitemap", "crawl"]
Status = Literal["running", "complete", "error", "stopped"]
Phase = Literal["queued", "discovering", "fetching", "analysing", "ended"]
Severity = Literal["critical", "high", "medium", "low", "info"]
Scope = Literal["read", "scan", "export"]
KeyMode = Literal["live", "test"]
EventName = Literal["scan.complete", "scan.error", "scan.stopped", "alert.triggered"]
RunOutcome = Literal["started", "by_hand", "caught_up", "skipped_overlap", "skipped_limit", "refused"]
AlertKind = Literal[
    "score_drops", "score_below", "new_issue", "pages_fall", "scan_failed", "noindex_appeared", "certificate_expires"
]
MailKind = Literal["alerts", "report_link", "report_pdf"]
NetworkCheck = Literal["external", "tls", "host_variants", "random_404", "ai_agents", "assets"]
PageOrder = Literal["found", "score"]
ExportFormat = Literal["json", "csv", "pdf", "html"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BasicAuth:
    """A user name and password for the scanned site."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanOptions:
    """How a scan is done; what is None is left to the service. See `POST /scans` in the API's document."""

    max_pages: int | None = None
    max_depth: int | None = None
    concurrency: int | None = None
    delay_ms: int | None = None
    exclude: list[str] | None = None
    respect_robots: bool | None = None
    user_agent: str | None = None
    basic_auth: BasicAuth | None = None
    cookie: str | None = field(default=None, repr=False)
    checks_network: list[NetworkCheck] | None = None
    include_subdomains: bool | None = None
    profile: str | None = None
    thresholds: dict[str, float] | None = None
    disable_checks: list[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedIn:
    """Answer of a log-in; the client that logged in uses the token from then on."""

    access_token: str = field(repr=False)
    token_type: Literal["Bearer"]
    expires_in: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedOut:
    """Answer of a log-out."""

    revoked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """Answer of a registration; the same whether the address was known before or not."""

    email: str
    tier: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """Who a log-in's token belongs to, and until when it holds."""

    valid: bool
    user_id: str
    email: str
    tier: str
    scopes: list[Scope]
    issued_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenItem:
    """An API key without its secret."""

    id: str
    client_id: str
    name: str
    prefix: str
    scopes: list[Scope]
    mode: KeyMode
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenSecret(TokenItem):
    """An API key with its secret, which is never shown again."""

    token: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenList:
    """API keys, newest first."""

    items: list[TokenItem]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanAccepted:
    """A scan that was started."""

    scan_id: str
    status: Status
    poll_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkError:
    """Why one address of many was refused."""

    code: str
    message: str
    param: str | None = None
    retry_after: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkItem:
    """One address of many: `scan_id`, or `error`."""

    url: str
    scan_id: str | None = None
    error: BulkError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkAccepted:
    """Answer for each address, in order."""

    items: list[BulkItem]


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a scan is, in pages."""

    phase: Phase
    found: int
    done: int
    failed: int
    skipped: int
    pages_per_second: float | None
    eta_seconds: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryScore:
    """The score of one category, 0 to 100, and its weight."""

    id: str
    score: float
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueCounts:
    """Different issues by severity."""

    critical: int
    high: int
    medium: int
    low: int
    info: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What a scan found in all."""

    pages: int
    issues: IssueCounts


@dataclass(frozen=True, slots=True, kw_only=True)
class TopIssue:
    """An issue whose repair gives many points back."""

    check: str
    severity: Severity
    pages: int
    share: float
    points_back: float
    title: str
    fix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanResult:
    """The judgement of a scan that is complete."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """A scan: `result` when it is complete, `reason` when it ended in an error."""

    scan_id: str
    url: str
    mode: Mode
    test: bool
    status: Status
    progress: Progress
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    options: dict[str, Any]
    monitor_id: str | None
    reason: str | None = None
    reason_code: str | None = None
    result: ScanResult | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundOnPage:
    """A finding of a check on a page."""

    check: str
    severity: Severity
    evidence: str
    position: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PageItem:
    """A page, what it is, and what was found on it."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class PageList:
    """Pages, and the cursor of those that follow."""

    items: list[PageItem]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueItem:
    """An issue over all pages: how much it costs, why it matters, how to fix it."""

    check: str
    severity: Severity
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


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueList:
    """Issues, and the cursor of those that follow."""

    items: list[IssueItem]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffSide:
    """One of two scans that are compared."""

    scan_id: str
    url: str
    mode: Mode
    finished_at: datetime | None
    score: float | None
    grade: str | None
    pages: int
    incomplete: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffIssue:
    """An issue that one of the scans has."""

    check: str
    severity: Severity
    title: str
    pages_before: int
    pages_after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PersistingIssue:
    """An issue that both scans have, and on how many pages it is new, gone, or says something else."""

    check: str
    severity: Severity
    title: str
    pages_before: int
    pages_after: int
    changed: bool
    severity_before: Severity
    pages_new: int
    pages_fixed: int
    pages_changed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffIssues:
    """Issues that are new, fixed, or still there."""

    new: list[DiffIssue]
    fixed: list[DiffIssue]
    persisting: list[PersistingIssue]


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffPage:
    """A page or sitemap that only one of the scans has."""

    url: str
    status: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffPages:
    """Pages or sitemaps that only one of the scans has; the cursor goes on with these alone."""

    total: int
    items: list[DiffPage]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChange:
    """An HTTP status before and after."""

    before: int | None
    after: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TextChange:
    """A text before and after."""

    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """Where a page leads, and by which status."""

    status: int
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RedirectChange:
    """A redirect before and after."""

    before: Redirect | None
    after: Redirect | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagChange:
    """A yes or no before and after."""

    before: bool | None
    after: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedPage:
    """A page of both scans, with what is different."""

    url: str
    status: StatusChange | None = None
    redirect: RedirectChange | None = None
    title: TextChange | None = None
    canonical: TextChange | None = None
    noindex: FlagChange | None = None
    robots: TextChange | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeCounts:
    """How many pages changed in what."""

    status: int
    redirect: int
    title: int
    canonical: int
    noindex: int
    robots: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedPages:
    """Pages of both scans that are different; the cursor goes on with these alone."""

    total: int
    items: list[ChangedPage]
    next_cursor: str | None
    by_field: ChangeCounts


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffSections:
    """Pages that appeared, vanished, or changed."""

    appeared: DiffPages
    vanished: DiffPages
    changed: ChangedPages


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffTexts:
    """Lines or URLs that only one of the scans has; the cursor goes on with these alone."""

    total: int
    items: list[str]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedFile:
    """A sitemap of both scans that answered with another status."""

    url: str
    status: StatusChange


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedFiles:
    """Sitemaps of both scans that answered otherwise; the cursor goes on with these alone."""

    total: int
    items: list[ChangedFile]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RobotsChanges:
    """What is different in robots.txt; `reordered` when it is only the order of its lines."""

    reordered: bool
    added: DiffTexts
    removed: DiffTexts
    status: StatusChange | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SitemapChanges:
    """What is different in the sitemaps, and in the URLs that they list."""

    appeared: DiffPages
    vanished: DiffPages
    changed: ChangedFiles
    urls_appeared: DiffTexts
    urls_vanished: DiffTexts


@dataclass(frozen=True, slots=True, kw_only=True)
class Diff:
    """What is different between two scans."""

    before: DiffSide
    after: DiffSide
    score_change: float | None
    issues: DiffIssues
    pages: DiffSections
    robots: RobotsChanges | None
    sitemaps: SitemapChanges | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryItem:
    """A scan in the history."""

    scan_id: str
    url: str
    mode: Mode
    test: bool
    status: Status
    score: float | None
    grade: str | None
    pages: int
    monitor_id: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    reason: str | None = None
    reason_code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """A page of the history, newest first."""

    items: list[HistoryItem]
    page: int
    per_page: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorScore:
    """The latest complete run of a monitor."""

    scan_id: str
    score: float | None
    grade: str | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRule:
    """When a monitor raises an alert; what is None is the service's default.

    `score_drops` takes `by` (points), `score_below` takes `score`, `new_issue` the mildest `severity`, `pages_fall`
    takes `percent`, `certificate_expires` takes `days`; `scan_failed` and `noindex_appeared` take nothing.
    """

    kind: AlertKind
    by: float | None = None
    score: float | None = None
    severity: Severity | None = None
    percent: float | None = None
    days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """An alert of a monitor, and whether it has recovered."""

    id: str
    rule: str
    subject: str
    message: str
    details: dict[str, Any]
    scan_id: str | None
    triggered_at: datetime
    recovered_scan_id: str | None
    recovered_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertList:
    """Alerts, newest first, and the cursor of those that follow."""

    items: list[Alert]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorItem:
    """A recurring scan; `next_run_at` is None while it is paused, `credentials` says whether the site gets some."""

    id: str
    name: str
    url: str
    mode: Mode
    options: dict[str, Any]
    credentials: bool
    schedule: str
    timezone: str
    jitter_seconds: int
    enabled: bool
    next_run_at: datetime | None
    alerts: list[AlertRule]
    mails: list[MailKind]
    last: MonitorScore | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorList:
    """Monitors, newest first, and the cursor of those that follow."""

    items: list[MonitorItem]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorDeleted:
    """Answer of a deletion of a monitor."""

    id: str
    deleted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorRun:
    """What became of one time that a monitor was due, and its scan if there was one."""

    due_at: datetime
    decided_at: datetime
    outcome: RunOutcome
    reason: str | None
    scan_id: str | None
    status: Status | None
    score: float | None
    grade: str | None
    pages: int | None
    issues: IssueCounts | None
    started_at: datetime | None
    finished_at: datetime | None
    incomplete: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorRunList:
    """Runs, latest first, and the cursor of those that follow."""

    items: list[MonitorRun]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageScore:
    """How one page did in one run; with neither `status` nor `error` the run didn't have it."""

    scan_id: str
    due_at: datetime
    finished_at: datetime | None
    status: int | None
    error: str | None
    score: float | None
    title: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageHistory:
    """A page over a monitor's runs, latest first, and the cursor of those that follow."""

    url: str
    items: list[PageScore]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The user."""

    id: str
    email: str
    tier: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeUsage:
    """Scans of a mode in the last 24 hours."""

    used: int
    limit: int
    next_free_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the user's tier allows."""

    requests_per_minute: int
    burst: int
    pages_per_scan: int
    running_scans: int
    monitors: int
    monitor_interval_hours: int
    kept_days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What is used up of the limits."""

    tier: str
    single: ModeUsage
    sitemap: ModeUsage
    crawl: ModeUsage
    requests_24h: int
    limits: Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookItem:
    """A webhook without its secret; without `url` it is the one for scans' own `webhook_url`."""

    id: str
    url: str | None
    events: list[EventName]
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSecret(WebhookItem):
    """A webhook with the secret that signs its messages, which is never shown again."""

    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookList:
    """Webhooks, newest first."""

    items: list[WebhookItem]


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookDeleted:
    """Answer of a deletion."""

    id: str
    deleted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryItem:
    """A message of a webhook, and how its delivery stands."""

    delivery_id: str
    event: EventName
    scan_id: str
    url: str
    status: Literal["pending", "delivered", "given_up"]
    attempts: int
    last_status: int | None
    last_error: str | None
    next_attempt_at: datetime | None
    delivered_at: datetime | None
    given_up_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryList:
    """Messages, newest first, and the cursor of those that follow."""

    items: list[DeliveryItem]
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckItem:
    """A check of the catalogue."""

    id: str
    category: str
    severity: Severity
    severities: list[Severity]
    level: Literal["page", "site"]
    title: str
    why: str
    fix: str
    source: str
    network: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckList:
    """The catalogue."""

    items: list[CheckItem]
    total: int
