"""A rolling restart of everything, and a newcomer behind thousands of other people's scans."""

import asyncio
import statistics
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from aiohttp import ClientError, ClientSession, ClientTimeout
from psycopg.types.json import Jsonb

from shared.clock import uuid7
from shared.db.pool import Connection, connection, make_pool
from shared.scans import NewScan
from tests.chaos.estate import NAMES, Estate, http_status
from tests.chaos.figures import Other
from tests.chaos.load import OPTIONS, Caller, make_users
from tests.chaos.machine import slowdown
from tests.chaos.storm import BUSY as BUSY_MACHINE

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(900)]

OTHERS = 20
BUSY = 40
"""Scans of others under way: more than the workers do at once."""
AT_A_TIME = 20
"""Requests under way during the rolling restart; 20 new ones a second unless the machine can't keep up."""
AT_ONCE = 200
SPARE = 300
"""Of what is queued workers do some meanwhile."""
ROUNDS = 2
POSTS = 150
STARTS_SECONDS = 5.0
RATIO = 1.5


class Balancer:
    """Sends requests to gateways that say they are ready, as a load balancer does; counts what failed."""

    def __init__(self, estate: Estate, caller: Caller) -> None:
        self.estate, self.caller = estate, caller
        self.ready: list[str] = []
        self.leaving: str | None = None
        self.sent = 0
        self.failures: list[str] = []

    async def watch(self) -> None:
        while True:
            names = [name for name in NAMES if name.startswith("gateway")]
            probes = [f"http://127.0.0.1:{self.estate.metrics[name]}/readyz" for name in names]
            answers = await asyncio.gather(*(asyncio.to_thread(http_status, one) for one in probes))
            up = (name for name, status in zip(names, answers, strict=True) if status == 200)
            self.ready = [name for name in up if name != self.leaving]
            await asyncio.sleep(0.1)

    async def one(self, session: ClientSession, number: int) -> None:
        self.sent += 1
        if not self.ready:
            self.failures.append("no gateway is ready")
            return
        base = f"http://127.0.0.1:{self.estate.ports[self.ready[number % len(self.ready)]]}/api/v1"
        headers = {"Authorization": f"Bearer {self.caller.key}"}
        body = {"url": f"http://127.50.{number // 250}.{number % 250 + 1}:{self.estate.site_port}/", "mode": "single"}
        try:
            async with session.post(f"{base}/scans", json=body, headers=headers) as response:
                data = await response.json()
            if response.status != 202:
                self.failures.append(f"POST {response.status} {data}")
                return
            async with session.get(f"{base}/scans/{data['data']['scan_id']}", headers=headers) as response:
                await response.read()
            if response.status != 200:
                self.failures.append(f"GET {response.status}")
        except (ClientError, TimeoutError, OSError) as error:
            self.failures.append(f"{type(error).__name__}: {error}")


async def test_rolling_restart(estate: Estate, table: list[Any]) -> None:
    (caller,) = await make_users(estate, 1, f"rolling-{time.time_ns()}")
    balancer = Balancer(estate, caller)
    watching = asyncio.create_task(balancer.watch())
    done = asyncio.Event()

    async def knock() -> None:
        timeout = ClientTimeout(total=10 * slowdown())
        under_way: set[asyncio.Task[None]] = set()
        async with ClientSession(timeout=timeout) as session, asyncio.TaskGroup() as group:
            number = 0
            while not done.is_set():
                if len(under_way) < AT_A_TIME:
                    task = group.create_task(balancer.one(session, number))
                    under_way.add(task)
                    task.add_done_callback(under_way.discard)
                    number += 1
                await asyncio.sleep(0.05)

    while len(balancer.ready) < 2:
        await asyncio.sleep(0.05)
    knocking = asyncio.create_task(knock())
    began = time.monotonic()
    for name in NAMES:
        # As with a pod: it is taken out of the balancer, then told to end (preStop). A machine that is busy with other
        # things hears of `/readyz` too late by itself.
        balancer.leaving = name
        await asyncio.sleep(0.5)
        await estate.relaunch(name, {})
        balancer.leaving = None
        while name.startswith("gateway") and name not in balancer.ready:
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.5)
    seconds = time.monotonic() - began
    done.set()
    await knocking
    watching.cancel()
    assert balancer.failures == []
    async with asyncio.timeout(60 * slowdown()):
        query = "SELECT count(*) AS n FROM scans WHERE owner = %s AND status = 'running'"
        while (await estate.ask(query, caller.owner))[0]["n"]:
            await asyncio.sleep(0.25)
    kept = await estate.ask("SELECT count(*) AS n FROM scans WHERE owner = %s AND status = 'complete'", caller.owner)
    assert kept[0]["n"] == balancer.sent
    notes = (
        f"{balancer.sent} scans asked for in {seconds:.0f} s while all six services were restarted: 0 requests failed"
    )
    table.append(Other("rolling restart", notes))


def a_scan(owner: str, url: str) -> NewScan:
    return NewScan(
        id=uuid7(), owner=owner, user_id=None, tier="pro", test=False, url=url, host=urlsplit(url).netloc, mode="single",
        options=OPTIONS, profile="default-2026.11", score_version="1", request_id="other", max_pages=1,
        quota=1_000_000, running=10, hours=24, kept_days=1,
    )  # fmt: skip


