package scanfleet

import "time"

// What the API takes and gives, name by name as in its OpenAPI document. What may be null or missing is a pointer.

// Mode: how a scan finds pages.
type Mode string

// Values of Mode; a newer service may have more.
const (
	ModeSingle  Mode = "single"
	ModeSitemap Mode = "sitemap"
	ModeCrawl   Mode = "crawl"
)

// Status: how a scan stands.
type Status string

// Values of Status; a newer service may have more.
const (
	StatusRunning  Status = "running"
	StatusComplete Status = "complete"
	StatusError    Status = "error"
	StatusStopped  Status = "stopped"
)

// Phase: what a running scan does.
type Phase string

// Values of Phase; a newer service may have more.
const (
	PhaseQueued      Phase = "queued"
	PhaseDiscovering Phase = "discovering"
	PhaseFetching    Phase = "fetching"
	PhaseAnalysing   Phase = "analysing"
	PhaseEnded       Phase = "ended"
)

// Severity: how bad an issue is.
type Severity string

// Values of Severity; a newer service may have more.
const (
	SeverityCritical Severity = "critical"
	SeverityHigh     Severity = "high"
	SeverityMedium   Severity = "medium"
	SeverityLow      Severity = "low"
	SeverityInfo     Severity = "info"
)

// Scope: what an API key may do.
type Scope string

// Values of Scope; a newer service may have more.
const (
	ScopeRead   Scope = "read"
	ScopeScan   Scope = "scan"
	ScopeExport Scope = "export"
)

// KeyMode: whether an API key is for real scans or for tests.
type KeyMode string

// Values of KeyMode; a newer service may have more.
const (
	KeyModeLive KeyMode = "live"
	KeyModeTest KeyMode = "test"
)

// EventName: what a webhook hears of.
type EventName string

// Values of EventName; a newer service may have more.
const (
	EventNameScanComplete   EventName = "scan.complete"
	EventNameScanError      EventName = "scan.error"
	EventNameScanStopped    EventName = "scan.stopped"
	EventNameAlertTriggered EventName = "alert.triggered"
)

// AlertKind: when a monitor raises an alert.
type AlertKind string

// Values of AlertKind; a newer service may have more.
const (
	AlertKindScoreDrops         AlertKind = "score_drops"
	AlertKindScoreBelow         AlertKind = "score_below"
	AlertKindNewIssue           AlertKind = "new_issue"
	AlertKindPagesFall          AlertKind = "pages_fall"
	AlertKindScanFailed         AlertKind = "scan_failed"
	AlertKindNoindexAppeared    AlertKind = "noindex_appeared"
	AlertKindCertificateExpires AlertKind = "certificate_expires"
)

// MailKind: what a monitor mails.
type MailKind string

// Values of MailKind; a newer service may have more.
const (
	MailKindAlerts     MailKind = "alerts"
	MailKindReportLink MailKind = "report_link"
	MailKindReportPdf  MailKind = "report_pdf"
)

// RunOutcome: what became of a time that a monitor was due.
type RunOutcome string

// Values of RunOutcome; a newer service may have more.
const (
	RunOutcomeStarted        RunOutcome = "started"
	RunOutcomeByHand         RunOutcome = "by_hand"
	RunOutcomeCaughtUp       RunOutcome = "caught_up"
	RunOutcomeSkippedOverlap RunOutcome = "skipped_overlap"
	RunOutcomeSkippedLimit   RunOutcome = "skipped_limit"
	RunOutcomeRefused        RunOutcome = "refused"
)

// NetworkCheck: a group of checks that ask the network.
type NetworkCheck string

// Values of NetworkCheck; a newer service may have more.
const (
	NetworkCheckExternal     NetworkCheck = "external"
	NetworkCheckTls          NetworkCheck = "tls"
	NetworkCheckHostVariants NetworkCheck = "host_variants"
	NetworkCheckRandom404    NetworkCheck = "random_404"
	NetworkCheckAiAgents     NetworkCheck = "ai_agents"
	NetworkCheckAssets       NetworkCheck = "assets"
)

// ExportFormat: a format of exports.
type ExportFormat string

