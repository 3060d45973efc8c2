"""When monitors are due, against an oracle that knows nothing of cronsim: it looks at every minute of a year."""

import contextlib
import random
import uuid
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.schedule import (
    MAX_JITTER_SECONDS,
    MAX_SHIFT,
    NAMED,
    ScheduleError,
    jitter_seconds,
    next_run,
    shortest_gap,
    zone,
    zones,
)

START, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
MINUTES = int((END - START).total_seconds()) // 60
ZONES = (
    "UTC",
    "Europe/Berlin",
    "Europe/Dublin",  # summer time is the standard one
    "America/New_York",
    "America/St_Johns",  # half an hour beside
    "America/Santiago",  # changes at midnight
    "Africa/Cairo",  # changes at midnight
    "Asia/Kathmandu",  # a quarter of an hour beside, no daylight saving
    "Australia/Lord_Howe",  # changes by half an hour
    "Antarctica/Troll",  # changes by two hours
    "Pacific/Auckland",
    "Asia/Beirut",
)


# The oracle. Minutes are counted from START; a wall clock is a number of minutes too.


@lru_cache(maxsize=32)
def offsets(name: str) -> Any:
    """The zone's offset in minutes at every minute of the year, found quarter by quarter."""
    where, found = ZoneInfo(name), np.empty(MINUTES, dtype=np.int64)
    for quarter in range(0, MINUTES, 15):
        shift = (START + timedelta(minutes=quarter)).astimezone(where).utcoffset()
        assert shift is not None
        found[quarter : quarter + 15] = shift.total_seconds() // 60
    return found


@lru_cache(maxsize=32)
def clock_of(name: str) -> Any:
    """What the zone's clocks show at every minute of the year, as an index into `wall_matches`."""
    return np.arange(MINUTES) + offsets(name) + 1_440


@lru_cache(maxsize=32)
def changes_of(name: str) -> list[int]:
    """The minutes at which the clocks change."""
    found: list[int] = (np.nonzero(np.diff(offsets(name)))[0] + 1).tolist()
    return found


