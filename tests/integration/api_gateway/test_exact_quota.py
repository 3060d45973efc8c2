"""Never one more than the quota: many clients, two gateways, and whatever happens to Redis meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import ClientSession, TCPConnector
from aiohttp.test_utils import TestServer

from api_gateway.app import build
from deploy.local.valkey import EmbeddedValkey
from shared.redis.client import connect
from shared.settings import Settings
from tests.integration.api_gateway.conftest import Client, Db, Eventually, MakeKey

CLIENTS, LIMIT = 64, 50
GOOD = {"url": "https://example.com/"}
Pair = tuple[Client, Client]


@pytest.fixture
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedValkey]:
    """A server of the test's own, to be paused and killed."""
    folder = tmp_path_factory.mktemp("v")
    for name in ("state", "state/logs", "run"):
        (folder / name).mkdir()
    server = EmbeddedValkey(folder / "state", Path(folder / "run"), fast=True)
    server.start()
    try:
        yield server
    finally:
        if server.pid is not None:
            server.resume()
        server.stop()


@pytest.fixture
async def pair(
    settings: Settings,
    valkey: EmbeddedValkey,
    make_key: MakeKey,
    patient: None,
) -> AsyncIterator[Pair]:
    """One caller at two gateways that share Postgres and a Redis of their own."""
    assert patient is None, "64 at once take their time on a busy machine"
    own = msgspec.structs.replace(settings, redis_url=valkey.url)
    key = await make_key()
    async with (
        TestServer(build(own)) as first,
        TestServer(build(own)) as second,
        ClientSession(connector=TCPConnector(limit=0)) as session,
    ):
        one, two = (Client(session, str(server.make_url("")).rstrip("/"), key) for server in (first, second))
        assert (await one("GET", "/checks"))[0] == (await two("GET", "/checks"))[0] == 200
        yield one, two


async def storm(pair: Pair, number: int = CLIENTS) -> list[tuple[int, dict[str, Any], Any]]:
    return list(await asyncio.gather(*(pair[n % 2]("POST", "/scans", json=GOOD) for n in range(number))))


async def units(connection: Db) -> int:
    row = await (await connection.execute("SELECT count(*) AS n FROM quota_uses")).fetchone()
    assert row is not None
    return int(row["n"])


async def most_in_a_window(connection: Db) -> int:
    row = await (
        await connection.execute(
            """SELECT max(n) AS n FROM (SELECT count(*) OVER (
                 ORDER BY at RANGE BETWEEN interval '23:59:59.999999' PRECEDING AND CURRENT ROW) AS n
               FROM quota_uses WHERE mode = 'single') counted"""
        )
    ).fetchone()
    assert row is not None
    return int(row["n"])


def accepted(answers: list[tuple[int, dict[str, Any], Any]]) -> int:
    assert {status for status, _, _ in answers} <= {202, 429}
    for status, error, headers in answers:
        if status == 429:
            assert error["code"] == "RATE_LIMIT_EXCEEDED"
            assert headers["Retry-After"] == str(error["retry_after"])
    return sum(status == 202 for status, _, _ in answers)


async def test_many_clients_two_gateways(pair: Pair, connection: Db) -> None:
    assert accepted(await storm(pair)) == LIMIT
    assert await units(connection) == LIMIT
    assert (await pair[1]("GET", "/user/usage"))[1]["single"]["used"] == LIMIT


async def test_redis_flushed_three_times_meanwhile(pair: Pair, connection: Db, valkey: EmbeddedValkey) -> None:
    redis: Any = connect(valkey.url)

    async def flush() -> None:
        for wanted in (5, 20, 40):
            while await units(connection) < wanted:
                await asyncio.sleep(0.001)
            await redis.flushall()

    flushing = asyncio.create_task(flush())
    assert accepted(await storm(pair, 2 * CLIENTS)) == LIMIT
    await flushing
    await redis.aclose()
    assert await units(connection) == LIMIT
    assert accepted(await storm(pair)) == 0


@pytest.mark.parametrize("what", ["paused", "killed"])
async def test_redis_gone_meanwhile(pair: Pair, connection: Db, valkey: EmbeddedValkey, what: str) -> None:
    """Scans are accepted all the same, exactly as many; afterwards everything is as before."""

    async def strike() -> None:
        while await units(connection) < 10:
            await asyncio.sleep(0.001)
        valkey.pause() if what == "paused" else valkey.kill()

    striking = asyncio.create_task(strike())
    assert accepted(await storm(pair)) == LIMIT
    await striking
    assert await units(connection) == LIMIT
    usage = (await pair[0]("GET", "/user/usage"))[1]
    assert (usage["single"]["used"], usage["requests_24h"]) == (LIMIT, 0)
    if what == "paused":
        valkey.resume()
    else:
        valkey.start()
    assert accepted(await storm(pair)) == 0