// Values of ExportFormat; a newer service may have more.
const (
	ExportFormatJSON ExportFormat = "json"
	ExportFormatCSV  ExportFormat = "csv"
	ExportFormatPDF  ExportFormat = "pdf"
	ExportFormatHTML ExportFormat = "html"
)

// BasicAuth: a user name and password for the scanned site.
type BasicAuth struct {
	Username string `json:"username"`
	Password Secret `json:"password"`
}

// ScanOptions: how a scan is done; what is None is left to the service. See `POST /scans` in the API's document.
type ScanOptions struct {
	MaxPages          *int               `json:"max_pages,omitempty"`
	MaxDepth          *int               `json:"max_depth,omitempty"`
	Concurrency       *int               `json:"concurrency,omitempty"`
	DelayMS           *int               `json:"delay_ms,omitempty"`
	Exclude           []string           `json:"exclude,omitempty"`
	RespectRobots     *bool              `json:"respect_robots,omitempty"`
	UserAgent         *string            `json:"user_agent,omitempty"`
	BasicAuth         *BasicAuth         `json:"basic_auth,omitempty"`
	Cookie            *Secret            `json:"cookie,omitempty"`
	ChecksNetwork     []NetworkCheck     `json:"checks_network,omitempty"`
	IncludeSubdomains *bool              `json:"include_subdomains,omitempty"`
	Profile           *string            `json:"profile,omitempty"`
	Thresholds        map[string]float64 `json:"thresholds,omitempty"`
	DisableChecks     []string           `json:"disable_checks,omitempty"`
}

// LoggedIn: answer of a log-in; the client that logged in uses the token from then on.
type LoggedIn struct {
	AccessToken Secret `json:"access_token"`
	TokenType   string `json:"token_type"`
	ExpiresIn   int    `json:"expires_in"`
}

// LoggedOut: answer of a log-out.
type LoggedOut struct {
	Revoked bool `json:"revoked"`
}

// Registered: answer of a registration; the same whether the address was known before or not.
type Registered struct {
	Email string `json:"email"`
	Tier  string `json:"tier"`
}

// Verified: who a log-in's token belongs to, and until when it holds.
type Verified struct {
	Valid     bool      `json:"valid"`
	UserID    string    `json:"user_id"`
	Email     string    `json:"email"`
	Tier      string    `json:"tier"`
	Scopes    []Scope   `json:"scopes"`
	IssuedAt  time.Time `json:"issued_at"`
	ExpiresAt time.Time `json:"expires_at"`
}

// TokenItem: An API key without its secret.
type TokenItem struct {
	ID         string     `json:"id"`
	ClientID   string     `json:"client_id"`
	Name       string     `json:"name"`
	Prefix     string     `json:"prefix"`
	Scopes     []Scope    `json:"scopes"`
	Mode       KeyMode    `json:"mode"`
	CreatedAt  time.Time  `json:"created_at"`
	LastUsedAt *time.Time `json:"last_used_at"`
	RevokedAt  *time.Time `json:"revoked_at"`
}

// TokenSecret: An API key with its secret, which is never shown again.
type TokenSecret struct {
	TokenItem
	Token Secret `json:"token"`
}

// TokenList: API keys, newest first.
type TokenList struct {
	Items []TokenItem `json:"items"`
}

// ScanAccepted: a scan that was started.
type ScanAccepted struct {
	ScanID  string `json:"scan_id"`
	Status  Status `json:"status"`
	PollURL string `json:"poll_url"`
}

// BulkError: why one address of many was refused.
type BulkError struct {
	Code       string  `json:"code"`
	Message    string  `json:"message"`
	Param      *string `json:"param"`
	RetryAfter *int    `json:"retry_after"`
}

// BulkItem: one address of many: `scan_id`, or `error`.
type BulkItem struct {
	URL    string     `json:"url"`
	ScanID *string    `json:"scan_id"`
	Error  *BulkError `json:"error"`
}

// BulkAccepted: answer for each address, in order.
type BulkAccepted struct {
	Items []BulkItem `json:"items"`
}

