"""docs/metrics.md, from the records of `shared.metrics`."""

from collections.abc import Sequence

from shared.metrics import DESCRIBED, Described

_HEAD = """\
# Metrics

Made from `shared/metrics.py` by `python -m deploy.docs`; don't edit it here. Every process serves `/metrics` on
`METRICS_PORT`, a port of its own beside `/livez` and `/readyz`. Names are those to query; of a histogram there are
`…_bucket`, `…_sum` and `…_count`.

**One process is one target.** Each pod or container runs one process, and each process keeps its own figures; nothing
is added up before Prometheus does it. A process that starts anew begins at 0, which Prometheus takes for a reset:
`rate()` and `increase()` never go back, while a bare counter may. So counters are only ever read through those two: a
test holds the rules and the dashboards to it. What a process counted after the last scrape before it died is lost to
the graphs (15 s of it at most, with the interval of `deploy/prometheus`), never to the results, which are in Postgres.

**The number of series is bounded** by the values of the labels below: no URL, host, user or id is a label. It is the
same after one host and after 10,000 of them (`tests/manifests/test_live.py`).

**Only the leader** tells `queue_depth`, `queue_oldest_age_seconds` and `dead_letters`; a scheduler that has lost the
lead forgets them. Where there is no leader they are absent, not 0.

**Ready** is what further workers could begin now. What waits for its time (`not_before`), for its owner's other scans,
or for a host that takes no more at once, is held: of a host that wants pauses between requests at most 2 chunks, and
as many single scans as it takes requests, count as ready or under way. So a site of 10,000 pages with a Crawl-delay of
10 s calls for no worker and is no alarm, however long it takes. Until a host has been asked for 5 s it counts as such
a one.

Besides, each process tells its own `process_cpu_seconds_total`, `process_resident_memory_bytes`,
`process_virtual_memory_bytes`, `process_open_fds`, `process_max_fds` and `process_start_time_seconds` (Linux).
"""
_TITLES = {"gateway": "Gateway", "worker": "Worker", "scheduler": "Scheduler", "every service": "Every service"}


def page() -> str:
    """The document."""
    parts = [_HEAD]
    for service, title in _TITLES.items():
        rows = [one for one in DESCRIBED if one.service == service]
        if rows:
            parts.append(_table(title, rows))
    return "\n".join(parts)


def _table(title: str, rows: Sequence[Described]) -> str:
    lines = [f"## {title}", "", "| metric | type | labels | meaning |", "|---|---|---|---|"]
    lines += [f"| `{one.name}` | {one.kind} | {_labels(one)} | {one.text} |" for one in rows]
    return "\n".join(lines) + "\n"


def _labels(one: Described) -> str:
    texts = {name: values if isinstance(values, str) else ", ".join(values) for name, values in one.labels.items()}
    return "<br>".join(f"`{name}`: {text}" for name, text in texts.items())
