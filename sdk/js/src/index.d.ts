import type {
  Alert,
  AlertList,
  AlertRule,
  BulkAccepted,
  CheckList,
  DeliveryItem,
  DeliveryList,
  Diff,
  EndEvent,
  EventName,
  ExportFormat,
  FindingEvent,
  History,
  HistoryItem,
  IssueItem,
  IssueList,
  KeyMode,
  LoggedIn,
  LoggedOut,
  MailKind,
  Mode,
  MonitorDeleted,
  MonitorItem,
  MonitorList,
  MonitorRun,
  MonitorRunList,
  PageHistory,
  PageItem,
  PageList,
  PageScore,
  Profile,
  ProgressEvent,
  Registered,
  Scan,
  ScanAccepted,
  ScanOptions,
  Scope,
  Severity,
  Status,
  TokenItem,
  TokenList,
  TokenSecret,
  Usage,
  Verified,
  WebhookDeleted,
  WebhookEvent,
  WebhookList,
  WebhookSecret,
} from "./models.js";

export * from "./models.js";

/** This package's version. */
export const VERSION: string;
/** The API's version that this package was written for. */
export const API_VERSION: string;

/** How often and how long a call is tried. Only reads, and starts of scans (by their Idempotency-Key), are repeated. */
export interface RetryPolicy {
  /** Tries in all, the first included; 1 switches repeating off. Default 4. */
  attempts?: number;
  /** The first pause is drawn from 0 to this, and each range is twice the one before. Default 0.5. */
  baseSeconds?: number;
  /** No range is larger. Default 8. */
  capSeconds?: number;
  /** From the first try's begin, pauses and tries included; a pause that would end later isn't begun. Default 60. */
  totalSeconds?: number;
}

export interface ClientOptions {
  /** For one try of a call, from its begin to the last byte. Default 30. */
  timeoutSeconds?: number;
  retry?: RetryPolicy;
  /** Used in place of the global `fetch`. */
  fetch?: typeof fetch;
}

/** What every call takes. */
export interface CallOptions {
  /** Ends the call; it rejects with the signal's reason then. */
  signal?: AbortSignal;
}

export interface CreateTokenOptions extends CallOptions {
  scopes?: Scope[];
  mode?: KeyMode;
}

export interface CreateScansOptions extends CallOptions {
  options?: ScanOptions;
  webhookUrl?: string;
  /** A new one by default. */
  idempotencyKey?: string;
}

export interface CreateScanOptions extends CreateScansOptions {
  /** `single` by default. */
  mode?: Mode;
}

export interface WaitOptions extends CallOptions {
  /** Default 3600. */
  timeoutSeconds?: number;
}

export interface WaitForScanOptions extends WaitOptions {
  /** Called with each answer. */
  onProgress?: (scan: Scan) => void;
}

export interface DiffOptions extends CallOptions {
  /** The earlier scan; by default the latest complete one of the same URL and mode. */
  against?: string;
  cursor?: string | null;
  limit?: number;
}

export interface IterPagesOptions extends CallOptions {
  /** How many are asked for at a time. */
  limit?: number;
  /** As discovered, or the lowest score first. */
  sort?: "found" | "score";
  /** Only pages on which this check fired. */
  check?: string;
  /** Only pages that answered with this HTTP status. */
  status?: number;
  /** Only where the URL contains this. */
  url?: string;
}

export interface ListPagesOptions extends IterPagesOptions {
  cursor?: string | null;
}

export interface IterIssuesOptions extends CallOptions {
  limit?: number;
  severity?: Severity;
  category?: string;
}

export interface ListIssuesOptions extends IterIssuesOptions {
  cursor?: string | null;
}

export interface IterHistoryOptions extends CallOptions {
  perPage?: number;
  mode?: Mode;
  status?: Status;
  /** Only where the URL contains this. */
  url?: string;
}

export interface ListHistoryOptions extends IterHistoryOptions {
  page?: number;
}

/** How many items are asked for at a time. */
export interface IterOptions extends CallOptions {
  limit?: number;
}

/** Which part of a list. */
export interface ListOptions extends IterOptions {
  cursor?: string | null;
}

