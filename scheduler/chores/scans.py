"""Admits waiting scans, ends stopped and overdue ones."""

from typing import Any
from uuid import UUID

from scheduler.office import Office
from shared import chunks, scans
from shared.db.pool import Connection, connection
from shared.db.queries import queries
from shared.logs import get_logger
from shared.metrics import SCANS

PUT_OFF = "The host put us off for as long as a scan may take. Try again later, or ask it to allow more requests."

_SCANS = queries("scans")
_CHUNKS = queries("chunks")


async def admit(office: Office) -> None:
    """Let waiting scans start as their owners' running ones end, oldest first."""
    async with connection(office.pool) as conn:
        owners = await (await conn.execute(_SCANS["waiting_owners"])).fetchall()
        rooms = {row["owner"]: _room(office, row) - row["running"] for row in owners}
        free = {owner: room for owner, room in rooms.items() if room > 0}
        if free:
            await conn.execute(_SCANS["admit"], {"owners": list(free), "rooms": list(free.values())})


def _room(office: Office, row: dict[str, Any]) -> int:
    """How many scans the owner may have running at once."""
    tier = office.settings.tiers.get(row["tier"], office.settings.tiers["free"])
    return tier.with_overrides(row["overrides"] or {}).running


async def end_stopped(office: Office) -> None:
    """End scans that were asked to stop and that no worker holds any more."""
    async with connection(office.pool) as conn:
        rows = await (await conn.execute(_SCANS["to_stop"])).fetchall()
        for row in rows:
            async with conn.transaction():
                await conn.execute(_SCANS["lock"], {"id": row["id"]})
                await conn.execute(_CHUNKS["drop_rest"], {"scan_id": row["id"]})
                if await scans.finish(conn, row["id"], status="stopped", reason_code="stopped", reason="Stopped."):
                    SCANS.labels(row["mode"], "stopped").inc()
                    get_logger().info("scan.stopped", scan_id=str(row["id"]))


async def end_overdue(office: Office) -> None:
    """Go over to the analysis of scans that have run for as long as they may; their rest is not fetched."""
    async with connection(office.pool) as conn:
        rows = await (await conn.execute(_SCANS["overdue"])).fetchall()
        for row in rows:
            async with conn.transaction():
                await conn.execute(_SCANS["lock"], {"id": row["id"]})
                await conn.execute(_SCANS["mark_incomplete"], {"id": row["id"], "why": "time"})
                left = await (await conn.execute(_CHUNKS["drop_rest"], {"scan_id": row["id"]})).fetchone()
                if left is not None and left["chunks_done"] >= left["chunks_total"]:
                    await chunks.start_analysis(conn, row["id"])
        for row in await (await conn.execute(_SCANS["overdue_singles"])).fetchall():
            await _end_single(conn, row["id"])


async def _end_single(conn: Connection, scan_id: UUID) -> None:
    """A page whose host has put us off all the time: there is nothing to analyse, and nothing to pay for."""
    async with conn.transaction():
        await conn.execute(_SCANS["lock"], {"id": scan_id})
        if await scans.finish(conn, scan_id, status="error", reason_code="timeout", reason=PUT_OFF):
            await scans.refund(conn, scan_id)
            SCANS.labels("single", "error").inc()
            get_logger().info("scan.overdue", scan_id=str(scan_id))
