"""The limiter's deadlines, on a clock that the test moves."""

import asyncio
from collections.abc import Callable
from typing import Any, cast

from shared.quota import BUDGET_SECONDS, LAG_SECONDS, MOST_BUDGETS, Decision, _Budget


class Loop:
    """Time and timers of an event loop."""

    def __init__(self) -> None:
        self.now = 100.0
        self.timers: list[tuple[float, Callable[..., None], tuple[object, ...]]] = []

    def time(self) -> float:
        return self.now

    def get_debug(self) -> bool:
        return False

    def call_at(self, when: float, call: Callable[..., None], *arguments: object) -> None:
        self.timers.append((when, call, arguments))

    def pass_to(self, now: float) -> None:
        """What is due by then rings, once and at that moment."""
        self.now = now
        due, self.timers = [one for one in self.timers if one[0] <= now], [one for one in self.timers if one[0] > now]
        for _, call, arguments in due:
            call(*arguments)


def reply(loop: Loop) -> "asyncio.Future[Decision]":
    return asyncio.Future(loop=cast("Any", loop))


def late(*replies: "asyncio.Future[Decision]") -> list[bool]:
    return [one.done() and isinstance(one.exception(), TimeoutError) for one in replies]


def test_each_has_its_own_budget_and_all_one_timer() -> None:
    loop, budget = Loop(), _Budget()
    first, second = reply(loop), reply(loop)
    budget.watch(first)
    loop.now += BUDGET_SECONDS / 2
    budget.watch(second)
    assert len(loop.timers) == 1
    loop.pass_to(100 + BUDGET_SECONDS)
    assert late(first, second) == [True, False]
    loop.pass_to(100 + BUDGET_SECONDS * 1.5)
    assert late(second) == [True]
    assert not loop.timers


def test_what_came_in_time_is_let_go() -> None:
    loop, budget = Loop(), _Budget()
    replies = [reply(loop) for _ in range(50)]
    for one in replies:
        budget.watch(one)
        one.set_result(Decision(allowed=True, remaining=1, reset=0.0, retry_after=0.0))
    loop.pass_to(100 + BUDGET_SECONDS)
    assert not any(late(*replies))
    assert not loop.timers
    again = reply(loop)
    budget.watch(again)
    assert len(loop.timers) == 1


def test_our_own_lateness_is_no_fault_of_redis_for_a_while() -> None:
    loop, budget = Loop(), _Budget()
    one = reply(loop)
    budget.watch(one)
    for number in range(1, MOST_BUDGETS + 1):
        assert late(one) == [False], number
        loop.pass_to(loop.now + BUDGET_SECONDS + 2 * LAG_SECONDS)
    assert late(one) == [True]


def test_a_punctual_timer_gives_no_second_budget() -> None:
    loop, budget = Loop(), _Budget()
    one = reply(loop)
    budget.watch(one)
    loop.pass_to(loop.now + BUDGET_SECONDS + LAG_SECONDS / 2)
    assert late(one) == [True]
