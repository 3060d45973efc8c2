"""The scheduler's chore: what is due runs once, what may not run is recorded, and nothing is in anybody's way."""

import asyncio
import random
import tracemalloc
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import pytest

from scheduler.chores import dispatch, monitors
from scheduler.office import Office
from shared.clock import utc, uuid7
from shared.db.pool import LOST, Pool, connection, make_pool
from shared.errors import UnavailableError
from shared.schedule import jitter_seconds, next_run
from tests.integration.scheduler.conftest import HandClock, Rows
from tests.integration.scheduler.monitor_rows import a_row, add_monitors, add_users

START = datetime(2026, 3, 26, tzinfo=UTC)
"""The week after it holds a change of the clocks in Europe."""


def set_clock(clock: HandClock, moment: datetime) -> None:
    clock.at += (moment - utc(clock.now())).total_seconds()


Add = Callable[..., Awaitable[UUID]]


@pytest.fixture
async def add(pool: Pool, clock: HandClock) -> Add:
    """Adds a monitor that is due at midnight, of a user with ten to have; it is a minute past."""
    set_clock(clock, START + timedelta(minutes=1))
    number = 0

    async def one(tier: str = "pro", **changes: Any) -> UUID:
        nonlocal number
        number += 1
        async with connection(pool) as conn:
            user = changes.pop("user", None) or (await add_users(conn, number, tier=tier))[-1]
            row = a_row(user, number, changes.pop("next_run_at", START), **changes)
            await add_monitors(conn, [row])
        made: UUID = row["id"]
        return made

    return one


async def runs_of(rows: Rows, monitor: UUID) -> list[tuple[datetime, str]]:
    found = await rows.sql(
        "SELECT due_at, outcome FROM monitor_runs WHERE monitor_id = %(id)s ORDER BY due_at", id=monitor
    )
    return [(one["due_at"], one["outcome"]) for one in found]


async def reason_of(rows: Rows, monitor: UUID) -> str:
    found = await rows.sql("SELECT reason FROM monitor_runs WHERE monitor_id = %(id)s", id=monitor)
    return str(found[0]["reason"])


async def next_of(rows: Rows, monitor: UUID) -> datetime | None:
    found: datetime | None = (await rows.sql("SELECT * FROM monitors WHERE id = %(id)s", id=monitor))[0]["next_run_at"]
    return found


async def end_scans(rows: Rows) -> None:
    await rows.sql("UPDATE scans SET status = 'complete' WHERE status = 'running'")


async def test_what_is_due_runs_once(office: Office, rows: Rows, add: Add) -> None:
    monitor, later = await add(), await add(next_run_at=START + timedelta(minutes=2))
    await asyncio.gather(*(monitors.fire(office) for _ in range(4)))
    assert await runs_of(rows, monitor) == [(START, "started")]
    assert await runs_of(rows, later) == []
    assert await next_of(rows, monitor) == START + timedelta(days=1)
    (scan,) = await rows.sql("SELECT * FROM scans")
    assert (scan["monitor_id"], scan["mode"], scan["tier"], scan["max_pages"]) == (monitor, "single", "pro", 1)
    assert await rows.sql("SELECT * FROM quota_uses") == []


async def test_after_a_downtime_it_runs_once_for_all_that_was_missed(
    office: Office, rows: Rows, clock: HandClock, add: Add
) -> None:
    monitor = await add(schedule="hourly")
    set_clock(clock, START + timedelta(hours=30, minutes=10))
    for _ in range(3):
        await monitors.fire(office)
    assert await runs_of(rows, monitor) == [(START, "caught_up")]
    assert await next_of(rows, monitor) == START + timedelta(hours=31)


async def test_an_overlap_is_skipped_with_a_record(office: Office, rows: Rows, clock: HandClock, add: Add) -> None:
    monitor = await add()
    await monitors.fire(office)
    set_clock(clock, START + timedelta(days=1))
    await monitors.fire(office)
    await end_scans(rows)
    set_clock(clock, START + timedelta(days=2))
    await monitors.fire(office)
    days = [START + timedelta(days=day) for day in range(3)]
    outcomes = ["started", "skipped_overlap", "started"]
    assert await runs_of(rows, monitor) == list(zip(days, outcomes, strict=True))


