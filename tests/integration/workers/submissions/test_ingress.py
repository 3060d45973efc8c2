"""The ingress queue with a real dramatiq worker: every message becomes a scan or a reason, once."""

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from redis import Redis as SyncRedis

from shared import tokens, users
from shared.clock import SYSTEM
from shared.db.pool import Pool, connection, make_pool
from shared.jobs import INGRESS_QUEUE, Submission, SubmitJob, enqueue
from shared.redis.client import connect, connect_sync
from shared.settings import Settings, read_settings
from workers import broker as queue
from workers.actors import Work, declare
from workers.submissions import desk as ingress
from workers.submissions.consumer import IngressBroker

SECRET = "x" * 40
WAIT = 20.0


@pytest.fixture
def settings(database_url: str, redis_url: str) -> Settings:
    return read_settings(
        {"DATABASE_URL": database_url, "REDIS_URL": redis_url, "SECRET_KEY": SECRET, "NAMESPACE": "ns"}
    )


@pytest.fixture
async def pool(settings: Settings) -> AsyncIterator[Pool]:
    pool = make_pool(settings.database_url, application="test", size=4)
    await pool.open()
    yield pool
    await pool.close()


class Estate:
    """A sender's account and key, and the worker's threads that read the queue."""

    def __init__(self, settings: Settings, redis: "SyncRedis") -> None:
        self.settings, self.redis = settings, redis
        self.desk: ingress.Desk | None = None
        self.key = self.readonly = self.revoked = ""

    def push(self, message: bytes | str, rid: str | bytes | None = None) -> str | bytes:
        rid = rid if rid is not None else str(uuid.uuid4())
        self.redis.pipeline().hset("ns:ingress.msgs", rid, message).rpush("ns:ingress", rid).execute()
        return rid

    def message(self, scan: Any, rid: str, **changes: Any) -> str:
        fields: dict[str, Any] = {
            "queue_name": "ingress",
            "actor_name": "submit_scan",
            "args": [],
            "kwargs": {"v": 1, "scan": scan},
            "options": {"redis_message_id": rid},
            "message_id": str(uuid.uuid4()),
            "message_timestamp": 1,
        }
        return json.dumps({**fields, **changes})

    def ask(self, scan: Any, **changes: Any) -> None:
        rid = str(uuid.uuid4())
        self.push(self.message(scan, rid, **changes), rid)

    def scan(self, **changes: Any) -> dict[str, Any]:
        return {"id": str(uuid.uuid4()), "token": self.key, "url": "https://example.com/", **changes}

    async def drained(self) -> None:
        """Until nothing is listed, held, or kept."""
        deadline = time.monotonic() + WAIT
        while time.monotonic() < deadline:
            if not self.redis.hlen("ns:ingress.msgs") and not self.redis.llen("ns:ingress"):
                return
            await asyncio.sleep(0.05)
        pytest.fail(f"still there: {self.redis.hgetall('ns:ingress.msgs')}")


@pytest.fixture
async def estate(settings: Settings, pool: Pool) -> AsyncIterator[Estate]:
    made = Estate(settings, connect_sync(settings.redis_url))
    async with connection(pool) as conn:
        ann = await users.create(conn, email="ann@example.com", password="correct horse", tier="pro")
        pepper = settings.secret_key
        _, made.key = await tokens.create(conn, user_id=ann.id, name="k", scopes=["scan"], mode="live", pepper=pepper)
        _, made.readonly = await tokens.create(
            conn, user_id=ann.id, name="r", scopes=["read"], mode="live", pepper=pepper
        )
        gone, made.revoked = await tokens.create(
            conn, user_id=ann.id, name="g", scopes=["scan"], mode="live", pepper=pepper
        )
        await tokens.revoke(conn, gone.id)
    yield made
    made.redis.close()


Start = Callable[[], None]