@lru_cache(maxsize=1)
def calendar() -> tuple[Any, Any, Any]:
    """Day, month, weekday (0 is Sunday) of the year's days, and of one more at both ends."""
    first = START.date() - timedelta(days=1)
    days = [first + timedelta(days=n) for n in range(MINUTES // 1_440 + 2)]
    parts = [[day.day for day in days], [day.month for day in days], [day.isoweekday() % 7 for day in days]]
    day, month, weekday = (np.array(part) for part in parts)
    return day, month, weekday


def among(values: Any, wanted: set[int]) -> Any:
    return np.isin(values, list(wanted))


def numbers(text: str, low: int, high: int, names: tuple[str, ...] = ()) -> set[int]:
    found: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        if span == "*":
            begin, end = low, high
        else:
            begin_text, dash, end_text = span.partition("-")
            begin = names.index(begin_text) if begin_text in names else int(begin_text)
            end = int(end_text) if dash else (high if step else begin)
        found |= {n for n in range(begin, end + 1) if (n - begin) % int(step or 1) == 0}
    return found


def wall_matches(expression: str) -> Any:
    """Which wall clock minutes the expression names, each minute of each day."""
    minute, hour, day, month, weekday = expression.split()
    days, months, weekdays = calendar()
    named = {n % 7 for n in numbers(weekday, 0, 7, ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"))}
    by_day, by_weekday = among(days, numbers(day, 1, 31)), among(weekdays, named)
    star = day.startswith("*") or weekday.startswith("*")
    right_day = (by_day & by_weekday) if star else (by_day | by_weekday)
    of_day = np.arange(1_440)
    right_time = among(of_day % 60, numbers(minute, 0, 59)) & among(of_day // 60, numbers(hour, 0, 23))
    return np.outer(right_day & among(months, numbers(month, 1, 12)), right_time).ravel()


def oracle(expression: str, name: str) -> list[int]:
    """The minutes of the year at which cron would run it, as its manual says."""
    matches = wall_matches(expression)
    shift, walls, changes = offsets(name), clock_of(name), changes_of(name)
    minute, hour = expression.split()[:2]
    runs = set(np.nonzero(matches[walls])[0].tolist())
    if minute[0] == "*" or hour[0] == "*":
        return sorted(runs)
    for change in changes:
        jump = int(shift[change] - shift[change - 1])
        if jump > 0:
            skipped = matches[walls[change] - jump : walls[change]]
            runs |= {change} if skipped.any() else set()
        else:
            runs -= set(range(change, change - jump))
    return sorted(runs)


def scheduled(schedule: str, name: str, jitter: int) -> list[datetime]:
    """What the schedule function says of the year, each run asked for from the one before."""
    found: list[datetime] = []
    moment = START + timedelta(seconds=jitter) - timedelta(seconds=1)
    while (moment := next_run(schedule, name, jitter, moment)) < END + timedelta(seconds=jitter):
        found.append(moment)
    return found


def expected(schedule: str, name: str, jitter: int) -> list[datetime]:
    minutes = oracle(NAMED.get(schedule, schedule), name)
    return [START + timedelta(minutes=minute, seconds=jitter) for minute in minutes]


def an_expression(random_: random.Random, *, often: bool) -> str:
    """Daily and more often, or less often; mostly where clocks change."""
    minute, hour = random_.randrange(60), random_.randrange(24)
    night, month = random_.randrange(4), random_.choice(["*", "3-4", "9-11", "3,10"])
    if often:
        return random_.choice(
            [
                "hourly",
                "daily",
                f"{minute} * * {month} *",
                f"*/{random_.choice([20, 30])} * * {month} *",
                f"{minute} */{random_.choice([2, 3, 5])} * * *",
                f"{minute % 30},{30 + minute % 30} {hour % 8}-{8 + hour % 15} * * {random_.randrange(7)}",
                f"{minute % 20}/20 0-5 * {month} 6,0",
            ]
        )
    return random_.choice(
        [
            "weekly",
            f"{minute} {night} * 3-4,10-11 *",
            f"{minute} {night} * * {random_.choice(['SUN', '0', '7', '0,3', 'SAT'])}",
            f"{minute} {night} {random_.randint(1, 31)} * *",
            f"{minute} {hour} * {month} {random_.choice(['1-5', '6', 'MON,WED'])}",
            f"{minute} {hour} {random_.randint(1, 28)} * {random_.randrange(8)}",
            f"{minute} {hour} */{random_.choice([3, 7])} {month} *",
            f"{minute} {hour} 1 {random_.choice(['*/3', '3,10', '4'])} *",
        ]
    )


@pytest.mark.timeout(1_800)
def test_a_year_of_a_thousand_monitors(pytestconfig: pytest.Config) -> None:
    """Their runs are exactly the oracle's, daylight saving on both edges included. Without --long it is 120 of them."""
    random_ = random.Random(8)
    count, least = (1_000, 80_000) if pytestconfig.getoption("--long") else (120, 8_000)
    total = 0
    for number in range(count):
        schedule, name = an_expression(random_, often=number % 60 == 0), ZONES[number % len(ZONES)]
        jitter = jitter_seconds(uuid.UUID(int=random_.getrandbits(128)), schedule)
        runs = scheduled(schedule, name, jitter)
        assert runs == expected(schedule, name, jitter), f"{schedule} in {name}"
        total += len(runs)
    assert total > least


@pytest.mark.parametrize("name", ZONES)
def test_all_kinds_around_every_change_of_the_clocks(name: str) -> None:
    """The hours about each change, with schedules that meet every ten minutes of them."""
    for change in changes_of(name):
        for schedule in ("*/10 * * * *", "0,30 * * * *", "0/10 0-23 * * *", "15 */2 * * *", "45 0,1,2,3,23 * * *"):
            begin, end = change - 600, change + 600
            moment, found = START + timedelta(minutes=begin, seconds=-1), []
            while (moment := next_run(schedule, name, 0, moment)) < START + timedelta(minutes=end):
                found.append(int((moment - START).total_seconds()) // 60)
            assert found == [run for run in oracle(schedule, name) if begin <= run < end], schedule


def local(schedule: str, name: str, after: datetime, count: int) -> list[str]:
    found: list[str] = []
    for _ in range(count):
        after = next_run(schedule, name, 0, after)
        found.append(after.astimezone(ZoneInfo(name)).strftime("%d. %H:%M%z"))
    return found


def test_clocks_that_go_forward() -> None:
    before = datetime(2026, 3, 28, 12, tzinfo=UTC)
    # A time that is skipped runs when the clocks change, two of them once.
    assert local("30 2 * * *", "Europe/Berlin", before, 2) == ["29. 03:00+0200", "30. 02:30+0200"]
    assert local("0,30 2 * * *", "Europe/Berlin", before, 2) == ["29. 03:00+0200", "30. 02:00+0200"]
    hours = ["29. 01:30+0100", "29. 03:30+0200", "29. 04:30+0200"]
    assert local("30 * * * *", "Europe/Berlin", datetime(2026, 3, 29, 0, tzinfo=UTC), 3) == hours


def test_clocks_that_go_back() -> None:
    before = datetime(2026, 10, 24, 12, tzinfo=UTC)
    assert local("30 2 * * *", "Europe/Berlin", before, 2) == ["25. 02:30+0200", "26. 02:30+0100"]
    hours = ["25. 01:30+0200", "25. 02:30+0200", "25. 02:30+0100", "25. 03:30+0100"]
    assert local("30 * * * *", "Europe/Berlin", datetime(2026, 10, 24, 23, tzinfo=UTC), 4) == hours
    # Asked within the hour that comes again, a schedule at a fixed time looks ahead.
    assert local("30 2 * * *", "Europe/Berlin", datetime(2026, 10, 25, 1, 15, tzinfo=UTC), 1) == ["26. 02:30+0100"]


def test_a_day_that_a_zone_left_out() -> None:
    """Samoa went from the 29th to the 31st of December 2011."""
    before = datetime(2011, 12, 29, 12, tzinfo=UTC)
    assert local("0 12 * * *", "Pacific/Apia", before, 3) == ["29. 12:00-1000", "31. 00:00+1400", "31. 12:00+1400"]


def test_no_zone_sets_its_clocks_back_by_more() -> None:
    """From 2000 on, looked at every ten days; none changes back and forth within so few."""
    for name in sorted(zones()):
        where, moment = zone(name), datetime(2000, 1, 1, tzinfo=UTC)
        before = moment.astimezone(where).utcoffset()
        while moment.year < 2031:
            moment += timedelta(days=10)
            now = moment.astimezone(where).utcoffset()
            assert before is not None
            assert now is not None
            assert before - now <= MAX_SHIFT, name
            before = now


FIELDS = st.text(alphabet="0123456789*/,-#LWMONSU ", min_size=1, max_size=12)


@given(st.lists(FIELDS, min_size=3, max_size=6).map(" ".join))
@settings(max_examples=300, deadline=None)
def test_any_text_is_a_schedule_or_an_error(text: str) -> None:
    with contextlib.suppress(ScheduleError):
        gap = shortest_gap(text)
        first = next_run(text, "Europe/Berlin", 0, START)
        second = next_run(text, "Europe/Berlin", 0, first)
        assert START < first < second
        assert gap >= timedelta(minutes=1)


@pytest.mark.parametrize(
    ("schedule", "gap"),
    [
        ("hourly", timedelta(hours=1)),
        ("daily", timedelta(days=1)),
        ("weekly", timedelta(days=7)),
        ("* * * * *", timedelta(minutes=1)),
        ("0,59 12 * * *", timedelta(minutes=59)),
        ("59,0 * * * *", timedelta(minutes=1)),
        ("0 1,23 * * *", timedelta(hours=2)),
        ("30 6 * * 1-5", timedelta(days=1)),
        ("30 6 * * MON,THU", timedelta(days=3)),
        ("0 0 1 * *", timedelta(days=28)),
        ("0 0 31 * *", timedelta(days=31)),
        ("0 0 1,31 * *", timedelta(days=1)),
        ("0 0 L * *", timedelta(days=28)),
        ("0 0 * * 5#1", timedelta(days=28)),
        ("0 0 29 2 *", timedelta(days=1_461)),
        ("0 0 1 1 *", timedelta(days=365)),
    ],
)
def test_the_shortest_gap(schedule: str, gap: timedelta) -> None:
    assert shortest_gap(schedule) == gap


@given(st.integers(0, 59), st.integers(0, 23), st.sampled_from(["*", "*/2", "1-5", "0", "2,4"]))
@settings(max_examples=20, deadline=None)
def test_the_shortest_gap_is_the_oracles(minute: int, hour: int, weekday: str) -> None:
    expression = f"{minute},{(minute * 7) % 60} {hour},{(hour + 5) % 24} * * {weekday}"
    runs = oracle(expression, "UTC")
    assert shortest_gap(expression) == timedelta(minutes=int(np.diff(runs).min()))


@pytest.mark.parametrize(
    "schedule",
    ["", "x", "monthly", "* * * *", "* * * * * *", "60 * * * *", "0 24 * * *", "0 0 0 * *", "0 0 * 13 *", "0 0 * * 8",
     "@daily", "0 0 31 2 *", "0 0 30 2 *", "*/0 * * * *", "5-1 * * * *", "\u0660 * * * *", "0 0 * * MON#6"],
)  # fmt: skip
def test_what_is_no_schedule_is_named(schedule: str) -> None:
    with pytest.raises(ScheduleError, match=r"^schedule: ") as caught:
        shortest_gap(schedule)
    assert caught.value.param == "schedule"


@pytest.mark.parametrize("name", ["", "Berlin", "europe/berlin", "../etc/passwd", "Europe", "right/UTC", "x" * 300])
def test_what_is_no_zone_is_named(name: str) -> None:
    with pytest.raises(ScheduleError, match=r"^timezone: ") as caught:
        zone(name)
    assert caught.value.param == "timezone"


def test_jitter_spreads_a_thousand_at_midnight() -> None:
    random_ = random.Random(1)
    delays = [jitter_seconds(uuid.UUID(int=random_.getrandbits(128)), "daily") for _ in range(1_000)]
    assert min(delays) >= 0
    assert max(delays) < MAX_JITTER_SECONDS
    per_minute = np.bincount(np.array(delays) // 60, minlength=15)
    assert per_minute.min() > 40
    assert per_minute.max() < 100
    assert np.bincount(delays).max() <= 8


def test_jitter_is_the_monitors_own_and_shorter_than_a_quarter_of_the_gap() -> None:
    one = uuid.UUID(int=1)
    assert jitter_seconds(one, "daily") == jitter_seconds(one, "hourly") == 402
    assert jitter_seconds(one, "*/4 * * * *") < 60
    assert next_run("daily", "UTC", 402, START) == START + timedelta(seconds=402)
    assert next_run("daily", "UTC", 402, START + timedelta(seconds=402)) == START + timedelta(days=1, seconds=402)


def test_the_oracle_reads_cron() -> None:
    """It has to be right by itself: some of its answers, counted by hand."""
    assert numbers("1-9/4,20", 0, 59) == {1, 5, 9, 20}
    assert numbers("50/5", 0, 59) == {50, 55}
    assert len(oracle("0 0 * * *", "UTC")) == 365
    fridays = [day for n in range(365) if (day := date(2026, 1, 1) + timedelta(days=n)).weekday() == 4 or day.day == 13]
    assert len(oracle("0 12 13 * 5", "UTC")) == len(fridays)
    assert len(oracle("30 2 * * *", "Europe/Berlin")) == 365
    assert len(oracle("30 * * * *", "Europe/Berlin")) == 8_760
    assert len(oracle("30 */2 * * *", "Europe/Berlin")) == 365 * 12
