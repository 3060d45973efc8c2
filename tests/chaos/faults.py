"""The faults, one function each: does its damage, returns when it is over, with figures of its own."""

import asyncio
import random
import signal
import time
from typing import Any

import msgspec
from aiohttp import ClientError, ClientSession, ClientTimeout
from redis.asyncio import Redis

from tests.chaos.estate import Estate
from tests.chaos.load import make_users

Notes = dict[str, Any]
LIMIT_503 = 3.0
LIMIT_BACK = 10.0


def _victim(estate: Estate, rng: random.Random) -> str:
    """One of the workers that hold something, if any does."""
    rows = estate.sql("SELECT DISTINCT worker FROM chunks WHERE status = 'running' AND worker IS NOT NULL ORDER BY 1")
    return rng.choice([row["worker"] for row in rows] or ["worker-1", "worker-2"])


async def held_by(estate: Estate, workers: list[str], began: float) -> float | None:
    """Seconds from `began` until everything that these workers held is in other hands; None when they held nothing."""
    query = "SELECT scan_id, no, fence FROM chunks WHERE worker = ANY(%s) AND status = 'running'"
    held = await estate.ask(query, workers)
    if not held:
        return None
    moved = (
        "SELECT count(*) AS n FROM chunks c JOIN unnest(%s::uuid[], %s::int[], %s::int[]) AS h (scan_id, no, fence)"
        " USING (scan_id, no) WHERE c.fence = h.fence AND c.status <> 'done'"
    )
    values = [[row[name] for row in held] for name in ("scan_id", "no", "fence")]
    async with asyncio.timeout(120):
        while (await estate.ask(moved, *values))[0]["n"]:
            await asyncio.sleep(0.25)
    return time.monotonic() - began


async def worker_killed(estate: Estate, rng: random.Random) -> Notes:
    """Kill -9 of a worker that holds chunks; it comes back as somebody else (as a pod does)."""
    victim = _victim(estate, rng)
    began = time.monotonic()
    estate.kill(victim)
    return {"taken_over": await held_by(estate, [victim], began)}


async def worker_drained(estate: Estate, rng: random.Random) -> Notes:
    """SIGTERM: it gives back what it holds and ends within 25 s."""
    victim = _victim(estate, rng)
    with estate.held_down(victim):
        began = time.monotonic()
        estate.kill(victim, signal.SIGTERM)
        while estate.running[victim].poll() is None:
            assert time.monotonic() - began < estate.limit(25), "the drain took more than 25 s"
            await asyncio.sleep(0.05)
        seconds = time.monotonic() - began
        assert estate.running[victim].poll() == 0
        held = await estate.ask("SELECT 1 FROM chunks WHERE worker = %s AND status = 'running'", victim)
        assert held == [], "chunks were left to their leases"
    return {"drained_in": f"{seconds:.1f} s"}


def workers_gone(seconds: float) -> Any:
    """All workers killed, and none there for a while."""

    async def fault(estate: Estate, _rng: random.Random) -> Notes:
        with estate.held_down("worker-1", "worker-2"):
            for name in ("worker-1", "worker-2"):
                estate.kill(name)
            await asyncio.sleep(seconds)
        return {"gone_for": f"{seconds:.0f} s"}

    return fault


async def leader_killed(estate: Estate, _rng: random.Random) -> Notes:
    """Kill -9 of the scheduler that leads."""
    before = await asyncio.to_thread(estate.leader)
    other = "scheduler-2" if before == "scheduler-1" else "scheduler-1"
    with estate.held_down(before):
        began = time.monotonic()
        estate.kill(before)
        while "scheduler_leader 1.0" not in await asyncio.to_thread(estate.metrics_text, other):
            assert time.monotonic() - began < estate.limit(30), "nobody took the lead"
            await asyncio.sleep(0.1)
        seconds = time.monotonic() - began
    return {"new_leader_in": f"{seconds:.1f} s"}


async def _knock(estate: Estate, until: asyncio.Event, name: str) -> list[tuple[int | None, float, float]]:
    """Ask for a scan 5 times a second; (status, seconds, when) of each answer."""
    (caller,) = await make_users(estate, 1, f"{name}-{time.time_ns()}")
    answers: list[tuple[int | None, float, float]] = []

    async def ask(session: ClientSession, turn: int) -> None:
        port = estate.ports[f"gateway-{turn % 2 + 1}"]
        body = {"url": f"http://127.30.0.{turn % 250 + 1}:{estate.site_port}/", "mode": "single"}
        headers = {"Authorization": f"Bearer {caller.key}"}
        began = time.monotonic()
        try:
            async with session.post(f"http://127.0.0.1:{port}/api/v1/scans", json=body, headers=headers) as response:
                await response.read()
                status: int | None = response.status
        except (ClientError, TimeoutError, OSError):
            status = None
        answers.append((status, time.monotonic() - began, began))

    async with ClientSession(timeout=ClientTimeout(total=15)) as session, asyncio.TaskGroup() as group:
        turn = 0
        while not until.is_set():
            group.create_task(ask(session, turn))
            turn += 1
            await asyncio.sleep(0.2)
    return answers


async def _away(estate: Estate, name: str, down: Any, up: Any, seconds: float) -> tuple[list[Any], float, float]:
    """Take something away while knocking; the answers, and when it was gone and back."""
    until = asyncio.Event()
    knocking = asyncio.create_task(_knock(estate, until, name))
    await asyncio.sleep(1.5)
    down()
    gone = time.monotonic()
    await asyncio.sleep(seconds)
    up()
    back = time.monotonic()
    await asyncio.sleep(LIMIT_BACK + 1)
    until.set()
    return await knocking, gone, back


