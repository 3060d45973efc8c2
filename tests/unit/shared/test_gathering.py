"""What is asked together is answered one by one."""

import asyncio
from collections.abc import Sequence

import pytest

from shared.gathering import Gathering


class Oracle:
    """Answers with the double, when it is let; notes what was asked together."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.open = asyncio.Event()
        self.open.set()

    async def ask(self, numbers: list[int]) -> Sequence[int]:
        self.batches.append(numbers)
        await self.open.wait()
        if 13 in numbers:
            raise ValueError(numbers)
        return [2 * number for number in numbers]


async def test_a_tick_is_a_batch_and_batches_have_a_bound() -> None:
    oracle = Oracle()
    gathering = Gathering(oracle.ask, most=4)
    assert await asyncio.gather(*(gathering(n) for n in range(10))) == [2 * n for n in range(10)]
    assert oracle.batches == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]


async def test_what_comes_meanwhile_goes_together() -> None:
    oracle = Oracle()
    oracle.open.clear()
    gathering = Gathering(oracle.ask)
    first = gathering(1)
    await asyncio.sleep(0)
    later: list[asyncio.Future[int]] = []
    for n in (2, 3, 4):
        later.append(gathering(n))
        await asyncio.sleep(0)
    assert oracle.batches == [[1]]
    oracle.open.set()
    assert await asyncio.gather(first, *later) == [2, 4, 6, 8]
    assert oracle.batches == [[1], [2, 3, 4]]


async def test_flights_side_by_side() -> None:
    oracle = Oracle()
    oracle.open.clear()
    gathering = Gathering(oracle.ask, flights=2)
    asked = [gathering(1)]
    await asyncio.sleep(0)
    asked.append(gathering(2))
    await asyncio.sleep(0)
    asked.append(gathering(3))
    await asyncio.sleep(0)
    assert oracle.batches == [[1], [2]]
    oracle.open.set()
    assert await asyncio.gather(*asked) == [2, 4, 6]


async def test_a_failure_is_that_of_its_batch() -> None:
    gathering = Gathering(Oracle().ask, most=2)
    outcomes = await asyncio.gather(*(gathering(n) for n in (1, 13, 2, 3)), return_exceptions=True)
    assert [type(one) for one in outcomes] == [ValueError, ValueError, int, int]
    assert await gathering(4) == 8


async def test_what_was_given_up_is_not_asked() -> None:
    oracle = Oracle()
    oracle.open.clear()
    gathering = Gathering(oracle.ask)
    first = gathering(1)
    await asyncio.sleep(0)
    second, third = gathering(2), gathering(3)
    second.cancel()
    oracle.open.set()
    assert (await first, await third) == (2, 6)
    assert oracle.batches == [[1], [3]]
    with pytest.raises(asyncio.CancelledError):
        await second


async def test_one_that_gives_up_leaves_the_others() -> None:
    oracle = Oracle()
    oracle.open.clear()
    gathering = Gathering(oracle.ask)
    first, second = gathering(1), gathering(2)
    await asyncio.sleep(0)
    first.cancel()
    oracle.open.set()
    assert await second == 4
