"""What counts as ready work: what calls for workers, and what is none of their business."""

import uuid
from collections.abc import Iterator

import pytest

from scheduler.chores import gauges
from scheduler.office import Office
from shared.clock import uuid7
from shared.db.queries import queries
from shared.jobs import ACTORS
from shared.metrics import LEADERS, REGISTRY
from tests.integration.scheduler.conftest import HandClock, Rows

CHUNKS = 200
"""Of 50 pages each: a site of 10,000."""


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    yield
    for gauge in LEADERS:
        gauge.clear()


async def planned(rows: Rows, options: str, chunks: int = CHUNKS, host: str = "") -> uuid.UUID:
    """A sitemap scan whose pages were found, with so many chunks of them, an hour ago."""
    scan_id = await rows.scan(mode="sitemap", host=host)
    await rows.sql(
        "UPDATE scans SET options = %(options)s::jsonb, admitted_at = now() - interval '1 hour' WHERE id = %(id)s",
        id=scan_id,
        options=options,
    )
    await rows.sql("UPDATE chunks SET status = 'done' WHERE scan_id = %(id)s", id=scan_id)
    await rows.sql(
        "INSERT INTO chunks (scan_id, no, kind, created_at)"
        " SELECT %(id)s, n, 'fetch', now() - interval '1 hour' FROM generate_series(1, %(n)s::int) n",
        id=scan_id,
        n=chunks,
    )
    return scan_id


def depth(queue: str, state: str) -> float | None:
    return REGISTRY.get_sample_value("queue_depth", {"queue": queue, "state": state})


def oldest(queue: str) -> float | None:
    return REGISTRY.get_sample_value("queue_oldest_age_seconds", {"queue": queue})


def figures(queue: str = "chunks") -> tuple[float | None, ...]:
    return tuple(depth(queue, state) for state in ("ready", "leased", "held"))


async def look(office: Office, clock: HandClock, *, after: float = 2.0) -> tuple[float | None, ...]:
    clock.at += after
    await gauges.backlog(office)
    return figures()


async def test_a_large_site_with_a_long_crawl_delay_calls_for_nobody(
    office: Office, rows: Rows, clock: HandClock
) -> None:
    """Crawl-delay 10 on a host without pauses of ours: each chunk that is tried is put off, one page in 10 s is fetched."""
    scan_id = await planned(rows, '{"delay_ms": 0}')
    seen: list[tuple[float | None, ...]] = []
    for tick in range(90):
        await rows.sql(
            "UPDATE chunks SET not_before = now() + interval '10 seconds' WHERE scan_id = %(id)s AND no BETWEEN %(low)s AND %(high)s",
            id=scan_id, low=tick * 30 % CHUNKS + 1, high=tick * 30 % CHUNKS + 40,
        )  # fmt: skip
        await rows.sql(
            "UPDATE chunks SET not_before = now() - interval '1 second' WHERE scan_id = %(id)s AND no < %(low)s AND not_before IS NOT NULL",
            id=scan_id, low=tick * 30 % CHUNKS + 1,
        )  # fmt: skip
        seen.append(await look(office, clock))
        assert oldest("chunks") == 0.0
    assert set(seen) == {(0.0, 0.0, float(CHUNKS))}


async def test_after_everything_was_put_off_one_worker_is_enough_to_go_on(
    office: Office, rows: Rows, clock: HandClock
) -> None:
    """Workers had gone to zero meanwhile, and every chunk's time has come."""
    await planned(rows, '{"delay_ms": 0}')
    await rows.sql("UPDATE chunks SET not_before = now() - interval '1 minute' WHERE status = 'pending'")
    for _ in range(10):
        assert await look(office, clock) == (2.0, 0.0, CHUNKS - 2.0)


