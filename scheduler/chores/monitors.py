"""Starts the runs of monitors whose time has come, each once, whoever else tries the same."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from scheduler.office import Office
from shared import monitors
from shared.clock import utc, uuid7
from shared.db.pool import LOST, TOO_SLOW, Connection, connection
from shared.errors import ForbiddenError, ServiceError
from shared.intake import Requester
from shared.logs import get_logger
from shared.metrics import MONITOR_RUNS, SCANS_ACCEPTED
from shared.monitoring import check_interval, scan_of, too_many
from shared.monitors import Due, NewRun, most_runs
from shared.scans import NewScan
from shared.schedule import ScheduleError, next_run
from shared.tracing import traced

AT_ONCE: Final = 200
"""Decided on in one run of the chore. Each is a transaction, so that a crash leaves nothing half done."""
LATE: Final = timedelta(minutes=5)
"""From then on a run counts as caught up: for all the times since it was due, of which the others are left out."""


async def fire(office: Office) -> None:
    """Decide on what is due, longest waiting first."""
    now = utc(office.clock.now())
    async with connection(office.pool) as conn:
        for monitor_id in await monitors.due(conn, now, most=AT_ONCE):
            try:
                await _decide(office, conn, monitor_id, now)
            except Exception as error:  # one that can't be decided on must not keep the others
                if isinstance(error, LOST) and (conn.closed or not isinstance(error, TOO_SLOW)):
                    raise
                MONITOR_RUNS.labels("failed").inc()
                get_logger().warning(
                    "monitor.failed", monitor_id=str(monitor_id), error=f"{type(error).__name__}: {error}"[:300]
                )


async def forget(office: Office) -> None:
    """Drop old records of runs."""
    async with connection(office.pool) as conn:
        await monitors.forget(conn, utc(office.clock.now()))


@traced("monitor.run")
async def _decide(office: Office, conn: Connection, monitor_id: UUID, now: datetime) -> None:
    """One transaction; the row is held, so another scheduler passes on, and finds the next time when it comes back."""
    async with conn.transaction():
        due = await monitors.lock_due(conn, monitor_id, now)
        if due is None:
            return
        try:
            outcome, scan = await _run(office, conn, due, now)
        except ScheduleError as error:
            # Its rules are gone, so nobody knows when it would be due next.
            await monitors.refuse(conn, due, now=now, outcome="refused", reason=str(error), next_run_at=None)
            outcome, scan = "refused", None
    MONITOR_RUNS.labels(outcome).inc()
    if scan is not None:
        SCANS_ACCEPTED.labels(scan.mode, scan.tier).inc()
    get_logger().info("monitor.decided", monitor_id=str(due.id), outcome=outcome, test=due.test)


async def _run(office: Office, conn: Connection, due: Due, now: datetime) -> tuple[str, NewScan | None]:
    """What was decided, and the scan if there is one."""
    following = next_run(due.schedule, due.timezone, due.jitter_seconds, now)
    who = _requester(office, due)
    refused = _limited(due, who)
    if refused is not None:
        reason = refused.message
        await monitors.refuse(conn, due, now=now, outcome="skipped_limit", reason=reason, next_run_at=following)
        return "skipped_limit", None
    try:
        scan = scan_of(due, who, office.settings, scan_id=uuid7())
    except ServiceError as error:
        await monitors.refuse(conn, due, now=now, outcome="refused", reason=error.message, next_run_at=following)
        return "refused", None
    due_at = due.next_run_at or now
    new = NewRun(
        monitor_id=due.id,
        due_at=due_at,
        now=now,
        outcome="caught_up" if now - due_at > LATE else "started",
        next_run_at=following,
        most=most_runs(who.tier, by_hand=False),
    )
    ran = await monitors.run(conn, new, scan)
    return ran.outcome, scan if ran.scan_id is not None else None


def _requester(office: Office, due: Due) -> Requester:
    tiers = office.settings.tiers
    return Requester(
        owner=due.owner,
        user_id=due.user_id,
        tier_name=due.tier,
        tier=tiers.get(due.tier, tiers["free"]).with_overrides(due.overrides),
        permissions=frozenset(due.permissions),
        test=due.test,
    )


def _limited(due: Due, who: Requester) -> ForbiddenError | None:
    """Why the account doesn't have this run: after it was disabled, or its tier lowered."""
    if due.disabled_at is not None:
        return ForbiddenError("The account is disabled.")
    if due.rank > who.tier.monitors:
        return too_many(who)
    try:
        check_interval(due.schedule, who)
    except ForbiddenError as error:
        return error
    return None
