"""The shapes of answers about monitors."""

from typing import Any, Literal
from uuid import UUID

from msgspec import Struct

from api_gateway.replies.names import Moment, ScanMode, ScanStatus
from api_gateway.replies.scans import IssueCounts
from shared.alerts import Rule
from shared.mail import Kind


class MonitorScore(Struct, frozen=True):
    """A monitor's latest complete run."""

    scan_id: UUID
    score: float | None
    grade: str | None
    finished_at: Moment | None


class MonitorItem(Struct, frozen=True):
    """A monitor.

    It runs when `schedule` says in `timezone`, `jitter_seconds` later; `next_run_at` has them added, and is null while
    the monitor is paused. `credentials` tells that it has some for the site; they are never shown.
    """

    id: UUID
    name: str
    url: str
    mode: ScanMode
    options: dict[str, Any]
    credentials: bool
    schedule: str
    timezone: str
    jitter_seconds: int
    enabled: bool
    next_run_at: Moment | None
    alerts: list[Rule]
    mails: list[Kind]
    last: MonitorScore | None
    created_at: Moment
    updated_at: Moment


class MonitorList(Struct, frozen=True):
    """A stretch of the caller's monitors, newest first; `next_cursor` is null at the end."""

    items: list[MonitorItem]
    next_cursor: str | None


class Alert(Struct, frozen=True):
    """What a rule found; open until `recovered_at`. `rule` is its kind with its figures, `subject` a check's id or "".

    `scan_id` and `recovered_scan_id` are the runs that showed it; null where a scan has been deleted since.
    """

    id: UUID
    rule: str
    subject: str
    message: str
    details: dict[str, Any]
    scan_id: UUID | None
    triggered_at: Moment
    recovered_scan_id: UUID | None
    recovered_at: Moment | None


class AlertList(Struct, frozen=True):
    """A stretch of a monitor's alerts, newest first; `next_cursor` is null at the end."""

    items: list[Alert]
    next_cursor: str | None


class MonitorDeleted(Struct, frozen=True):
    """The monitor is gone; its scans stay in the history."""

    id: UUID
    deleted: bool


class MonitorRun(Struct, frozen=True):
    """A time that a monitor was due, and what came of it.

    `started`, `caught_up` (late, once for all the times missed meanwhile) and `by_hand` have a scan, unless it has been
    deleted since; `skipped_overlap` (the run before was still under way), `skipped_limit` and `refused` have none.
    `reason` says why in words, `status`, `score` and the rest are the scan's.
    """

    due_at: Moment
    decided_at: Moment
    outcome: Literal["started", "caught_up", "by_hand", "skipped_overlap", "skipped_limit", "refused"]
    reason: str | None
    scan_id: UUID | None
    status: ScanStatus | None
    score: float | None
    grade: str | None
    pages: int | None
    issues: IssueCounts | None
    started_at: Moment | None
    finished_at: Moment | None
    incomplete: str | None


class MonitorRunList(Struct, frozen=True):
    """A stretch of runs, latest first; `next_cursor` is null at the end."""

    items: list[MonitorRun]
    next_cursor: str | None


class PageScore(Struct, frozen=True):
    """How one page did in one run; `status` and `error` both null: the run didn't have it."""

    scan_id: UUID
    due_at: Moment
    finished_at: Moment | None
    status: int | None
    error: str | None
    score: float | None
    title: str | None


class PageHistory(Struct, frozen=True):
    """A page in the complete runs of a monitor, latest first; `next_cursor` is null at the end."""

    url: str
    items: list[PageScore]
    next_cursor: str | None
