// What the API takes and gives, name by name as in its OpenAPI document. Times are text as RFC 3339 has it, in UTC.

export type Mode = "single" | "sitemap" | "crawl";
export type Status = "running" | "complete" | "error" | "stopped";
export type Phase = "queued" | "discovering" | "fetching" | "analysing" | "ended";
export type Severity = "critical" | "high" | "medium" | "low" | "info";
export type Scope = "read" | "scan" | "export";
export type KeyMode = "live" | "test";
export type EventName = "scan.complete" | "scan.error" | "scan.stopped" | "alert.triggered";
export type RunOutcome = "started" | "by_hand" | "caught_up" | "skipped_overlap" | "skipped_limit" | "refused";
export type AlertKind = "score_drops" | "score_below" | "new_issue" | "pages_fall" | "scan_failed" | "noindex_appeared" | "certificate_expires";
export type MailKind = "alerts" | "report_link" | "report_pdf";
export type NetworkCheck = "external" | "tls" | "host_variants" | "random_404" | "ai_agents" | "assets";
export type ExportFormat = "json" | "csv" | "pdf" | "html";

/** A user name and password for the scanned site. */
export interface BasicAuth {
  username: string;
  password: string;
}

/** How a scan is done; what is None is left to the service. See `POST /scans` in the API's document. */
export interface ScanOptions {
  max_pages?: number;
  max_depth?: number;
  concurrency?: number;
  delay_ms?: number;
  exclude?: string[];
  respect_robots?: boolean;
  user_agent?: string;
  basic_auth?: BasicAuth;
  cookie?: string;
  checks_network?: NetworkCheck[];
  include_subdomains?: boolean;
  profile?: string;
  thresholds?: Record<string, number>;
  disable_checks?: string[];
}

/** Answer of a log-in; the client that logged in uses the token from then on. */
export interface LoggedIn {
  access_token: string;
  token_type: "Bearer";
  expires_in: number;
}

/** Answer of a log-out. */
export interface LoggedOut {
  revoked: boolean;
}

/** Answer of a registration; the same whether the address was known before or not. */
export interface Registered {
  email: string;
  tier: string;
}

/** Who a log-in's token belongs to, and until when it holds. */
export interface Verified {
  valid: boolean;
  user_id: string;
  email: string;
  tier: string;
  scopes: Scope[];
  issued_at: string;
  expires_at: string;
}

/** An API key without its secret. */
export interface TokenItem {
  id: string;
  client_id: string;
  name: string;
  prefix: string;
  scopes: Scope[];
  mode: KeyMode;
  created_at: string;
  last_used_at: string | null;
  revoked_at: string | null;
}

/** An API key with its secret, which is never shown again. */
export interface TokenSecret extends TokenItem {
  token: string;
}

/** API keys, newest first. */
export interface TokenList {
  items: TokenItem[];
}

/** A scan that was started. */
export interface ScanAccepted {
  scan_id: string;
  status: Status;
  poll_url: string;
}

/** Why one address of many was refused. */
export interface BulkError {
  code: string;
  message: string;
  param?: string;
  retry_after?: number;
}

/** One address of many: `scan_id`, or `error`. */
export interface BulkItem {
  url: string;
  scan_id?: string;
  error?: BulkError;
}

/** Answer for each address, in order. */
export interface BulkAccepted {
  items: BulkItem[];
}

/** How far a scan is, in pages. */
export interface Progress {
  phase: Phase;
  found: number;
  done: number;
  failed: number;
  skipped: number;
  pages_per_second: number | null;
  eta_seconds: number | null;
}

/** The score of one category, 0 to 100, and its weight. */
export interface CategoryScore {
  id: string;
  score: number;
  weight: number;
}

/** Different issues by severity. */
export interface IssueCounts {
  critical: number;
  high: number;
  medium: number;
  low: number;
  info: number;
}

/** What a scan found in all. */
export interface Totals {
  pages: number;
  issues: IssueCounts;
}

