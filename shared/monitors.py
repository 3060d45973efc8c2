"""Monitors (recurring scans): their record, their runs, and their rows in Postgres."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

import msgspec
from msgspec import Struct
from psycopg.types.json import Jsonb

from shared.db.pool import Connection
from shared.db.queries import queries
from shared.scans import Mode, NewScan, Status, keep_traces
from shared.tiers import Tier

Outcome = Literal["started", "caught_up", "by_hand", "skipped_overlap", "skipped_limit", "refused"]
Decided = Literal["started", "caught_up", "by_hand", "skipped_overlap", "skipped_limit", "repeated"]

HAND_SHARE: Final = 2
MOST_SHARE: Final = 3
"""Bounds of an owner's runs in 24 hours, as multiples of what the tier's schedules can ask for: by hand one may begin
while there were fewer than two, on schedule while there were fewer than three. Schedules alone have two at most, at the
edges of the day; deleting monitors and making them anew would have more."""

_SQL = queries("monitors")


class Monitor(Struct, frozen=True, kw_only=True):
    """A recurring scan.

    `next_run_at` is None while it is paused. `sealed` holds credentials for the site, as scans have them. `alerts` and
    `reports` are as their own modules validated them.
    """

    id: UUID
    owner: str
    user_id: UUID
    test: bool
    name: str
    url: str
    host: str
    mode: Mode
    options: dict[str, Any]
    sealed: bytes | None
    schedule: str
    timezone: str
    jitter_seconds: int
    enabled: bool
    next_run_at: datetime | None
    alerts: list[dict[str, Any]]
    reports: list[dict[str, Any]]
    created_at: datetime
    updated_at: datetime


class Due(Monitor, frozen=True, kw_only=True):
    """A monitor that is due, its owner's account, and its place among the owner's enabled ones, oldest first."""

    tier: str
    overrides: dict[str, int]
    permissions: tuple[str, ...]
    disabled_at: datetime | None
    rank: int


class Run(Struct, frozen=True, kw_only=True):
    """A time that a monitor was due, what was decided, and how its scan stands: None for each field without one."""

    due_at: datetime
    decided_at: datetime
    outcome: Outcome
    reason: str | None
    scan_id: UUID | None
    status: Status | None
    score: float | None
    grade: str | None
    pages: int | None
    issues: dict[str, int] | None
    started_at: datetime | None
    finished_at: datetime | None
    incomplete: str | None


class LastRun(Struct, frozen=True, kw_only=True):
    """A monitor's latest complete run."""

    scan_id: UUID
    score: float | None
    grade: str | None
    finished_at: datetime | None


class PagePoint(Struct, frozen=True, kw_only=True):
    """How one page did in one run; without `status` and `error` the run didn't have it."""

    scan_id: UUID
    due_at: datetime
    finished_at: datetime | None
    status: int | None
    error: str | None
    score: float | None
    title: str | None


class NewRun(Struct, frozen=True, kw_only=True):
    """A run to be decided on. `next_run_at` None leaves the monitor's; `most` bounds its owner's runs in 24 hours."""

    monitor_id: UUID
    due_at: datetime
    now: datetime
    outcome: Literal["started", "caught_up", "by_hand"]
    next_run_at: datetime | None
    most: int


class Ran(Struct, frozen=True):
    """What became of it. `admitted`: the scan may begin now."""

    outcome: Decided
    scan_id: UUID | None
    admitted: bool