def _redis_notes(answers: list[Any], gone: float, back: float) -> Notes:
    during = [one for one in answers if gone <= one[2] < back]
    refused = [one for one in answers if one[0] != 202]
    assert during, "nobody knocked"
    assert refused == [], f"gateways refused without Redis: {refused[:5]}"
    worst = max(seconds for _, seconds, _ in during)
    return {"accepted_without_Redis": f"{len(during)} of {len(during)}, slowest {worst:.2f} s"}


def _postgres_notes(estate: Estate, answers: list[Any], gone: float, back: float) -> Notes:
    during = [one for one in answers if gone + 0.2 <= one[2] < back - LIMIT_503]
    wrong = [one for one in during if one[0] != 503 or one[1] > estate.limit(LIMIT_503)]
    assert wrong == [], f"without Postgres: {wrong[:5]}"
    good = sorted(one[2] for one in answers if one[0] == 202 and one[2] >= back)
    bad = [one[2] + one[1] for one in answers if one[0] != 202 and one[2] >= back]
    assert good, "never accepted again"
    recovered = max([good[0], *bad]) - back
    assert recovered <= estate.limit(LIMIT_BACK), f"gateways took {recovered:.1f} s to recover"
    worst = max((seconds for _, seconds, _ in during), default=0.0)
    told = f"{len(during)} × 503, slowest {worst:.2f} s; " if during else ""
    return {"gateways": f"{told}accepting again after {max(0.0, recovered):.1f} s"}


async def redis_killed(estate: Estate, _rng: random.Random) -> Notes:
    """Kill -9, away for 6 s, started again on what its log kept."""
    valkey = estate.services.valkey
    return _redis_notes(*await _away(estate, "redis-killed", valkey.kill, valkey.start, 6.0))


async def redis_stalled(estate: Estate, _rng: random.Random) -> Notes:
    """SIGSTOP for 20 s."""
    valkey = estate.services.valkey
    return _redis_notes(*await _away(estate, "redis-stalled", valkey.pause, valkey.resume, 20.0))


async def redis_emptied(estate: Estate, _rng: random.Random) -> Notes:
    """FLUSHALL, three times."""
    redis = Redis.from_url(estate.services.redis_url)
    for _ in range(3):
        await redis.flushall()
        await asyncio.sleep(0.7)
    await redis.aclose()
    return {}


async def postgres_restarted(estate: Estate, _rng: random.Random) -> Notes:
    """Every process of it killed at once, and started again."""
    postgres = estate.services.postgres

    def again() -> None:
        postgres.start()

    return _postgres_notes(estate, *await _away(estate, "postgres-restarted", postgres.kill, again, 0.5))


async def postgres_stalled(estate: Estate, _rng: random.Random) -> Notes:
    """SIGSTOP of every process of it for 20 s, as long as a lease."""
    postgres = estate.services.postgres
    attempts = "SELECT COALESCE(sum(attempts), 0)::int AS n FROM chunks"
    before = (await estate.ask(attempts))[0]["n"]
    notes = _postgres_notes(estate, *await _away(estate, "postgres-stalled", postgres.pause, postgres.resume, 20.0))
    blamed = (await estate.ask(attempts))[0]["n"] - before
    assert blamed == 0, "chunks were blamed for the stall"
    return notes | {"attempts_blamed": blamed}


async def connections_terminated(estate: Estate, _rng: random.Random) -> Notes:
    """Every client's connection ended by the server, the leader's and the listeners' too; three times."""
    ended = 0
    for _ in range(3):
        rows = await estate.ask(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
        )
        ended += len(rows)
        await asyncio.sleep(1.0)
    return {"connections_ended": ended}


async def messages_tripled(estate: Estate, _rng: random.Random) -> Notes:
    """For 15 s everything that is put on a queue is put there twice more."""
    redis = Redis.from_url(estate.services.redis_url)
    seen: set[bytes] = set()
    copies = 0
    end = time.monotonic() + 15.0
    while time.monotonic() < end:
        for queue in ("single", "chunks", "webhooks"):
            name = f"scanfleet:{queue}"
            for rid, data in (await redis.hgetall(f"{name}.msgs")).items():
                if rid in seen:
                    continue
                seen.add(rid)
                message = msgspec.json.decode(data)
                for _ in range(2):
                    copy = f"copy-{copies}".encode()
                    copies += 1
                    seen.add(copy)
                    message["options"]["redis_message_id"] = copy.decode()
                    async with redis.pipeline(transaction=True) as pipe:
                        pipe.hset(f"{name}.msgs", copy, msgspec.json.encode(message))
                        pipe.rpush(name, copy)
                        await pipe.execute()
        await asyncio.sleep(0.005)
    await redis.aclose()
    assert copies > 0, "no message was seen"
    return {"copies": copies}


async def worker_paused(estate: Estate, rng: random.Random) -> Notes:
    """SIGSTOP of a worker beyond its lease: what it writes when it wakes up is too late, and refused."""
    victim = _victim(estate, rng)
    began = time.monotonic()
    estate.kill(victim, signal.SIGSTOP)
    try:
        seconds = await held_by(estate, [victim], began)
        await asyncio.sleep(1.0)
    finally:
        estate.kill(victim, signal.SIGCONT)
    return {"taken_over": seconds}
