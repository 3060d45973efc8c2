"""Monitors in Postgres: a run is decided once, in one transaction, within every limit."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from msgspec.structs import replace

from shared import monitors, scans, users
from shared.clock import uuid7
from shared.db.pool import Connection, Pool, connection, make_pool
from shared.monitors import Monitor, NewRun
from shared.scans import NewScan
from shared.tiers import load_tiers

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    made = make_pool(database_url, application="test", size=8)
    await made.open()
    yield made
    await made.close()


@pytest.fixture
async def conn(pool: Pool) -> AsyncIterator[Connection]:
    async with connection(pool) as one:
        yield one


@pytest.fixture
async def user(conn: Connection) -> users.User:
    return await users.create(conn, email="m@example.com", password="long enough password", tier="pro")


def a_monitor(user: users.User, **changes: Any) -> Monitor:
    monitor = Monitor(
        id=uuid7(),
        owner=user.owner,
        user_id=user.id,
        test=False,
        name="Home",
        url="https://example.com/",
        host="example.com",
        mode="crawl",
        options={"max_pages": 10},
        sealed=b"sealed",
        schedule="daily",
        timezone="Europe/Berlin",
        jitter_seconds=7,
        enabled=True,
        next_run_at=NOW,
        alerts=[{"kind": "score_below", "than": 70}],
        reports=[],
        created_at=NOW,
        updated_at=NOW,
    )
    return replace(monitor, **changes)


def a_run(monitor: Monitor, running: int = 2, **changes: Any) -> tuple[NewRun, NewScan]:
    new = NewRun(
        monitor_id=monitor.id,
        due_at=NOW,
        now=NOW + timedelta(seconds=1),
        outcome="started",
        next_run_at=NOW + timedelta(days=1),
        most=100,
    )
    scan = NewScan(
        id=uuid7(),
        owner="nobody",
        user_id=None,
        tier="pro",
        test=False,
        url="http://not.taken.from.here/",
        host="not.taken.from.here",
        mode="single",
        options={"max_pages": 10, "delay_ms": 700},
        profile="default-2026.11",
        score_version="1",
        request_id="r",
        max_pages=10,
        quota=0,
        running=running,
        hours=24,
        kept_days=30,
    )
    return replace(new, **changes), scan


async def sql(conn: Connection, query: str, **values: Any) -> list[dict[str, Any]]:
    cursor = await conn.execute(query.encode(), values)
    return await cursor.fetchall() if cursor.description else []


async def ended(conn: Connection, scan_id: uuid.UUID | None, score: float = 81.5) -> None:
    assert scan_id is not None
    async with conn.transaction():
        result = {"score": score, "grade": "B", "totals": {"issues": {"high": 2}}}
        assert await scans.finish(conn, scan_id, status="complete", score=score, result=result, done=3)


async def test_a_monitor_comes_back_as_it_was_stored(conn: Connection, user: users.User) -> None:
    monitor = a_monitor(user)
    assert await monitors.create(conn, monitor, most=1)
    stored = await monitors.get(conn, monitor.id)
    assert stored is not None
    assert replace(stored, created_at=NOW, updated_at=NOW) == monitor
    changed = await monitors.update(conn, replace(stored, name="Shop", enabled=False, next_run_at=None, sealed=None))
    assert (changed.name, changed.enabled, changed.next_run_at, changed.sealed) == ("Shop", False, None, None)
    await monitors.delete(conn, monitor.id)
    assert await monitors.get(conn, monitor.id) is None


async def test_one_too_many_is_not_made_by_any_number_at_once(pool: Pool, user: users.User) -> None:
    async def make() -> bool:
        async with connection(pool) as one:
            return await monitors.create(one, a_monitor(user), most=3)

    made = await asyncio.gather(*(make() for _ in range(12)))
    assert sum(made) == 3
    async with connection(pool) as one:
        # Test monitors are counted by themselves.
        assert await monitors.create(one, a_monitor(user, test=True), most=3)


async def test_a_run_is_a_scan_of_its_monitor_and_costs_no_quota(conn: Connection, user: users.User) -> None:
    monitor = a_monitor(user)
    await monitors.create(conn, monitor, most=1)
    new, scan = a_run(monitor)
    ran = await monitors.run(conn, new, scan)
    assert (ran.outcome, ran.scan_id, ran.admitted) == ("started", scan.id, True)
    row = await scans.get(conn, scan.id)
    assert row is not None
    assert (row["monitor_id"], row["owner"], row["url"], row["sealed"]) == (
        monitor.id,
        user.owner,
        monitor.url,
        b"sealed",
    )
    assert (row["options"], row["max_pages"], row["status"]) == (scan.options, 10, "running")
    chunks = await sql(conn, "SELECT no, kind, status FROM chunks WHERE scan_id = %(id)s", id=scan.id)
    assert chunks == [{"no": 0, "kind": "discover", "status": "pending"}]
    assert await sql(conn, "SELECT * FROM quota_uses") == []
    after = await monitors.get(conn, monitor.id)
    assert after is not None
    assert after.next_run_at == NOW + timedelta(days=1)


async def test_the_same_moment_never_runs_twice(conn: Connection, user: users.User) -> None:
    monitor = a_monitor(user)
    await monitors.create(conn, monitor, most=1)
    first = await monitors.run(conn, *a_run(monitor))
    await ended(conn, first.scan_id)
    again = await monitors.run(conn, *a_run(monitor))
    assert (again.outcome, again.scan_id) == ("repeated", None)
    assert len(await monitors.runs(conn, monitor.id, before=NOW + timedelta(1), limit=10)) == 1
    assert len(await sql(conn, "SELECT id FROM scans")) == 1


async def test_a_run_is_skipped_with_a_record_while_the_one_before_is_under_way(
    conn: Connection, user: users.User
) -> None:
    monitor = a_monitor(user)
    await monitors.create(conn, monitor, most=1)
    first = await monitors.run(conn, *a_run(monitor))
    later = NOW + timedelta(days=1)
    second = await monitors.run(conn, *a_run(monitor, due_at=later, now=later, next_run_at=later + timedelta(1)))
    assert (second.outcome, second.scan_id) == ("skipped_overlap", None)
    by_hand = await monitors.run(conn, *a_run(monitor, due_at=later + timedelta(1), outcome="by_hand"))
    assert by_hand.outcome == "skipped_overlap"
    await ended(conn, first.scan_id)
    runs = await monitors.runs(conn, monitor.id, before=later + timedelta(9), limit=10)
    assert [(one.outcome, one.status, one.score, one.grade, one.pages, one.issues) for one in runs] == [
        ("skipped_overlap", None, None, None, None, None),
        ("started", "complete", 81.5, "B", 3, {"high": 2}),
    ]
    assert [one.reason for one in runs] == ["The run before was still under way.", None]
    last = await monitors.last_runs(conn, [monitor.id, uuid7()])
    assert list(last) == [monitor.id]
    assert (last[monitor.id].scan_id, last[monitor.id].score) == (first.scan_id, 81.5)


async def test_the_database_itself_refuses_two_runs_at_once(conn: Connection, user: users.User) -> None:
    monitor = a_monitor(user)
    await monitors.create(conn, monitor, most=1)
    first = await monitors.run(conn, *a_run(monitor))
    await ended(conn, first.scan_id)
    await monitors.run(conn, *a_run(monitor, due_at=NOW + timedelta(1)))
    with pytest.raises(psycopg.errors.UniqueViolation):
        await conn.execute(b"UPDATE scans SET status = 'running'")


async def test_an_owners_runs_are_bounded_also_across_deleted_monitors(conn: Connection, user: users.User) -> None:
    outcomes: list[str] = []
    reasons: list[str | None] = []
    for hour in range(4):
        monitor = a_monitor(user)
        assert await monitors.create(conn, monitor, most=1)
        now = NOW + timedelta(hours=hour)
        ran = await monitors.run(conn, *a_run(monitor, now=now, most=3))
        outcomes.append(ran.outcome)
        reasons += [one.reason for one in await monitors.runs(conn, monitor.id, before=now + timedelta(1), limit=1)]
        await monitors.delete(conn, monitor.id)
    assert outcomes == ["started", "started", "started", "skipped_limit"]
    assert reasons == [None, None, None, "Its account had as many runs within 24 hours as its tier allows."]
    monitor = a_monitor(user)
    await monitors.create(conn, monitor, most=1)
    freed = await monitors.run(conn, *a_run(monitor, now=NOW + timedelta(hours=24, seconds=1), most=3))
    assert freed.outcome == "started"
    assert await monitors.next_use(conn, user.owner, NOW + timedelta(hours=3), most=2) == NOW + timedelta(hours=26)
    assert await monitors.next_use(conn, "user:other", NOW, most=2) is None


@pytest.mark.parametrize(
    ("tier", "by_hand", "most"), [("free", True, 2), ("free", False, 3), ("pro", False, 720), ("guest", False, 0)]
)
def test_the_bound_follows_from_the_tier(tier: str, by_hand: bool, most: int) -> None:
    assert monitors.most_runs(load_tiers()[tier], by_hand=by_hand) == most


async def test_beyond_running_at_once_a_run_waits(conn: Connection, user: users.User) -> None:
    admitted: list[bool] = []
    for _ in range(3):
        monitor = a_monitor(user)
        await monitors.create(conn, monitor, most=9)
        admitted.append((await monitors.run(conn, *a_run(monitor))).admitted)
    assert admitted == [True, True, False]


async def test_deleting_a_monitor_leaves_its_scans_and_deleting_a_scan_leaves_the_run(
    conn: Connection, user: users.User
) -> None:
    kept, gone = a_monitor(user), a_monitor(user)
    for monitor in (kept, gone):
        await monitors.create(conn, monitor, most=9)
    first, second = await monitors.run(conn, *a_run(kept)), await monitors.run(conn, *a_run(gone))
    await monitors.delete(conn, gone.id)
    row = await scans.get(conn, second.scan_id or uuid7())
    assert row is not None
    assert (row["monitor_id"], row["status"]) == (None, "running")
    await sql(conn, "DELETE FROM scans WHERE id = %(id)s", id=first.scan_id)
    (run,) = await monitors.runs(conn, kept.id, before=NOW + timedelta(1), limit=10)
    assert (run.outcome, run.scan_id, run.status) == ("started", None, None)


async def test_only_one_decides_on_a_due_monitor(pool: Pool, user: users.User) -> None:
    async with connection(pool) as one, connection(pool) as other:
        paused = a_monitor(user, id=uuid.UUID(int=1), enabled=False, next_run_at=None)
        later = a_monitor(user, id=uuid.UUID(int=2), next_run_at=NOW + timedelta(seconds=2))
        monitor = a_monitor(user, id=uuid.UUID(int=3))
        for each in (monitor, paused, later):
            await monitors.create(one, each, most=9)
        assert await monitors.due(one, NOW, most=10) == [monitor.id]
        async with one.transaction():
            held = await monitors.lock_due(one, monitor.id, NOW)
            assert held is not None
            assert (held.tier, held.rank, held.permissions) == ("pro", 2, ())
            assert await monitors.lock_due(other, monitor.id, NOW) is None
            await monitors.run(one, *a_run(monitor))
        assert await monitors.lock_due(other, monitor.id, NOW) is None


async def test_a_refused_run_is_recorded_and_may_pause(conn: Connection, user: users.User) -> None:
    monitor = a_monitor(user)
    await monitors.create(conn, monitor, most=1)
    await monitors.refuse(conn, monitor, now=NOW, outcome="refused", reason="no such zone", next_run_at=None)
    after = await monitors.get(conn, monitor.id)
    assert after is not None
    assert (after.enabled, after.next_run_at) == (False, None)
    (run,) = await monitors.runs(conn, monitor.id, before=NOW + timedelta(1), limit=10)
    assert (run.outcome, run.reason, run.due_at) == ("refused", "no such zone", NOW)


async def test_the_history_of_a_page(conn: Connection, user: users.User) -> None:
    monitor = a_monitor(user)
    await monitors.create(conn, monitor, most=1)
    url = "https://example.com/größe"
    for day, score in enumerate((70.0, None, 90.0)):
        due = NOW + timedelta(day)
        ran = await monitors.run(conn, *a_run(monitor, due_at=due, now=due))
        if score is not None:
            values = {"id": ran.scan_id, "url": url, "hash": monitors.page_hash(url), "score": score}
            await sql(
                conn, "INSERT INTO urls (scan_id, seq, hash, url) VALUES (%(id)s, 4, %(hash)s, %(url)s)", **values
            )
            insert = "INSERT INTO pages (scan_id, seq, url, status, score) VALUES (%(id)s, 4, %(url)s, 200, %(score)s)"
            await sql(conn, insert, **values)
        await ended(conn, ran.scan_id)
    points = await monitors.page_history(conn, monitor.id, url, before=NOW + timedelta(9), limit=10)
    assert [(point.score, point.status) for point in points] == [(90.0, 200), (None, None), (70.0, 200)]


async def test_old_records_go(conn: Connection, user: users.User) -> None:
    monitor = a_monitor(user)
    await monitors.create(conn, monitor, most=1)
    first = await monitors.run(conn, *a_run(monitor))
    await ended(conn, first.scan_id)
    await monitors.run(conn, *a_run(monitor, due_at=NOW + timedelta(390), now=NOW + timedelta(390)))
    await monitors.forget(conn, NOW + timedelta(401))
    left = await sql(conn, "SELECT due_at FROM monitor_runs")
    assert [row["due_at"] for row in left] == [NOW + timedelta(390)]
    assert await sql(conn, "SELECT * FROM monitor_uses") == []