async def test_refusals_are_quick_while_redis_stalls(pair: Pair, valkey: EmbeddedValkey) -> None:
    valkey.pause()
    loop = asyncio.get_running_loop()
    began = loop.time()
    for _ in range(20):
        assert (await pair[0]("GET", "/checks"))[0] == 200
    assert loop.time() - began < 2, "the budget of 50 ms is paid twice, not by every request"


async def test_across_the_windows_edge(pair: Pair, connection: Db, eventually: Eventually) -> None:
    """Thirty units come back while clients keep asking: exactly thirty more are accepted."""
    assert accepted(await storm(pair)) == LIMIT
    await connection.execute(
        """UPDATE quota_uses SET at = clock_timestamp() - interval '24 hours' + interval '1 second'
           WHERE scan_id IN (SELECT scan_id FROM quota_uses ORDER BY at LIMIT 30)"""
    )
    got = 0

    async def all_back() -> bool:
        nonlocal got
        got += accepted(await storm(pair))
        return got >= 30

    await eventually(all_back)
    assert got + accepted(await storm(pair)) == 30
    assert await most_in_a_window(connection) == LIMIT


async def test_modes_and_owners_have_quotas_of_their_own(pair: Pair, connection: Db) -> None:
    bodies = [{"url": "https://example.com/", "mode": mode} for mode in ("sitemap", "crawl") for _ in range(16)]
    answers = await asyncio.gather(*(pair[n % 2]("POST", "/scans", json=body) for n, body in enumerate(bodies)))
    assert sum(status == 202 for status, _, _ in answers) == 20
    assert await units(connection) == 20


async def test_a_revocation_needs_no_redis(
    pair: Pair, valkey: EmbeddedValkey, connection: Db, eventually: Eventually
) -> None:
    valkey.pause()
    loop = asyncio.get_running_loop()
    token = (await pair[0]("GET", "/tokens"))[1]["items"][0]["id"]
    assert (await pair[1]("GET", "/user/profile"))[0] == 200
    assert (await pair[0]("DELETE", f"/tokens/{token}"))[0] == 200
    began = loop.time()

    async def refused() -> bool:
        return (await pair[1]("GET", "/user/profile"))[0] == 401

    await eventually(refused)
    assert loop.time() - began < 3


async def test_without_redis_from_the_start(
    settings: Settings, make_key: MakeKey, connection: Db, tmp_path: Path
) -> None:
    nowhere = msgspec.structs.replace(settings, redis_url=f"unix://{tmp_path}/nowhere.sock")
    async with TestServer(build(nowhere)) as server, ClientSession() as session:
        client = Client(session, str(server.make_url("")).rstrip("/"), await make_key())
        answers = [await client("POST", "/scans", json=GOOD) for _ in range(LIMIT + 3)]
        assert [status for status, _, _ in answers] == [202] * LIMIT + [429] * 3
        assert (await client("GET", "/user/usage"))[1]["requests_24h"] == 0
    row = await (await connection.execute("SELECT count(*) AS n FROM chunks WHERE dispatched_at IS NULL")).fetchone()
    assert row == {"n": LIMIT}, "the dispatcher finds them when Redis is back"


MakeClient = Callable[[str | None], Client]


async def test_the_request_limit_holds_per_process_without_redis(
    settings: Settings, make_key: MakeKey, tmp_path: Path
) -> None:
    tight = msgspec.structs.replace(settings.tiers["pro"], requests=60, burst=8)
    nowhere = msgspec.structs.replace(
        settings, redis_url=f"unix://{tmp_path}/nowhere.sock", tiers={**settings.tiers, "pro": tight}
    )
    async with TestServer(build(nowhere)) as server, ClientSession() as session:
        client = Client(session, str(server.make_url("")).rstrip("/"), await make_key())
        answers = await asyncio.gather(*(client("GET", "/checks") for _ in range(20)))
        passed = sum(status == 200 for status, _, _ in answers)
        assert 8 <= passed <= 10
        refused = next(one for one in answers if one[0] == 429)
        assert refused[2]["Retry-After"] == refused[2]["RateLimit-Reset"] == str(refused[1]["retry_after"])
