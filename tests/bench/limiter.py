"""`python -m tests.bench.limiter`: what a decision of both limits costs the client and the server.

Three ways in turn, in the same run, on one event loop with 64 callers at once: our `Limiter` as the gateway calls it
(deadline, denials kept, fallback); redis-py call by call; and a bare batch per loop tick, which is the least that a
batching client can do. Every decision is of another caller with a quota of 50, and every caller's key and log are new
at first: after a warm-up the scripts are loaded, the connections made. The server's cost is told beside that of SETs
sent one by one, as a decision sent alone is.
"""

import argparse
import asyncio
import itertools
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from uuid import uuid4

import msgspec
import uvloop
from msgspec import Struct
from redis.asyncio import Redis

from deploy.local.embedded import embedded_services
from deploy.local.screen import Screen
from shared import quota as limits
from shared.quota import Limiter, Quota, Rate
from shared.redis import keys
from shared.redis.client import connect
from shared.redis.scripts import load
from tests.bench.figures import Plan, Row, median, row
from tests.bench.processes import cpu_of

IN_FLIGHT = 64
DECISIONS = 6_400
RATE = Rate(requests=600, burst=1_200)
ENTRIES = 50
_SPACE = "bench"
_WINDOW = limits.WINDOW_SECONDS * 1000

Way = Callable[[str], Awaitable[object]]


class Measured(Struct, frozen=True):
    """Microseconds of CPU a decision by way, (client, server); bytes of a key's limit and of a full log."""

    client: dict[str, float]
    server: dict[str, float]
    key_bytes: int
    log_bytes: int
    lasting: int
    """Keys without a time to live."""


async def _by_client(redis: Redis, names: Sequence[str], arguments: Sequence[str | bytes]) -> bytes:
    """As redis-py does it. The server knows the script: the limiter, which goes first, has sent it."""
    reply: bytes = await redis.evalsha(load("limits").sha, len(names), *names, *arguments)
    return reply


class _Tick:
    """All that is asked in one tick of the loop, as one call: nothing else, no deadline, no fallback."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._asked: list[tuple[str, asyncio.Future[list[bytes]]]] = []

    def __call__(self, owner: str) -> "asyncio.Future[list[bytes]]":
        loop = asyncio.get_running_loop()
        future: asyncio.Future[list[bytes]] = loop.create_future()
        if not self._asked:
            loop.call_soon(lambda: loop.create_task(self._send()))
        self._asked.append((owner, future))
        return future

    async def _send(self) -> None:
        asked, self._asked = self._asked, []
        names: list[str] = []
        figures: list[int] = []
        for owner, _ in asked:
            names += (keys.request_limit(_SPACE, owner), keys.quota_log(_SPACE, owner, "single"))
            figures += (RATE.cost, RATE.burst, ENTRIES, _WINDOW)
        members = b"".join(uuid4().bytes for _ in asked)
        arguments = ("", msgspec.msgpack.encode(figures), members)
        reply = (await _by_client(self._redis, names, arguments)).split()
        for at, (_, future) in enumerate(asked):
            future.set_result(reply[7 * at : 7 * at + 7])


def _ways(redis: Redis) -> dict[str, Way]:
    limiter, tick = Limiter(redis, _SPACE), _Tick(redis)

    async def ours(owner: str) -> None:
        decision = await limiter.take(owner, RATE, Quota(owner, "single", ENTRIES, uuid4()))
        assert decision.allowed
        assert decision.quota, "Redis was not asked: the machine is too busy for the limiter's budget"

    async def alone(owner: str) -> None:
        names = (keys.request_limit(_SPACE, owner), keys.quota_log(_SPACE, owner, "single"))
        figures = msgspec.msgpack.encode((RATE.cost, RATE.burst, ENTRIES, _WINDOW))
        await _by_client(redis, names, ("", figures, uuid4().bytes))

    async def put(owner: str) -> None:
        await redis.set(f"{_SPACE}:s:{owner}", b"1795000000000000", px=60_000)

    return {"ours": ours, "a bare batch a tick": tick, "call by call": alone, "SET, call by call": put}


async def _drive(way: Way, names: "itertools.count[int]", server: int) -> tuple[float, float]:
    """(client, server) microseconds of CPU a call."""
    left = iter(range(DECISIONS))

    async def caller() -> None:
        for _ in left:
            await way(f"user:{next(names) % 1_000}")

    asked, began = cpu_of(server), time.process_time()
    await asyncio.gather(*(caller() for _ in range(IN_FLIGHT)))
    spent, served = time.process_time() - began, cpu_of(server) - asked
    return 1e6 * spent / DECISIONS, 1e6 * served / DECISIONS


async def _sizes(redis: Redis) -> tuple[int, int, int]:
    """The middle of several callers' keys: by the times that it holds a log may take 16 bytes more."""
    limiter = Limiter(redis, "size")
    owners = [f"user:0198f7a2-8d7c-7e1{number}" for number in range(5)]
    for owner in owners:
        for _ in range(ENTRIES):
            await limiter.take(owner, RATE, Quota(owner, "single", ENTRIES, uuid4()))
    limit = [await redis.memory_usage(keys.request_limit("size", owner), samples=0) for owner in owners]
    log = [await redis.memory_usage(keys.quota_log("size", owner, "single"), samples=0) for owner in owners]
    lasting = sum([await redis.ttl(name) < 0 async for name in redis.scan_iter(count=1_000)])
    return int(median([one or 0 for one in limit])), int(median([one or 0 for one in log])), lasting


