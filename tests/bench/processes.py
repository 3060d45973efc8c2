"""CPU time and memory of the processes below this one, by what they are, out of /proc."""

import os
import threading
from collections import defaultdict
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_PARSER = "workers.parser_child"
_KINDS = (
    ("workers", ("-m workers", _PARSER)),
    ("site", ("tests.bench.site_server", "tests.bench.many_pages")),
    ("gateway", ("-m api_gateway",)),
    ("scheduler", ("-m scheduler",)),
    ("valkey", ("valkey-server", "redis-server")),
    ("postgres", ("postgres",)),
)
_LOOK_SECONDS = 0.25


def _children() -> dict[int, list[int]]:
    below: dict[int, list[int]] = defaultdict(list)
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended meanwhile
        below[int(fields[1])].append(int(stat.parent.name))
    return below


def _command(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")


def _ours() -> Iterator[tuple[int, str, str]]:
    """(pid, kind, command) of the living processes below this one that are of a known kind."""
    below = _children()
    pending = list(below[os.getpid()])
    while pending:
        pid = pending.pop()
        pending += below[pid]
        try:
            command = _command(pid)
        except OSError:
            continue
        for kind, marks in _KINDS:
            if any(mark in command for mark in marks):
                yield pid, kind, command
                break


def cpu_of(pid: int) -> float:
    """CPU seconds of a living process and of those that it has waited for. Raises `OSError` when it has ended."""
    return sum(map(int, Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:15])) / _TICKS


def cpu_seconds() -> dict[str, float]:
    """Kind → CPU seconds of all its living processes, and of those they have waited for."""
    totals = dict.fromkeys((kind for kind, _ in _KINDS), 0.0)
    for pid, kind, _ in _ours():
        with suppress(OSError):  # it ended meanwhile
            totals[kind] += cpu_of(pid)
    return totals


def parser_seconds() -> float:
    """The part of the workers' CPU seconds that their parsers spent, children that were replaced included."""
    total = 0.0
    for pid, _, command in _ours():
        if _PARSER in command:
            with suppress(OSError):  # it ended meanwhile, and its template has waited for it
                total += cpu_of(pid)
    return total


def resident(pid: int) -> float:
    """Megabytes of a process in memory, pages that it shares included."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE / 1e6


def peak(pid: int | str = "self") -> float:
    """The most megabytes that a process has had in memory since it began, or since `forget_peak`."""
    line = next(one for one in Path(f"/proc/{pid}/status").read_text().splitlines() if one.startswith("VmHWM"))
    return int(line.split()[1]) * 1024 / 1e6


def forget_peak() -> None:
    """Begin `peak` of this process anew."""
    Path("/proc/self/clear_refs").write_text("5")


def worker_memory() -> tuple[float, float]:
    """Megabytes of the largest worker process and of the largest parser's child."""
    worker = child = 0.0
    for pid, kind, command in _ours():
        if kind != "workers":
            continue
        try:
            size = resident(pid)
        except OSError:
            continue
        if _PARSER in command:
            child = max(child, size)
        else:
            worker = max(worker, size)
    return worker, child


@contextmanager
def pinned(kind: str, core: int) -> Generator[None]:
    """For the length of the block all threads of that kind's processes run on one core, those that come up included."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(_LOOK_SECONDS):
            for pid, one, _ in _ours():
                if one == kind:
                    _pin(pid, core)

    watcher = threading.Thread(target=watch, name=f"pin-{kind}", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def _pin(pid: int, core: int) -> None:
    for thread in Path(f"/proc/{pid}/task").glob("*"):
        try:
            os.sched_setaffinity(int(thread.name), {core})
        except OSError:
            continue  # it ended meanwhile