async def pile_up(conn: Connection, estate: Estate, count: int, first: int) -> None:
    """Scans of `OTHERS` users, as if they had been asked for; faster than workers can do them."""
    for start in range(first, first + count, AT_ONCE):
        numbers = range(start, min(start + AT_ONCE, first + count))
        news = [
            a_scan(
                f"guest:other-{number % OTHERS}",
                f"http://127.60.{number // 250 % 250}.{number % 250 + 1}:{estate.site_port}/",
            )
            for number in numbers
        ]
        await conn.execute(
            b"SELECT accept_scan(id, owner, NULL, 'pro', false, url, host, 'single', %(options)s, NULL, NULL, %(profile)s,"
            b" '1', 'other', 1, 1000000, 10, 24, 1, NULL, NULL)"
            b" FROM unnest(%(ids)s::uuid[], %(owners)s::text[], %(urls)s::text[], %(hosts)s::text[])"
            b" AS new (id, owner, url, host)",
            {
                "options": Jsonb(OPTIONS),
                "profile": news[0].profile,
                "ids": [new.id for new in news],
                "owners": [new.owner for new in news],
                "urls": [new.url for new in news],
                "hosts": [new.host for new in news],
            },
        )


async def clear(estate: Estate) -> None:
    """Nothing of the others is left."""
    await estate.ask("DELETE FROM scans WHERE owner LIKE 'guest:other%%'")


async def others_left(estate: Estate) -> int:
    rows = await estate.ask("SELECT count(*) AS n FROM scans WHERE status = 'running' AND owner LIKE 'guest:other%%'")
    left: int = rows[0]["n"]
    return left


@asynccontextmanager
async def busy(conn: Connection, estate: Estate) -> AsyncGenerator[None]:
    """Workers as busy as with a long queue, but without one."""
    made = 0

    async def feed() -> None:
        nonlocal made
        while True:
            row = await (await conn.execute(b"SELECT count(*) AS n FROM scans WHERE status = 'running'")).fetchone()
            missing = BUSY - (row["n"] if row else 0)
            await pile_up(conn, estate, max(0, missing), made)
            made += max(0, missing)
            await asyncio.sleep(0.05)

    task = asyncio.create_task(feed())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


async def posts(estate: Estate, caller: Caller, first: int) -> list[float]:
    """Seconds that each of `POSTS` requests took."""
    taken: list[float] = []
    headers = {"Authorization": f"Bearer {caller.key}"}
    async with ClientSession() as session:
        for number in range(first, first + POSTS):
            url = f"http://127.70.{number // 250}.{number % 250 + 1}:{estate.site_port}/"
            began = time.perf_counter()
            async with session.post(
                f"http://127.0.0.1:{estate.ports['gateway-1']}/api/v1/scans",
                json={"url": url, "mode": "single"},
                headers=headers,
            ) as response:
                assert response.status == 202, await response.text()
            taken.append(time.perf_counter() - began)
            await asyncio.sleep(0.02)
    return taken


def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1] * 1000


async def newcomers(estate: Estate, callers: list[Caller]) -> list[float | None]:
    """Seconds after which the first scan of each of these users began."""
    async with ClientSession() as session:
        for number, caller in enumerate(callers):
            async with session.post(
                f"http://127.0.0.1:{estate.ports['gateway-2']}/api/v1/scans",
                json={"url": f"http://127.80.0.{number + 1}:{estate.site_port}/", "mode": "single"},
                headers={"Authorization": f"Bearer {caller.key}"},
            ) as response:
                assert response.status == 202
            await asyncio.sleep(1)
    await asyncio.sleep(STARTS_SECONDS * slowdown())
    rows = await estate.ask(
        "SELECT extract(epoch FROM started_at - created_at)::float8 AS wait FROM scans WHERE owner = ANY(%s)",
        [caller.owner for caller in callers],
    )
    return [row["wait"] for row in rows]


async def test_a_newcomer_behind_thousands(estate: Estate, table: list[Any], request: pytest.FixtureRequest) -> None:
    queued = 10_000 if request.config.getoption("--long") else 3_000
    callers = await make_users(estate, 4 + 2 * ROUNDS, f"new-{time.time_ns()}")
    await asyncio.to_thread(estate.control, delay=0.05)
    pool = make_pool(estate.services.database_url, application="test", size=2, statement_seconds=60)
    await pool.open()
    empty: list[float] = []
    full: list[float] = []
    try:
        async with connection(pool) as conn:
            # In turns, so that what else the machine does meets both alike.
            for turn in range(ROUNDS):
                await clear(estate)
                async with busy(conn, estate):
                    await asyncio.sleep(2)
                    empty += await posts(estate, callers[2 * turn], 2_000 * turn)
                await pile_up(conn, estate, queued + SPARE, 20_000)
                await asyncio.sleep(2)
                full += await posts(estate, callers[2 * turn + 1], 2_000 * turn + 1_000)
            await pile_up(conn, estate, max(0, queued - await others_left(estate)) + SPARE, 40_000)
        before = await others_left(estate)
        waits = await newcomers(estate, callers[2 * ROUNDS :])
        slower = slowdown()
    finally:
        await pool.close()
        await clear(estate)
        await estate.ask("DELETE FROM scans WHERE owner = ANY(%s)", [one.owner for one in callers])
    assert before >= queued, "the queue was too short when the newcomers came"
    ratio = p95(full) / p95(empty)
    begun = [wait for wait in waits if wait is not None]
    notes = (
        f"new users' single scans started after at most {max(begun, default=0.0):.1f} s with {before} scans of {OTHERS} "
        f"others queued; POST p95 {p95(full):.0f} ms, with an empty queue and busy workers {p95(empty):.0f} ms "
        f"({ratio:.2f} ×)" + (f"; machine {slower:.1f} × slower than one of our own" if slower > BUSY_MACHINE else "")
    )
    table.append(Other("a newcomer behind thousands", notes))
    assert len(begun) == len(waits) == 4, waits
    assert max(begun) <= STARTS_SECONDS * slower, notes
    assert ratio <= RATIO, notes
