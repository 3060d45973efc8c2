"""The cache of look-ups: bounded in time and number, and never older than a change that it was told of."""

import asyncio

import pytest

from api_gateway import lookups
from api_gateway.lookups import FRESH_SECONDS, MISSING_SECONDS, Lookups


class ByHand:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.time = 0.0

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time


class Table:
    """What stands in Postgres; `gate` holds answers back."""

    def __init__(self) -> None:
        self.rows: dict[str, str] = {"a": "1"}
        self.asked = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def ask(self, key: str) -> str | None:
        self.asked += 1
        row = self.rows.get(key)
        await self.gate.wait()
        return row


async def test_believed_for_a_while_only() -> None:
    table, clock = Table(), ByHand()
    cache = Lookups(table.ask, clock)
    assert await cache.get("a") == await cache.get("a") == "1"
    assert table.asked == 1
    table.rows["a"] = "2"
    clock.time = FRESH_SECONDS - 0.1
    assert await cache.get("a") == "1"
    clock.time = FRESH_SECONDS
    assert await cache.get("a") == "2"


async def test_absence_is_believed_for_less() -> None:
    table, clock = Table(), ByHand()
    cache = Lookups(table.ask, clock)
    assert await cache.get("new") is None
    table.rows["new"] = "1"
    assert await cache.get("new") is None
    clock.time = MISSING_SECONDS
    assert await cache.get("new") == "1"


async def test_one_question_for_many() -> None:
    table = Table()
    cache = Lookups(table.ask, ByHand())
    table.gate.clear()
    asking = [asyncio.create_task(cache.get("a")) for _ in range(50)]
    await asyncio.sleep(0)
    asking[0].cancel()
    await asyncio.sleep(0)
    table.gate.set()
    answers = await asyncio.gather(*asking, return_exceptions=True)
    assert isinstance(answers[0], asyncio.CancelledError)
    assert answers[1:] == ["1"] * 49
    assert table.asked == 1


async def test_an_answer_from_before_a_change_is_not_kept() -> None:
    table = Table()
    cache = Lookups(table.ask, ByHand())
    table.gate.clear()
    early = asyncio.create_task(cache.get("a"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    table.rows["a"] = "2"
    cache.forget()
    late = asyncio.create_task(cache.get("a"))
    await asyncio.sleep(0)
    table.gate.set()
    assert (await early, await late) == ("1", "2")
    assert await cache.get("a") == "2"


async def test_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookups, "MAX_CACHED", 10)
    table = Table()
    cache = Lookups(table.ask, ByHand())
    for number in range(30):
        await cache.get(str(number))
    assert table.asked == 30
    await cache.get("29")
    assert table.asked == 30
    await cache.get("0")
    assert table.asked == 31


async def test_a_failure_is_told_and_not_kept() -> None:
    table = Table()
    down = True

    async def ask(key: str) -> str | None:
        if down:
            raise OSError(key)
        return await table.ask(key)

    cache = Lookups(ask, ByHand())
    with pytest.raises(OSError, match="a"):
        await cache.get("a")
    down = False
    assert await cache.get("a") == "1"