async def test_a_lowered_tier_is_kept_to(office: Office, rows: Rows, add: Add) -> None:
    oldest = await add(tier="free")
    user = (await rows.sql("SELECT user_id FROM monitors"))[0]["user_id"]
    newer = await add(user=user, id=UUID(int=2**128 - 1))
    often = await add(tier="free", schedule="0 */2 * * *")
    await monitors.fire(office)
    assert await runs_of(rows, oldest) == [(START, "started")]
    assert await runs_of(rows, newer) == [(START, "skipped_limit")]
    assert await reason_of(rows, newer) == "The free tier includes 1 monitor."
    assert await runs_of(rows, often) == [(START, "skipped_limit")]
    assert "at most every 24 h" in await reason_of(rows, often)
    assert await next_of(rows, often) == START + timedelta(hours=2)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"host": "127.0.0.1"}, "loopback"),
        ({"options": {"respect_robots": False}}, "ignore_robots"),
        ({"options": {"profile": "gone"}}, "There is no profile 'gone'"),
        ({"options": {"gone": 1}}, "gone"),
    ],
)
async def test_what_a_scan_would_be_refused_for(
    office: Office, rows: Rows, add: Add, changes: dict[str, Any], reason: str
) -> None:
    monitor = await add(**changes)
    await monitors.fire(office)
    assert await runs_of(rows, monitor) == [(START, "refused")]
    assert reason in await reason_of(rows, monitor)
    assert await next_of(rows, monitor) == START + timedelta(days=1)
    assert await rows.sql("SELECT * FROM scans") == []


async def test_a_disabled_account_runs_nothing(office: Office, rows: Rows, add: Add) -> None:
    monitor = await add()
    await rows.sql("UPDATE users SET disabled_at = now()")
    await monitors.fire(office)
    assert await runs_of(rows, monitor) == [(START, "skipped_limit")]
    assert await reason_of(rows, monitor) == "The account is disabled."


async def test_a_zone_that_is_gone_pauses(office: Office, rows: Rows, add: Add) -> None:
    monitor = await add(timezone="Europe/Atlantis")
    await monitors.fire(office)
    assert await runs_of(rows, monitor) == [(START, "refused")]
    assert "Europe/Atlantis" in await reason_of(rows, monitor)
    assert await next_of(rows, monitor) is None


async def test_one_that_fails_keeps_nobody_else(office: Office, rows: Rows, add: Add) -> None:
    broken, fine = await add(next_run_at=START - timedelta(minutes=1)), await add()
    await rows.sql(
        "UPDATE users SET overrides = '{\"unknown\": 1}' WHERE id = (SELECT user_id FROM monitors WHERE id = %(id)s)",
        id=broken,
    )
    await monitors.fire(office)
    assert await runs_of(rows, broken) == []
    assert await runs_of(rows, fine) == [(START, "started")]


async def test_a_test_monitor_makes_test_scans(office: Office, rows: Rows, add: Add) -> None:
    await add(test=True, host="anything.invalid")
    await monitors.fire(office)
    (scan,) = await rows.sql("SELECT test FROM scans")
    assert scan["test"]
    assert await rows.sql("SELECT * FROM monitor_uses") == []


@asynccontextmanager
async def another(office: Office, database_url: str, name: str) -> AsyncIterator[Office]:
    """An office with connections of its own, known to Postgres by that name."""
    pool = make_pool(database_url, application=name, size=2)
    await pool.open()
    yield msgspec.structs.replace(office, pool=pool)
    await pool.close()


async def kill(rows: Rows, name: str) -> None:
    """What Postgres sees of a scheduler's end in the middle of its work."""
    await rows.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %(name)s", name=name
    )


async def fire_until_killed(office: Office) -> bool:
    """False when it was killed."""
    try:
        await monitors.fire(office)
    except (UnavailableError, psycopg.Error, *LOST):
        return False
    return True