// Progress: how far a scan is, in pages.
type Progress struct {
	Phase          Phase    `json:"phase"`
	Found          int      `json:"found"`
	Done           int      `json:"done"`
	Failed         int      `json:"failed"`
	Skipped        int      `json:"skipped"`
	PagesPerSecond *float64 `json:"pages_per_second"`
	ETASeconds     *int     `json:"eta_seconds"`
}

// CategoryScore: the score of one category, 0 to 100, and its weight.
type CategoryScore struct {
	ID     string  `json:"id"`
	Score  float64 `json:"score"`
	Weight float64 `json:"weight"`
}

// IssueCounts: different issues by severity.
type IssueCounts struct {
	Critical int `json:"critical"`
	High     int `json:"high"`
	Medium   int `json:"medium"`
	Low      int `json:"low"`
	Info     int `json:"info"`
}

// Totals: what a scan found in all.
type Totals struct {
	Pages  int         `json:"pages"`
	Issues IssueCounts `json:"issues"`
}

// TopIssue: an issue whose repair gives many points back.
type TopIssue struct {
	Check      string   `json:"check"`
	Severity   Severity `json:"severity"`
	Pages      int      `json:"pages"`
	Share      float64  `json:"share"`
	PointsBack float64  `json:"points_back"`
	Title      string   `json:"title"`
	Fix        string   `json:"fix"`
}

// ScanResult: the judgement of a scan that is complete.
type ScanResult struct {
	Score        float64         `json:"score"`
	Grade        string          `json:"grade"`
	ScoreVersion string          `json:"score_version"`
	Profile      string          `json:"profile"`
	Coverage     float64         `json:"coverage"`
	Categories   []CategoryScore `json:"categories"`
	Totals       Totals          `json:"totals"`
	TopIssues    []TopIssue      `json:"top_issues"`
	Gates        []string        `json:"gates"`
	Incomplete   *string         `json:"incomplete"`
	Suppressed   []string        `json:"suppressed"`
}

// Scan: a scan: `result` when it is complete, `reason` when it ended in an error.
type Scan struct {
	ScanID     string         `json:"scan_id"`
	URL        string         `json:"url"`
	Mode       Mode           `json:"mode"`
	Test       bool           `json:"test"`
	Status     Status         `json:"status"`
	Progress   Progress       `json:"progress"`
	CreatedAt  time.Time      `json:"created_at"`
	StartedAt  *time.Time     `json:"started_at"`
	FinishedAt *time.Time     `json:"finished_at"`
	Options    map[string]any `json:"options"`
	MonitorID  *string        `json:"monitor_id"`
	Reason     *string        `json:"reason"`
	ReasonCode *string        `json:"reason_code"`
	Result     *ScanResult    `json:"result"`
}

// FoundOnPage: a finding of a check on a page.
type FoundOnPage struct {
	Check    string   `json:"check"`
	Severity Severity `json:"severity"`
	Evidence string   `json:"evidence"`
	Position string   `json:"position"`
	Count    int      `json:"count"`
}

// PageItem: a page, what it is, and what was found on it.
type PageItem struct {
	URL        string           `json:"url"`
	FinalURL   *string          `json:"final_url"`
	Status     *int             `json:"status"`
	Error      *string          `json:"error"`
	Redirects  []map[string]any `json:"redirects"`
	Score      *float64         `json:"score"`
	Title      *string          `json:"title"`
	Depth      *int             `json:"depth"`
	Bytes      *int             `json:"bytes"`
	DurationMS *int             `json:"duration_ms"`
	Facts      map[string]any   `json:"facts"`
	Findings   []FoundOnPage    `json:"findings"`
}

// PageList: pages, and the cursor of those that follow.
type PageList struct {
	Items      []PageItem `json:"items"`
	NextCursor *string    `json:"next_cursor"`
}

// IssueItem: an issue over all pages: how much it costs, why it matters, how to fix it.
type IssueItem struct {
	Check      string           `json:"check"`
	Severity   Severity         `json:"severity"`
	Category   string           `json:"category"`
	Title      string           `json:"title"`
	Why        string           `json:"why"`
	Fix        string           `json:"fix"`
	Source     string           `json:"source"`
	Pages      int              `json:"pages"`
	Share      float64          `json:"share"`
	PointsLost float64          `json:"points_lost"`
	PointsBack float64          `json:"points_back"`
	Examples   []map[string]any `json:"examples"`
}

