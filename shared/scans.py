"""Scans: their record, what may happen to them, and their rows in Postgres."""

import uuid
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec
from msgspec import Struct
from psycopg.types.json import Jsonb

from shared.clock import uuid7
from shared.db.lines import Lines
from shared.db.pool import Connection
from shared.db.queries import queries

Mode = Literal["single", "sitemap", "crawl"]
Status = Literal["running", "complete", "error", "stopped"]
Phase = Literal["queued", "discovering", "fetching", "analysing", "ended"]

_SQL = queries("scans")
_CHUNKS = queries("chunks")


class NewScan(Struct, frozen=True, kw_only=True):
    """Everything `accept` needs: who asks, what for, and the limits that hold for them."""

    id: UUID
    owner: str
    user_id: UUID | None
    tier: str
    test: bool
    url: str
    host: str
    mode: str
    options: dict[str, Any]
    profile: str
    score_version: str
    request_id: str
    max_pages: int
    quota: int
    running: int
    hours: int
    kept_days: int
    sealed: bytes | None = None
    webhook_url: str | None = None
    key: str | None = None
    hash: bytes | None = None
    trace: str | None = None
    """The span that asks for it, as W3C's traceparent."""


class Accepted(Struct, frozen=True):
    """What became of a request to scan.

    `outcome`: accepted, replayed (same idempotency key and body), conflict (same key, other body) or quota (used up;
    `next_free` is when the next unit comes back). `admitted` tells that it may start now.
    """

    outcome: Literal["accepted", "replayed", "conflict", "quota"]
    scan_id: UUID | None
    used: int
    next_free: datetime | None
    admitted: bool


class Work(Struct, frozen=True, kw_only=True):
    """What a worker needs to know of a scan."""

    id: UUID
    owner: str
    tier: str
    test: bool
    url: str
    host: str
    mode: Mode
    options: dict[str, Any]
    sealed: bytes | None
    profile: str
    request_id: str
    max_pages: int
    status: Status
    phase: Phase
    chunks_total: int
    found: int
    stop_requested_at: datetime | None
    incomplete: str | None
    skips: dict[str, Any]
    created_at: datetime
    started_at: datetime | None
    ends_at: datetime
    overdue: bool = False
    """Past its time when it was asked for, by Postgres's clock: a worker's own may be wrong."""
    trace: str | None = None


MORE_SKIPS = "more"
"""Stands among a scan's `skips` when more URLs were left out than are remembered: the others' counts are the least."""


async def accept(conn: Connection, new: NewScan) -> Accepted:
    """Quota, idempotency, the scan and its first chunk, in one transaction. Exact at any concurrency."""
    if new.trace is not None:
        async with conn.transaction():
            accepted = await accept(conn, msgspec.structs.replace(new, trace=None))
            await keep_traces(conn, [new])
            return accepted
    values = msgspec.structs.asdict(new)
    values["options"] = Jsonb(new.options)
    row = await (await conn.execute(_SQL["accept"], values)).fetchone()
    return msgspec.convert(row, Accepted)


async def accept_many(conn: Connection, news: Sequence[NewScan]) -> list[Accepted]:
    """The same for many scans at once, in one transaction: all are accepted or none is.

    Owners are locked in the order of their names, so that two such transactions never wait for each other.
    """
    traced = [new for new in news if new.trace is not None]
    values = {"news": msgspec.json.encode(news).decode()}
    async with conn.transaction() if traced else nullcontext():
        rows = await (await conn.execute(_SQL["accept_many"], values)).fetchall()
        if traced:
            await keep_traces(conn, traced)
    return msgspec.convert(rows, list[Accepted])


async def accept_plain(lines: Lines, news: Sequence[NewScan]) -> list[Accepted]:
    """The same for scans without a trace, over a connection that is kept: half of the CPU."""
    rows = await lines.ask(_SQL["accept_many"], {"news": msgspec.json.encode(news)})
    return msgspec.convert(rows, list[Accepted])


async def keep_traces(conn: Connection, news: Sequence[NewScan]) -> None:
    """Note in which traces scans began, in the transaction that starts them."""
    values = {"ids": [new.id for new in news], "traces": [new.trace for new in news]}
    await conn.execute(_SQL["keep_traces"], values)


async def get(conn: Connection, scan_id: UUID) -> dict[str, Any] | None:
    """The scan's row with live progress of its running chunks, None when there is no such scan."""
    return await (await conn.execute(_SQL["get"], {"id": scan_id})).fetchone()


async def for_work(conn: Connection, scan_id: UUID) -> Work | None:
    """The scan as a worker sees it."""
    row = await (await conn.execute(_SQL["for_work"], {"id": scan_id})).fetchone()
    return msgspec.convert(row, Work) if row else None


async def begin(conn: Connection, scan_id: UUID, phase: Phase) -> None:
    """Enter the first phase and record the start. A scan that has begun already is left as it is."""
    await conn.execute(_SQL["begin"], {"id": scan_id, "phase": phase})


async def request_stop(conn: Connection, scan_id: UUID) -> bool:
    """Ask running workers to stop. False when the scan has ended."""
    return await (await conn.execute(_SQL["request_stop"], {"id": scan_id})).fetchone() is not None


async def stopping(conn: Connection, ids: set[UUID]) -> list[UUID]:
    """Which of these scans are to end, have ended or are gone: nobody should work on them any more."""
    rows = await (await conn.execute(_SQL["stopping"], {"ids": list(ids)})).fetchall()
    return [row["id"] for row in rows]


async def finish(  # noqa: PLR0913
    conn: Connection,
    scan_id: UUID,
    *,
    status: Literal["complete", "error", "stopped"],
    reason_code: str | None = None,
    reason: str | None = None,
    score: float | None = None,
    result: dict[str, Any] | None = None,
    found: int = 0,
    done: int | None = None,
    failed: int | None = None,
) -> bool:
    """End a scan that still runs, and record the one event that tells of it. False when it has ended already.

    Call within a transaction: the event and the new status appear together.
    """
    values = {
        "id": scan_id,
        "status": status,
        "reason_code": reason_code,
        "reason": reason,
        "score": score,
        "result": Jsonb(result) if result is not None else None,
        "found": found,
        "done": done,
        "failed": failed,
    }
    if await (await conn.execute(_SQL["finish"], values)).fetchone() is None:
        return False
    await conn.execute(_SQL["add_event"], {"event_id": uuid7(), "id": scan_id, "kind": f"scan.{status}"})
    await conn.execute(_CHUNKS["close"], {"scan_id": scan_id})
    return True


async def refund(conn: Connection, scan_id: UUID) -> tuple[str, str] | None:
    """Give a scan's quota unit back. Returns (owner, mode) when there was one to give."""
    row = await (await conn.execute(_SQL["refund"], {"id": scan_id})).fetchone()
    return (row["owner"], row["mode"]) if row else None


def parse_id(text: str) -> uuid.UUID | None:
    """A UUID in its canonical spelling, None for anything else."""
    try:
        value = uuid.UUID(text)
    except ValueError:
        return None
    return value if str(value) == text.lower() else None
