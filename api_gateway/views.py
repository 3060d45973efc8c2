"""A scan as the API shows it."""

from typing import Any

from psycopg.rows import DictRow

from api_gateway.state import Gateway
from shared.clock import rfc3339, utc


def progress(row: DictRow, gateway: Gateway) -> dict[str, Any]:
    """The scan's progress; rate and time left are None until there is something to tell from."""
    done, failed = row["done"] + row["live_done"], row["failed"] + row["live_failed"]
    rate: float | None = None
    eta: int | None = None
    if row["started_at"] is not None and done:
        until = row["finished_at"] or utc(gateway.clock.now())
        seconds = (until - row["started_at"]).total_seconds()
        if seconds > 0:
            rate = round(done / seconds, 2)
            if row["status"] == "running" and row["phase"] == "fetching" and rate:
                eta = int(max(0, row["found"] - done) / rate)
    return {
        "phase": row["phase"],
        "found": max(row["found"], done),
        "done": done,
        "failed": failed,
        "skipped": row["skipped"],
        "pages_per_second": rate,
        "eta_seconds": eta,
    }


def scan_view(row: DictRow, gateway: Gateway) -> dict[str, Any]:
    """A scan as the API shows it."""
    view: dict[str, Any] = {
        "scan_id": str(row["id"]),
        "url": row["url"],
        "mode": row["mode"],
        "test": row["test"],
        "status": row["status"],
        "progress": progress(row, gateway),
        **{name: rfc3339(row[name]) if row[name] else None for name in ("created_at", "started_at", "finished_at")},
        "options": row["options"],
        "monitor_id": str(row["monitor_id"]) if row["monitor_id"] else None,
    }
    for name in ("reason", "reason_code", "result"):
        if row[name] is not None:
            view[name] = row[name]
    return view
