"""What a run of a monitor has to keep to when it is due: the tier's limits, and all that holds for POST /scans.

Asked anew at every run, since tiers, permissions and the operator's rules may have changed since the monitor was made.
"""

from datetime import timedelta
from uuid import UUID

import msgspec

from shared.errors import ForbiddenError, InvalidRequestError
from shared.intake import Requester, new_scan
from shared.monitors import Monitor
from shared.requests import ScanOptions, ScanRequest, validate
from shared.scans import NewScan
from shared.schedule import shortest_gap
from shared.settings import Settings


def check_interval(schedule: str, who: Requester) -> None:
    """Raises `ForbiddenError` naming the tier for a schedule that comes more often than it may, or `ScheduleError`."""
    hours = who.tier.monitor_interval_hours
    if shortest_gap(schedule) < timedelta(hours=hours):
        message = (
            f"schedule: the {who.tier_name} tier runs a monitor at most every {hours} h,"
            f" and {schedule!r} comes more often."
        )
        raise ForbiddenError(message, param="schedule")


def too_many(who: Requester) -> ForbiddenError:
    """The error for one monitor more than the tier has."""
    most = who.tier.monitors
    has = f"includes {most} monitor{'' if most == 1 else 's'}" if most else "does not include monitors"
    return ForbiddenError(f"The {who.tier_name} tier {has}.")


def scan_of(monitor: Monitor, who: Requester, settings: Settings, *, scan_id: UUID) -> NewScan:
    """The scan that a run would be. Raises the `ServiceError` that POST /scans would answer with."""
    try:
        options = msgspec.convert(monitor.options, ScanOptions)
    except msgspec.ValidationError as error:
        message = f"options: {error}."
        raise InvalidRequestError(message, param="options") from error
    asked = validate(
        ScanRequest(url=monitor.url, mode=monitor.mode, options=options),
        tier=who.tier,
        tier_name=who.tier_name,
        permissions=who.permissions,
        allow=settings.allow_networks,
        floor=settings.floor,
        test=monitor.test,
    )
    return new_scan(asked, who, settings, scan_id=scan_id, request_id=str(scan_id))
