"""What came of a load: out of Postgres, the simulator and /proc."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from psycopg.rows import DictRow, dict_row

from shared.db.pool import Connection, connect_arguments

LOOK_SECONDS = 0.5
TICKS = 100.0
"""Of /proc/PID/stat a second, on every Linux."""

_LEFT = "SELECT count(*) FROM scans WHERE status = 'running'"
_ENDED = """
SELECT id, mode, status, user_id::text AS tenant, done, failed,
  extract(epoch FROM started_at - created_at)::float8 AS waited,
  extract(epoch FROM finished_at - created_at)::float8 AS took,
  extract(epoch FROM created_at)::float8 AS created, extract(epoch FROM finished_at)::float8 AS finished
FROM scans"""
_SIZE = "SELECT pg_database_size(current_database()) AS bytes"


class Usage(NamedTuple):
    """CPU seconds and the most memory (MB) of some processes."""

    cpu: float
    memory: float


async def wait_for_end(database_url: str, seconds: float) -> list[DictRow]:
    """Every scan once none runs, or as they are after ``seconds``."""
    deadline = time.monotonic() + seconds
    async with await connect(database_url) as conn:
        while time.monotonic() < deadline:
            row = await (await conn.execute(_LEFT)).fetchone()
            if row is not None and row["count"] == 0:
                break
            await asyncio.sleep(LOOK_SECONDS)
        return await (await conn.execute(_ENDED)).fetchall()


async def database_bytes(database_url: str) -> int:
    """The size of the database on disk."""
    async with await connect(database_url) as conn:
        row = await (await conn.execute(_SIZE)).fetchone()
    return int(row["bytes"]) if row is not None else 0


async def connect(database_url: str) -> Connection:
    """To look at what is there; a statement may take a minute."""
    return await Connection.connect(
        database_url,
        autocommit=True,
        row_factory=dict_row,
        **connect_arguments("scanfleet-loadtest", statement_seconds=60),
    )


def usage(pids: Sequence[int]) -> Usage:
    """Of the processes and their children, as far as this system tells."""
    cpu = memory = 0.0
    for pid in _with_children(pids):
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            status = Path(f"/proc/{pid}/status").read_text()
        except OSError:
            continue
        cpu += (int(fields[11]) + int(fields[12]) + int(fields[13]) + int(fields[14])) / TICKS
        most = next((line for line in status.splitlines() if line.startswith("VmHWM")), "VmHWM: 0 kB")
        memory += int(most.split()[1]) / 1024
    return Usage(cpu, memory)


def _with_children(pids: Sequence[int]) -> list[int]:
    found = list(pids)
    for pid in found:
        for task in Path(f"/proc/{pid}/task").glob("*/children"):
            try:
                found += [int(word) for word in task.read_text().split()]
            except OSError:
                continue
    return found


def quantile(values: Sequence[float], share: float) -> float | None:
    """The value below which ``share`` of all lie (nearest rank); None of nothing."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None


def waits(rows: Sequence[dict[str, Any]], tenants: Sequence[str]) -> tuple[list[float], list[float]]:
    """Seconds until single scans began: the first tenant's, and everybody else's."""
    mine: list[float] = []
    others: list[float] = []
    for row in rows:
        if row["mode"] == "single" and row["waited"] is not None:
            (mine if row["tenant"] == tenants[0] else others).append(row["waited"])
    return mine, others
