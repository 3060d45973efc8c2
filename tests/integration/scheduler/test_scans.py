"""Admission, stopping, the end of time, and retention."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from scheduler.chores import retention, scans
from scheduler.office import Office
from shared import chunks
from shared.chunks import LeaseLostError
from shared.clock import uuid7
from shared.db.pool import connection
from tests.integration.scheduler.conftest import HandClock, Rows

pytestmark = pytest.mark.timeout(30)


async def planned(rows: Rows, pages: int = 60, mode: str = "sitemap") -> UUID:
    """A scan whose discovery has ended, with two chunks of pages."""
    scan_id = await rows.scan(mode=mode)
    await rows.sql("UPDATE chunks SET status = 'done' WHERE scan_id = %(id)s", id=scan_id)
    await rows.sql(
        "UPDATE scans SET chunks_total = 3, chunks_done = 1, found = %(n)s, phase = 'fetching' WHERE id = %(id)s",
        id=scan_id,
        n=pages,
    )
    async with connection(rows.pool) as conn:
        await chunks.add(conn, scan_id, "fetch", 1, [(0, 49), (50, pages - 1)])
    return scan_id


async def claim(rows: Rows, scan_id: UUID, no: int) -> chunks.Claim:
    async with connection(rows.pool) as conn:
        held = await chunks.claim(conn, scan_id, no, "worker")
    assert held is not None
    return held


async def commit(rows: Rows, held: chunks.Claim, done: int, failed: int) -> None:
    async with connection(rows.pool) as conn:
        await chunks.progress(conn, held, tally=b"", done=done, failed=failed)


async def test_one_owner_does_not_hide_another_from_admission(office: Office, rows: Rows) -> None:
    for _ in range(60):
        await rows.scan("guest:many", running=0)
    one = await rows.scan("guest:one", running=0)
    await scans.admit(office)
    assert (await rows.of(one))["admitted_at"] is not None
    admitted = await rows.sql("SELECT count(*) AS n FROM scans WHERE owner = 'guest:many' AND admitted_at IS NOT NULL")
    assert admitted[0]["n"] == 10


async def test_a_stopped_scan_counts_what_was_committed(office: Office, rows: Rows) -> None:
    scan_id = await planned(rows)
    held = await claim(rows, scan_id, 1)
    await commit(rows, held, 20, 3)
    await rows.sql("UPDATE scans SET stop_requested_at = now() - interval '2 seconds'")
    await scans.end_stopped(office)
    assert (await rows.of(scan_id))["status"] == "running", "a worker still holds a chunk"
    async with connection(rows.pool) as conn:
        await chunks.release(conn, held)
    await scans.end_stopped(office)
    row = await rows.of(scan_id)
    assert (row["status"], row["done"], row["failed"]) == ("stopped", 20, 3)
    left = await rows.sql("SELECT count(*) AS n FROM chunks WHERE status <> 'done'")
    assert left[0]["n"] == 0


async def test_who_writes_after_the_end_is_refused(office: Office, rows: Rows) -> None:
    scan_id = await planned(rows)
    held = await claim(rows, scan_id, 1)
    await rows.sql("UPDATE chunks SET lease_until = now() - interval '1 second' WHERE status = 'running'")
    await rows.sql("UPDATE scans SET stop_requested_at = now() - interval '2 seconds'")
    await scans.end_stopped(office)
    with pytest.raises(LeaseLostError):
        await commit(rows, held, 1, 0)


async def test_pages_are_not_added_to_an_ended_scan_under_a_good_lease(rows: Rows) -> None:
    scan_id = await planned(rows)
    held = await claim(rows, scan_id, 1)
    await rows.sql("UPDATE scans SET status = 'stopped'")
    with pytest.raises(LeaseLostError):
        await commit(rows, held, 1, 0)


@pytest.mark.parametrize("state", ["pending", "abandoned"])
async def test_an_overdue_scan_that_is_still_discovering_ends(office: Office, rows: Rows, state: str) -> None:
    scan_id = await rows.scan(mode="sitemap")
    if state == "abandoned":
        await claim(rows, scan_id, 0)
        await rows.sql("UPDATE chunks SET lease_until = now() - interval '1 second'")
    await rows.sql("UPDATE scans SET ends_at = now() - interval '1 second'")
    await scans.end_overdue(office)
    row = await rows.of(scan_id)
    assert (row["phase"], row["incomplete"]) == ("analysing", "time")
    assert (await rows.chunk(scan_id, 1))["kind"] == "reduce"
    await scans.end_overdue(office)
    assert (await rows.of(scan_id))["chunks_total"] == 2


async def test_an_overdue_scan_counts_half_done_chunks(office: Office, rows: Rows) -> None:
    scan_id = await planned(rows)
    held = await claim(rows, scan_id, 1)
    await commit(rows, held, 7, 1)
    async with connection(rows.pool) as conn:
        await chunks.release(conn, held)
    await rows.sql("UPDATE scans SET ends_at = now() - interval '1 second'")
    await scans.end_overdue(office)
    row = await rows.of(scan_id)
    assert (row["done"], row["failed"], row["phase"]) == (7, 1, "analysing")


async def test_an_overdue_single_scan_ends_as_an_error_that_costs_nothing(office: Office, rows: Rows) -> None:
    held, scan_id = await rows.scan(), await rows.scan()
    await claim(rows, held, 0)
    await rows.sql("UPDATE scans SET ends_at = now() - interval '1 second'")
    await scans.end_overdue(office)
    row = await rows.of(scan_id)
    assert (row["status"], row["reason_code"]) == ("error", "timeout")
    assert [one["scan_id"] for one in await rows.sql("SELECT scan_id FROM quota_uses")] == [held]
    assert (await rows.of(held))["status"] == "running"
    assert (await rows.chunk(scan_id))["status"] == "done"


async def grown(rows: Rows, scan_id: UUID, pages: int) -> None:
    await rows.sql(
        "INSERT INTO pages (scan_id, seq, url) SELECT %(id)s, n, 'http://x/' || n FROM generate_series(1, %(n)s) n",
        id=scan_id,
        n=pages,
    )
    await rows.sql(
        "INSERT INTO site_findings (scan_id, n, check_id, severity, evidence)"
        " SELECT %(id)s, n, 'c', 'low', '' FROM generate_series(1, %(n)s) n",
        id=scan_id,
        n=pages,
    )
    await rows.sql(
        "UPDATE scans SET status = 'complete', kept_until = now() - interval '1 day' WHERE id = %(id)s", id=scan_id
    )


async def test_retention_goes_in_small_steps(office: Office, rows: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    scan_id, kept = await rows.scan(), await rows.scan()
    await grown(rows, scan_id, 2_500)
    monkeypatch.setattr(retention, "MAX_STEPS", 2)
    await retention.retention(office)
    left = await rows.sql("SELECT count(*) AS n FROM pages")
    assert left[0]["n"] == 500
    for _ in range(4):
        await retention.retention(office)
    assert [row["id"] for row in await rows.sql("SELECT id FROM scans")] == [kept]
    assert (await rows.sql("SELECT count(*) AS n FROM site_findings"))[0]["n"] == 0


async def test_retention_keeps_pace_with_what_is_due(office: Office, rows: Rows, clock: HandClock) -> None:
    """More than one batch a run; but a run has an end, so that the rest of the chore gets its turn."""
    for number in range(45):
        await rows.scan(f"guest:{number}")
    await rows.sql("UPDATE scans SET status = 'complete', kept_until = now() - interval '1 minute'")
    clock.step = retention.RUN_SECONDS + 1
    await retention.retention(office)
    assert (await rows.sql("SELECT count(*) AS n FROM scans"))[0]["n"] == 25
    clock.step = 0.0
    await retention.retention(office)
    assert await rows.sql("SELECT id FROM scans") == []


async def test_revoked_log_ins_are_forgotten_once_they_have_ended(office: Office, rows: Rows) -> None:
    user = uuid7()
    await rows.sql("INSERT INTO users (id, email, password_hash, tier) VALUES (%(id)s, 'a@b.c', 'x', 'free')", id=user)
    ended, just_ended, running = uuid7(), uuid7(), uuid7()
    for jti, minutes in ((ended, -61), (just_ended, -59), (running, 60)):
        await rows.sql(
            "INSERT INTO revoked_jwts VALUES (%(jti)s, %(user)s, now() + %(minutes)s * interval '1 minute')",
            jti=jti,
            user=user,
            minutes=minutes,
        )
    await retention.retention(office)
    assert {row["jti"] for row in await rows.sql("SELECT jti FROM revoked_jwts")} == {just_ended, running}


async def test_a_scan_that_cannot_be_deleted_does_not_keep_the_others(office: Office, rows: Rows) -> None:
    stuck, other = await rows.scan(), await rows.scan()
    for one in (stuck, other):
        await grown(rows, one, 10)
    await rows.sql("CREATE TABLE holding (scan_id uuid REFERENCES scans)")
    await rows.sql("INSERT INTO holding VALUES (%(id)s)", id=stuck)
    await retention.retention(office)
    assert [row["id"] for row in await rows.sql("SELECT id FROM scans")] == [stuck]


async def test_a_batch_of_them_does_not_either(office: Office, rows: Rows) -> None:
    """They are due the longest, so they come first every time."""
    stuck = [await rows.scan(f"guest:{number}") for number in range(25)]
    await rows.sql("UPDATE scans SET status = 'complete', kept_until = now() - interval '2 days'")
    await rows.sql("CREATE TABLE holding AS SELECT id AS scan_id FROM scans")
    await rows.sql("ALTER TABLE holding ADD FOREIGN KEY (scan_id) REFERENCES scans")
    await grown(rows, await rows.scan(), 10)
    await retention.retention(office)
    assert {row["id"] for row in await rows.sql("SELECT id FROM scans")} == set(stuck)


async def test_no_statement_of_retention_needs_long(office: Office, rows: Rows) -> None:
    """Each is bounded in rows; a plan that reads whole tables for them would show here."""
    scan_id = await rows.scan()
    await grown(rows, scan_id, 20_000)
    await rows.sql("ANALYZE pages")
    for part in retention.PARTS:
        async with connection(office.pool) as conn, conn.transaction(force_rollback=True):
            query = b"EXPLAIN (ANALYZE, FORMAT JSON) " + retention._SQL[part]
            row: Any = await (await conn.execute(query, {"id": scan_id})).fetchone()
        assert row["QUERY PLAN"][0]["Execution Time"] < 500, part


async def test_a_key_that_is_used_again_while_old_ones_go_is_kept(office: Office, rows: Rows) -> None:
    """Whoever deletes it waits for the row and must then look at its age again: else a repeated POST scans twice."""
    await rows.sql(
        "INSERT INTO idempotency_keys (owner, key, request_hash, created_at)"
        " VALUES ('guest:1', 'k', '', now() - interval '25 hours'), ('guest:1', 'old', '', now() - interval '25 hours')"
    )
    async with connection(office.pool) as conn, conn.transaction():
        await conn.execute("UPDATE idempotency_keys SET created_at = clock_timestamp() WHERE key = 'k'")
        forgetting = asyncio.create_task(retention.retention(office))
        while not await rows.sql(
            "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        ):
            assert not forgetting.done()
    await forgetting
    assert [row["key"] for row in await rows.sql("SELECT key FROM idempotency_keys")] == ["k"]
