"""The killable parser with real child processes, and the hostile pages it exists for."""

import asyncio
import os
import time
from collections.abc import AsyncIterator

import psutil  # type: ignore[import-untyped]
import pytest
from msgspec import msgpack

from workers.parser import JobFailed, ParserClosed, ParserKilled, ParserProcess

WORK = "tests.unit.workers.parser_jobs:work"
EXTRACTED = "tests.unit.workers.parser_jobs:extracted"


@pytest.fixture
async def parser() -> AsyncIterator[ParserProcess]:
    async with ParserProcess(WORK, seconds=0.5) as one:
        yield one


async def test_answers_come_to_whom_they_belong(parser: ParserProcess) -> None:
    payloads = [b"x %d" % n for n in range(200)]
    assert await asyncio.gather(*(parser.run(p, deadline=10) for p in payloads)) == [p[2:] for p in payloads]
    assert parser.respawns == 0


async def test_answers_of_a_busy_child_come_together(parser: ParserProcess) -> None:
    turn, turns = 0, set[int]()

    async def count() -> None:
        nonlocal turn
        while True:
            turn += 1
            await asyncio.sleep(0)

    async def ask(number: int) -> None:
        assert await parser.run(b"wait 0.005", deadline=30) == b"0.005", number
        turns.add(turn)

    await parser.run(b"x", deadline=10)
    counting = asyncio.create_task(count())
    await asyncio.gather(*map(ask, range(80)))
    counting.cancel()
    assert len(turns) < 50
    assert await parser.run(b"x alone", deadline=0.5) == b"alone"


@pytest.mark.parametrize(("word", "reason"), [(b"spin", "time"), (b"crash", "crash"), (b"hoard", "memory")])
async def test_only_the_culprit_is_blamed(parser: ParserProcess, word: bytes, reason: str) -> None:
    pages = (b"x 1", b"x 2", word, b"x 3", b"x 4", b"x 5", b"x 6", b"x 7")
    answers = await asyncio.gather(*(parser.run(p, deadline=20) for p in pages), return_exceptions=True)
    culprit = answers.pop(2)
    assert isinstance(culprit, ParserKilled)
    assert culprit.reason == reason
    assert answers == [b"1", b"2", b"3", b"4", b"5", b"6", b"7"]
    assert parser.respawns == 1


async def test_every_page_of_a_bad_run_gets_its_outcome(parser: ParserProcess) -> None:
    pages = [b"crash", b"x a"] * 10
    answers = await asyncio.gather(*(parser.run(p, deadline=30) for p in pages), return_exceptions=True)
    assert [a for a in answers if a == b"a"] == [b"a"] * 10
    assert sum(isinstance(a, ParserKilled) for a in answers) == 10


async def test_a_job_that_raises_costs_no_child(parser: ParserProcess) -> None:
    before = await parser.run(b"pid", deadline=10)
    with pytest.raises(JobFailed, match="ValueError: oops"):
        await parser.run(b"raise oops", deadline=10)
    assert await parser.run(b"pid", deadline=10) == before


async def test_the_wall_limit_is_each_pages_own(parser: ParserProcess) -> None:
    pages = [b"wait 0.2"] * 5  # one second together, twice the limit
    assert await asyncio.gather(*(parser.run(p, deadline=20) for p in pages)) == [b"0.2"] * 5
    assert parser.respawns == 0


async def test_a_deadline_includes_the_queue(parser: ParserProcess) -> None:
    await parser.run(b"x", deadline=10)
    slow = asyncio.create_task(parser.run(b"wait 0.4", deadline=10))
    await asyncio.sleep(0)  # it stands in the queue first
    with pytest.raises(TimeoutError):
        await parser.run(b"x late", deadline=0.05)
    assert await slow == b"0.4"
    assert await parser.run(b"x next", deadline=10) == b"next"


async def test_large_pages_do_not_hold_up_the_loop(parser: ParserProcess) -> None:
    await parser.run(b"x", deadline=10)
    worst = 0.0

    async def watch() -> None:
        nonlocal worst
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.002)
            worst = max(worst, time.perf_counter() - before - 0.002)

    watcher = asyncio.create_task(watch())
    payload = b"length " + bytes(10_000_000)
    assert await asyncio.gather(*(parser.run(payload, deadline=30) for _ in range(6))) == [b"10000000"] * 6
    watcher.cancel()
    assert worst < 0.25  # what a fetcher of strangers' pages must keep; 4 ms on a quiet machine


