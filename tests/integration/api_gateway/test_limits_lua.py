"""The script of both limits against a model of twenty lines, on a clock that the test moves."""

import uuid
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from shared.redis.client import connect_sync
from shared.redis.scripts import load

SCRIPT = load("limits")
COST, BURST = 60_000_000, 5
QUOTA, WINDOW = 3, 86_400_000
START = 1_700_000_000_000_000
PAUSES = (0, 1, 999, 1_000, 30_000_000, COST, 3_600_000_000, WINDOW * 1_000 - 1_000, WINDOW * 1_000, WINDOW * 1_000 + 1)


class Model:
    """Microseconds for the bucket, milliseconds for the log."""

    def __init__(self) -> None:
        self.arrival = 0
        self.log: list[tuple[int, bytes]] = []

    def take(self, now: int, quota: int, member: bytes) -> list[int]:
        arrival = max(self.arrival, now)
        if arrival - now + COST > COST * BURST:
            return [0, 0, arrival - now, arrival - now + COST - COST * BURST, -1, 0, 0]
        self.arrival = arrival + COST
        head = [1, (COST * BURST - (self.arrival - now)) // COST, self.arrival - now, 0]
        self.log = [one for one in self.log if one[0] > now // 1000 - WINDOW]
        if len(self.log) >= quota:
            return [*head, 0, len(self.log), self.log[-quota][0] + WINDOW]
        self.log.append((now // 1000, member))
        return [*head, 1, len(self.log), 0]


def machine_for(redis: Any) -> type[RuleBasedStateMachine]:
    class Limits(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            name = uuid.uuid4().hex
            self.keys = (f"{name}:r", f"{name}:q")
            self.now = START
            self.model = Model()
            self.accepted: list[tuple[int, bytes]] = []

        def ask(self, quota: int, member: bytes) -> list[int]:
            figures = msgspec.msgpack.encode([COST, BURST, quota, WINDOW])
            reply: bytes = redis.eval(SCRIPT.source, 2, *self.keys, self.now, figures, member)
            return [int(one) for one in reply.split()]

        @rule(pause=st.sampled_from(PAUSES))
        def time_passes(self, pause: int) -> None:
            self.now += pause

        @rule(tries=st.integers(1, 4), quota=st.integers(1, QUOTA))
        def acquire(self, tries: int, quota: int) -> None:
            """The limit may have been lowered since the last time."""
            for _ in range(tries):
                member = uuid.uuid4().bytes
                reply = self.ask(quota, member)
                assert reply == self.model.take(self.now, quota, member)
                if reply[4] == 1:
                    self.accepted.append((self.now // 1000, member))

        @precondition(lambda self: self.model.log)
        @rule(data=st.data())
        def refund(self, data: st.DataObject) -> None:
            unit = data.draw(st.sampled_from(self.model.log))
            self.model.log.remove(unit)
            self.accepted.remove(unit)
            assert redis.zrem(self.keys[1], unit[1]) == 1

        @rule()
        def flushed_and_rebuilt(self) -> None:
            """What `Limiter.rebuild` does with Postgres's rows after Redis lost its log."""
            redis.delete(*self.keys)
            redis.script_flush()
            self.model.arrival = 0
            self.model.log = [one for one in self.accepted if one[0] > self.now // 1000 - WINDOW]
            if self.model.log:
                redis.zadd(self.keys[1], {member: at for at, member in self.model.log})

        @invariant()
        def peek(self) -> None:
            """Looking changes nothing, and shows what the model holds."""
            held: list[tuple[bytes, float]] = redis.zrange(self.keys[1], 0, -1, withscores=True)
            since = self.now // 1000 - WINDOW
            shown = sorted((int(at), member) for member, at in held if at > since)
            assert shown == sorted(one for one in self.model.log if one[0] > since)

        @invariant()
        def never_more_than_the_quota_in_any_window(self) -> None:
            times = sorted(at for at, _ in self.accepted)
            for first, last in zip(times, times[QUOTA:], strict=False):
                assert last - first >= WINDOW

        def teardown(self) -> None:
            redis.delete(*self.keys)

    return Limits


@pytest.mark.timeout(3_600)
def test_the_script_is_the_model(redis_url: str, pytestconfig: pytest.Config) -> None:
    """1,000 steps; with --long 100,000."""
    factor = 100 if pytestconfig.getoption("--long") else 1
    checks = [HealthCheck.too_slow, HealthCheck.filter_too_much]
    with connect_sync(redis_url) as redis:
        run_state_machine_as_test(
            machine_for(redis),
            settings=settings(
                max_examples=20 * factor, stateful_step_count=50, deadline=None, suppress_health_check=checks
            ),
        )