/** An issue whose repair gives many points back. */
export interface TopIssue {
  check: string;
  severity: Severity;
  pages: number;
  share: number;
  points_back: number;
  title: string;
  fix: string;
}

/** The judgement of a scan that is complete. */
export interface ScanResult {
  score: number;
  grade: string;
  score_version: string;
  profile: string;
  coverage: number;
  categories: CategoryScore[];
  totals: Totals;
  top_issues: TopIssue[];
  gates: string[];
  incomplete: string | null;
  suppressed: string[];
}

/** A scan: `result` when it is complete, `reason` when it ended in an error. */
export interface Scan {
  scan_id: string;
  url: string;
  mode: Mode;
  test: boolean;
  status: Status;
  progress: Progress;
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
  options: Record<string, unknown>;
  monitor_id: string | null;
  reason?: string;
  reason_code?: string;
  result?: ScanResult;
}

/** A finding of a check on a page. */
export interface FoundOnPage {
  check: string;
  severity: Severity;
  evidence: string;
  position: string;
  count: number;
}

/** A page, what it is, and what was found on it. */
export interface PageItem {
  url: string;
  final_url: string | null;
  status: number | null;
  error: string | null;
  redirects: Record<string, unknown>[];
  score: number | null;
  title: string | null;
  depth: number | null;
  bytes: number | null;
  duration_ms: number | null;
  facts: Record<string, unknown>;
  findings: FoundOnPage[];
}

/** Pages, and the cursor of those that follow. */
export interface PageList {
  items: PageItem[];
  next_cursor: string | null;
}

/** An issue over all pages: how much it costs, why it matters, how to fix it. */
export interface IssueItem {
  check: string;
  severity: Severity;
  category: string;
  title: string;
  why: string;
  fix: string;
  source: string;
  pages: number;
  share: number;
  points_lost: number;
  points_back: number;
  examples: Record<string, unknown>[];
}

/** Issues, and the cursor of those that follow. */
export interface IssueList {
  items: IssueItem[];
  next_cursor: string | null;
}

/** One of two scans that are compared. */
export interface DiffSide {
  scan_id: string;
  url: string;
  mode: Mode;
  finished_at: string | null;
  score: number | null;
  grade: string | null;
  pages: number;
  incomplete: string | null;
}

/** An issue that one of the scans has. */
export interface DiffIssue {
  check: string;
  severity: Severity;
  title: string;
  pages_before: number;
  pages_after: number;
}

/** An issue that both scans have, and on how many pages it is new, gone, or says something else. */
export interface PersistingIssue {
  check: string;
  severity: Severity;
  title: string;
  pages_before: number;
  pages_after: number;
  changed: boolean;
  severity_before: Severity;
  pages_new: number;
  pages_fixed: number;
  pages_changed: number;
}

/** Issues that are new, fixed, or still there. */
export interface DiffIssues {
  new: DiffIssue[];
  fixed: DiffIssue[];
  persisting: PersistingIssue[];
}

/** A page or sitemap that only one of the scans has. */
export interface DiffPage {
  url: string;
  status: number | null;
}

/** Pages or sitemaps that only one of the scans has; the cursor goes on with these alone. */
export interface DiffPages {
  total: number;
  items: DiffPage[];
  next_cursor: string | null;
}

/** An HTTP status before and after. */
export interface StatusChange {
  before: number | null;
  after: number | null;
}

/** A text before and after. */
export interface TextChange {
  before: string | null;
  after: string | null;
}

/** Where a page leads, and by which status. */
export interface Redirect {
  status: number;
  url: string;
}

/** A redirect before and after. */
export interface RedirectChange {
  before: Redirect | null;
  after: Redirect | null;
}

/** A yes or no before and after. */
export interface FlagChange {
  before: boolean | null;
  after: boolean | null;
}

/** A page of both scans, with what is different. */
export interface ChangedPage {
  url: string;
  status?: StatusChange;
  redirect?: RedirectChange;
  title?: TextChange;
  canonical?: TextChange;
  noindex?: FlagChange;
  robots?: TextChange;
}

