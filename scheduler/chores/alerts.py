"""Looks at runs of monitors that have ended: opens alerts, closes those whose cause is gone, and tells of both once."""

from functools import lru_cache
from typing import Any, Final
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from scheduler.chores.runs import Run, ended, hidden, previous
from scheduler.office import Office
from shared import mail
from shared.alert_ends import ending
from shared.alerts import (
    COMPARING,
    MOST_PAGES,
    Before,
    Ended,
    Firing,
    NewIssue,
    NoindexAppeared,
    Rule,
    Rules,
    holds,
    name_of,
    over,
    watched,
)
from shared.checks import catalogue
from shared.checks.base import Fact
from shared.clock import utc, uuid7
from shared.db.pool import LOST, TOO_SLOW, Connection, connection
from shared.db.queries import queries
from shared.logs import get_logger
from shared.metrics import ALERTS

AT_ONCE: Final = 100

_SQL = queries("alerts")


async def look(office: Office) -> None:
    """Look at every run that has ended since, the oldest first."""
    async with connection(office.pool) as conn:
        for run in await (await conn.execute(_SQL["unlooked"], {"most": AT_ONCE})).fetchall():
            try:
                await _look_at(office, conn, run)
            except Exception as error:  # one that can't be judged must not keep the others
                # Nor may one whose question takes too long, or whose monitor is held: those are "lost" as well.
                if isinstance(error, LOST) and (conn.closed or not isinstance(error, TOO_SLOW)):
                    raise
                ALERTS.labels("failed").inc()
                get_logger().warning(
                    "monitor.not_looked_at",
                    monitor_id=str(run["monitor_id"]),
                    error=f"{type(error).__name__}: {error}"[:300],
                )


async def forget(office: Office) -> None:
    """Drop alerts that recovered long ago, and old mail."""
    async with connection(office.pool) as conn:
        await conn.execute(_SQL["forget"], {"now": utc(office.clock.now())})
        await mail.forget(conn)


async def _look_at(office: Office, conn: Connection, run: dict[str, Any]) -> None:
    """One transaction: what was found, who is told, and that this run has been looked at."""
    now = utc(office.clock.now())
    async with conn.transaction():
        monitor = await (await conn.execute(_SQL["hold"], run)).fetchone()
        if monitor is None or await (await conn.execute(_SQL["look"], {**run, "now": now})).fetchone() is None:
            return
        scan = await (await conn.execute(_SQL["scan"], run)).fetchone()
        if scan is None:
            return
        at = Run(monitor, run["due_at"], scan, now)
        rules = watched(msgspec.convert(monitor["alerts"], Rules))
        await _apply(office, conn, at, rules)
        await _report(office, conn, at)


async def _apply(office: Office, conn: Connection, at: Run, rules: list[Rule]) -> None:
    """Open, keep and close alerts.

    One whose rule is no longer watched is closed without a word, and so is one that compares with another site, mode or
    options than the monitor has now.
    """
    asked = {"monitor_id": at.monitor["id"], "scan_id": at.scan["id"]}
    rows = await (await conn.execute(_SQL["open"], asked)).fetchall()
    if not rules and not rows:
        return
    named = {name_of(rule): rule for rule in rules}
    mine: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        rule = named.get(row["rule"])
        if rule is None or (isinstance(rule, COMPARING) and not row["comparable"]):
            await _close(conn, at, row)
        else:
            mine.setdefault(row["rule"], []).append(row)
    base = await previous(conn, at)
    now = await ended(conn, at, rules, [row for some in mine.values() for row in some], base)
    for name, rule in named.items():
        await _apply_rule(office, conn, at, rule, mine.get(name, []), now, base.before if base else None)


