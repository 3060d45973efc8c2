"""Chunks: units of work held in Postgres, claimed under a lease with a fence.

Every write of a worker says which fence it holds; a row that doesn't match means that somebody else has the chunk.
"""

from collections.abc import Sequence
from typing import Any, Literal
from uuid import UUID

import msgspec
from msgspec import Struct

from shared.db.pool import Connection
from shared.db.queries import queries

LEASE_SECONDS = 20.0
"""How long a claim holds without a heartbeat. With one every 5 s a dead worker's chunk is taken over within 30 s."""
HEARTBEAT_SECONDS = 5.0
MAX_ATTEMPTS = 3
"""Leases lost before a page, or a chunk without pages, is given up."""
SUSPECT_ATTEMPTS = 2
"""Leases lost after which a chunk may be what ends its workers. A worker takes one such chunk at a time, so that one
that only stood beside the culprit isn't blamed a third time."""
MAX_WAIT = 600.0
"""Seconds that a chunk is held back at most. What is due much later was written by a clock that has been set back."""
MAX_FENCE = 200
"""Claims of one chunk after which even a fault that is nobody's counts as an attempt: nothing goes round for ever."""

_SQL = queries("chunks")
_SCANS = queries("scans")

Kind = Literal["single", "discover", "fetch", "reduce"]


class Claim(Struct, frozen=True, kw_only=True):
    """A claimed chunk. `attempts` counts leases that ended without release."""

    scan_id: UUID
    no: int
    kind: Kind
    fence: int
    attempts: int
    seq_from: int
    seq_to: int
    tally: bytes | None
    done: int
    failed: int

    @property
    def key(self) -> dict[str, Any]:
        """What every fenced statement names."""
        return {"scan_id": self.scan_id, "no": self.no, "fence": self.fence}


class LeaseLostError(Exception):
    """Somebody else holds the chunk now: whatever isn't committed is theirs to do."""


async def claim(conn: Connection, scan_id: UUID, no: int, worker: str) -> Claim | None:
    """Take a pending chunk; None when it is done, held by another, or not due yet."""
    values = {"scan_id": scan_id, "no": no, "lease": LEASE_SECONDS}
    row = await (await conn.execute(_SQL["claim"], values)).fetchone()
    if row is None:
        return None
    claimed = msgspec.convert({**row, "scan_id": scan_id, "no": no}, Claim)
    confirmed = await conn.execute(_SQL["confirm"], {**claimed.key, "worker": worker})
    return claimed if await confirmed.fetchone() is not None else None


async def heartbeat(conn: Connection, held: Claim) -> tuple[bool, bool]:
    """Extend the lease; (stop requested, past the scan's deadline). Raises `LeaseLostError`."""
    row = await (await conn.execute(_SQL["heartbeat"], {**held.key, "lease": LEASE_SECONDS})).fetchone()
    if row is None:
        raise LeaseLostError
    return row["stop"], row["overdue"]


async def hold(conn: Connection, held: Claim) -> None:
    """Lock the scan's row, then the chunk's, for the rest of the transaction. Raises `LeaseLostError`.

    Everybody locks in this order, so that nobody can wait in a circle.
    """
    await conn.execute(_SCANS["lock"], {"id": held.scan_id})
    if await (await conn.execute(_SQL["hold"], held.key)).fetchone() is None:
        raise LeaseLostError


async def progress(conn: Connection, held: Claim, *, tally: bytes, done: int, failed: int) -> bool:
    """Record what the chunk has come to, in the transaction that writes its pages; whether the scan should stop.

    Raises `LeaseLostError`.
    """
    values = {**held.key, "tally": tally, "done": done, "failed": failed, "lease": LEASE_SECONDS}
    row = await (await conn.execute(_SQL["progress"], values)).fetchone()
    if row is None:
        raise LeaseLostError
    return bool(row["stop"])


async def finish(conn: Connection, held: Claim) -> tuple[int, int]:
    """End the chunk; its (done, failed). Raises `LeaseLostError`."""
    row = await (await conn.execute(_SQL["finish"], held.key)).fetchone()
    if row is None:
        raise LeaseLostError
    return row["done"], row["failed"]


async def release(conn: Connection, held: Claim, *, wait: float = 0.0) -> None:
    """Give the chunk back undone, not to be tried for `wait` seconds; costs it no attempt."""
    await conn.execute(_SQL["release"], {**held.key, "wait": min(wait, MAX_WAIT)})


async def fail(conn: Connection, held: Claim, *, wait: float) -> None:
    """Give the chunk back after a failure of ours, not to be tried for `wait` seconds; costs it an attempt."""
    await conn.execute(_SQL["fail"], {**held.key, "wait": wait})


async def send_back(conn: Connection, scan_id: UUID, no: int, *, wait: float) -> None:
    """Have a chunk sent again whose message was taken but not acted on, if nobody has claimed it meanwhile."""
    await conn.execute(_SQL["send_back"], {"scan_id": scan_id, "no": no, "wait": wait})


async def forget_attempts(conn: Connection, held: Claim) -> None:
    """The chunk has come further than before: what ended its leases so far, it isn't to blame."""
    await conn.execute(_SQL["forget_attempts"], held.key)


async def add(conn: Connection, scan_id: UUID, kind: Kind, first_no: int, ranges: Sequence[tuple[int, int]]) -> None:
    """Add chunks for ranges of page numbers (both ends inclusive), numbered from `first_no`."""
    await conn.execute(
        _SQL["add"],
        {
            "scan_id": scan_id,
            "kind": kind,
            "nos": list(range(first_no, first_no + len(ranges))),
            "froms": [low for low, _ in ranges],
            "tos": [high for _, high in ranges],
        },
    )


async def end(conn: Connection, held: Claim) -> int | None:
    """End the chunk and count it; when it was the last, add the scan's `reduce` chunk and return its number.

    Call within a transaction. The scan's row lock makes the last finisher unique. Raises `LeaseLostError`.
    """
    await conn.execute(_SCANS["lock"], {"id": held.scan_id})
    done, failed = await finish(conn, held)
    row = await (
        await conn.execute(_SCANS["count_chunk"], {"id": held.scan_id, "done": done, "failed": failed})
    ).fetchone()
    if row is None or row["chunks_done"] < row["chunks_total"]:
        return None
    return await start_analysis(conn, held.scan_id)


async def start_analysis(conn: Connection, scan_id: UUID) -> int | None:
    """Add the last chunk, which looks at the whole site; its number, None when it exists already."""
    row = await (await conn.execute(_SCANS["start_analysis"], {"id": scan_id})).fetchone()
    if row is None:
        return None
    number: int = row["chunks_total"] - 1
    await add(conn, scan_id, "reduce", number, [(0, -1)])
    return number
