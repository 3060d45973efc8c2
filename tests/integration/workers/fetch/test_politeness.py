"""Politeness with a real server: the script does what `Pace` does, over processes, and its absence fails no page."""

import asyncio
import itertools
import random
import secrets
import sys
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from redis.asyncio import Redis

from shared.clock import SYSTEM
from shared.page import Fetched
from shared.redis import keys, scripts
from shared.redis.client import connect
from workers.fetch.pace import Decision, Given, Pace, Rules
from workers.fetch.politeness import NotBefore, Politeness, host_key, retry_after

HOST = "https://example.com:443"
RULES = Rules(owner="scan", concurrency=1, delay=100)


@pytest.fixture
async def client(redis_url: str) -> AsyncGenerator[Redis]:
    """A client."""
    redis = connect(redis_url)
    yield redis
    await redis.aclose()


@pytest.fixture
async def polite(client: Redis) -> AsyncGenerator[Politeness]:
    """On keys of its own."""
    politeness = Politeness(client, namespace=secrets.token_hex(4), budget=1.0)
    yield politeness
    await politeness.close()


def answered(status: int, **headers: str) -> Fetched:
    """An answer."""
    pairs = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Fetched("https://example.com/", "https://example.com/", status=status, headers=pairs)


class Chance:
    """Steps of a host as they come, for the script and for `Pace`."""

    def __init__(self, random: random.Random) -> None:
        """Nothing runs yet."""
        self.random = random
        self.pace = Pace()
        self.running: list[str] = []

    def step(self, now: int, token: str) -> tuple[list[str | int], Decision]:
        """The script's arguments, and what it should decide."""
        chance = self.random
        gone = [
            Given(
                one,
                now - chance.randrange(50),
                chance.choice((None, 20, 1_500, 9_000)),
                chance.random() < 0.15,
                chance.choice((None, None, 700, 5_000)),
            )
            for one in self.running
            if chance.random() < 0.4
        ]
        self.running = [one for one in self.running if one not in {given.token for given in gone}]
        rules = Rules(
            owner=chance.choice("abc"),
            concurrency=chance.choice((1, 2, 3, 10)),
            delay=chance.choice((0, 100, 500)),
            crawl_delay=chance.choice((0, 0, 300)),
        )
        args: list[str | int] = [token, rules.owner, rules.concurrency, rules.delay, rules.crawl_delay]
        args += [20_000, 2_000, 10_000, len(gone)]
        for one in gone:
            spent, off = (-1 if value is None else value for value in (one.spent, one.back_off))
            args += [one.token, now - one.ended, spent, int(one.less), off]
            self.pace.give(one)
        expected = self.pace.take(now, token, rules, lease=20_000, patience=2_000, hold=10_000)
        if expected.taken:
            self.running.append(token)
        return args, expected


@pytest.mark.parametrize("seed", range(8))
async def test_the_script_decides_as_pace_does(seed: int, client: Redis) -> None:
    chance = random.Random(seed)
    names = [keys.politeness(f"m{seed}", f"https://{name}.example:443") for name in "xyz"]
    await client.delete(*names)
    script, now = scripts.load("politeness"), 1_795_000_000_000
    hosts = {name: Chance(chance) for name in names}
    for n in range(200):
        now += chance.choice((0, 5, 90, 700, 3_000))
        asked = chance.choices(names, k=chance.choice((1, 1, 2, 5)))
        steps = [hosts[name].step(now, f"t{n}-{place}") for place, name in enumerate(asked)]
        reply = await script(client, keys=asked, args=[now, *(one for args, _ in steps for one in args)])
        figures = [int(one) for one in reply.split()]
        assert [(bool(taken), wait) for taken, wait in zip(figures[::2], figures[1::2], strict=True)] == [
            e for _, e in steps
        ]
    assert min([await client.pttl(name) for name in names]) > 0


async def test_what_is_asked_at_once_is_one_call(polite: Politeness, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    script = scripts.Script.__call__

    async def counted(self: scripts.Script, redis: Redis, **asked: Any) -> Any:
        calls.append(len(asked["keys"]))
        return await script(self, redis, **asked)

    monkeypatch.setattr(scripts.Script, "__call__", counted)
    rules = Rules(owner="scan", concurrency=3, delay=0)
    inside = 0
    most = 0

    async def ask(n: int) -> None:
        nonlocal inside, most
        async with polite.slot(HOST if n % 2 else "http://example.com:80", rules):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(ask(n) for n in range(6)))
    await polite.close()
    assert calls[0] == 6
    assert most == 6
    assert sum(calls[1:]) == 2