async def _apply_rule(
    office: Office,
    conn: Connection,
    at: Run,
    rule: Rule,
    mine: list[dict[str, Any]],
    now: Ended,
    before: Before | None,
) -> None:
    opened = {row["subject"]: row for row in mine}
    fresh = holds(rule, now, before)
    for subject, row in list(opened.items()):
        if isinstance(rule, NewIssue) and subject in _of_change():
            if fresh is not None:
                await _close(conn, at, opened.pop(subject))
            continue
        than = msgspec.convert(row["before"], Before)
        if not over(rule, now, subject, than) or await hidden(conn, at, rule, row):
            continue
        if await _close(conn, at, row):
            await _tell(office, conn, at, row["id"], "recovered", rule, ending(rule, now, subject, than))
    for firing in fresh or ():
        known = opened.get(firing.subject)
        if known is None:
            await _open(office, conn, at, rule, firing, before or Before())
        elif isinstance(rule, NoindexAppeared):
            await _extend(office, conn, at, rule, firing, known)


@lru_cache(maxsize=1)
def _of_change() -> frozenset[str]:
    """Checks that compare with the scan before: a change is told once, and that it isn't made again is no recovery."""
    return frozenset(check.id for check in catalogue().values() if Fact.PREVIOUS in check.needs)


async def _open(office: Office, conn: Connection, at: Run, rule: Rule, firing: Firing, before: Before) -> None:
    if isinstance(rule, NoindexAppeared):
        before = msgspec.structs.replace(before, noindex=tuple(firing.details["pages"]))
    alert_id = uuid7(office.clock)
    values = {
        "id": alert_id,
        "monitor_id": at.monitor["id"],
        "rule": name_of(rule),
        "subject": firing.subject,
        "message": firing.message,
        "details": Jsonb(msgspec.to_builtins(firing.details)),
        "before": Jsonb(msgspec.to_builtins(before)),
        "scan_id": at.scan["id"],
        "now": at.now,
    }
    if await (await conn.execute(_SQL["trigger"], values)).fetchone() is not None:
        await _tell(office, conn, at, alert_id, "triggered", rule, firing)


async def _extend(office: Office, conn: Connection, at: Run, rule: Rule, firing: Firing, known: dict[str, Any]) -> None:
    """Further pages while the alert is open: they are told of, and it recovers when all of them have."""
    before = msgspec.convert(known["before"], Before)
    pages = list(dict.fromkeys([*before.noindex, *firing.details["pages"]]))[:MOST_PAGES]
    if len(pages) == len(before.noindex):
        return
    wider = msgspec.structs.replace(before, noindex=tuple(pages))
    values = {"id": known["id"], "before": Jsonb(msgspec.to_builtins(wider)), "details": Jsonb({"pages": pages})}
    await conn.execute(_SQL["extend"], values)
    await _tell(office, conn, at, known["id"], "triggered", rule, firing)


async def _close(conn: Connection, at: Run, row: dict[str, Any]) -> bool:
    values = {"id": row["id"], "now": at.now, "scan_id": at.scan["id"]}
    return await (await conn.execute(_SQL["recover"], values)).fetchone() is not None


async def _tell(
    office: Office, conn: Connection, at: Run, alert_id: UUID, state: str, rule: Rule, firing: Firing
) -> None:
    """By webhook, and by mail to the addresses of the monitor."""
    details = {
        "id": str(alert_id),
        "monitor_id": str(at.monitor["id"]),
        "monitor": at.monitor["name"],
        "rule": msgspec.to_builtins(rule),
        "state": state,
        "message": firing.message,
        "details": msgspec.to_builtins(firing.details),
    }
    values = {
        "event_id": uuid7(office.clock),
        "scan_id": at.scan["id"],
        "subject": f"{alert_id} {state}",
        "details": Jsonb(details),
    }
    await conn.execute(_SQL["add_event"], values)
    await mail.alert(conn, office.settings, office.clock, monitor=at.monitor, scan=at.scan, alert=details)
    ALERTS.labels(state).inc()
    get_logger().info("alert." + state, monitor_id=str(at.monitor["id"]), rule=name_of(rule), test=at.monitor["test"])


async def _report(office: Office, conn: Connection, at: Run) -> None:
    """Scheduled reports go with every complete run."""
    if at.scan["status"] == "complete" and at.monitor["reports"]:
        await mail.reports(conn, office.settings, office.clock, monitor=at.monitor, scan=at.scan)