export interface CreateMonitorOptions extends CallOptions {
  /** A zone of the IANA database; UTC by default. */
  timezone?: string;
  /** `single` by default. */
  mode?: Mode;
  options?: ScanOptions;
  /** The host by default. */
  name?: string;
  enabled?: boolean;
  alerts?: AlertRule[];
  /** What goes to the account's address. */
  mails?: MailKind[];
}

/** What is left out stays as it is. */
export interface ChangeMonitorOptions extends CreateMonitorOptions {
  url?: string;
  schedule?: string;
}

export interface CreateWebhookOptions extends CallOptions {
  /** All by default. */
  events?: EventName[];
}

export interface ExportOptions extends CallOptions {
  /** For all of it. Default 600. */
  timeoutSeconds?: number;
}

export interface ExportBytesOptions extends ExportOptions {
  /** Default 256 MiB. */
  maxBytes?: number;
}

export type ScanEvent =
  | { type: "progress"; data: ProgressEvent }
  | { type: "finding"; data: FindingEvent }
  | { type: "end"; data: EndEvent };

/**
 * A caller of one service; without a token it is a guest, known by address.
 *
 * Every method rejects with `ScanfleetError`: `ApiError` and its kinds for what the service refuses,
 * `ConnectionFailedError` and `RequestTimeoutError` for what got lost; and with `TypeError` for arguments that can't be
 * sent. Answers are as the API gives them, in its names.
 */
export class Client {
  /**
   * @param baseUrl the service's address, such as `https://seo.example.com`
   * @param token an API key (`sk_…`), or the token of a log-in
   */
  constructor(baseUrl: string, token?: string | null, options?: ClientOptions);

  /** Make a user of tier `free`; an address that is known already gets the same answer. */
  register(email: string, password: string, options?: CallOptions): Promise<Registered>;
  /** Log in; from now on this client uses the token, which holds for `expires_in` seconds. `access_token` isn't enumerable. */
  login(email: string, password: string, options?: CallOptions): Promise<LoggedIn>;
  /** Who the log-in's token belongs to, and until when it holds. */
  verify(options?: CallOptions): Promise<Verified>;
  /** Revoke the log-in's token; this client is a guest from now on. */
  logout(options?: CallOptions): Promise<LoggedOut>;

  /** The user's API keys, newest first, without their secrets. */
  listTokens(options?: CallOptions): Promise<TokenList>;
  /** Make an API key; the answer is the only one that holds its secret, in `token`, which isn't enumerable. */
  createToken(name: string, options?: CreateTokenOptions): Promise<TokenSecret>;
  /** Give an API key a new secret, in `token`, which isn't enumerable; the old one stops working. */
  regenerateToken(tokenId: string, options?: CallOptions): Promise<TokenSecret>;
  /** Revoke an API key for good. */
  revokeToken(tokenId: string, options?: CallOptions): Promise<TokenItem>;

  /** Start a scan. It is never started twice: repeats carry the same Idempotency-Key, a new one by default. */
  createScan(url: string, options?: CreateScanOptions): Promise<ScanAccepted>;
  /** Start up to 50 single scans; each item of the answer holds a `scan_id` or an `error`. */
  createScans(urls: string[], options?: CreateScansOptions): Promise<BulkAccepted>;
  /** A scan's status and progress, and its result once it is complete. */
  getScan(scanId: string, options?: CallOptions): Promise<Scan>;
  /** Stop a running scan; what it has done so far stays. */
  stopScan(scanId: string, options?: CallOptions): Promise<Scan>;
  /**
   * The scan once it has ended, whether complete, stopped or in error: look at `status`. Asks every 2 to 3 s, and rides
   * out failures that may pass. Rejects with `WaitTimeoutError` after `timeoutSeconds`.
   */
  waitForScan(scanId: string, options?: WaitForScanOptions): Promise<Scan>;
  /** As `waitForScan`, giving each answer. */
  pollScan(scanId: string, options?: WaitOptions): AsyncGenerator<Scan, void, undefined>;
  /**
   * A scan's events as they happen, the last one of type `end`; each kind of finding comes once. Connects again when a
   * connection breaks. Throws `WaitTimeoutError` after `timeoutSeconds`.
   */
  watchScan(scanId: string, options?: WaitOptions): AsyncGenerator<ScanEvent, void, undefined>;
  /** What is different from an earlier scan; a section's `next_cursor` goes on with that section. */
  getDiff(scanId: string, options?: DiffOptions): Promise<Diff>;
  /** Some pages of a scan. */
  listPages(scanId: string, options?: ListPagesOptions): Promise<PageList>;
  /** Every page of a scan, 500 at a time by default. */
  iterPages(scanId: string, options?: IterPagesOptions): AsyncGenerator<PageItem, void, undefined>;
  /** Some issues of a scan, those that give most points back first. */
  listIssues(scanId: string, options?: ListIssuesOptions): Promise<IssueList>;
  /** Every issue of a scan, 500 at a time by default. */
  iterIssues(scanId: string, options?: IterIssuesOptions): AsyncGenerator<IssueItem, void, undefined>;
  /** A page of the user's scans, newest first. */
  listHistory(options?: ListHistoryOptions): Promise<History>;
  /** Every scan of the user, newest first; one that moves down because of a new scan may come twice. */
  iterHistory(options?: IterHistoryOptions): AsyncGenerator<HistoryItem, void, undefined>;

