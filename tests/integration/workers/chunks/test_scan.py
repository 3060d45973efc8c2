"""A chunk in a worker's hands: what costs it an attempt, what doesn't, and that it is never kept."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any
from unittest.mock import patch
from uuid import UUID

import msgspec
import psycopg
import pytest
from dramatiq.brokers.stub import StubBroker

from shared import chunks, scans
from shared.clock import SystemClock
from shared.db.pool import connection
from shared.scans import Work
from workers import actors
from workers import scan as story
from workers.fetch.politeness import NotBefore
from workers.lease import Lease
from workers.pages import absolve
from workers.parser import ParserClosed
from workers.workshop import Workshop

pytestmark = pytest.mark.timeout(60)

MakeWork = Callable[..., Awaitable[Work]]
URL = "http://127.0.0.1:9/"


async def chunk_of(shop: Workshop, scan_id: UUID, no: int = 0) -> dict[str, Any]:
    async with connection(shop.pool) as conn:
        row = await (
            await conn.execute("SELECT * FROM chunks WHERE scan_id = %s AND no = %s", (scan_id, no))
        ).fetchone()
    assert row is not None
    return row


async def with_chunk(
    shop: Workshop, work: Work, kind: chunks.Kind = "fetch", attempts: int = 0, pages: int = 3
) -> UUID:
    async with connection(shop.pool) as conn:
        await conn.execute(
            "INSERT INTO chunks (scan_id, no, kind, seq_from, seq_to, attempts) VALUES (%s, 0, %s, 0, %s, %s)",
            (work.id, kind, pages - 1, attempts),
        )
        await conn.execute(
            "INSERT INTO urls (scan_id, seq, hash, url) SELECT %s, n, n, %s || n FROM generate_series(0, %s) n",
            (work.id, work.url, pages - 1),
        )
    return work.id


async def run(shop: Workshop, scan_id: UUID, stage: Callable[..., Awaitable[int | None]], kind: str = "fetch") -> None:
    with patch.dict(story.STAGES, {kind: stage}):
        await story.run_chunk(shop, scan_id, 0, "r")


def raising(error: BaseException) -> Callable[..., Awaitable[int | None]]:
    async def stage(*_: object) -> int | None:
        raise error

    return stage


GROUPED = BaseExceptionGroup("slots", [ExceptionGroup("ticks", [psycopg.OperationalError("gone")])])


@pytest.mark.parametrize(
    "error",
    [psycopg.OperationalError("gone"), GROUPED, ParserClosed("closed"), NotBefore(3.0)],
    ids=["postgres", "grouped", "parser", "polite"],
)
async def test_what_is_not_its_fault_costs_no_attempt(shop: Workshop, make_work: MakeWork, error: Exception) -> None:
    scan_id = await with_chunk(shop, await make_work(URL, "sitemap"))
    await run(shop, scan_id, raising(error))
    row = await chunk_of(shop, scan_id)
    assert (row["status"], row["attempts"], row["dispatched_at"]) == ("pending", 0, None)


@pytest.mark.parametrize("error", [ValueError("a fault of ours"), TimeoutError(), psycopg.DataError("NUL")])
async def test_a_failure_of_ours_costs_one_and_gives_the_chunk_back_at_once(
    shop: Workshop, make_work: MakeWork, error: Exception
) -> None:
    scan_id = await with_chunk(shop, await make_work(URL, "sitemap"))
    await run(shop, scan_id, raising(error))
    row = await chunk_of(shop, scan_id)
    assert (row["status"], row["attempts"]) == ("pending", 1)
    assert row["not_before"] is not None


async def test_even_nobodys_fault_does_not_go_round_for_ever(shop: Workshop, make_work: MakeWork) -> None:
    scan_id = await with_chunk(shop, await make_work(URL, "sitemap"))
    async with connection(shop.pool) as conn:
        await conn.execute("UPDATE chunks SET fence = %s", (chunks.MAX_FENCE,))
    await run(shop, scan_id, raising(psycopg.OperationalError("always")))
    assert (await chunk_of(shop, scan_id))["attempts"] == 1


async def test_a_scan_that_failed_three_times_ends_as_an_error_and_leaves_nothing(
    shop: Workshop, make_work: MakeWork
) -> None:
    scan_id = await with_chunk(shop, await make_work(URL), "single", attempts=3)
    await run(shop, scan_id, raising(AssertionError("not to be tried")), "single")
    async with connection(shop.pool) as conn:
        row = await (await conn.execute("SELECT status, reason_code FROM scans WHERE id = %s", (scan_id,))).fetchone()
        events = await (await conn.execute("SELECT kind FROM events WHERE scan_id = %s", (scan_id,))).fetchall()
    assert row == {"status": "error", "reason_code": "failed"}
    assert [one["kind"] for one in events] == ["scan.error"]
    assert (await chunk_of(shop, scan_id))["status"] == "done"


async def test_pages_one_by_one_are_not_given_up_after_three(shop: Workshop, make_work: MakeWork) -> None:
    seen: list[int] = []

    async def stage(_shop: Workshop, _scan: Work, lease: Lease) -> None:
        seen.append(lease.claim.attempts)

    scan_id = await with_chunk(shop, await make_work(URL, "sitemap"), attempts=5)
    await run(shop, scan_id, stage)
    assert seen == [5]


async def test_of_two_suspects_one_waits(shop: Workshop, make_work: MakeWork) -> None:
    began, go = asyncio.Event(), asyncio.Event()

    async def stage(*_: object) -> int | None:
        began.set()
        await go.wait()
        return None

    first = await with_chunk(shop, await make_work(URL, "sitemap"), attempts=2)
    second = await with_chunk(shop, await make_work(URL, "sitemap"), attempts=2)
    innocent = await with_chunk(shop, await make_work(URL, "sitemap"))
    with patch.dict(story.STAGES, {"fetch": stage}):
        one = asyncio.create_task(story.run_chunk(shop, first, 0, "r"))
        await began.wait()
        await story.run_chunk(shop, second, 0, "r")
        row = await chunk_of(shop, second)
        assert (row["status"], row["attempts"], row["fence"]) == ("pending", 2, 1)
        other = asyncio.create_task(story.run_chunk(shop, innocent, 0, "r"))
        while (await chunk_of(shop, innocent))["status"] != "running":
            await asyncio.sleep(0.01)
        go.set()
        await asyncio.gather(one, other)
    assert shop.suspects == set()


async def test_stop_cuts_off_what_hangs(shop: Workshop, make_work: MakeWork) -> None:
    async def stage(_shop: Workshop, _scan: Work, lease: Lease) -> None:
        lease.stop.set()
        await asyncio.sleep(1_000)

    scan_id = await with_chunk(shop, await make_work(URL, "sitemap"))
    async with asyncio.timeout(story.STOP_GRACE + 5):
        await run(shop, scan_id, stage)
    row = await chunk_of(shop, scan_id)
    assert (row["status"], row["attempts"]) == ("pending", 0)


async def test_a_drain_cuts_off_what_hangs(
    shop: Workshop, make_work: MakeWork, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stage(shop: Workshop, _scan: Work, _lease: Lease) -> None:
        shop.drain.set()
        await asyncio.sleep(1_000)

    monkeypatch.setattr(story, "DRAIN_GRACE", 0.2)
    scan_id = await with_chunk(shop, await make_work(URL, "sitemap"))
    await run(shop, scan_id, stage)
    row = await chunk_of(shop, scan_id)
    assert (row["status"], row["attempts"]) == ("pending", 0)


async def test_a_draining_worker_sends_messages_back(shop: Workshop, make_work: MakeWork) -> None:
    scan_id = await with_chunk(shop, await make_work(URL, "sitemap"))
    async with connection(shop.pool) as conn:
        await conn.execute("UPDATE chunks SET dispatched_at = now()")
    shop.drain.set()
    await run(shop, scan_id, raising(AssertionError("not to be begun")))
    row = await chunk_of(shop, scan_id)
    assert (row["status"], row["dispatched_at"], row["fence"]) == ("pending", None, 0)


async def test_a_worker_that_cannot_reach_postgres_leaves_messages_to_others(
    shop: Workshop, make_work: MakeWork
) -> None:
    scan_id = await with_chunk(shop, await make_work(URL, "sitemap"))
    await shop.pool.close()
    await run(shop, scan_id, raising(AssertionError("not to be begun")))
    assert shop.away.is_set()
    name = f"{shop.settings.namespace}:chunks"
    (rid,) = await shop.redis.lrange(name, 0, -1)
    message = json.loads(await shop.redis.hget(f"{name}.msgs", rid))
    assert (message["kwargs"]["scan_id"], message["kwargs"]["no"]) == (str(scan_id), 0)


async def test_a_message_of_a_newer_version_is_left_to_a_newer_worker() -> None:
    left: list[tuple[UUID, int]] = []

    async def never(*_: object) -> None:
        raise AssertionError

    async def leave(scan_id: UUID, no: int) -> None:
        left.append((scan_id, no))

    broker = StubBroker(middleware=[])
    actors.declare(broker, "chunks", actors.Work(never, leave, never, never, never))
    take: Any = broker.get_actor("run_chunk").fn
    inner = take.__wrapped__ if hasattr(take, "__wrapped__") else take
    await inner(v=2, scan_id="0193a1c0-0000-7000-8000-000000000001", no=4, request_id="r", shape="unknown")
    assert left == [(UUID("0193a1c0-0000-7000-8000-000000000001"), 4)]


async def test_a_page_let_go_for_politeness_was_not_tried(shop: Workshop, make_work: MakeWork) -> None:
    async def stage(shop: Workshop, scan: Work, lease: Lease) -> None:
        async with connection(shop.pool) as conn:
            await conn.execute("UPDATE urls SET attempts = 2 WHERE scan_id = %s AND seq = 1", (scan.id,))
            lease.trying = 1
            await chunks.release(conn, lease.claim, wait=1.0)

    scan_id = await with_chunk(shop, await make_work(URL, "sitemap"), attempts=2)
    await run(shop, scan_id, stage)
    async with connection(shop.pool) as conn:
        rows = await (
            await conn.execute("SELECT attempts FROM urls WHERE scan_id = %s ORDER BY seq", (scan_id,))
        ).fetchall()
    assert [row["attempts"] for row in rows] == [0, 1, 0]


async def test_absolving_never_goes_below_zero(shop: Workshop, make_work: MakeWork) -> None:
    scan_id = await with_chunk(shop, await make_work(URL, "sitemap"))
    async with connection(shop.pool) as conn:
        claim = await chunks.claim(conn, scan_id, 0, "w")
    assert claim is not None
    await absolve(shop, claim, 0)
    async with connection(shop.pool) as conn:
        row = await (await conn.execute("SELECT min(attempts) AS n FROM urls")).fetchone()
    assert row == {"n": 0}


async def test_an_analysis_goes_on_past_the_deadline(shop: Workshop, make_work: MakeWork) -> None:
    """Only fetching ends when a scan's time is up; what there is still gets its score."""
    ended: list[bool] = []

    async def stage(shop: Workshop, _scan: Work, lease: Lease) -> None:
        async with connection(shop.pool) as conn:
            await conn.execute("UPDATE scans SET ends_at = now() - interval '1 second'")
        while not lease.overdue:
            await asyncio.sleep(0.01)
        ended.append(lease.ended)

    scan_id = await with_chunk(shop, await make_work(URL, "sitemap"), "reduce")
    with patch.object(chunks, "HEARTBEAT_SECONDS", 0.05):
        await run(shop, scan_id, stage, "reduce")
    assert ended == [False]