async def test_a_killed_template_is_replaced(parser: ParserProcess) -> None:
    child = psutil.Process(int(await parser.run(b"pid", deadline=10)))
    template = child.parent()
    assert template is not None
    template.kill()
    gone, _ = await asyncio.to_thread(psutil.wait_procs, [child], 10)
    assert gone == [child]
    assert await parser.run(b"x still here", deadline=10) == b"still here"


async def test_nothing_is_left_behind() -> None:
    parser = ParserProcess(WORK, seconds=0.5)
    await parser.start()
    child = psutil.Process(int(await parser.run(b"pid", deadline=10)))
    waiting = asyncio.create_task(parser.run(b"wait 30", deadline=60))
    await asyncio.sleep(0)
    await parser.close()
    with pytest.raises(ParserClosed):
        await waiting
    assert not child.is_running()
    assert psutil.Process(os.getpid()).children() == []
    with pytest.raises(ParserClosed):
        await parser.run(b"x", deadline=1)


async def test_a_job_that_cannot_be_loaded_is_said_so() -> None:
    async with ParserProcess("tests.unit.workers.parser_jobs:missing") as parser:
        with pytest.raises(ParserClosed):
            await parser.run(b"x", deadline=20)


HOSTILE = {
    "interleaved formatting": b"<b i>" * 4_200 + b"<i i>" * 4_200 + b"x</b>" * 4_200,
    "nested div": b"<div>" * 100_000,
    "nested div with false ends": b"<div></b>" * 100_000,
    "nested template": b"<template>" * 80_000,
    "closed nested span": b"<span>" * 50_000 + b"</span>" * 50_000,
    "scope trick": b"<div><object></div></object>" * 20_000,
}


async def test_hostile_pages_end_with_a_typed_outcome() -> None:
    good = b"<title>ok</title><a href=/x>x</a>"
    async with ParserProcess(EXTRACTED, seconds=5.0) as parser:
        for name, page in HOSTILE.items():
            answers = await asyncio.gather(
                parser.run(page, deadline=20), parser.run(good, deadline=20), return_exceptions=True
            )
            assert isinstance(answers[0], ParserKilled) or answers[0] == msgpack.encode("too_deep"), name
            assert answers[1] == msgpack.encode((1, "ok")), name


async def test_hostile_pages_that_are_merely_large_are_read() -> None:
    async with ParserProcess(EXTRACTED, seconds=10.0) as parser:
        body = b"<meta charset=punycode><title>p</title>" + b"a-" * 100_000
        assert await parser.run(body, deadline=20) == msgpack.encode((0, "p"))
        links = b"<title>l</title>" + b"<a href=x>y</a>" * 660_000
        assert await parser.run(links, deadline=20) == msgpack.encode((20_000, "l"))


async def test_nobody_waits_behind_a_slow_page() -> None:
    """Pages behind two that spin are answered by another child long before those are killed, in any number."""
    async with ParserProcess(WORK, seconds=4.0) as parser:
        assert await parser.run(b"first", deadline=20) == b""
        slow = [asyncio.create_task(parser.run(b"spin", deadline=20)) for _ in range(2)]
        await asyncio.sleep(0)
        began = time.perf_counter()
        answers = await asyncio.gather(*(parser.run(b"length " + b"x" * n, deadline=20) for n in range(50)))
        assert answers == [str(n).encode() for n in range(50)]
        assert time.perf_counter() - began < 3.0
        for one in slow:
            with pytest.raises(ParserKilled) as caught:
                await one
            assert caught.value.reason == "time"
        assert await parser.run(b"length xyz", deadline=20) == b"3"


async def test_a_slow_page_is_answered_in_the_end() -> None:
    async with ParserProcess(WORK, seconds=5.0) as parser:
        slow = asyncio.create_task(parser.run(b"wait 0.8", deadline=20))
        await asyncio.sleep(0)
        assert await parser.run(b"length xyz", deadline=20) == b"3"
        assert not slow.done()
        assert await slow == b"0.8"
        assert parser.respawns == 0


async def test_a_page_that_got_no_cpu_is_given_more_time() -> None:
    """Asleep, a page uses no more of the processor than one that others crowd out."""
    async with ParserProcess(WORK, seconds=0.5) as parser:
        assert await parser.run(b"wait 1.0", deadline=20) == b"1.0"
        with pytest.raises(ParserKilled) as caught:
            await parser.run(b"wait 30", deadline=20)
        assert caught.value.reason == "time"
        assert parser.respawns == 1


async def test_children_begin_warm() -> None:
    async with ParserProcess("tests.unit.workers.warm_job:told") as parser:
        assert await parser.run(b"", deadline=20) == b"warm"