// IssueList: issues, and the cursor of those that follow.
type IssueList struct {
	Items      []IssueItem `json:"items"`
	NextCursor *string     `json:"next_cursor"`
}

// DiffSide: one of two scans that are compared.
type DiffSide struct {
	ScanID     string     `json:"scan_id"`
	URL        string     `json:"url"`
	Mode       Mode       `json:"mode"`
	FinishedAt *time.Time `json:"finished_at"`
	Score      *float64   `json:"score"`
	Grade      *string    `json:"grade"`
	Pages      int        `json:"pages"`
	Incomplete *string    `json:"incomplete"`
}

// DiffIssue: an issue that one of the scans has.
type DiffIssue struct {
	Check       string   `json:"check"`
	Severity    Severity `json:"severity"`
	Title       string   `json:"title"`
	PagesBefore int      `json:"pages_before"`
	PagesAfter  int      `json:"pages_after"`
}

// PersistingIssue: an issue that both scans have, and on how many pages it is new, gone, or says something else.
type PersistingIssue struct {
	Check          string   `json:"check"`
	Severity       Severity `json:"severity"`
	Title          string   `json:"title"`
	PagesBefore    int      `json:"pages_before"`
	PagesAfter     int      `json:"pages_after"`
	Changed        bool     `json:"changed"`
	SeverityBefore Severity `json:"severity_before"`
	PagesNew       int      `json:"pages_new"`
	PagesFixed     int      `json:"pages_fixed"`
	PagesChanged   int      `json:"pages_changed"`
}

// DiffIssues: issues that are new, fixed, or still there.
type DiffIssues struct {
	New        []DiffIssue       `json:"new"`
	Fixed      []DiffIssue       `json:"fixed"`
	Persisting []PersistingIssue `json:"persisting"`
}

// DiffPage: a page or sitemap that only one of the scans has.
type DiffPage struct {
	URL    string `json:"url"`
	Status *int   `json:"status"`
}

// DiffPages: pages or sitemaps that only one of the scans has; the cursor goes on with these alone.
type DiffPages struct {
	Total      int        `json:"total"`
	Items      []DiffPage `json:"items"`
	NextCursor *string    `json:"next_cursor"`
}

// StatusChange: an HTTP status before and after.
type StatusChange struct {
	Before *int `json:"before"`
	After  *int `json:"after"`
}

// TextChange: a text before and after.
type TextChange struct {
	Before *string `json:"before"`
	After  *string `json:"after"`
}

// Redirect: where a page leads, and by which status.
type Redirect struct {
	Status int    `json:"status"`
	URL    string `json:"url"`
}

// RedirectChange: a redirect before and after.
type RedirectChange struct {
	Before *Redirect `json:"before"`
	After  *Redirect `json:"after"`
}

// FlagChange: a yes or no before and after.
type FlagChange struct {
	Before *bool `json:"before"`
	After  *bool `json:"after"`
}

// ChangedPage: a page of both scans, with what is different.
type ChangedPage struct {
	URL       string          `json:"url"`
	Status    *StatusChange   `json:"status"`
	Redirect  *RedirectChange `json:"redirect"`
	Title     *TextChange     `json:"title"`
	Canonical *TextChange     `json:"canonical"`
	Noindex   *FlagChange     `json:"noindex"`
	Robots    *TextChange     `json:"robots"`
}

// ChangeCounts: how many pages changed in what.
type ChangeCounts struct {
	Status    int `json:"status"`
	Redirect  int `json:"redirect"`
	Title     int `json:"title"`
	Canonical int `json:"canonical"`
	Noindex   int `json:"noindex"`
	Robots    int `json:"robots"`
}

// ChangedPages: pages of both scans that are different; the cursor goes on with these alone.
type ChangedPages struct {
	Total      int           `json:"total"`
	Items      []ChangedPage `json:"items"`
	NextCursor *string       `json:"next_cursor"`
	ByField    ChangeCounts  `json:"by_field"`
}