async def _measure(url: str, server: int, rounds: int) -> Measured:
    limits.BUDGET_SECONDS = 5.0  # on a busy machine Redis itself may be late, and then it isn't what is measured
    redis = connect(url, timeout=5.0)
    ways, names = _ways(redis), itertools.count()
    client: dict[str, list[float]] = {name: [] for name in ways}
    served: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds + 1):
        for name, way in ways.items():
            await redis.flushdb()
            figures = await _drive(way, names, server)
            if number:  # the first round loads scripts and connects
                client[name].append(figures[0])
                served[name].append(figures[1])
    key_bytes, log_bytes, lasting = await _sizes(redis)
    await redis.aclose()
    return Measured(
        {name: median(values) for name, values in client.items()},
        {name: median(values) for name, values in served.items()},
        key_bytes,
        log_bytes,
        lasting,
    )


def measure(rounds: int) -> Measured:
    """Start a server, measure all ways in turn `rounds` times, medians."""
    with tempfile.TemporaryDirectory() as folder, embedded_services(Path(folder) / "data", fast=True) as services:
        server = services.valkey.pid
        assert server is not None
        return uvloop.run(_measure(services.redis_url, server, rounds))


def rows(plan: Plan) -> list[Row]:
    """The table's lines."""
    found = measure(max(3, plan.rounds))
    client, server = found.client, found.server
    alone = client["call by call"]
    # 25 µs was promised where call by call costs 79 and a batch 21: on another machine the ratios hold, not the figures.
    return [
        row("limiter", "client CPU a decision, 64 in flight", client["ours"], "µs", most=25.0),
        row("limiter", "the same as a share of call by call", 100 * client["ours"] / alone, "%", most=100 * 25 / 79),
        row("limiter", "a bare batch a tick, share of call by call", 100 * client["a bare batch a tick"] / alone, "%"),
        row("limiter", "call by call", alone, "µs"),
        row(
            "limiter",
            "server CPU a decision, sent alone, in SETs",
            server["call by call"] / server["SET, call by call"],
            "×",
        ),
        row(
            "limiter",
            "server CPU a decision as we send it, in SETs",
            server["ours"] / server["SET, call by call"],
            "×",
            most=3.0,
        ),
        row("limiter", "a key's request limit", found.key_bytes, "bytes", most=100),
        row("limiter", "a quota log of 50", found.log_bytes, "bytes", most=1_500),
        row("limiter", "keys that last for ever", found.lasting, "", most=0),
    ]


def main() -> int:
    """Entry point; 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    found = rows(Plan(screen=Screen(), rounds=parser.parse_args().rounds))
    for one in found:
        print(f"{one.what:48} {one.figure:>12}  {one.target:>10}  {'' if one.met is None else one.met}")  # noqa: T201
    return int(any(one.met is False for one in found))


if __name__ == "__main__":
    sys.exit(main())