@pytest.fixture
async def start(estate: Estate, settings: Settings) -> AsyncIterator[Start]:
    """Starts the worker's threads; they end with the test."""
    loop = queue.Loop()
    loop.start(timeout=5.0)
    redis = connect(settings.redis_url)
    pool = make_pool(settings.database_url, application="worker", size=8)

    async def open_all() -> ingress.Desk:
        await pool.open()
        return ingress.Desk(settings=settings, pool=pool, redis=redis, clock=SYSTEM, drain=asyncio.Event())

    async def close_all() -> None:
        await pool.close()
        await redis.aclose()

    desk = await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(open_all(), loop.loop))
    estate.desk = desk
    workers: list[Any] = []

    async def never(*_: object) -> None:
        raise AssertionError

    async def submit(version: object, scan: object) -> None:
        await ingress.submit(desk, version, scan)

    async def set_aside(reason: str, message: str, name: str) -> None:
        await ingress.set_aside(desk, reason, message, name)

    def begin() -> None:
        broker = queue.make_broker(settings, INGRESS_QUEUE, IngressBroker)
        declare(broker, "ingress", Work(never, never, never, submit, set_aside))
        worker = queue.make_worker(broker, "ingress", 4)
        worker.start()
        workers.append(worker)

    yield begin
    await asyncio.to_thread(queue.stop, workers, 5.0)
    for worker in workers:
        worker.broker.client.connection_pool.disconnect()
    await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(close_all(), loop.loop))
    await asyncio.to_thread(loop.end)


@pytest.fixture(autouse=True)
def held_are_all_acknowledged(request: pytest.FixtureRequest, settings: Settings) -> Iterator[None]:
    """Nothing stays in a worker's hands when the queue is empty."""
    yield
    client = connect_sync(settings.redis_url)
    assert list(client.scan_iter("ns:__acks__.*")) == []
    assert client.zcard("ns:ingress.XQ") == 0
    client.close()


async def rows(pool: Pool, query: str) -> list[dict[str, Any]]:
    async with connection(pool) as conn:
        return await (await conn.execute(query.encode())).fetchall()


async def test_a_message_becomes_the_scan_of_its_id_and_rings(
    estate: Estate, start: Start, pool: Pool, settings: Settings
) -> None:
    asked = Submission(id=uuid.uuid4(), token=estate.key, url="https://example.com/a", request_id="from-ci")
    redis = connect(settings.redis_url)
    await enqueue(
        redis,
        "ns",
        [
            SubmitJob(
                json.loads(
                    json.dumps({"id": str(asked.id), "token": asked.token, "url": asked.url, "request_id": "from-ci"})
                )
            )
        ],
    )
    await redis.aclose()
    start()
    await estate.drained()
    (scan,) = await rows(pool, "SELECT * FROM scans")
    assert (scan["id"], scan["status"], scan["url"], scan["request_id"]) == (
        asked.id,
        "running",
        "https://example.com/a",
        "from-ci",
    )
    assert len(await rows(pool, "SELECT 1 FROM quota_uses")) == 1
    assert estate.redis.llen("ns:single") == 1


async def test_repeated_messages_start_one_scan_and_cost_one_unit(estate: Estate, start: Start, pool: Pool) -> None:
    scan = estate.scan()
    for _ in range(5):
        estate.ask(scan)
    estate.push(estate.message(scan, "same"), "same")
    estate.push(estate.message(scan, "same"), "same")
    start()
    await estate.drained()
    assert len(await rows(pool, "SELECT 1 FROM scans")) == 1
    assert len(await rows(pool, "SELECT 1 FROM quota_uses")) == 1
    assert await rows(pool, "SELECT 1 FROM set_aside") == []


REFUSED: dict[str, tuple[dict[str, Any], str, str]] = {
    "url": ({"url": "ftp://example.com/"}, "INVALID_URL", "http"),
    "private": ({"url": "http://127.0.0.1/"}, "INVALID_URL", "loopback"),
    "mode": ({"mode": "everything"}, "INVALID_REQUEST", "mode"),
    "option": ({"options": {"delay": 1}}, "INVALID_REQUEST", "delay"),
    "threshold": ({"options": {"thresholds": {"no.such": 1}}}, "INVALID_REQUEST", "no.such"),
    "permission": ({"options": {"respect_robots": False}}, "FORBIDDEN", "respect_robots"),
    "types": ({"options": []}, "INVALID_REQUEST", "options"),
    "no url": ({"url": None}, "INVALID_REQUEST", "url"),
    "key": ({"idempotency_key": "a b"}, "INVALID_REQUEST", "idempotency_key"),
}


