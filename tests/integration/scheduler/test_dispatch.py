"""What is sent, in which order, how much of it, and what happens when messages or leases are lost."""

import uuid

import msgspec
import pytest

from scheduler.chores import dispatch
from scheduler.office import Office
from shared import chunks
from shared.db.pool import connection
from shared.jobs import ACTORS, BROKER_MARK, SHORT_QUEUE, chunk_job, ring
from tests.integration.scheduler.conftest import HandClock, Rows

pytestmark = pytest.mark.timeout(30)


async def sent(office: Office, queue: str = "single") -> list[str]:
    """Ids of the scans whose messages wait, in the queue's order."""
    name = f"{office.settings.namespace}:{queue}"
    ids = await office.redis.lrange(name, 0, -1)
    return [msgspec.json.decode(await office.redis.hget(f"{name}.msgs", one))["kwargs"]["scan_id"] for one in ids]


async def expired(office: Office, rows: Rows) -> None:
    await rows.sql("UPDATE chunks SET lease_until = now() - interval '1 second' WHERE status = 'running'")
    await dispatch.expire(office)


async def claimed(office: Office, rows: Rows) -> chunks.Claim:
    scan_id = await rows.scan()
    async with connection(office.pool) as conn:
        claim = await chunks.claim(conn, scan_id, 0, "worker")
    assert claim is not None
    return claim


async def test_a_lost_lease_costs_an_attempt(office: Office, rows: Rows, clock: HandClock) -> None:
    claim = await claimed(office, rows)
    await dispatch.expire(office)
    clock.at += 7.5
    await dispatch.expire(office)
    clock.at += 2
    await expired(office, rows)
    assert (await rows.chunk(claim.scan_id))["attempts"] == 1
    assert (await rows.chunk(claim.scan_id))["status"] == "pending"


async def test_a_claim_that_nobody_heard_of_costs_nothing(office: Office, rows: Rows, clock: HandClock) -> None:
    """A server that stalled carries out what its clients have long given up."""
    scan_id = await rows.scan()
    async with connection(office.pool) as conn:
        await conn.execute(dispatch._SQL["claim"], {"scan_id": scan_id, "no": 0, "lease": 20.0})
    await dispatch.expire(office)
    clock.at += 7.5
    await dispatch.expire(office)
    clock.at += 2
    await expired(office, rows)
    row = await rows.chunk(scan_id)
    assert (row["status"], row["attempts"]) == ("pending", 0)


async def test_nobody_is_blamed_after_a_silence_of_postgres(office: Office, rows: Rows, clock: HandClock) -> None:
    claim = await claimed(office, rows)
    for _ in range(4):
        await dispatch.expire(office)
        clock.at += 2
    clock.at += 20
    await expired(office, rows)
    assert (await rows.chunk(claim.scan_id))["status"] == "running"
    async with connection(office.pool) as conn:
        await chunks.heartbeat(conn, claim)
    clock.at += 7.5
    await dispatch.expire(office)
    assert (await rows.chunk(claim.scan_id))["status"] == "running"
    clock.at += 20
    await expired(office, rows)
    clock.at += 7.5
    await expired(office, rows)
    assert {name: (await rows.chunk(claim.scan_id))[name] for name in ("status", "attempts")} == {
        "status": "pending",
        "attempts": 0,
    }


async def test_a_lease_of_a_clock_that_was_set_back_ends(office: Office, rows: Rows, clock: HandClock) -> None:
    claim = await claimed(office, rows)
    await dispatch.expire(office)
    clock.at += 7.5
    await rows.sql("UPDATE chunks SET lease_until = now() + interval '1 hour'")
    await dispatch.expire(office)
    assert (await rows.chunk(claim.scan_id))["status"] == "pending"


async def test_only_the_scheduler_ends_leases(office: Office, rows: Rows) -> None:
    claim = await claimed(office, rows)
    await rows.sql("UPDATE chunks SET lease_until = now() - interval '1 hour'")
    async with connection(office.pool) as conn:
        assert await chunks.claim(conn, claim.scan_id, 0, "another") is None


