"""Every Prometheus collector, as constants. Labels are bounded (mode, outcome, tier), never a URL, host or user."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REGISTRY = CollectorRegistry()

_FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_SLOW = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1_800.0, 7_200.0, 86_400.0)

HTTP_REQUESTS = Histogram(
    "http_server_request_duration_seconds",
    "Time from a request's head to its response's end, by route template.",
    ("method", "route", "status"),
    buckets=_FAST,
    registry=REGISTRY,
)
QUOTA_DENIED = Counter("quota_denied", "Scans refused by the daily quota.", ("tier", "mode"), registry=REGISTRY)
REQUESTS_DENIED = Counter("requests_denied", "Requests refused by the request limit.", ("caller",), registry=REGISTRY)
LIMITER_DEGRADED = Counter("limiter_degraded", "Decisions made without Redis.", registry=REGISTRY)

SCANS_ACCEPTED = Counter("scans_accepted", "Scans accepted.", ("mode", "tier"), registry=REGISTRY)
SUBMISSIONS = Counter(
    "submissions",
    "Messages of other programs: accepted, repeated, refused (readable under their id) or set aside.",
    ("outcome",),
    registry=REGISTRY,
)
SCANS = Counter("scans", "Scans ended.", ("mode", "outcome"), registry=REGISTRY)
SCAN_DURATION = Histogram(
    "scan_duration_seconds", "From acceptance to the end.", ("mode",), buckets=_SLOW, registry=REGISTRY
)
PAGES = Counter("pages", "Pages fetched and judged.", ("outcome",), registry=REGISTRY)
PAGES_UNCHANGED = Counter(
    "pages_unchanged", "Pages whose verdict was taken over from the scan before.", registry=REGISTRY
)
FETCH_DURATION = Histogram("fetch_duration_seconds", "One fetch, redirects included.", buckets=_FAST, registry=REGISTRY)
JUDGE_DURATION = Histogram(
    "judge_duration_seconds", "Extraction and checks of one page, waiting included.", buckets=_FAST, registry=REGISTRY
)
CHECKS_RAISED = Counter("checks_raised", "Checks that raised an exception.", ("group",), registry=REGISTRY)
SSRF_BLOCKED = Counter("ssrf_blocked", "Connections refused by the network guard.", ("reason",), registry=REGISTRY)
PROBES = Counter("probes", "Requests for what pages load and link to.", ("kind", "outcome"), registry=REGISTRY)
PARSE_KILLED = Counter("parse_killed", "Parser processes that had to be killed.", ("reason",), registry=REGISTRY)
WORKER_INFLIGHT = Gauge("worker_inflight", "Chunks that this worker holds.", registry=REGISTRY)
WORKER_LOOP_LAG = Gauge(
    "worker_loop_lag_seconds", "Longest delay of the event loop within the last minute.", registry=REGISTRY
)
WORKER_LOOP_HELD = Gauge(
    "worker_loop_held_seconds", "The part of such a delay that the loop's own thread computed.", registry=REGISTRY
)
CHUNKS = Counter("chunks", "Chunks that ended on this worker.", ("kind", "outcome"), registry=REGISTRY)
WEBHOOK_DELIVERIES = Counter(
    "webhook_deliveries", "Attempts to deliver a webhook's message.", ("outcome",), registry=REGISTRY
)

LEADER = Gauge("scheduler_leader", "1 on the scheduler that leads.", registry=REGISTRY)
QUEUE_DEPTH = Gauge("queue_depth", "Chunks ready or leased, by kind.", ("queue", "state"), registry=REGISTRY)
QUEUE_OLDEST = Gauge("queue_oldest_age_seconds", "Age of the oldest ready chunk.", ("queue",), registry=REGISTRY)
DISPATCHED = Counter("dispatched", "Messages sent by the dispatcher.", registry=REGISTRY)
DEAD_LETTERS = Gauge("dead_letters", "Messages set aside in Redis.", ("queue",), registry=REGISTRY)
TICK_DURATION = Histogram("scheduler_tick_seconds", "One chore.", ("chore",), buckets=_FAST, registry=REGISTRY)
TICK_FAILED = Counter("scheduler_tick_failed", "Chores that failed.", ("chore",), registry=REGISTRY)
RETENTION_DELETED = Counter("retention_deleted", "Scans deleted at the end of their time.", registry=REGISTRY)