async def test_requests_of_one_slot_are_spaced(polite: Politeness) -> None:
    times: list[float] = []
    for _ in range(4):
        async with polite.slot(HOST, RULES) as slot:
            times.append(SYSTEM.monotonic())
            slot.answered(answered(200))
    assert min(after - before for before, after in itertools.pairwise(times)) >= 0.095


async def test_processes_keep_the_pause_together(redis_url: str) -> None:
    code = f"""
import asyncio, time
from shared.redis.client import connect
from workers.fetch.pace import Rules
from workers.fetch.politeness import Politeness
async def main():
    redis = connect({redis_url!r})
    politeness = Politeness(redis, namespace="processes", budget=5.0)
    for n in range(3):
        async with politeness.slot({HOST!r}, Rules(owner="scan", concurrency=1, delay=50), patience=60):
            print(time.monotonic(), flush=True)
    await politeness.close()
    await redis.aclose()
asyncio.run(main())
"""
    processes = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE)
        for _ in range(4)
    ]
    outputs = await asyncio.gather(*(process.communicate() for process in processes))
    times = sorted(float(line) for out, _ in outputs for line in out.split())
    assert len(times) == 12
    assert min(after - before for before, after in itertools.pairwise(times)) >= 0.045


async def test_long_waits_give_the_thread_back(polite: Politeness) -> None:
    async with polite.slot(HOST, RULES) as slot:
        slot.answered(answered(429, Retry_After="20"))
    with pytest.raises(NotBefore) as caught:
        async with polite.slot(HOST, RULES):
            pytest.fail("the host asked for less")
    assert 19 < caught.value.seconds <= 20


async def test_a_scan_that_has_ended_binds_nobody(polite: Politeness) -> None:
    strict = Rules(owner="strict", concurrency=1, delay=1_500)
    async with polite.slot(HOST, strict):
        pass
    quick = Rules(owner="quick", concurrency=10, delay=0)
    with pytest.raises(NotBefore):
        async with polite.slot(HOST, quick, patience=0.5):
            pytest.fail("the strict scan still runs")
    await polite.forget(HOST, "strict")
    async with polite.slot(HOST, quick, patience=0.5):
        pass


async def test_other_hosts_do_not_wait(polite: Politeness) -> None:
    async with polite.slot(HOST, RULES), polite.slot("http://example.com:80", RULES) as other:
        assert other.waited < 0.09


async def test_a_cancelled_wait_gives_its_slot_back(polite: Politeness) -> None:
    async with polite.slot(HOST, RULES):
        pass
    async with polite.slot(HOST, Rules(owner="scan", concurrency=1, delay=1_000)):
        pass

    async def wait() -> None:
        async with polite.slot(HOST, RULES):
            pytest.fail("cancelled before its time")

    waiting = asyncio.create_task(wait())
    while not polite.waiting:
        await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    async with polite.slot(HOST, RULES) as slot:
        assert slot.waited < 2


async def test_without_redis_pages_are_still_fetched_and_more_slowly() -> None:
    redis = connect("redis://127.0.0.1:1/0", timeout=0.05)
    politeness = Politeness(redis, namespace="none")
    times: list[float] = []
    for _ in range(3):
        async with politeness.slot(HOST, Rules(owner="scan", concurrency=3, delay=50)):
            times.append(SYSTEM.monotonic())
    await politeness.close()
    await redis.aclose()
    assert min(after - before for before, after in itertools.pairwise(times)) >= 0.19


async def test_a_redis_that_hangs_costs_its_budget_once() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    async with server:
        redis = connect(f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0")
        politeness = Politeness(redis, namespace="none")
        began = SYSTEM.monotonic()
        for n in range(20):
            async with politeness.slot(f"http://{n}.example:80", RULES):
                pass
        spent = SYSTEM.monotonic() - began
        await politeness.close()
        await redis.aclose()
    assert spent < 0.5


def test_host_key() -> None:
    assert host_key("https://example.com/a?b") == HOST
    assert host_key("http://[2606:4700::1]:8080/") == "http://2606:4700::1:8080"


def test_retry_after() -> None:
    now = 1_795_305_600.0
    assert retry_after(" 120 ", now) == 120
    assert retry_after("Sun, 22 Nov 2026 00:01:00 GMT", now) == 60
    assert retry_after("Sun, 22 Nov 2020 00:01:00 GMT", now) == 0
    assert [retry_after(value, now) for value in ("", "soon", "-1", "1.5", "²")] == [None] * 5