/** How many pages changed in what. */
export interface ChangeCounts {
  status: number;
  redirect: number;
  title: number;
  canonical: number;
  noindex: number;
  robots: number;
}

/** Pages of both scans that are different; the cursor goes on with these alone. */
export interface ChangedPages {
  total: number;
  items: ChangedPage[];
  next_cursor: string | null;
  by_field: ChangeCounts;
}

/** Pages that appeared, vanished, or changed. */
export interface DiffSections {
  appeared: DiffPages;
  vanished: DiffPages;
  changed: ChangedPages;
}

/** Lines or URLs that only one of the scans has; the cursor goes on with these alone. */
export interface DiffTexts {
  total: number;
  items: string[];
  next_cursor: string | null;
}

/** A sitemap of both scans that answered with another status. */
export interface ChangedFile {
  url: string;
  status: StatusChange;
}

/** Sitemaps of both scans that answered otherwise; the cursor goes on with these alone. */
export interface ChangedFiles {
  total: number;
  items: ChangedFile[];
  next_cursor: string | null;
}

/** What is different in robots.txt; `reordered` when it is only the order of its lines. */
export interface RobotsChanges {
  reordered: boolean;
  added: DiffTexts;
  removed: DiffTexts;
  status?: StatusChange;
}

/** What is different in the sitemaps, and in the URLs that they list. */
export interface SitemapChanges {
  appeared: DiffPages;
  vanished: DiffPages;
  changed: ChangedFiles;
  urls_appeared: DiffTexts;
  urls_vanished: DiffTexts;
}

/** What is different between two scans. */
export interface Diff {
  before: DiffSide;
  after: DiffSide;
  score_change: number | null;
  issues: DiffIssues;
  pages: DiffSections;
  robots: RobotsChanges | null;
  sitemaps: SitemapChanges | null;
}

/** A scan in the history. */
export interface HistoryItem {
  scan_id: string;
  url: string;
  mode: Mode;
  test: boolean;
  status: Status;
  score: number | null;
  grade: string | null;
  pages: number;
  monitor_id: string | null;
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
  reason?: string;
  reason_code?: string;
}

/** A page of the history, newest first. */
export interface History {
  items: HistoryItem[];
  page: number;
  per_page: number;
  total: number;
}

/** The latest complete run of a monitor. */
export interface MonitorScore {
  scan_id: string;
  score: number | null;
  grade: string | null;
  finished_at: string | null;
}

/** When a monitor raises an alert; what is None is the service's default. */
export interface AlertRule {
  kind: AlertKind;
  by?: number;
  score?: number;
  severity?: Severity;
  percent?: number;
  days?: number;
}

/** An alert of a monitor, and whether it has recovered. */
export interface Alert {
  id: string;
  rule: string;
  subject: string;
  message: string;
  details: Record<string, unknown>;
  scan_id: string | null;
  triggered_at: string;
  recovered_scan_id: string | null;
  recovered_at: string | null;
}

/** Alerts, newest first, and the cursor of those that follow. */
export interface AlertList {
  items: Alert[];
  next_cursor: string | null;
}

/** A recurring scan; `next_run_at` is None while it is paused, `credentials` says whether the site gets some. */
export interface MonitorItem {
  id: string;
  name: string;
  url: string;
  mode: Mode;
  options: Record<string, unknown>;
  credentials: boolean;
  schedule: string;
  timezone: string;
  jitter_seconds: number;
  enabled: boolean;
  next_run_at: string | null;
  alerts: AlertRule[];
  mails: MailKind[];
  last: MonitorScore | null;
  created_at: string;
  updated_at: string;
}

/** Monitors, newest first, and the cursor of those that follow. */
export interface MonitorList {
  items: MonitorItem[];
  next_cursor: string | null;
}

/** Answer of a deletion of a monitor. */
export interface MonitorDeleted {
  id: string;
  deleted: boolean;
}

