"""Failed log-ins: at most so many per account and per address in a quarter of an hour, over all gateways.

Redis counts for all; each process counts for itself as well and is asked first, so that an absent or emptied Redis
leaves a limit per process.
"""

import asyncio
import hashlib
import hmac
import uuid
from collections import OrderedDict, deque

from msgspec import Struct
from redis.asyncio import Redis
from redis.exceptions import RedisError

from shared.clock import Clock
from shared.errors import RateLimitError
from shared.logs import get_logger
from shared.quota import BUDGET_SECONDS
from shared.redis import keys
from shared.redis.scripts import Script, load

WINDOW_SECONDS = 900
MOST_PER_ACCOUNT = 10
MAX_LOGS = 20_000


class Attempt(Struct, frozen=True):
    """A place taken; it counts as a failure until it is given back. `names` are the account's and the address's."""

    id: str
    names: tuple[str, str]


class _Logs:
    """Sliding logs of this process, of bounded length and number."""

    def __init__(self) -> None:
        self._logs: OrderedDict[str, deque[tuple[float, str]]] = OrderedDict()

    def wait(self, name: str, most: int, now: float) -> float:
        """Seconds until `name` may try again, 0 when it may now."""
        log = self._logs.get(name)
        if log is None:
            return 0.0
        while log and log[0][0] <= now - WINDOW_SECONDS:
            log.popleft()
        if not log:
            del self._logs[name]
            return 0.0
        return log[len(log) - most][0] + WINDOW_SECONDS - now if len(log) >= most else 0.0

    def add(self, name: str, attempt: str, now: float) -> None:
        self._logs.setdefault(name, deque()).append((now, attempt))
        self._logs.move_to_end(name)
        if len(self._logs) > MAX_LOGS:
            self._logs.popitem(last=False)

    def drop(self, name: str, attempt: str) -> None:
        log = self._logs.get(name)
        if log is not None:
            self._logs[name] = deque(one for one in log if one[1] != attempt)


class Attempts:
    """Takes a place before a password is looked at, so that no number of parallel guesses gets past the limit."""

    def __init__(self, redis: Redis, namespace: str, pepper: str, clock: Clock, *, per_address: int) -> None:
        """`pepper` keeps e-mail addresses out of Redis."""
        self._redis = redis
        self._namespace = namespace
        self._pepper = pepper.encode()
        self._clock = clock
        self._most = (MOST_PER_ACCOUNT, per_address)
        self._script: Script = load("attempts")
        self._logs = _Logs()

    async def take(self, email: str, address: str, *, ask_redis: bool) -> Attempt:
        """Raises `RateLimitError` with the time until the next try, for an unknown account as for a known one."""
        digest = hmac.new(self._pepper, b"failed-login:" + email.encode(), hashlib.sha256).hexdigest()[:32]
        attempt = Attempt(uuid.uuid4().hex, (f"account:{digest}", f"address:{address}"))
        now = self._clock.monotonic()
        wait = max(self._logs.wait(name, most, now) for name, most in zip(attempt.names, self._most, strict=True))
        if wait <= 0 and ask_redis:
            wait = await self._ask(attempt)
        if wait > 0:
            raise RateLimitError("Too many failed log-ins; try again later.", retry_after=wait)
        for name in attempt.names:
            self._logs.add(name, attempt.id, now)
        return attempt

    async def give_back(self, attempt: Attempt, *, ask_redis: bool) -> None:
        """The attempt was no failure."""
        for name in attempt.names:
            self._logs.drop(name, attempt.id)
        if not ask_redis:
            return
        try:
            async with asyncio.timeout(BUDGET_SECONDS), self._redis.pipeline(transaction=False) as pipe:
                for key in self._keys(attempt):
                    pipe.zrem(key, attempt.id)
                await pipe.execute()
        except (RedisError, TimeoutError, OSError) as error:
            get_logger().warning("attempts.give_back_failed", error=type(error).__name__)

    def _keys(self, attempt: Attempt) -> list[str]:
        return [keys.failed_logins(self._namespace, name) for name in attempt.names]

    async def _ask(self, attempt: Attempt) -> float:
        arguments: list[str | int | bytes] = ["", WINDOW_SECONDS * 1000, *self._most, attempt.id]
        try:
            async with asyncio.timeout(BUDGET_SECONDS):
                return int(await self._script(self._redis, keys=self._keys(attempt), args=arguments)) / 1000
        except (RedisError, TimeoutError, OSError) as error:
            get_logger().warning("attempts.degraded", error=type(error).__name__)
            return 0.0
