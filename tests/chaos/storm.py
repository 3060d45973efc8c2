"""One storm: a load, a fault at a random moment of it, and what must be true afterwards."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

from redis.asyncio import Redis

from shared.jobs import ACTORS
from tests.chaos.estate import Estate
from tests.chaos.figures import Row
from tests.chaos.load import Load, Spec, make_users, pages_of, specs

Fault = Callable[[Estate, random.Random], Awaitable[dict[str, Any] | None]]

LOST_SECONDS = 30.0
FORGOTTEN_SECONDS = 90.0
BUSY = 1.5
"""Slowdown from which on the table says so: limits are as many times longer then."""
_calm: dict[tuple[int, int], dict[Spec, dict[str, Any]]] = {}


async def calm(estate: Estate, count: int) -> dict[Spec, dict[str, Any]]:
    """What comes of the load when nothing goes wrong; run once."""
    key = (id(estate), count)
    if key not in _calm:
        load = await begin(estate, count, 0)
        began = time.monotonic()
        async with estate.kept(), load.watched():
            await load.post()
            await load.ended(began)
            heard = await load.told()
        print(f"chaos: no fault, {count} scans in {time.monotonic() - began:.0f} s")  # noqa: T201 - the yardstick
        _calm[key] = await load.outcome()
        check_calm(load, _calm[key], heard)
    return _calm[key]


def check_calm(load: Load, outcome: dict[Spec, dict[str, Any]], heard: Counter[str]) -> None:
    """The yardstick itself is sound."""
    assert len(outcome) == len(load.wanted)
    assert {entry["status"] for entry in outcome.values()} == {"complete"}
    for spec, entry in outcome.items():
        assert len(entry["pages"]) == entry["done"] == pages_of(spec), spec
        assert len(entry["events"]) == len(entry["units"]) == len(entry["deliveries"]) == 1
    assert len(heard) == len(load.wanted)
    assert set(heard.values()) == {1}


async def begin(estate: Estate, count: int, seed: int) -> Load:
    """A load of new users, on sites that have forgotten what they were asked, and nothing left of an earlier one."""
    await estate.ask("DELETE FROM scans")
    callers = await make_users(estate, 4, f"storm-{seed}-{time.time_ns()}")
    await asyncio.to_thread(estate.control, reset=True, delay=0.12)
    return Load(estate, specs(estate, count), callers, seed, over=count / 12)


async def storm(estate: Estate, seed: int, count: int, name: str, fault: Fault) -> Row:
    """Run it. Raises AssertionError when a promise was broken."""
    expected = await calm(estate, count)
    rng = random.Random(seed)
    print(f"chaos: {name}, seed {seed}")  # noqa: T201 - by it the run can be repeated
    load = await begin(estate, count, seed)
    deaths = estate.deaths
    async with estate.kept(), load.watched():
        posting = asyncio.create_task(load.post())
        await load.reach(rng.uniform(0.1, 0.6))
        committed = await load.committed()
        before = (await asyncio.to_thread(estate.control, every=True))["hits"]
        notes = await fault(estate, rng) or {}
        over = time.monotonic()
        await posting
        after, later = await load.ended(over)
        heard = await load.told()
        await forgotten(estate)
    hits = (await asyncio.to_thread(estate.control, every=True))["hits"]
    outcome = await load.outcome()
    assert len(outcome) == len(load.accepted) == len(load.wanted), "lost"
    again = [url for url in committed if hits.get(url, 0) > before.get(url, 0)]
    assert again == [], "committed pages were fetched again"
    differences = compare(expected, outcome)
    assert differences == [], differences[:5]
    scans, units = await load.rows()
    refunded = sum(1 for entry in outcome.values() if entry["status"] == "error")
    assert (scans, units) == (len(load.wanted), len(load.wanted) - refunded)
    assert len(heard) == len(load.wanted)
    assert min(heard.values()) >= 1, "a webhook counts as delivered that nobody heard"
    taken_over = notes.pop("taken_over", None)
    assert taken_over is None or taken_over <= estate.limit(LOST_SECONDS), f"taken over after {taken_over:.0f} s"
    if estate.machine.slowdown > BUSY:
        notes["machine"] = f"{estate.machine.slowdown:.1f} × slower than one of our own"
    twice = sum(pages - 1 for url, pages in hits.items() if pages > 1 and "/p/" in url and "//127.10." in url)
    return Row(
        name=name,
        seed=seed,
        accepted=len(load.accepted),
        ended=len(outcome),
        after=round(after, 1),
        later=round(later, 1),
        taken_over=None if taken_over is None else round(taken_over, 1),
        in_flight=twice,
        webhooks_twice=sum(heard.values()) - len(heard),
        notes="; ".join(f"{key.replace('_', ' ')} {value}" for key, value in notes.items())
        + (f"; {estate.deaths - deaths} processes restarted" if estate.deaths > deaths else ""),
    )


async def forgotten(estate: Estate) -> None:
    """Wait until Redis holds no message any more, those of workers that died included."""
    redis: Any = Redis.from_url(estate.services.redis_url)
    began = time.monotonic()
    while True:
        left: dict[str, int] = {}
        async for key in redis.scan_iter("scanfleet:__acks__.*", count=1000):
            left[key.decode()] = await redis.scard(key)
        for queue in set(ACTORS.values()):
            left[queue] = await redis.hlen(f"scanfleet:{queue}.msgs") + await redis.llen(f"scanfleet:{queue}")
        if not any(left.values()):
            break
        assert time.monotonic() - began < estate.limit(FORGOTTEN_SECONDS), f"Redis keeps messages: {left}"
        await asyncio.sleep(0.5)
    await redis.aclose()


def compare(expected: dict[Spec, dict[str, Any]], outcome: dict[Spec, dict[str, Any]]) -> list[str]:
    """How the scans that both runs have differ."""
    return [
        f"{spec.mode} {spec.url} {part}: {wanted[part]!r:.300} became {outcome[spec][part]!r:.300}"
        for spec, wanted in expected.items()
        for part in wanted
        if outcome[spec][part] != wanted[part]
    ]