async def test_a_polite_scan_is_ready_for_what_its_host_takes(office: Office, rows: Rows, clock: HandClock) -> None:
    scan_id = await planned(rows, "{}")
    for _ in range(5):
        assert (await look(office, clock))[0] == 2.0
    await rows.sql(
        "UPDATE chunks SET status = 'running' WHERE scan_id = %(id)s AND status = 'pending' AND no <= 2", id=scan_id
    )
    assert await look(office, clock) == (0.0, 2.0, CHUNKS - 2.0)
    assert oldest("chunks") == 0.0
    # Between one chunk's end and the next one's beginning: ready since this moment, not for an hour.
    await rows.sql("UPDATE chunks SET status = 'done' WHERE scan_id = %(id)s AND no = 1", id=scan_id)
    assert await look(office, clock) == (1.0, 1.0, CHUNKS - 3.0)
    assert oldest("chunks") == 0.0
    await look(office, clock, after=30.0)
    assert oldest("chunks") == 30.0


async def test_a_site_without_pauses_calls_for_all_that_it_can_use(
    office: Office, rows: Rows, clock: HandClock
) -> None:
    await planned(rows, '{"delay_ms": 0}')
    assert (await look(office, clock))[0] == 2.0, "not before it is known whether the host puts us off"
    assert (await look(office, clock, after=gauges.SETTLED_SECONDS))[0] == gauges.PER_HOST
    await look(office, clock, after=60.0)
    assert (oldest("chunks") or 0.0) > 60.0


async def test_single_scans_are_ready_at_once_and_as_old_as_they_are(
    office: Office, rows: Rows, clock: HandClock
) -> None:
    for _ in range(7):
        await rows.scan()
    await rows.old()
    await rows.sql("UPDATE scans SET admitted_at = now() - interval '5 seconds'")
    await look(office, clock)
    assert figures("single") == (7.0, 0.0, 0.0)
    assert 4.0 < (oldest("single") or 0.0) < 10.0


async def test_what_waits_for_its_owner_or_its_time_is_held(office: Office, rows: Rows, clock: HandClock) -> None:
    for _ in range(3):
        await rows.scan("guest:1", running=1)
    off = await rows.scan("guest:2")
    await rows.sql("UPDATE chunks SET not_before = now() + interval '1 hour' WHERE scan_id = %(id)s", id=off)
    await rows.old()
    await look(office, clock)
    assert figures("single") == (1.0, 0.0, 3.0)
    await rows.sql("UPDATE chunks SET not_before = now() - interval '1 second' WHERE scan_id = %(id)s", id=off)
    await look(office, clock)
    assert figures("single") == (2.0, 0.0, 2.0)


async def test_an_analysis_does_not_wait_for_its_host(office: Office, rows: Rows, clock: HandClock) -> None:
    await planned(rows, "{}", host="shop.example")
    await rows.sql("UPDATE chunks SET status = 'running' WHERE status = 'pending'")
    other = await planned(rows, "{}", 1, host="shop.example")
    await rows.sql("UPDATE chunks SET kind = 'reduce' WHERE scan_id = %(id)s AND no = 1", id=other)
    assert (await look(office, clock))[0] == 1.0


async def test_messages_that_are_due_call_for_a_worker(office: Office, rows: Rows, clock: HandClock) -> None:
    scan_id = await rows.scan()
    for number in range(12):
        await rows.sql(
            queries("deliveries")["add"].decode(),
            id=uuid7(), event_id=uuid7(), webhook_id=None, scan_id=scan_id, user_id=None, owner=f"guest:{number // 10}",
            test=False, event="scan.complete", url="http://hook.example/", payload=b"{}",
        )  # fmt: skip
    await look(office, clock)
    assert figures("webhooks") == (10.0, 0.0, 2.0), "one owner's receivers that hang don't call for workers without end"
    await rows.sql("UPDATE deliveries SET next_attempt_at = now() + interval '1 hour'")
    await look(office, clock)
    assert figures("webhooks") == (0.0, 0.0, 12.0)


async def test_every_queue_has_its_depth(office: Office, clock: HandClock) -> None:
    await gauges.backlog(office)
    await gauges.dead_letters(office)
    for queue in set(ACTORS.values()):
        assert depth(queue, "ready") == 0.0, queue
        assert REGISTRY.get_sample_value("dead_letters", {"queue": queue}) == 0.0
    other = set(ACTORS.values()).difference(gauges.IN_POSTGRES)
    for queue in other:
        await office.redis.hset(f"{office.settings.namespace}:{queue}.msgs", "1", "x")
    await gauges.dead_letters(office)
    assert {depth(queue, "ready") for queue in other} <= {1.0}