/** What became of one time that a monitor was due, and its scan if there was one. */
export interface MonitorRun {
  due_at: string;
  decided_at: string;
  outcome: RunOutcome;
  reason: string | null;
  scan_id: string | null;
  status: Status | null;
  score: number | null;
  grade: string | null;
  pages: number | null;
  issues: IssueCounts | null;
  started_at: string | null;
  finished_at: string | null;
  incomplete: string | null;
}

/** Runs, latest first, and the cursor of those that follow. */
export interface MonitorRunList {
  items: MonitorRun[];
  next_cursor: string | null;
}

/** How one page did in one run; with neither `status` nor `error` the run didn't have it. */
export interface PageScore {
  scan_id: string;
  due_at: string;
  finished_at: string | null;
  status: number | null;
  error: string | null;
  score: number | null;
  title: string | null;
}

/** A page over a monitor's runs, latest first, and the cursor of those that follow. */
export interface PageHistory {
  url: string;
  items: PageScore[];
  next_cursor: string | null;
}

/** The user. */
export interface Profile {
  id: string;
  email: string;
  tier: string;
  created_at: string;
}

/** Scans of a mode in the last 24 hours. */
export interface ModeUsage {
  used: number;
  limit: number;
  next_free_at: string | null;
}

/** What the user's tier allows. */
export interface Limits {
  requests_per_minute: number;
  burst: number;
  pages_per_scan: number;
  running_scans: number;
  monitors: number;
  monitor_interval_hours: number;
  kept_days: number;
}

/** What is used up of the limits. */
export interface Usage {
  tier: string;
  single: ModeUsage;
  sitemap: ModeUsage;
  crawl: ModeUsage;
  requests_24h: number;
  limits: Limits;
}

/** A webhook without its secret; without `url` it is the one for scans' own `webhook_url`. */
export interface WebhookItem {
  id: string;
  url: string | null;
  events: EventName[];
  created_at: string;
}

/** A webhook with the secret that signs its messages, which is never shown again. */
export interface WebhookSecret extends WebhookItem {
  secret: string;
}

/** Webhooks, newest first. */
export interface WebhookList {
  items: WebhookItem[];
}

/** Answer of a deletion. */
export interface WebhookDeleted {
  id: string;
  deleted: boolean;
}

/** A message of a webhook, and how its delivery stands. */
export interface DeliveryItem {
  delivery_id: string;
  event: EventName;
  scan_id: string;
  url: string;
  status: "pending" | "delivered" | "given_up";
  attempts: number;
  last_status: number | null;
  last_error: string | null;
  next_attempt_at: string | null;
  delivered_at: string | null;
  given_up_at: string | null;
  created_at: string;
}

/** Messages, newest first, and the cursor of those that follow. */
export interface DeliveryList {
  items: DeliveryItem[];
  next_cursor: string | null;
}

/** A check of the catalogue. */
export interface CheckItem {
  id: string;
  category: string;
  severity: Severity;
  severities: Severity[];
  level: "page" | "site";
  title: string;
  why: string;
  fix: string;
  source: string;
  network: string | null;
}

/** The catalogue. */
export interface CheckList {
  items: CheckItem[];
  total: number;
}

/** A watched scan has got on. */
export interface ProgressEvent {
  scan_id: string;
  status: Status;
  phase: Phase;
  found: number;
  done: number;
  failed: number;
  skipped: number;
  pages_per_second: number | null;
  eta_seconds: number | null;
}

/** The first finding of a check at a severity in a watched scan. */
export interface FindingEvent {
  check: string;
  severity: Severity;
  url: string | null;
  evidence: string;
  position: string;
}

/** A watched scan has ended. */
export interface EndEvent {
  scan_id: string;
  status: Status;
  reason: string | null;
  score: number | null;
  grade: string | null;
}

/** What a webhook's message is about; `score` is None where there is none, `alert` is that of `alert.triggered`. */
export interface WebhookData {
  scan_id: string;
  url: string;
  score: number | null;
  issues: IssueCounts;
  alert?: Record<string, unknown>;
}

/** A webhook's message. */
export interface WebhookEvent {
  event: EventName;
  occurred_at: string;
  delivery_id: string;
  data: WebhookData;
}