async def test_a_heartbeat_that_swallows_its_end_keeps_no_lease(shop: Workshop, make_work: MakeWork) -> None:
    """As psycopg does when it is cancelled while it cancels a query that has taken too long."""
    beating = asyncio.Event()
    swallowed: list[bool] = []

    async def heartbeat(*_: object) -> tuple[bool, bool]:
        beating.set()
        if swallowed:
            return False, False
        try:
            await asyncio.sleep(1_000)
        except asyncio.CancelledError:
            swallowed.append(True)
            raise psycopg.OperationalError("not terminated") from None
        return False, False

    async def stage(*_: object) -> int | None:
        await beating.wait()
        return None

    scan_id = await with_chunk(shop, await make_work(URL, "sitemap"))
    with patch.object(chunks, "HEARTBEAT_SECONDS", 0.05), patch.object(chunks, "heartbeat", heartbeat):
        async with asyncio.timeout(10):
            await run(shop, scan_id, stage)
    assert swallowed == [True]


async def test_a_late_beginning_does_not_set_a_scan_back(shop: Workshop, make_work: MakeWork) -> None:
    """Who was frozen between claim and beginning has lost the lease without knowing it yet."""
    work = await make_work(URL, "sitemap")
    async with connection(shop.pool) as conn:
        await scans.begin(conn, work.id, "discovering")
        await conn.execute("UPDATE scans SET phase = 'analysing'")
        await scans.begin(conn, work.id, "discovering")
        row = await (await conn.execute("SELECT phase FROM scans")).fetchone()
    assert row == {"phase": "analysing"}