@pytest.mark.timeout(1_800)
async def test_days_of_two_schedulers_and_random_kills(
    office: Office, rows: Rows, clock: HandClock, database_url: str, pytestconfig: pytest.Config
) -> None:
    """Each run comes once: with --long 1,000 monitors for seven days."""
    random_ = random.Random(pytestconfig.getoption("--seed") or 7)
    count, days = (1_000, 7) if pytestconfig.getoption("--long") else (100, 4)
    zones = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu")
    kinds = ("daily", "30 2 * * *", "0 9 * * 1-5", "weekly", "15 */8 * * *", "0 2,3 * * *", "45 1,13 * * *")
    async with connection(rows.pool) as conn:
        users = await add_users(conn, 20, monitors=count)
        made = []
        for number in range(count):
            row = a_row(users[number % 20], number, None)
            row["schedule"] = "hourly" if number % 100 == 0 else random_.choice(kinds)
            row["timezone"] = random_.choice(zones)
            row["jitter"] = jitter_seconds(row["id"], row["schedule"])
            row["next_run_at"] = next_run(row["schedule"], row["timezone"], row["jitter"], START)
            made.append(row)
        await add_monitors(conn, made)
    end = START + timedelta(days=days)
    due = Counter[tuple[UUID, datetime]]()
    for row in made:
        moment = START
        while (moment := next_run(row["schedule"], row["timezone"], row["jitter"], moment)) <= end:
            due[(row["id"], moment)] += 1
    killed, moment = 0, START
    async with AsyncExitStack() as stack:
        names = ("sched-a", "sched-b")
        offices = [await stack.enter_async_context(another(office, database_url, name)) for name in names]
        while moment < end:
            moment = min(end, moment + timedelta(minutes=20))
            set_clock(clock, moment)
            while await rows.sql("SELECT 1 FROM monitors WHERE enabled AND next_run_at <= %(now)s LIMIT 1", now=moment):
                at_work = [asyncio.create_task(fire_until_killed(one)) for one in offices]
                if random_.random() < 0.5:
                    await asyncio.sleep(random_.random() * 0.02)
                    await kill(rows, random_.choice(names))
                killed += (await asyncio.gather(*at_work)).count(False)
            await end_scans(rows)
    assert killed > days
    found = await rows.sql("SELECT monitor_id, due_at, outcome, scan_id FROM monitor_runs")
    assert Counter((one["monitor_id"], one["due_at"]) for one in found) == due
    assert {one["outcome"] for one in found} <= {"started", "caught_up"}
    scans = await rows.sql("SELECT id, monitor_id FROM scans")
    assert {one["scan_id"] for one in found} == {scan["id"] for scan in scans}
    assert len(scans) == len(found)
    assert (await rows.sql("SELECT count(*) AS n FROM chunks"))[0]["n"] == len(scans)


@pytest.mark.timeout(1_800)
async def test_thousands_due_in_an_hour_take_no_memory_and_nobodys_turn(
    office: Office, rows: Rows, clock: HandClock, pytestconfig: pytest.Config
) -> None:
    """Half of them are one owner's. With --long 10,000."""
    count = 10_000 if pytestconfig.getoption("--long") else 600
    random_ = random.Random(3)
    async with connection(rows.pool) as conn:
        users = await add_users(conn, 6, monitors=count)
        made = []
        for number in range(count):
            user = users[0] if number % 2 else users[1 + number // 2 % 5]
            at = START + timedelta(seconds=random_.random() * 3_600)
            made.append(a_row(user, number, at))
        await add_monitors(conn, made)
    peaks: list[int] = []
    for minute in range(1, 61):
        set_clock(clock, START + timedelta(minutes=minute))
        tracemalloc.start()
        while await rows.sql(
            "SELECT 1 FROM monitors WHERE enabled AND next_run_at <= %(now)s LIMIT 1", now=utc(clock.now())
        ):
            await monitors.fire(office)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    runs = await rows.sql("SELECT outcome, count(*) AS n FROM monitor_runs GROUP BY outcome")
    assert runs == [{"outcome": "started", "n": count}]
    # What the hour ends with costs no more than what it began with (the first minute fills caches). Medians, because a
    # single minute may hold 20 kB that the collector has not looked at yet.
    assert median(peaks[-20:]) < 1.3 * median(peaks[1:21])
    assert max(peaks) < 3_000_000
    # They wait as their owners' other scans do, and somebody who comes after all of them has a turn among the first.
    admitted = await rows.sql("SELECT owner, count(*) AS n FROM scans WHERE admitted_at IS NOT NULL GROUP BY owner")
    assert {one["n"] for one in admitted} == {10}
    newcomer = await rows.scan(owner=f"user:{uuid7()}")
    await rows.old()
    await dispatch.dispatch(office)
    sent = await rows.sql(
        "SELECT s.id, s.owner FROM chunks c JOIN scans s ON s.id = c.scan_id WHERE dispatched_at IS NOT NULL"
    )
    assert newcomer in {one["id"] for one in sent}
    per_owner = Counter(one["owner"] for one in sent)
    assert len(per_owner) == 7
    assert max(per_owner.values()) <= 2