// DiffSections: pages that appeared, vanished, or changed.
type DiffSections struct {
	Appeared DiffPages    `json:"appeared"`
	Vanished DiffPages    `json:"vanished"`
	Changed  ChangedPages `json:"changed"`
}

// DiffTexts: lines or URLs that only one of the scans has; the cursor goes on with these alone.
type DiffTexts struct {
	Total      int      `json:"total"`
	Items      []string `json:"items"`
	NextCursor *string  `json:"next_cursor"`
}

// ChangedFile: a sitemap of both scans that answered with another status.
type ChangedFile struct {
	URL    string       `json:"url"`
	Status StatusChange `json:"status"`
}

// ChangedFiles: sitemaps of both scans that answered otherwise; the cursor goes on with these alone.
type ChangedFiles struct {
	Total      int           `json:"total"`
	Items      []ChangedFile `json:"items"`
	NextCursor *string       `json:"next_cursor"`
}

// RobotsChanges: what is different in robots.txt; Reordered when it is only the order of its lines.
type RobotsChanges struct {
	Reordered bool          `json:"reordered"`
	Added     DiffTexts     `json:"added"`
	Removed   DiffTexts     `json:"removed"`
	Status    *StatusChange `json:"status"`
}

// SitemapChanges: what is different in the sitemaps, and in the URLs that they list.
type SitemapChanges struct {
	Appeared     DiffPages    `json:"appeared"`
	Vanished     DiffPages    `json:"vanished"`
	Changed      ChangedFiles `json:"changed"`
	URLsAppeared DiffTexts    `json:"urls_appeared"`
	URLsVanished DiffTexts    `json:"urls_vanished"`
}

// Diff: what is different between two scans.
type Diff struct {
	Before      DiffSide        `json:"before"`
	After       DiffSide        `json:"after"`
	ScoreChange *float64        `json:"score_change"`
	Issues      DiffIssues      `json:"issues"`
	Pages       DiffSections    `json:"pages"`
	Robots      *RobotsChanges  `json:"robots"`
	Sitemaps    *SitemapChanges `json:"sitemaps"`
}

// HistoryItem: a scan in the history.
type HistoryItem struct {
	ScanID     string     `json:"scan_id"`
	URL        string     `json:"url"`
	Mode       Mode       `json:"mode"`
	Test       bool       `json:"test"`
	Status     Status     `json:"status"`
	Score      *float64   `json:"score"`
	Grade      *string    `json:"grade"`
	Pages      int        `json:"pages"`
	MonitorID  *string    `json:"monitor_id"`
	CreatedAt  time.Time  `json:"created_at"`
	StartedAt  *time.Time `json:"started_at"`
	FinishedAt *time.Time `json:"finished_at"`
	Reason     *string    `json:"reason"`
	ReasonCode *string    `json:"reason_code"`
}

// History: a page of the history, newest first.
type History struct {
	Items   []HistoryItem `json:"items"`
	Page    int           `json:"page"`
	PerPage int           `json:"per_page"`
	Total   int           `json:"total"`
}

// MonitorScore: the latest complete run of a monitor.
type MonitorScore struct {
	ScanID     string     `json:"scan_id"`
	Score      *float64   `json:"score"`
	Grade      *string    `json:"grade"`
	FinishedAt *time.Time `json:"finished_at"`
}

// AlertRule: when a monitor raises an alert; what is None is the service's default.
type AlertRule struct {
	Kind     AlertKind `json:"kind"`
	By       *float64  `json:"by,omitempty"`
	Score    *float64  `json:"score,omitempty"`
	Severity *Severity `json:"severity,omitempty"`
	Percent  *float64  `json:"percent,omitempty"`
	Days     *int      `json:"days,omitempty"`
}

// Alert: an alert of a monitor, and whether it has recovered.
type Alert struct {
	ID              string         `json:"id"`
	Rule            string         `json:"rule"`
	Subject         string         `json:"subject"`
	Message         string         `json:"message"`
	Details         map[string]any `json:"details"`
	ScanID          *string        `json:"scan_id"`
	TriggeredAt     time.Time      `json:"triggered_at"`
	RecoveredScanID *string        `json:"recovered_scan_id"`
	RecoveredAt     *time.Time     `json:"recovered_at"`
}