@pytest.mark.parametrize("name", REFUSED)
async def test_a_refusal_can_be_read_under_the_senders_id(name: str, estate: Estate, start: Start, pool: Pool) -> None:
    changes, code, word = REFUSED[name]
    asked = estate.scan(**changes)
    estate.ask(asked)
    start()
    await estate.drained()
    (scan,) = await rows(pool, "SELECT * FROM scans")
    assert (str(scan["id"]), scan["status"], scan["reason_code"]) == (asked["id"], "error", code)
    assert word in scan["reason"].lower() or word in scan["reason"]
    assert await rows(pool, "SELECT 1 FROM quota_uses") == []


async def test_senders_that_may_not(estate: Estate, start: Start, pool: Pool) -> None:
    estate.ask(estate.scan(token=estate.readonly))
    estate.ask(estate.scan(token=estate.revoked))
    estate.ask(estate.scan(token="sk_live_wrong"))
    estate.ask({"url": "https://example.com/"})
    start()
    await estate.drained()
    (scan,) = await rows(pool, "SELECT * FROM scans")
    assert scan["reason_code"] == "INSUFFICIENT_SCOPE"
    aside = await rows(pool, "SELECT code, reason, message FROM set_aside ORDER BY code")
    assert [one["code"] for one in aside] == ["INVALID_REQUEST", "INVALID_TOKEN", "INVALID_TOKEN"]
    assert not any("sk_live_" in one["message"].replace("sk_live_…", "") for one in aside)
    assert estate.revoked not in str(aside)


async def test_messages_that_are_none_are_set_aside_with_a_reason(estate: Estate, start: Start, pool: Pool) -> None:
    good = estate.scan()
    stray = json.dumps({"hello": 1})
    rid = str(uuid.uuid4())
    bad: list[tuple[bytes | str, str | bytes]] = [
        (b"\xff\xfe not json", str(uuid.uuid4())),
        ("[1, 2", str(uuid.uuid4())),
        ("[]", str(uuid.uuid4())),
        (stray, str(uuid.uuid4())),
        (stray, str(uuid.uuid4())),
        (estate.message(estate.scan(), rid, extra=1), rid),
        (estate.message(estate.scan(), "other"), str(uuid.uuid4())),
        (estate.message(estate.scan(), "q", queue_name="single"), "q"),
        (estate.message(estate.scan(), "a", actor_name="run_single"), "a"),
        (estate.message(estate.scan(), "args", args=[1]), "args"),
        (estate.message(estate.scan(), "k", kwargs=[]), "k"),
        (estate.message(estate.scan(), "eta", options={"redis_message_id": "eta", "eta": 9e12}), "eta"),
        (estate.message(estate.scan(), "v", kwargs={"v": 99, "scan": {"token": "x"}}), "v"),
        (estate.message(estate.scan(), "nul\x00"), b"\xff\x00\xff"),
        ('{"a":' * 5_000, "deep"),
    ]
    for data, name in bad:
        estate.push(data, name)
    estate.redis.rpush("ns:ingress", "nobody-there")
    estate.ask(good)
    start()
    await estate.drained()
    aside = await rows(pool, "SELECT name, code, reason, message FROM set_aside")
    assert len(aside) == len(bad), sorted(one["reason"] for one in aside)
    assert all(one["reason"] and one["code"] == "INVALID_REQUEST" for one in aside)
    assert estate.key not in str(aside)
    (scan,) = await rows(pool, "SELECT id FROM scans")
    assert str(scan["id"]) == good["id"]


async def test_of_messages_with_the_same_bytes_each_is_dealt_with(estate: Estate, start: Start, pool: Pool) -> None:
    names = [str(uuid.uuid4()) for _ in range(40)]
    for name in names:
        estate.push('{"hello": 1}', name)
    start()
    await estate.drained()
    assert sorted(one["name"] for one in await rows(pool, "SELECT name FROM set_aside")) == sorted(names)


@pytest.fixture
def broker(estate: Estate, settings: Settings) -> Iterator[IngressBroker]:
    made = queue.make_broker(settings, INGRESS_QUEUE, IngressBroker)
    yield made
    made.client.connection_pool.disconnect()