async def test_a_newcomer_is_not_behind_everybody(office: Office, rows: Rows) -> None:
    for _ in range(100):
        await rows.scan("guest:many")
    newcomer = await rows.scan("guest:new")
    await rows.old()
    await dispatch.dispatch(office)
    assert (await sent(office)).index(str(newcomer)) < 2


async def test_what_waits_in_redis_is_bounded(office: Office, rows: Rows) -> None:
    for number in range(60):
        await rows.scan(f"guest:{number}")
    sitemap = await rows.scan("guest:0", "sitemap")
    await rows.old()
    for _ in range(3):
        await dispatch.dispatch(office)
    assert len(await sent(office)) == dispatch.SINGLES_WAITING
    assert await sent(office, "chunks") == [str(sitemap)]


async def test_more_is_sent_as_more_is_begun(office: Office, rows: Rows) -> None:
    await office.redis.zadd(
        f"{office.settings.namespace}:__heartbeats__", dict.fromkeys(ACTORS, office.clock.now() * 1000)
    )
    for number in range(100):
        await rows.scan(f"guest:{number}")
    await rows.old()
    waiting: list[int] = []
    for _ in range(4):
        await dispatch.dispatch(office)
        row = await rows.sql("SELECT count(*) AS n FROM chunks WHERE status = 'pending' AND dispatched_at IS NOT NULL")
        waiting.append(row[0]["n"])
        await rows.sql("UPDATE chunks SET status = 'done' WHERE dispatched_at IS NOT NULL")
        await rows.sql(
            "UPDATE scans SET status = 'complete' WHERE id IN (SELECT scan_id FROM chunks WHERE status = 'done')"
        )
    assert waiting == [8, 16, 32, 32]


async def test_workers_of_two_releases_are_all_counted(office: Office) -> None:
    """Also while a rollout adds a queue, so that workers of both kinds have another number of brokers."""
    beats = f"{office.settings.namespace}:__heartbeats__"
    now = office.clock.now() * 1000

    async def seen(*names: str, at: float = now) -> int:
        await office.redis.zadd(beats, dict.fromkeys(names, at))
        return await dispatch._workers(office)

    assert await dispatch._workers(office) == 0
    assert await seen(*(f"{queue}{BROKER_MARK}{n}" for queue in set(ACTORS.values()) for n in range(5))) == 5
    assert await seen("chunks:next", "single:next", "queue-of-the-next-release:next") == 6
    assert await seen(*(str(uuid.uuid4()) for _ in range(2 * dispatch.UNNAMED - 1))) == 6 + 2
    assert await seen("chunks:gone", at=now - 20_000) == 6 + 2


async def test_ended_scans_take_up_no_room(office: Office, rows: Rows) -> None:
    for _ in range(40):
        scan_id = await rows.scan("guest:1")
        await rows.sql("UPDATE chunks SET dispatched_at = now() WHERE scan_id = %(id)s", id=scan_id)
    await rows.sql("UPDATE scans SET status = 'stopped'")
    alive = await rows.scan("guest:1")
    await rows.old()
    await dispatch.dispatch(office)
    assert await sent(office) == [str(alive)]


async def test_a_chunk_given_back_before_its_message_was_noted_is_sent_again(office: Office, rows: Rows) -> None:
    claim = await claimed(office, rows)
    stale = (await rows.chunk(claim.scan_id))["fence"] - 1
    async with connection(office.pool) as conn:
        await chunks.release(conn, claim)
        values = {"scan_ids": [claim.scan_id], "nos": [0], "fences": [stale]}
        await conn.execute(dispatch._SQL["mark_dispatched"], values)
    assert (await rows.chunk(claim.scan_id))["dispatched_at"] is None