// AlertList: alerts, newest first, and the cursor of those that follow.
type AlertList struct {
	Items      []Alert `json:"items"`
	NextCursor *string `json:"next_cursor"`
}

// MonitorItem: a recurring scan; `next_run_at` is None while it is paused, `credentials` says whether the site gets some.
type MonitorItem struct {
	ID            string         `json:"id"`
	Name          string         `json:"name"`
	URL           string         `json:"url"`
	Mode          Mode           `json:"mode"`
	Options       map[string]any `json:"options"`
	Credentials   bool           `json:"credentials"`
	Schedule      string         `json:"schedule"`
	Timezone      string         `json:"timezone"`
	JitterSeconds int            `json:"jitter_seconds"`
	Enabled       bool           `json:"enabled"`
	NextRunAt     *time.Time     `json:"next_run_at"`
	Alerts        []AlertRule    `json:"alerts"`
	Mails         []MailKind     `json:"mails"`
	Last          *MonitorScore  `json:"last"`
	CreatedAt     time.Time      `json:"created_at"`
	UpdatedAt     time.Time      `json:"updated_at"`
}

// MonitorList: monitors, newest first, and the cursor of those that follow.
type MonitorList struct {
	Items      []MonitorItem `json:"items"`
	NextCursor *string       `json:"next_cursor"`
}

// MonitorDeleted: answer of a deletion of a monitor.
type MonitorDeleted struct {
	ID      string `json:"id"`
	Deleted bool   `json:"deleted"`
}

// MonitorRun: what became of one time that a monitor was due, and its scan if there was one.
type MonitorRun struct {
	DueAt      time.Time    `json:"due_at"`
	DecidedAt  time.Time    `json:"decided_at"`
	Outcome    RunOutcome   `json:"outcome"`
	Reason     *string      `json:"reason"`
	ScanID     *string      `json:"scan_id"`
	Status     *Status      `json:"status"`
	Score      *float64     `json:"score"`
	Grade      *string      `json:"grade"`
	Pages      *int         `json:"pages"`
	Issues     *IssueCounts `json:"issues"`
	StartedAt  *time.Time   `json:"started_at"`
	FinishedAt *time.Time   `json:"finished_at"`
	Incomplete *string      `json:"incomplete"`
}

// MonitorRunList: runs, latest first, and the cursor of those that follow.
type MonitorRunList struct {
	Items      []MonitorRun `json:"items"`
	NextCursor *string      `json:"next_cursor"`
}

// PageScore: how one page did in one run; with neither `status` nor `error` the run didn't have it.
type PageScore struct {
	ScanID     string     `json:"scan_id"`
	DueAt      time.Time  `json:"due_at"`
	FinishedAt *time.Time `json:"finished_at"`
	Status     *int       `json:"status"`
	Error      *string    `json:"error"`
	Score      *float64   `json:"score"`
	Title      *string    `json:"title"`
}

// PageHistory: a page over a monitor's runs, latest first, and the cursor of those that follow.
type PageHistory struct {
	URL        string      `json:"url"`
	Items      []PageScore `json:"items"`
	NextCursor *string     `json:"next_cursor"`
}

// Profile: the user.
type Profile struct {
	ID        string    `json:"id"`
	Email     string    `json:"email"`
	Tier      string    `json:"tier"`
	CreatedAt time.Time `json:"created_at"`
}

// ModeUsage: scans of a mode in the last 24 hours.
type ModeUsage struct {
	Used       int        `json:"used"`
	Limit      int        `json:"limit"`
	NextFreeAt *time.Time `json:"next_free_at"`
}

// Limits: what the user's tier allows.
type Limits struct {
	RequestsPerMinute    int `json:"requests_per_minute"`
	Burst                int `json:"burst"`
	PagesPerScan         int `json:"pages_per_scan"`
	RunningScans         int `json:"running_scans"`
	Monitors             int `json:"monitors"`
	MonitorIntervalHours int `json:"monitor_interval_hours"`
	KeptDays             int `json:"kept_days"`
}