def test_a_message_let_go_while_redis_is_asked_isnt_taken_for_another_with_its_bytes(
    estate: Estate, broker: IngressBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (estate.push('{"hello": 1}', name) for name in ("first", "second"))
    consumer: Any = broker.consume(INGRESS_QUEUE, prefetch=1, timeout=10)
    message = next(consumer)
    assert message.options["redis_message_id"] == first
    consumer.prefetch = 2
    held = consumer._held

    def held_and_then_let_go() -> Any:
        found = held()
        consumer.ack(message)
        return found

    monkeypatch.setattr(consumer, "_held", held_and_then_let_go)
    following = next(consumer)
    assert following.options["redis_message_id"] == second
    monkeypatch.undo()
    consumer.ack(following)
    assert estate.redis.hlen("ns:ingress.msgs") == 0


def test_messages_whose_delivery_broke_off_are_dealt_with_and_those_in_hand_only_once(
    estate: Estate, broker: IngressBroker
) -> None:
    for name in ("in hand", "lost"):
        estate.push('{"hello": 1}', name)
    consumer: Any = broker.consume(INGRESS_QUEUE, prefetch=1, timeout=10)
    message = next(consumer)
    assert broker.do_fetch(INGRESS_QUEUE, 1) == [b'{"hello": 1}']  # and the connection breaks
    again: Any = broker.consume(INGRESS_QUEUE, prefetch=4, timeout=10)
    lost = next(again)
    assert lost.options["redis_message_id"] == "lost"
    assert next(again) is None
    again.ack(message)
    again.ack(lost)
    assert estate.redis.hlen("ns:ingress.msgs") == 0


async def test_the_quota_is_exact_over_messages(estate: Estate, start: Start, pool: Pool) -> None:
    for number in range(60):
        estate.ask(estate.scan(url=f"https://example.com/{number}"))
    start()
    start()
    await estate.drained()
    counts = await rows(pool, "SELECT status, reason_code, count(*) AS n FROM scans GROUP BY 1, 2 ORDER BY 1")
    assert [(one["status"], one["reason_code"], one["n"]) for one in counts] == [
        ("error", "RATE_LIMIT_EXCEEDED", 10),
        ("running", None, 50),
    ]
    assert len(await rows(pool, "SELECT 1 FROM quota_uses")) == 50


async def test_somebody_elses_id_is_refused_without_telling_whose(
    estate: Estate, start: Start, pool: Pool, settings: Settings
) -> None:
    async with connection(pool) as conn:
        bob = await users.create(conn, email="bob@example.com", password="correct horse", tier="pro")
        _, key = await tokens.create(
            conn, user_id=bob.id, name="k", scopes=["scan"], mode="live", pepper=settings.secret_key
        )
    mine = estate.scan()
    estate.ask(mine)
    start()
    await estate.drained()
    estate.ask(estate.scan(id=mine["id"], token=key))
    await estate.drained()
    (scan,) = await rows(pool, "SELECT owner FROM scans")
    assert str(bob.id) not in scan["owner"]
    (one,) = await rows(pool, "SELECT code, name FROM set_aside")
    assert (one["code"], one["name"]) == ("CONFLICT", mine["id"])


async def test_an_idempotency_key_names_the_scan_that_it_started(estate: Estate, start: Start, pool: Pool) -> None:
    first = estate.scan(idempotency_key="job-7")
    estate.ask(first)
    start()
    await estate.drained()
    same, other = estate.scan(idempotency_key="job-7"), estate.scan(idempotency_key="job-7", url="https://example.org/")
    estate.ask(same)
    estate.ask(other)
    await estate.drained()
    reasons = {str(one["id"]): one["reason"] for one in await rows(pool, "SELECT id, reason FROM scans")}
    assert first["id"] in reasons[same["id"]]
    assert "another scan" in reasons[other["id"]]
    assert len(await rows(pool, "SELECT 1 FROM quota_uses")) == 1


async def test_a_fault_of_ours_sets_the_message_aside_and_the_next_goes_on(
    estate: Estate, start: Start, pool: Pool
) -> None:
    async with connection(pool) as conn:
        await conn.execute("ALTER TABLE scans ADD CONSTRAINT broken CHECK (url NOT LIKE '%broken%')")
    estate.ask(estate.scan(url="https://example.com/broken"))
    good = estate.scan()
    estate.ask(good)
    start()
    await estate.drained()
    (aside,) = await rows(pool, "SELECT reason, message FROM set_aside")
    assert "log has the reason" in aside["reason"]
    assert estate.key not in aside["message"]
    assert [str(one["id"]) for one in await rows(pool, "SELECT id FROM scans")] == [good["id"]]