  /** A scan's export, piece by piece. A broken-off one throws `ConnectionFailedError`. */
  exportPieces(scanId: string, format: ExportFormat, options?: ExportOptions): AsyncGenerator<Uint8Array, void, undefined>;
  /** A scan's export in memory; rejects with `UnexpectedAnswerError` beyond `maxBytes`. */
  exportBytes(scanId: string, format: ExportFormat, options?: ExportBytesOptions): Promise<Uint8Array>;

  /** Who the caller is. */
  getProfile(options?: CallOptions): Promise<Profile>;
  /** What is used up of the limits; asking uses nothing up. */
  getUsage(options?: CallOptions): Promise<Usage>;

  /** Some of the user's monitors, newest first. */
  listMonitors(options?: ListOptions): Promise<MonitorList>;
  /** Every monitor of the user, newest first, 500 at a time by default. */
  iterMonitors(options?: IterOptions): AsyncGenerator<MonitorItem, void, undefined>;
  /** Scan a site on schedule from now on; `schedule` is hourly, daily, weekly, or a cron expression. */
  createMonitor(url: string, schedule: string, options?: CreateMonitorOptions): Promise<MonitorItem>;
  /** A monitor with its latest complete run. */
  getMonitor(monitorId: string, options?: CallOptions): Promise<MonitorItem>;
  /** Change a monitor, pause it (`enabled: false`) or resume it. */
  changeMonitor(monitorId: string, options?: ChangeMonitorOptions): Promise<MonitorItem>;
  /** Delete a monitor and the record of its runs; its scans stay. */
  deleteMonitor(monitorId: string, options?: CallOptions): Promise<MonitorDeleted>;
  /** Start a run now, besides the schedule. It isn't repeated by itself, since it can't carry a key. */
  runMonitor(monitorId: string, options?: CallOptions): Promise<ScanAccepted>;
  /** Some runs of a monitor, latest first, those that were skipped included. */
  listRuns(monitorId: string, options?: ListOptions): Promise<MonitorRunList>;
  /** Every run of a monitor, latest first, 500 at a time by default. */
  iterRuns(monitorId: string, options?: IterOptions): AsyncGenerator<MonitorRun, void, undefined>;
  /** Some alerts of a monitor, newest first, those that have recovered included. */
  listAlerts(monitorId: string, options?: ListOptions): Promise<AlertList>;
  /** Every alert of a monitor, newest first, 500 at a time by default. */
  iterAlerts(monitorId: string, options?: IterOptions): AsyncGenerator<Alert, void, undefined>;
  /** How one page did in some of a monitor's complete runs, latest first. */
  pageHistory(monitorId: string, url: string, options?: ListOptions): Promise<PageHistory>;
  /** How one page did in every complete run of a monitor, latest first, 500 at a time by default. */
  iterPageHistory(
    monitorId: string,
    url: string,
    options?: IterOptions,
  ): AsyncGenerator<PageScore, void, undefined>;

