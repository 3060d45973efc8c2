"""When a monitor is due: cron expressions by the wall clock of a time zone, daylight saving included. Pure functions.

The expressions are Debian's cron's, five fields, without seconds. So are the rules of daylight saving (cron(8)):

- A schedule at fixed times (neither minute nor hour begin with `*`) runs once for each: for a time that the clocks skip
  at the moment they do, for one that they show twice the first time.
- Any other schedule runs whenever the wall clock matches: not at times that are skipped, twice at those shown twice.

Every run comes a fixed number of seconds after that, the monitor's own, so that a thousand monitors that are due at
midnight don't strike at once.
"""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib import resources
from itertools import pairwise
from typing import Final, Literal
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

NAMED: Final = {"hourly": "0 * * * *", "daily": "0 0 * * *", "weekly": "0 0 * * 1"}
MAX_JITTER_SECONDS: Final = 900
"""And at most a quarter of the schedule's shortest gap."""
MAX_SHIFT: Final = timedelta(hours=3)
"""By no more has any zone set its clocks back since 2000 (a test looks at all of them)."""

_FIELDS: Final = 5
_START: Final = datetime(2000, 1, 1, tzinfo=UTC)
_CYCLE_DAYS: Final = 28 * 1_461 // 4
"""Days of the week and of the month come in a cycle of 28 years."""


class ScheduleError(ValueError):
    """A schedule that can't be followed; `param` tells what is wrong with it."""

    def __init__(self, message: str, param: Literal["schedule", "timezone"]) -> None:
        super().__init__(message)
        self.param = param


@lru_cache(maxsize=1)
def zones() -> frozenset[str]:
    """The names of IANA's time zone database."""
    return frozenset(resources.files("tzdata").joinpath("zones").read_text(encoding="utf-8").split())


def zone(name: str) -> ZoneInfo:
    """The zone of that name. Raises `ScheduleError`."""
    if name in zones():
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            message = f"timezone: the rules of {name} can't be read on this machine."
            raise ScheduleError(message, "timezone") from error
    message = f"timezone: {name!r} is no time zone; use a name of the IANA database, such as Europe/Berlin or UTC."
    raise ScheduleError(message, "timezone")


@lru_cache(maxsize=1_024)
def _expression(schedule: str) -> str:
    """The cron expression. Raises `ScheduleError`."""
    expression = NAMED.get(schedule, schedule)
    form = "use hourly, daily, weekly, or minute, hour, day of month, month and day of week, such as 30 6 * * 1-5"
    if len(expression.split()) != _FIELDS:
        raise ScheduleError(f"schedule: {schedule!r} doesn't have five fields; {form}.", "schedule")
    try:
        CronSim(expression, _START)
    except (CronSimError, ValueError) as error:
        raise ScheduleError(f"schedule: {schedule!r} is no cron expression ({error}); {form}.", "schedule") from error
    return expression


@lru_cache(maxsize=1_024)
def shortest_gap(schedule: str) -> timedelta:
    """The shortest time by the wall clock from one run to the next; `timedelta.max` when there is one in 28 years.

    Raises `ScheduleError`, also for a schedule that never comes.
    """
    simulated = CronSim(_expression(schedule), _START)
    times = sorted(timedelta(hours=hour, minutes=minute) for hour in simulated.hours for minute in simulated.minutes)
    gaps = [later - earlier for earlier, later in pairwise(times)]
    nearest = _nearest_days(simulated)
    if nearest == 0:
        raise ScheduleError(f"schedule: {schedule!r} never comes.", "schedule")
    if nearest is not None:
        gaps.append(timedelta(days=nearest) - times[-1] + times[0])
    return min(gaps, default=timedelta.max)


def _nearest_days(simulated: CronSim) -> int | None:
    """The shortest distance in days of two days with runs; None when there is one such day in 28 years, 0 for none."""
    nearest, before = None, None
    for number in range(_CYCLE_DAYS):
        day = (_START + timedelta(days=number)).date()
        if day.month not in simulated.months or not simulated.match_day(day):
            continue
        if before is not None and (nearest is None or number - before < nearest):
            nearest = number - before
            if nearest == 1:
                break
        before = number
    return 0 if before is None else nearest


def jitter_seconds(monitor_id: UUID, schedule: str) -> int:
    """How long after its schedule a monitor runs, from its id alone: the same for every run and every scheduler.

    Below 15 minutes and below a quarter of the schedule's shortest gap. Raises `ScheduleError`.
    """
    window = min(MAX_JITTER_SECONDS, int(shortest_gap(schedule).total_seconds()) // 4)
    digest = hashlib.blake2b(monitor_id.bytes, digest_size=8).digest()
    return int.from_bytes(digest) % max(1, window)


def next_run(schedule: str, timezone: str, jitter: int, after: datetime) -> datetime:
    """The first run later than `after`, in UTC; `jitter` in seconds. Raises `ScheduleError`."""
    delay = timedelta(seconds=jitter)
    return _next_moment(_expression(schedule), zone(timezone), after.astimezone(UTC) - delay) + delay


def _next_moment(expression: str, where: ZoneInfo, after: datetime) -> datetime:
    """The first match later than `after` (UTC).

    It begins early, since a wall clock that was set back shows again what lies behind it. The first moment at which the
    clock shows or skips a time never comes before that of an earlier time, so none can follow that is nearer.
    """
    minute, hour = expression.split()[:2]
    fixed = not minute.startswith("*") and not hour.startswith("*")
    best: datetime | None = None
    for wall in CronSim(expression, after.astimezone(where).replace(tzinfo=None) - MAX_SHIFT):
        first, second = (wall.replace(tzinfo=where, fold=fold).astimezone(UTC) for fold in (0, 1))
        if best is not None and min(first, second) >= best:
            break
        for moment in _moments(where, first, second, fixed=fixed):
            if moment > after and (best is None or moment < best):
                best = moment
    if best is None:
        raise ScheduleError(f"schedule: {expression!r} never comes.", "schedule")
    return best


def _moments(where: ZoneInfo, first: datetime, second: datetime, *, fixed: bool) -> Iterator[datetime]:
    """When a wall clock time is to run; `first` and `second` read it as before and as after a change of the clocks."""
    if first <= second:
        yield first
        if first < second and not fixed:
            yield second
    elif fixed:
        yield _change(where, second, first)


def _change(where: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The moment between the two (UTC) at which the clocks change, to the second."""
    old = before.astimezone(where).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = (before + (after - before) / 2).replace(microsecond=0)
        before, after = (middle, after) if middle.astimezone(where).utcoffset() == old else (before, middle)
    return after
