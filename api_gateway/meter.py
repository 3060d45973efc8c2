"""How many requests a user sent in the last 24 hours: counted here, added up in Redis by the hour."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncGenerator

from redis.asyncio import Redis
from redis.exceptions import RedisError

from shared.clock import Clock
from shared.logs import get_logger
from shared.redis import keys
from shared.tasks import end

FLUSH_SECONDS = 2.0
HOUR_SECONDS = 3_600
KEEP_SECONDS = 25 * HOUR_SECONDS
MAX_COUNTED = 20_000
READ_SECONDS = 0.1


class Meter:
    """A figure to look at, not a limit: other gateways' requests show within 2 s, and it is 0 while Redis is away."""

    def __init__(self, redis: Redis, namespace: str, clock: Clock) -> None:
        """Counts nothing yet."""
        self._redis = redis
        self._namespace = namespace
        self._clock = clock
        self._counts: Counter[tuple[str, int]] = Counter()

    def _hour(self) -> int:
        return int(self._clock.now() // HOUR_SECONDS)

    def count(self, owner: str) -> None:
        """One request more. New owners aren't counted while too many wait to be written down."""
        key = (owner, self._hour())
        if key in self._counts or len(self._counts) < MAX_COUNTED:
            self._counts[key] += 1

    async def last_day(self, owner: str) -> int:
        """Requests in this hour and the 24 before it; 0 when Redis doesn't answer in time."""
        hour = self._hour()
        names = [keys.requests_in_hour(self._namespace, owner, hour - ago) for ago in range(25)]
        waiting = self._counts[owner, hour] + self._counts[owner, hour - 1]
        try:
            async with asyncio.timeout(READ_SECONDS):
                values = await self._redis.mget(names)
        except (RedisError, TimeoutError, OSError) as error:
            get_logger().warning("meter.read_failed", error=type(error).__name__)
            return 0
        return waiting + sum(int(value) for value in values if value is not None)

    async def flush(self) -> None:
        """Add what was counted to Redis. A failure loses the counts: sending them again might count them twice."""
        counts, self._counts = self._counts, Counter()
        if not counts:
            return
        try:
            async with self._redis.pipeline(transaction=False) as pipe:
                for (owner, hour), number in counts.items():
                    name = keys.requests_in_hour(self._namespace, owner, hour)
                    pipe.incrby(name, number)
                    pipe.expire(name, KEEP_SECONDS)
                await pipe.execute()
        except (RedisError, TimeoutError, OSError) as error:
            get_logger().warning("meter.flush_failed", error=type(error).__name__)

    async def _keep_flushing(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            await self.flush()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Flush every 2 s for the length of the block, and once at its end."""
        task = asyncio.create_task(self._keep_flushing())
        try:
            yield
        finally:
            await end(task)
            await self.flush()
