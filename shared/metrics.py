"""Every Prometheus collector, as constants; docs/metrics.md is made from them (`python -m deploy.docs`).

Labels are bounded: their values stand here or in the tables named here, never a URL, host or user, so that the number
of series doesn't grow with what is scanned. One process is one scrape target: its counters begin at 0 with it, which
Prometheus takes for a reset, so that `rate()` and `increase()` never go back (docs/metrics.md says more).
"""

from collections.abc import Mapping
from itertools import product
from typing import Literal, get_args

import prometheus_client
from msgspec import Struct
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

from shared.page import ErrorKind

Kind = Literal["counter", "gauge", "histogram"]
Service = Literal["gateway", "scheduler", "worker", "every service"]

Values = str | tuple[str, ...]
"""Of a label: all of them, or where they are to be found."""

MODE = ("single", "sitemap", "crawl")
TIER = "the names in shared/tiers.toml or TIERS_FILE"
QUEUE = "the queues of shared/jobs.py"
ERRORS = get_args(ErrorKind)


class Described(Struct, frozen=True):
    """What an operator is told of a metric. `name` is the one to query; `labels`: name → possible values."""

    name: str
    kind: Kind
    service: Service
    text: str
    labels: Mapping[str, Values]


REGISTRY = CollectorRegistry()
DESCRIBED: list[Described] = []
"""In the order of the document."""

# A counter's time of birth is a series more for each, and nobody asks for it.
prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]
ProcessCollector(registry=REGISTRY)

_FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_SLOW = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1_800.0, 7_200.0, 86_400.0)


def _describe(name: str, kind: Kind, service: Service, text: str, labels: Mapping[str, Values]) -> tuple[str, ...]:
    DESCRIBED.append(Described(name, kind, service, text, labels))
    return tuple(labels)


def _counter(name: str, service: Service, text: str, **labels: Values) -> Counter:
    """A counter whose label values are all known is there from the start: `increase()` is 0 for a first appearance."""
    made = Counter(name, text, _describe(f"{name}_total", "counter", service, text, labels), registry=REGISTRY)
    known = [values for values in labels.values() if isinstance(values, tuple)]
    if labels and len(known) == len(labels):
        for values in product(*known):
            made.labels(*values)
    return made


def _gauge(name: str, service: Service, text: str, **labels: Values) -> Gauge:
    return Gauge(name, text, _describe(name, "gauge", service, text, labels), registry=REGISTRY)


def _histogram(
    name: str, service: Service, text: str, buckets: tuple[float, ...] = _FAST, **labels: Values
) -> Histogram:
    names = _describe(name, "histogram", service, text, labels)
    return Histogram(name, text, names, buckets=buckets, registry=REGISTRY)


HTTP_REQUESTS = _histogram(
    "http_server_request_duration_seconds",
    "gateway",
    "Time from a request's head to its response's end.",
    method="of HTTP; any where no route was matched",
    route="a route's template, never the path; unmatched",
    status="the response's",
)
QUOTA_DENIED = _counter(
    "quota_denied",
    "gateway",
    "Scans refused by the daily quota, by workers those of other programs.",
    tier=TIER,
    mode=MODE,
)
REQUESTS_DENIED = _counter(
    "requests_denied", "gateway", "Requests refused by the rate limit.", caller=("key", "jwt", "guest")
)
LIMITER_DEGRADED = _counter("limiter_degraded", "gateway", "Requests limited by this gateway alone: no Redis.")
SCANS_ACCEPTED = _counter(
    "scans_accepted",
    "gateway",
    "Scans accepted, by workers those of other programs, by the scheduler monitors'.",
    mode=MODE,
    tier=TIER,
)

