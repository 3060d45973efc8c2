"""The log of failed log-ins that each process keeps for itself."""

import pytest
from redis.asyncio import Redis

from api_gateway import attempts
from api_gateway.attempts import MOST_PER_ACCOUNT, WINDOW_SECONDS, Attempts
from shared.errors import RateLimitError
from tests.unit.api_gateway.test_lookups import ByHand


@pytest.fixture
def clock() -> ByHand:
    return ByHand()


@pytest.fixture
def logs(clock: ByHand) -> Attempts:
    return Attempts(Redis(), "test", "x" * 32, clock, per_address=25)


async def test_ten_in_a_quarter_of_an_hour(logs: Attempts, clock: ByHand) -> None:
    for second in range(MOST_PER_ACCOUNT):
        clock.time = float(second)
        await logs.take("ann@example.com", "guest:1", ask_redis=False)
    with pytest.raises(RateLimitError) as refused:
        await logs.take("ann@example.com", "guest:2", ask_redis=False)
    assert refused.value.retry_after == WINDOW_SECONDS - clock.time
    await logs.take("bob@example.com", "guest:1", ask_redis=False)
    clock.time = WINDOW_SECONDS
    await logs.take("ann@example.com", "guest:1", ask_redis=False)
    with pytest.raises(RateLimitError):
        await logs.take("ann@example.com", "guest:1", ask_redis=False)


async def test_per_address(logs: Attempts) -> None:
    for number in range(25):
        await logs.take(f"{number}@example.com", "guest:1", ask_redis=False)
    with pytest.raises(RateLimitError):
        await logs.take("another@example.com", "guest:1", ask_redis=False)
    await logs.take("another@example.com", "guest:2", ask_redis=False)


async def test_what_was_no_failure_does_not_count(logs: Attempts) -> None:
    for _ in range(5 * MOST_PER_ACCOUNT):
        attempt = await logs.take("ann@example.com", "guest:1", ask_redis=False)
        await logs.give_back(attempt, ask_redis=False)


async def test_the_address_is_not_told(logs: Attempts) -> None:
    attempt = await logs.take("ann@example.com", "guest:1", ask_redis=False)
    assert "ann" not in attempt.names[0]


async def test_bounded(logs: Attempts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "MAX_LOGS", 10)
    for number in range(50):
        await logs.take(f"{number}@example.com", f"guest:{number}", ask_redis=False)
    assert len(logs._logs._logs) == 10  # pyright: ignore[reportPrivateUsage]