  /** The user's webhooks, newest first. */
  listWebhooks(options?: CallOptions): Promise<WebhookList>;
  /**
   * Make a webhook; the answer is the only one that holds its `secret`, which isn't enumerable. With null for `url` it
   * is the default one, which signs the messages to scans' own webhook address: it gets a new secret.
   */
  createWebhook(url: string | null, options?: CreateWebhookOptions): Promise<WebhookSecret>;
  /** Delete a webhook. */
  deleteWebhook(webhookId: string, options?: CallOptions): Promise<WebhookDeleted>;
  /** Some of a webhook's messages, newest first. */
  listDeliveries(webhookId: string, options?: ListOptions): Promise<DeliveryList>;
  /** Every message of a webhook, newest first, 500 at a time by default. */
  iterDeliveries(webhookId: string, options?: IterOptions): AsyncGenerator<DeliveryItem, void, undefined>;

  /** The catalogue of checks. */
  listChecks(options?: CallOptions): Promise<CheckList>;
  /** The API's OpenAPI document. */
  getOpenapi(options?: CallOptions): Promise<Record<string, unknown>>;
}

/** Everything that this package throws about a call derives from it. No text in it ever holds the credential. */
export class ScanfleetError extends Error {}
/** There was no answer, or only a part of one: refused, broken off, or not verifiable (TLS). */
export class ConnectionFailedError extends ScanfleetError {}
/** The answer didn't come, or didn't go on, in time. */
export class RequestTimeoutError extends ScanfleetError {}
/** A success that doesn't look as the API's contract says, or is larger than this client takes. */
export class UnexpectedAnswerError extends ScanfleetError {}
/** A scan hadn't ended when the time to wait for it was over. It goes on. */
export class WaitTimeoutError extends ScanfleetError {
  readonly scanId: string;
}
/** A webhook's message that can't be trusted. */
export class SignatureError extends ScanfleetError {
  readonly reason: "malformed" | "mismatch" | "expired";
}
/** The service answered with an error. */
export class ApiError extends ScanfleetError {
  readonly kind:
    | "api"
    | "invalid_request"
    | "authentication"
    | "permission"
    | "not_found"
    | "conflict"
    | "rate_limit"
    | "server";
  /** The HTTP status; 0 where a browser hides it, which it does for redirects. */
  readonly status: number;
  /** The contract's code, such as `INVALID_URL`; `UNEXPECTED_ANSWER` where the answer wasn't the service's own. */
  readonly code: string;
  /** The field or parameter that is at fault. */
  readonly param: string | null;
  /** Seconds to wait before another try. */
  readonly retryAfter: number | null;
  /** What to name when asking the service's operators. */
  readonly requestId: string | null;
}
/** 400, 405, 413, 415 and other 4xx: the request itself is wrong; `param` names the field. */
export class InvalidRequestError extends ApiError {}
/** 401: no credential, or one that isn't valid. */
export class AuthenticationError extends ApiError {}
/** 403: the credential doesn't allow it. */
export class PermissionDeniedError extends ApiError {}
/** 404. */
export class NotFoundError extends ApiError {}
/** 409: the state forbids it. */
export class ConflictError extends ApiError {}
/** 429: a limit is used up; `retryAfter` says for how long. */
export class RateLimitError extends ApiError {}
/** 5xx: the service, or something before it, has a problem. */
export class ServerError extends ApiError {}

export const SIGNATURE_HEADER: "X-Scanfleet-Signature";
export const TOLERANCE_SECONDS: 300;

export interface VerifyOptions {
  /** Seconds since the epoch; the clock's by default. */
  now?: number;
  /** How many seconds the message's time may be off, either way. */
  tolerance?: number;
}

/** Resolves if the message is the service's own and fresh, else rejects with `SignatureError`. `body` is the raw body. */
export function verifySignature(
  body: string | ArrayBuffer | ArrayBufferView,
  header: string,
  secret: string,
  options?: VerifyOptions,
): Promise<void>;

/** The message, verified. It may come more than once; `delivery_id` tells. Rejects as `verifySignature` does. */
export function readWebhook(
  body: string | ArrayBuffer | ArrayBufferView,
  header: string,
  secret: string,
  options?: VerifyOptions,
): Promise<WebhookEvent>;