async def test_everything_is_sent_again_when_redis_was_emptied(office: Office, rows: Rows) -> None:
    scan_id = await rows.scan()
    await dispatch.repeat(office)
    await rows.sql("UPDATE chunks SET dispatched_at = now()")
    await dispatch.repeat(office)
    assert (await rows.chunk(scan_id))["dispatched_at"] is not None
    await office.redis.flushall()
    await dispatch.repeat(office)
    assert (await rows.chunk(scan_id))["dispatched_at"] is None


async def test_everything_is_sent_again_when_redis_is_another_run(office: Office, rows: Rows) -> None:
    scan_id = await rows.scan()
    await dispatch.repeat(office)
    await office.redis.set(f"{office.settings.namespace}:epoch", "an earlier run")
    await rows.sql("UPDATE chunks SET dispatched_at = now()")
    await dispatch.repeat(office)
    assert (await rows.chunk(scan_id))["dispatched_at"] is None


async def test_an_emptied_redis_is_noticed_although_postgres_failed_first(office: Office, rows: Rows) -> None:
    scan_id = await rows.scan()
    await dispatch.repeat(office)
    await rows.sql("UPDATE chunks SET dispatched_at = now()")
    await office.redis.flushall()
    await rows.sql("ALTER TABLE chunks RENAME TO away")
    with pytest.raises(Exception, match="chunks"):
        await dispatch.repeat(office)
    await rows.sql("ALTER TABLE away RENAME TO chunks")
    await dispatch.repeat(office)
    assert (await rows.chunk(scan_id))["dispatched_at"] is None


async def test_a_message_that_was_not_acted_on_is_sent_again(office: Office, rows: Rows) -> None:
    scan_id = await rows.scan()
    await rows.sql("UPDATE chunks SET dispatched_at = now()")
    async with connection(office.pool) as conn:
        await chunks.send_back(conn, scan_id, 0, wait=0.0)
    await rows.old()
    await dispatch.dispatch(office)
    assert await sent(office) == [str(scan_id)]


async def test_a_long_queue_is_not_rung(office: Office, rows: Rows) -> None:
    job = chunk_job("single", await rows.scan(), 0, "req")
    rung = [await ring(office.redis, office.settings.namespace, job) for _ in range(SHORT_QUEUE + 2)]
    assert rung == [True] * SHORT_QUEUE + [False] * 2
    assert len(await sent(office)) == SHORT_QUEUE


async def test_what_was_put_off_keeps_its_place_in_its_scan(office: Office, rows: Rows) -> None:
    """A host that puts one chunk off puts the others off as well; sent one after the other they would go in a circle."""
    scan_id = await rows.scan(mode="sitemap")
    await rows.sql("UPDATE chunks SET status = 'done'")
    await rows.sql(
        "INSERT INTO chunks (scan_id, no, kind) SELECT %(id)s, n, 'fetch' FROM generate_series(1, 40) n", id=scan_id
    )
    await rows.old()
    for _ in range(5):
        await dispatch.dispatch(office)
        await rows.sql(
            "UPDATE chunks SET dispatched_at = NULL, not_before = clock_timestamp() + interval '10 seconds'"
            " WHERE dispatched_at IS NOT NULL"
        )
    assert len(await sent(office, "chunks")) == dispatch.PER_SCAN
    await rows.sql("UPDATE chunks SET not_before = clock_timestamp() WHERE not_before IS NOT NULL")
    await dispatch.dispatch(office)
    again = await rows.sql("SELECT no FROM chunks WHERE dispatched_at IS NOT NULL ORDER BY no")
    assert [row["no"] for row in again] == list(range(1, dispatch.PER_SCAN + 1))


async def test_what_one_scan_was_put_off_leaves_room_for_its_owners_others(office: Office, rows: Rows) -> None:
    for _ in range(dispatch.PER_SCAN * 3):
        await rows.scan("guest:1", "sitemap")
    await rows.sql("UPDATE chunks SET not_before = clock_timestamp() + interval '10 seconds'")
    other = await rows.scan("guest:1", "sitemap")
    await rows.old()
    await dispatch.dispatch(office)
    assert await sent(office, "chunks") == [str(other)]
