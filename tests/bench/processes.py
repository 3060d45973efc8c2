"""CPU time and memory of the processes below this one, by what they are, out of /proc."""

import os
from collections import defaultdict
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_KINDS = (
    ("workers", ("-m workers", "workers.parser_child")),
    ("site", ("tests.bench.site_server",)),
    ("gateway", ("-m api_gateway",)),
    ("scheduler", ("-m scheduler",)),
    ("valkey", ("valkey-server", "redis-server")),
    ("postgres", ("postgres",)),
)


def _children() -> dict[int, list[int]]:
    below: dict[int, list[int]] = defaultdict(list)
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended meanwhile
        below[int(fields[1])].append(int(stat.parent.name))
    return below


def cpu_seconds() -> dict[str, float]:
    """Kind → CPU seconds of all its living processes, and of those they have waited for."""
    below = _children()
    pending, totals = list(below[os.getpid()]), dict.fromkeys((kind for kind, _ in _KINDS), 0.0)
    while pending:
        pid = pending.pop()
        pending += below[pid]
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        for kind, marks in _KINDS:
            if any(mark in command for mark in marks):
                totals[kind] += sum(map(int, fields[11:15])) / _TICKS
                break
    return totals