async def test_what_was_claimed_as_postgres_went_is_given_back(shop: Workshop, make_work: MakeWork) -> None:
    scan_id = await with_chunk(shop, await make_work(URL, "sitemap"))
    with patch.object(scans, "for_work", side_effect=psycopg.OperationalError("gone")):
        await story.run_chunk(shop, scan_id, 0, "r")
    row = await chunk_of(shop, scan_id)
    assert (row["status"], row["attempts"], row["lease_until"]) == ("pending", 0, None)


async def test_when_a_scan_is_over_is_told_by_postgres(shop: Workshop, make_work: MakeWork) -> None:
    """A worker whose clock is fast would else put its chunks off for hours."""

    class Fast(SystemClock):
        def now(self) -> float:
            return super().now() + 86_400.0

    done: list[int] = []

    async def stage(_shop: Workshop, _scan: Work, lease: Lease) -> None:
        done.append(lease.claim.no)

    shop = msgspec.structs.replace(shop, clock=Fast())
    scan_id = await with_chunk(shop, await make_work(URL, "sitemap"))
    await run(shop, scan_id, stage)
    assert done == [0]
    async with connection(shop.pool) as conn:
        await conn.execute("UPDATE scans SET ends_at = now() - interval '1 second'")
        await conn.execute("UPDATE chunks SET status = 'pending'")
    await run(shop, scan_id, stage)
    assert done == [0]