// Usage: what is used up of the limits.
type Usage struct {
	Tier        string    `json:"tier"`
	Single      ModeUsage `json:"single"`
	Sitemap     ModeUsage `json:"sitemap"`
	Crawl       ModeUsage `json:"crawl"`
	Requests24h int       `json:"requests_24h"`
	Limits      Limits    `json:"limits"`
}

// WebhookItem: a webhook without its secret; without `url` it is the one for scans' own `webhook_url`.
type WebhookItem struct {
	ID        string      `json:"id"`
	URL       *string     `json:"url"`
	Events    []EventName `json:"events"`
	CreatedAt time.Time   `json:"created_at"`
}

// WebhookSecret: a webhook with the secret that signs its messages, which is never shown again.
type WebhookSecret struct {
	WebhookItem
	Secret Secret `json:"secret"`
}

// WebhookList: webhooks, newest first.
type WebhookList struct {
	Items []WebhookItem `json:"items"`
}

// WebhookDeleted: answer of a deletion.
type WebhookDeleted struct {
	ID      string `json:"id"`
	Deleted bool   `json:"deleted"`
}

// DeliveryItem: a message of a webhook, and how its delivery stands.
type DeliveryItem struct {
	DeliveryID    string     `json:"delivery_id"`
	Event         EventName  `json:"event"`
	ScanID        string     `json:"scan_id"`
	URL           string     `json:"url"`
	Status        string     `json:"status"`
	Attempts      int        `json:"attempts"`
	LastStatus    *int       `json:"last_status"`
	LastError     *string    `json:"last_error"`
	NextAttemptAt *time.Time `json:"next_attempt_at"`
	DeliveredAt   *time.Time `json:"delivered_at"`
	GivenUpAt     *time.Time `json:"given_up_at"`
	CreatedAt     time.Time  `json:"created_at"`
}

// DeliveryList: messages, newest first, and the cursor of those that follow.
type DeliveryList struct {
	Items      []DeliveryItem `json:"items"`
	NextCursor *string        `json:"next_cursor"`
}

// CheckItem: a check of the catalogue.
type CheckItem struct {
	ID         string     `json:"id"`
	Category   string     `json:"category"`
	Severity   Severity   `json:"severity"`
	Severities []Severity `json:"severities"`
	Level      string     `json:"level"`
	Title      string     `json:"title"`
	Why        string     `json:"why"`
	Fix        string     `json:"fix"`
	Source     string     `json:"source"`
	Network    *string    `json:"network"`
}

// CheckList: the catalogue.
type CheckList struct {
	Items []CheckItem `json:"items"`
	Total int         `json:"total"`
}

// ProgressEvent: a watched scan has got on.
type ProgressEvent struct {
	ScanID         string   `json:"scan_id"`
	Status         Status   `json:"status"`
	Phase          Phase    `json:"phase"`
	Found          int      `json:"found"`
	Done           int      `json:"done"`
	Failed         int      `json:"failed"`
	Skipped        int      `json:"skipped"`
	PagesPerSecond *float64 `json:"pages_per_second"`
	ETASeconds     *int     `json:"eta_seconds"`
}

// FindingEvent: the first finding of a check at a severity in a watched scan.
type FindingEvent struct {
	Check    string   `json:"check"`
	Severity Severity `json:"severity"`
	URL      *string  `json:"url"`
	Evidence string   `json:"evidence"`
	Position string   `json:"position"`
}

// EndEvent: a watched scan has ended.
type EndEvent struct {
	ScanID string   `json:"scan_id"`
	Status Status   `json:"status"`
	Reason *string  `json:"reason"`
	Score  *float64 `json:"score"`
	Grade  *string  `json:"grade"`
}

// WebhookData: what a webhook's message is about; `score` is None where there is none, `alert` is that of `alert.triggered`.
type WebhookData struct {
	ScanID string         `json:"scan_id"`
	URL    string         `json:"url"`
	Score  *float64       `json:"score"`
	Issues IssueCounts    `json:"issues"`
	Alert  map[string]any `json:"alert"`
}

// WebhookEvent: a webhook's message.
type WebhookEvent struct {
	Event      EventName   `json:"event"`
	OccurredAt time.Time   `json:"occurred_at"`
	DeliveryID string      `json:"delivery_id"`
	Data       WebhookData `json:"data"`
}
