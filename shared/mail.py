"""Mail to account holders: what it says, and its outbox in Postgres. The scheduler sends it.

Only the account's own address is written to, so that nobody can have us write to strangers.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID

from msgspec import Struct

from shared.clock import Clock, utc, uuid7
from shared.db.pool import Connection
from shared.db.queries import queries
from shared.report_links import report_link
from shared.settings import Settings

Kind = Literal["alerts", "report_pdf", "report_link"]
"""What a monitor may have mailed: its alerts, and a report of every complete run, as a file or as a link."""
RETRIES: Final = (60.0, 300.0, 1_800.0, 7_200.0, 21_600.0, 86_400.0)
"""Seconds from each failed attempt to the next; then a mail is given up."""
LEASE_SECONDS: Final = 120.0
"""Longer than fetching a report and handing it over may take (90 s)."""
LINK_DAYS: Final = 30

_SQL = queries("mails")


class Mail(Struct, frozen=True, kw_only=True):
    """One to be sent now; `report` names the scan whose PDF goes with it."""

    id: UUID
    recipient: str
    subject: str
    body: str
    report: UUID | None
    attempts: int
    created_at: datetime


def wanted(monitor: Mapping[str, Any], kind: Kind) -> bool:
    """Whether the monitor's owner wants this by mail."""
    return any(entry.get("kind") == kind for entry in monitor["reports"])


async def alert(
    conn: Connection,
    settings: Settings,
    clock: Clock,
    *,
    monitor: Mapping[str, Any],
    scan: Mapping[str, Any],
    alert: Mapping[str, Any],
) -> None:
    """Put an alert, or its recovery, into the outbox."""
    if not settings.smtp_url or not wanted(monitor, "alerts"):
        return
    state = "Recovered" if alert["state"] == "recovered" else "Alert"
    body = f"{alert['message']}\n\nMonitor: {monitor['name']}\nSite: {scan['url']}\n{_where(settings, scan)}"
    await _add(conn, clock, monitor, f"{state}: {monitor['name']}: {alert['message']}", body)


async def reports(
    conn: Connection, settings: Settings, clock: Clock, *, monitor: Mapping[str, Any], scan: Mapping[str, Any]
) -> None:
    """Put the reports of a complete run into the outbox."""
    if not settings.smtp_url:
        return
    score = "no score" if scan["score"] is None else f"score {scan['score']:.0f}"
    about = f"Monitor: {monitor['name']}\nSite: {scan['url']}\nResult: {score}, {scan['pages']} pages\n"
    subject = f"Report: {monitor['name']}: {score}"
    if wanted(monitor, "report_pdf") and settings.public_url:
        await _add(conn, clock, monitor, subject, f"{about}\nThe report is attached.\n", report=scan["id"])
    if wanted(monitor, "report_link") and settings.public_url:
        until = utc(clock.now()) + timedelta(days=LINK_DAYS)
        link = report_link(settings, scan["id"], until)
        text = f"{about}\nThe report, until {until.date().isoformat()}, for whoever has this link:\n{link}\n"
        await _add(conn, clock, monitor, subject, text)


def _where(settings: Settings, scan: Mapping[str, Any]) -> str:
    return f"Details: {settings.public_url}/scans/{scan['id']}\n" if settings.public_url else f"Scan: {scan['id']}\n"


async def _add(
    conn: Connection, clock: Clock, monitor: Mapping[str, Any], subject: str, body: str, report: UUID | None = None
) -> None:
    values = {
        "id": uuid7(clock),
        "user_id": monitor["user_id"],
        "recipient": monitor["email"],
        "subject": _line(subject),
        "body": body,
        "report": report,
    }
    await conn.execute(_SQL["add"], values)


def _line(text: str) -> str:
    """A header's value: one line of at most 180 characters."""
    line = " ".join(text.split())
    return line if len(line) <= 180 else line[:179] + "…"  # noqa: PLR2004


async def claim(conn: Connection) -> Mail | None:
    """Take the one that is due longest; nobody else gets it for `LEASE_SECONDS`. None when none is due."""
    row = await (await conn.execute(_SQL["claim"], {"lease": LEASE_SECONDS})).fetchone()
    return Mail(**row) if row else None


async def sent(conn: Connection, mail_id: UUID) -> None:
    """It was handed over."""
    await conn.execute(_SQL["sent"], {"id": mail_id})


async def failed(conn: Connection, mail: Mail, error: str, *, for_good: bool = False) -> None:
    """It wasn't: try again later, or give it up; unless somebody else has claimed it since."""
    again = None if for_good or mail.attempts > len(RETRIES) else RETRIES[mail.attempts - 1]
    values = {"id": mail.id, "attempts": mail.attempts, "error": error[:500], "again": again}
    await conn.execute(_SQL["failed"], values)


async def forget(conn: Connection) -> None:
    """Drop what was sent or given up thirty days ago."""
    await conn.execute(_SQL["forget"])
