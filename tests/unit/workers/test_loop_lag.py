"""The gauge of the loop's lag sees a loop that was held, and forgets it after a minute."""

import asyncio
import time

from workers.loop_lag import KEPT, Longest, measure


def test_the_longest_counts_for_a_minute() -> None:
    longest = Longest()
    assert longest.add(0.0, 0.1) == 0.1
    assert longest.add(1.0, 0.3) == 0.3
    assert longest.add(2.0, 0.2) == 0.3
    assert longest.add(1.0 + KEPT, 0.0) == 0.3
    assert longest.add(1.1 + KEPT, 0.0) == 0.2
    assert longest.add(3.0 + 2 * KEPT, 0.0) == 0.0


async def test_a_held_loop_shows() -> None:
    shown: list[float] = []
    seen = asyncio.Event()

    def show(lag: float, held: float) -> None:
        shown.append(held)
        if min(lag, held) > 0.05:
            seen.set()

    task = asyncio.create_task(measure(show, every=0.01))
    await asyncio.sleep(0)
    end = time.thread_time() + 0.1
    while time.thread_time() < end:
        pass
    async with asyncio.timeout(5):
        await seen.wait()
    task.cancel()
    assert max(shown) >= 0.05
