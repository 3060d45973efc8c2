"""The rule of politeness on a clock of its own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.fetch.pace import MOST, Decision, Given, Pace, Rules


class Host:
    """A pace with its clock, in milliseconds."""

    def __init__(self) -> None:
        """At a second that means nothing."""
        self.pace = Pace()
        self.now = 1_000_000

    def take(self, token: str, *, owner: str = "a", concurrency: int = 1, delay: int = 500, crawl: int = 0) -> Decision:
        """Ask with two seconds of patience."""
        rules = Rules(owner=owner, concurrency=concurrency, delay=delay, crawl_delay=crawl)
        return self.pace.take(self.now, token, rules, lease=45_000, patience=2_000, hold=60_000)

    def give(self, token: str, *, after: int = 0, less: bool = False, back_off: int | None = None) -> None:
        """Let `after` milliseconds pass, and end the request."""
        self.now += after
        self.pace.give(Given(token, self.now, after, less, back_off))


def test_a_slot_rests_after_its_request() -> None:
    host = Host()
    assert host.take("1") == (True, 0)
    host.give("1", after=80)
    host.now += 100
    assert host.take("2") == (True, 400)


def test_a_held_slot_is_not_given_twice() -> None:
    host = Host()
    host.take("1")
    assert not host.take("2").taken


def test_there_are_as_many_slots_as_the_scan_asks_for() -> None:
    host = Host()
    assert [host.take(str(n), concurrency=3).taken for n in range(4)] == [True, True, True, False]


def test_the_strictest_running_scan_wins_until_it_is_gone() -> None:
    host = Host()
    host.take("1", owner="slow", delay=1_500)
    host.give("1", after=10)
    assert host.take("2", owner="fast", concurrency=3, delay=0) == (True, 1_500)
    host.give("2", after=1_600)
    host.now += 60_001
    assert [host.take(str(n), owner="fast", concurrency=3, delay=0) for n in range(3, 6)] == [(True, 0)] * 3


def test_a_scan_that_has_ended_binds_nobody() -> None:
    host = Host()
    host.take("1", owner="slow", delay=1_500)
    host.give("1")
    host.pace.forget("slow")
    assert host.take("2", owner="fast", delay=0) == (True, 0)


def test_fewer_slots_count_the_requests_of_all() -> None:
    host = Host()
    for n in range(3):
        host.take(str(n), concurrency=3)
    host.give("0", after=100)
    assert not host.take("x", owner="strict", concurrency=1).taken
    host.give("1")
    host.give("2", after=50)
    assert host.take("y", owner="strict", concurrency=1) == (True, 500)


def test_crawl_delay_is_for_the_host_as_a_whole() -> None:
    host = Host()
    assert host.take("1", concurrency=3, crawl=1_000) == (True, 0)
    assert host.take("2", concurrency=3, crawl=1_000) == (True, 1_000)
    assert host.take("3", concurrency=3, crawl=1_000) == (True, 2_000)
    assert host.take("4", concurrency=4, crawl=1_000) == (False, 3_000)


def test_crawl_delay_can_not_speed_up() -> None:
    host = Host()
    host.take("1", delay=1_500, crawl=100)
    host.give("1", after=200)
    assert host.take("2", delay=1_500, crawl=100) == (True, 1_500)


def test_back_off() -> None:
    host = Host()
    host.take("1", delay=0)
    host.give("1", less=True, back_off=30_000)
    assert host.take("2", delay=0) == (False, 30_000)
    host.now += 30_000
    assert host.take("2", delay=0) == (True, 0)
    host.give("2", less=True, back_off=10**9)
    assert host.take("3", delay=0) == (False, MOST)


def test_back_off_grows_without_retry_after_and_ends_with_success() -> None:
    host = Host()
    waits: list[int] = []
    for n in range(4):
        assert host.take(str(n), delay=0).taken
        host.give(str(n), less=True)
        waits.append(host.take("no", delay=0).wait)
        host.give("no", after=waits[-1], less=True)
        host.now += 100_000
    assert waits == sorted(waits)
    assert waits[0] == 100
    host.take("ok", delay=0)
    host.give("ok")
    host.take("again", delay=0)
    host.give("again", less=True)
    assert host.take("x", delay=0) == (True, 100)


def test_a_slow_host_rests_as_long_as_it_takes() -> None:
    host = Host()
    host.take("1")
    host.give("1", after=1_800)
    assert host.take("2") == (True, 1_800)
    quick = Host()
    quick.take("1", delay=0)
    quick.give("1", after=20_000)
    assert quick.take("2", delay=0) == (True, 0)


def test_a_dead_workers_slot_comes_back() -> None:
    host = Host()
    host.take("1")
    host.now += 45_001
    assert host.take("2") == (True, 499)
    host.give("1")
    assert not host.take("3").taken


@pytest.mark.parametrize("bad", [(0, 0, 0), (11, 0, 0), (1, -1, 0), (1, 0, -1)])
def test_senseless_rules(bad: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="concurrency"):
        Rules(owner="a", concurrency=bad[0], delay=bad[1], crawl_delay=bad[2])


@given(st.integers(1, 10), st.integers(0, 900), st.lists(st.tuples(st.booleans(), st.integers(0, 700)), max_size=80))
def test_never_more_than_the_rules_allow(concurrency: int, delay: int, steps: list[tuple[bool, int]]) -> None:
    host = Host()
    running: dict[str, int] = {}
    ends: list[int] = []
    for n, (giving, pause) in enumerate(steps):
        host.now += pause
        if giving and running:
            token, start = running.popitem()
            host.now = max(host.now, start)
            host.give(token)
            ends.append(host.now)
        else:
            taken, wait = host.take(str(n), concurrency=concurrency, delay=delay)
            if taken:
                running[str(n)] = host.now + wait
                resting = sum(end + delay > host.now + wait for end in ends)
                assert len(running) + resting <= concurrency