def most_runs(tier: Tier, *, by_hand: bool) -> int:
    """How many runs in 24 hours an owner may have had for another one to begin."""
    share = HAND_SHARE if by_hand else MOST_SHARE
    hours = tier.monitor_interval_hours
    return share * tier.monitors * (max(1, 24 // hours) if hours > 0 else 24 * 60)


def _row(monitor: Monitor) -> dict[str, Any]:
    values = msgspec.structs.asdict(monitor)
    return values | {name: Jsonb(values[name]) for name in ("options", "alerts", "reports")}


async def create(conn: Connection, monitor: Monitor, *, most: int) -> bool:
    """Add a monitor. False when its owner has `most` of its kind (live or test) already."""
    values = _row(monitor)
    async with conn.transaction():
        await conn.execute(_SQL["lock_user"], values)
        row = await (await conn.execute(_SQL["count"], values)).fetchone()
        if row is not None and row["n"] >= most:
            return False
        await conn.execute(_SQL["insert"], values)
    return True


async def get(conn: Connection, monitor_id: UUID) -> Monitor | None:
    """The monitor, None when there is none."""
    row = await (await conn.execute(_SQL["get"], {"id": monitor_id})).fetchone()
    return msgspec.convert(row, Monitor) if row else None


async def lock(conn: Connection, monitor_id: UUID) -> Monitor | None:
    """The same, held until the transaction ends."""
    row = await (await conn.execute(_SQL["lock"], {"id": monitor_id})).fetchone()
    return msgspec.convert(row, Monitor) if row else None


async def list_of(conn: Connection, user_id: UUID, *, test: bool, before: UUID, limit: int) -> list[Monitor]:
    """A user's monitors with ids below `before`, newest first."""
    values = {"user_id": user_id, "test": test, "before": before, "limit": limit}
    rows = await (await conn.execute(_SQL["list"], values)).fetchall()
    return msgspec.convert(rows, list[Monitor])


async def update(conn: Connection, monitor: Monitor) -> Monitor:
    """Write everything that may change; returns the monitor as it is now. Call while holding its row (`lock`)."""
    row = await (await conn.execute(_SQL["update"], _row(monitor))).fetchone()
    return msgspec.convert(row, Monitor)


async def delete(conn: Connection, monitor_id: UUID) -> None:
    """Delete a monitor with the record of its runs; their scans stay."""
    await conn.execute(_SQL["delete"], {"id": monitor_id})


async def due(conn: Connection, now: datetime, *, most: int) -> list[UUID]:
    """Monitors whose time has come, the one that has waited longest first."""
    rows = await (await conn.execute(_SQL["due"], {"now": now, "most": most})).fetchall()
    return [row["id"] for row in rows]


async def lock_due(conn: Connection, monitor_id: UUID, now: datetime) -> Due | None:
    """The monitor if it is still due and nobody else is deciding on it; held until the transaction ends."""
    row = await (await conn.execute(_SQL["lock_due"], {"id": monitor_id, "now": now})).fetchone()
    return msgspec.convert(row, Due) if row else None


async def run(conn: Connection, new: NewRun, scan: NewScan) -> Ran:
    """Decide on one run of a monitor whose row is held, and start its scan unless it is to be skipped.

    Site, owner and credentials are the monitor's. A scheduled run that is skipped is recorded all the same; one by hand
    isn't, its caller is told.
    """
    values = msgspec.structs.asdict(scan) | msgspec.structs.asdict(new)
    values |= {"scan_id": scan.id, "options": Jsonb(scan.options)}
    row = await (await conn.execute(_SQL["run"], values)).fetchone()
    if scan.trace is not None:
        await keep_traces(conn, [scan])
    return msgspec.convert(row, Ran)


async def next_use(conn: Connection, owner: str, now: datetime, *, most: int) -> datetime | None:
    """When a further run by hand may begin after one was skipped for the limit; None: there is none to wait for."""
    values = {"owner": owner, "now": now, "most": most}
    row = await (await conn.execute(_SQL["next_use"], values)).fetchone()
    return row["free_at"] if row else None


async def refuse(
    conn: Connection,
    monitor: Monitor,
    *,
    now: datetime,
    outcome: Literal["skipped_limit", "refused"],
    reason: str,
    next_run_at: datetime | None,
) -> None:
    """Record that a run that was due isn't to be; `next_run_at` None pauses the monitor."""
    values = {
        "monitor_id": monitor.id,
        "due_at": monitor.next_run_at,
        "now": now,
        "outcome": outcome,
        "reason": reason,
        "next_run_at": next_run_at,
    }
    await conn.execute(_SQL["refuse"], values)


async def runs(conn: Connection, monitor_id: UUID, *, before: datetime, limit: int) -> Sequence[Run]:
    """Runs due before a moment, latest first: the history of the monitor's score."""
    values = {"monitor_id": monitor_id, "before": before, "limit": limit}
    return msgspec.convert(await (await conn.execute(_SQL["runs"], values)).fetchall(), list[Run])


async def last_runs(conn: Connection, ids: Sequence[UUID]) -> dict[UUID, LastRun]:
    """The latest complete run of each that has one."""
    rows = await (await conn.execute(_SQL["last_runs"], {"ids": list(ids)})).fetchall()
    return {row["id"]: msgspec.convert(row, LastRun) for row in rows}


async def page_history(
    conn: Connection, monitor_id: UUID, url: str, *, before: datetime, limit: int
) -> Sequence[PagePoint]:
    """How a page did in each complete run due before a moment, latest first. `url` as the scans know it."""
    values = {"monitor_id": monitor_id, "hash": page_hash(url), "before": before, "limit": limit}
    return msgspec.convert(await (await conn.execute(_SQL["page_history"], values)).fetchall(), list[PagePoint])


async def forget(conn: Connection, now: datetime) -> None:
    """Drop records of runs that are older than 400 days, and what bounds runs in 24 hours after 48; in small steps."""
    for name in ("forget_runs", "forget_uses"):
        await conn.execute(_SQL[name], {"now": now})


def page_hash(url: str) -> int:
    """A URL's identity within a scan (`urls.hash`): 64 bits of BLAKE2b as a signed integer."""
    return int.from_bytes(hashlib.blake2b(url.encode(), digest_size=8).digest(), signed=True)