SUBMISSIONS = _counter(
    "submissions",
    "worker",
    "Messages of other programs; why one was refused stands under its id.",
    outcome=("accepted", "repeated", "refused", "set_aside"),
)
MONITOR_RUNS = _counter(
    "monitor_runs",
    "scheduler",
    "Times that monitors were due, and what was decided; failed ones are tried again, by_hand is the gateways'.",
    outcome=("started", "caught_up", "by_hand", "skipped_overlap", "skipped_limit", "refused", "repeated", "failed"),
)
SCANS = _counter(
    "scans",
    "worker",
    "Scans that ended; stopped and overdue ones are told by the scheduler.",
    mode=MODE,
    outcome=("complete", "error", "stopped"),
)
SCAN_DURATION = _histogram("scan_duration_seconds", "worker", "From acceptance to the end.", _SLOW, mode=MODE)
PAGES = _counter("pages", "worker", "Pages judged and committed.", outcome=("ok", "http_error", *ERRORS))
PAGES_UNCHANGED = _counter("pages_unchanged", "worker", "Pages whose verdict was taken over from the scan before.")
FETCH_DURATION = _histogram("fetch_duration_seconds", "worker", "One fetch, redirects included.")
JUDGE_DURATION = _histogram("judge_duration_seconds", "worker", "Parsing and checks of a page, waiting included.")
CHECKS_RAISED = _counter("checks_raised", "worker", "Checks that raised an exception.", group="a check's group")
SSRF_BLOCKED = _counter(
    "ssrf_blocked",
    "worker",
    "Connections refused by the network guard.",
    reason="the reasons of shared/network.py; mixed: public and private answers to one name",
)
PROBES = _counter(
    "probes",
    "worker",
    "Requests for what pages load and link to.",
    kind=("asset", "externallink"),
    outcome=("answered", *ERRORS),
)
PARSE_KILLED = _counter(
    "parse_killed", "worker", "Pages that cost a parser its life.", reason=("time", "memory", "crash", "failed")
)
WORKER_INFLIGHT = _gauge("worker_inflight", "worker", "Chunks that this worker holds.")
WORKER_LOOP_LAG = _gauge("worker_loop_lag_seconds", "worker", "Longest delay of the event loop within the last minute.")
WORKER_LOOP_HELD = _gauge(
    "worker_loop_held_seconds", "worker", "The part of such a delay that the loop's own thread computed."
)
CHUNKS = _counter(
    "chunks",
    "worker",
    "Chunks that ended on this worker.",
    kind=("single", "discover", "fetch", "reduce"),
    outcome=("done", "failed", "lost", "unavailable"),
)
WEBHOOK_DELIVERIES = _counter(
    "webhook_deliveries",
    "worker",
    "Attempts to deliver a webhook's message.",
    outcome=("delivered", "retried", "given_up", "lost", "unavailable"),
)
ALERTS = _counter(
    "alerts",
    "scheduler",
    "Alerts of monitors; failed: a run whose rules could not be applied.",
    state=("triggered", "recovered", "failed"),
)
MAILS = _counter("mails", "scheduler", "Attempts to send a mail.", outcome=("sent", "failed", "refused"))

LEADER = _gauge("scheduler_leader", "scheduler", "1 on the scheduler that leads.")
QUEUE_DEPTH = _gauge(
    "queue_depth",
    "scheduler",
    "Units of work by queue and state; only the leader tells.",
    queue=QUEUE,
    state="ready: workers could begin it now; leased: under way; held: waits for its host, its owner or its time",
)
QUEUE_OLDEST = _gauge(
    "queue_oldest_age_seconds", "scheduler", "For how long the oldest ready one has been ready.", queue=QUEUE
)
DISPATCHED = _counter("dispatched", "scheduler", "Messages sent by the dispatcher.")
DEAD_LETTERS = _gauge(
    "dead_letters", "scheduler", "Messages set aside in Redis since no actor could take them.", queue=QUEUE
)
TICK_DURATION = _histogram(
    "scheduler_tick_seconds", "scheduler", "One run of a chore.", chore="scheduler/__main__.py's"
)
TICK_FAILED = _counter("scheduler_tick_failed", "scheduler", "Runs that failed.", chore="scheduler/__main__.py's")
RETENTION_DELETED = _counter("retention_deleted", "scheduler", "Scans deleted at the end of their time.")

LEADERS = (QUEUE_DEPTH, QUEUE_OLDEST, DEAD_LETTERS)
"""What only the leader knows. One that has lost the lead forgets it, or two would be added up."""

# An alert watches it, so it is there from the start.
SSRF_BLOCKED.labels("mixed")
