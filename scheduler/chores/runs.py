"""What a monitor's run found, as alert rules look at it, and the run that it is compared with."""

from datetime import datetime
from typing import Any, Final, NamedTuple, cast
from uuid import UUID

from shared.alerts import MOST_PAGES, Before, Ended, NewIssue, NoindexAppeared, Rule
from shared.db.pool import Connection
from shared.db.queries import queries

MOST_BEFORE: Final = 20
"""Runs that are looked through for one that saw enough; each costs one count of its pages."""
SERVER_ERROR: Final = 500

_SQL = queries("alerts")


class Run(NamedTuple):
    """One run, and the monitor that it is one of."""

    monitor: dict[str, Any]
    due_at: datetime
    scan: dict[str, Any]
    now: datetime


class Base(NamedTuple):
    """The run that another is compared with: its scan, and what rules compare with."""

    scan: dict[str, Any]
    before: Before


def saw_less(scan: dict[str, Any], than: dict[str, Any]) -> bool:
    """Fewer than half of the pages (heuristic), or cut short where the other wasn't."""
    return 2 * scan["seen"] < than["seen"] or (scan["incomplete"] is not None and than["incomplete"] is None)


async def previous(conn: Connection, at: Run) -> Base | None:
    """The latest complete run that saw enough, of the same site, mode and options.

    One that saw less than the run before it is passed over once: if the next saw as little, that is how the site is.
    """
    values = {"monitor_id": at.monitor["id"], "due_at": at.due_at, "scan_id": at.scan["id"], "most": MOST_BEFORE}
    chosen: dict[str, Any] | None = None
    for row in await (await conn.execute(_SQL["previous"], values)).fetchall():
        scan = await (await conn.execute(_SQL["scan"], row)).fetchone()
        if scan is None or (chosen is not None and not saw_less(chosen, scan)):
            break
        chosen = scan
    if chosen is None:
        return None
    issues = await _issues(conn, chosen["id"])
    return Base(
        chosen, Before(score=chosen["score"], pages=chosen["pages"], issues=tuple(issues), severities=dict(issues))
    )


async def ended(conn: Connection, at: Run, rules: list[Rule], opened: list[dict[str, Any]], base: Base | None) -> Ended:
    """What the run found. `opened` are the open alerts that may be over."""
    scan = at.scan
    of_scan = {"scan_id": scan["id"]}
    blind, tls_fault = await _why(conn, scan)
    less = saw_less(scan, base.scan) if base else scan["incomplete"] is not None
    sound = not blind and not less
    certificate = await _certificate(conn, scan["id"])
    if certificate is None and tls_fault and base is not None:
        certificate = await _certificate(conn, base.scan["id"])
    watching = any(isinstance(rule, NoindexAppeared) for rule in rules)
    noindex: list[str] = []
    if watching and base is not None:
        values = {**of_scan, "before": base.scan["id"], "most": MOST_PAGES}
        noindex = [row["url"] for row in await (await conn.execute(_SQL["noindex"], values)).fetchall()]
    indexable, gone = await _became(conn, scan["id"], opened) if watching else (frozenset[str](), frozenset[str]())
    return Ended(
        status=scan["status"],
        finished_at=scan["finished_at"],
        reason=scan["reason"] or "",
        blind=blind,
        score=scan["score"],
        pages=scan["pages"],
        whole=scan["incomplete"] is None,
        sound=sound,
        issues=await _issues(conn, scan["id"]),
        noindex=noindex,
        indexable=indexable,
        gone=gone if sound and scan["incomplete"] is None else frozenset(),
        certificate_until=certificate,
        tls_fault=tls_fault,
    )


async def hidden(conn: Connection, at: Run, rule: Rule, alert: dict[str, Any]) -> bool:
    """Whether pages that raised an issue's alert failed in this run, which then can't tell."""
    if not isinstance(rule, NewIssue) or alert["scan_id"] is None:
        return False
    values = {"scan_id": at.scan["id"], "raised": alert["scan_id"], "check": alert["subject"]}
    row = await (await conn.execute(_SQL["hidden"], values)).fetchone()
    return row is not None and bool(row["hidden"])


async def _issues(conn: Connection, scan_id: UUID) -> dict[str, str]:
    """Check → its worst severity, by name."""
    rows = await (await conn.execute(_SQL["issues"], {"scan_id": scan_id})).fetchall()
    return {row["check_id"]: row["severity"] for row in rows}


async def _why(conn: Connection, scan: dict[str, Any]) -> tuple[str, str]:
    """Why nothing could be judged in a complete run, and what was wrong with TLS where that is why; else empty."""
    blind = scan["status"] == "complete" and (scan["score"] is None or not scan["judged"])
    if not blind and scan["reason_code"] != "tls":
        return "", ""
    why = await (await conn.execute(_SQL["failures"], {"scan_id": scan["id"]})).fetchone()
    fault = (why["message"] if why and why["error"] == "tls" else "") or ""
    if not blind:
        return "", fault or scan["reason"] or "no TLS connection could be made"
    return _blindness(scan, why), fault if not scan["judged"] else ""


def _blindness(scan: dict[str, Any], why: dict[str, Any] | None) -> str:
    if why is not None and why["robots"] is not None and why["robots"] >= SERVER_ERROR:
        return f"robots.txt answered {why['robots']}"
    if why is None or not why["n"]:
        return "no page was found"
    if scan["judged"]:
        return "the pages that answered hold nothing to judge"
    told = f"answered {why['status']}" if why["error"] is None else f"failed ({why['message'] or why['error']})"
    return f"no page could be fetched, {why['n']} {told}"


async def _certificate(conn: Connection, scan_id: UUID) -> datetime | None:
    row = await (await conn.execute(_SQL["certificate"], {"scan_id": scan_id})).fetchone()
    return cast("datetime", row["until"]) if row else None


async def _became(
    conn: Connection, scan_id: UUID, opened: list[dict[str, Any]]
) -> tuple[frozenset[str], frozenset[str]]:
    """Of the pages that open alerts remember, those that may be indexed again, and those that aren't there any more."""
    urls = [page for row in opened for page in cast("list[str]", row["before"].get("noindex", []))]
    if not urls:
        return frozenset(), frozenset()
    rows = await (await conn.execute(_SQL["indexable"], {"scan_id": scan_id, "urls": urls})).fetchall()
    return (
        frozenset(row["url"] for row in rows if not row["gone"]),
        frozenset(row["url"] for row in rows if row["gone"]),
    )
