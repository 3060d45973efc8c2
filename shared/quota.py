"""The two limits: requests (a token bucket) and scans per 24 hours (an exact sliding log).

Redis decides first, both in one round trip. Postgres decides last: accepting a scan re-counts the quota in its own
transaction, so a flushed, stale or absent Redis can make the answer slower but never wrong. Without Redis the request
limit falls back to one per process.
"""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from redis.asyncio import Redis
from redis.exceptions import RedisError

from shared.db.pool import Connection
from shared.db.queries import queries
from shared.gathering import Gathering
from shared.logs import get_logger
from shared.redis import keys
from shared.redis.scripts import load

WINDOW_SECONDS = 86_400
BUDGET_SECONDS = 0.05
"""How long Redis may take before a request goes on without it."""
PAUSE_SECONDS = 1.0
"""After a failure Redis isn't asked again for so long, so that a stalled one doesn't cost every request its budget."""
MAX_LOCAL = 10_000
MOST_LATE = 2
LAG_SECONDS = 0.005
"""A timer that fires so late tells that this process was busy, not Redis."""
MOST_BUDGETS = 4

_SQL = queries("scans")
_NOBODY = bytes(16)


class Rate(Struct, frozen=True):
    """A token bucket: `requests` a minute, `burst` at once."""

    requests: int
    burst: int

    @property
    def cost(self) -> int:
        """Microseconds that a request costs."""
        return 60_000_000 // self.requests


class Quota(Struct, frozen=True):
    """A daily quota to be spent: whose, for what, how many, and the unit's name."""

    owner: str
    mode: str
    limit: int
    scan_id: UUID


class _Asked(Struct, frozen=True):
    key: str
    rate: Rate
    quota: Quota | None


class Decision(Struct, frozen=True):
    """What the limits say. Seconds; `quota` is None when it wasn't asked or Redis couldn't say."""

    allowed: bool
    remaining: int
    reset: float
    retry_after: float
    quota: bool | None = None
    used: int = 0


class _Buckets:
    """Token buckets of this process, for when Redis is away; bounded, the least recently used go first."""

    def __init__(self) -> None:
        self._arrivals: OrderedDict[str, float] = OrderedDict()

    def take(self, key: str, rate: Rate, now: float) -> Decision:
        cost = rate.cost / 1e6
        arrival = max(self._arrivals.pop(key, 0.0), now)
        most = cost * rate.burst
        allowed = arrival - now + cost <= most
        if allowed:
            arrival += cost
        self._arrivals[key] = arrival
        if len(self._arrivals) > MAX_LOCAL:
            self._arrivals.popitem(last=False)
        remaining = int((most - (arrival - now)) / cost + 1e-9) if allowed else 0
        return Decision(allowed, remaining, arrival - now, 0.0 if allowed else arrival - now + cost - most)


class _Budget:
    """Ends replies that come past the budget; where it was us who were late, Redis gets it once more.

    One timer for all: one a reply, set and cancelled, was a seventh of what a decision costs.
    """

    def __init__(self) -> None:
        self._pending: deque[tuple[float, asyncio.Future[Decision], int]] = deque()
        self._armed = False

    def watch(self, reply: "asyncio.Future[Decision]") -> None:
        """Have `reply` raise `TimeoutError` if it isn't there in time."""
        loop = reply.get_loop()
        due = loop.time() + BUDGET_SECONDS
        self._pending.append((due, reply, MOST_BUDGETS))
        if not self._armed:
            self._arm(loop, due)

    def _arm(self, loop: asyncio.AbstractEventLoop, due: float) -> None:
        self._armed = True
        loop.call_at(due, self._ring, loop, due)

    def _ring(self, loop: asyncio.AbstractEventLoop, due: float) -> None:
        now, pending = loop.time(), self._pending
        late = now - due >= LAG_SECONDS
        # In the order of their time: what gets another budget gets it from now on, so it goes to the end.
        while pending and (pending[0][0] <= now or pending[0][1].done()):
            _, reply, budgets = pending.popleft()
            if reply.done():
                continue
            if late and budgets > 1:
                pending.append((now + BUDGET_SECONDS, reply, budgets - 1))
            else:
                reply.set_exception(TimeoutError())
        self._armed = False
        if pending:
            self._arm(loop, pending[0][0])


def _decision(figures: Sequence[int]) -> Decision:
    passed, left, reset, wait, room, used, _free = figures
    return Decision(passed == 1, left, reset / 1e6, wait / 1e6, None if room < 0 else room == 1, used)


class Limiter:
    """Asks Redis, within its budget, and answers without it when it must."""

    def __init__(self, redis: Redis, namespace: str) -> None:
        """`redis` must have its own retries switched off: a re-sent request would be counted twice."""
        self._redis = redis
        self._namespace = namespace
        self._script = load("limits")
        self._decisions = Gathering(self._decide)
        self._buckets = _Buckets()
        self._budget = _Budget()
        self._denied: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._asleep_until = 0.0
        self._late = 0
        self._late_at = 0.0

    @property
    def degraded(self) -> bool:
        """Whether Redis has failed so recently that it isn't asked."""
        return time.monotonic() < self._asleep_until

    async def take(self, key: str, rate: Rate, quota: Quota | None = None) -> Decision:
        """Count one request of `key`, and one unit of `quota` if given. Never raises for a fault of Redis.

        A denial of the request limit holds until its time, so it is answered from memory until then.
        """
        denied = self.denied(key)
        if denied is not None:
            return denied
        now = time.monotonic()
        if now < self._asleep_until:
            return self._buckets.take(key, rate, now)
        try:
            reply = self._decisions(_Asked(key, rate, quota))
            self._budget.watch(reply)
            decision = await reply
        except (RedisError, TimeoutError, OSError) as error:
            self._failed(error)
            return self._buckets.take(key, rate, now)
        self._late = 0
        if not decision.allowed:
            self._denied[key] = (now + decision.retry_after, now + decision.reset)
            if len(self._denied) > MAX_LOCAL:
                self._denied.popitem(last=False)
        return decision

    def denied(self, key: str) -> Decision | None:
        """The denial that still holds for `key`, None when it has to be asked."""
        denied = self._denied.get(key)
        if denied is None:
            return None
        now = time.monotonic()
        if now < denied[0]:
            return Decision(allowed=False, remaining=0, reset=denied[1] - now, retry_after=denied[0] - now)
        del self._denied[key]
        return None

    async def _decide(self, asked: list[_Asked]) -> list[Decision]:
        names: list[str] = []
        figures: list[int] = []
        members: list[bytes] = []
        for one in asked:
            names.append(keys.request_limit(self._namespace, one.key))
            quota = one.quota
            if quota is None:
                names.append("")
                figures += (one.rate.cost, one.rate.burst, 0, 0)
                members.append(_NOBODY)
            else:
                names.append(keys.quota_log(self._namespace, quota.owner, quota.mode))
                figures += (one.rate.cost, one.rate.burst, quota.limit, WINDOW_SECONDS * 1000)
                members.append(quota.scan_id.bytes)
        arguments = ("", msgspec.msgpack.encode(figures), b"".join(members))
        reply = await self._script(self._redis, keys=names, args=arguments)
        told = [int(figure) for figure in reply.split()]
        return [_decision(told[start : start + 7]) for start in range(0, len(told), 7)]

    async def forget(self, owner: str, mode: str, scan_id: UUID) -> None:
        """Take a unit out of Redis's log (Postgres has already given it back, or never had it)."""
        key = keys.quota_log(self._namespace, owner, mode)
        await self._quietly(lambda: self._redis.zrem(key, scan_id.bytes))

    async def rebuild(self, conn: Connection, owner: str, mode: str) -> None:
        """Make Redis's log what Postgres says, after the two disagreed or Redis lost it."""
        rows = await (await conn.execute(_SQL["used_units"], {"owner": owner, "mode": mode})).fetchall()
        key = keys.quota_log(self._namespace, owner, mode)
        entries: dict[Any, float] = {row["scan_id"].bytes: int(row["at"].timestamp() * 1000) for row in rows}

        async def replace() -> None:
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.delete(key)
                if entries:
                    pipe.zadd(key, entries)
                    pipe.pexpire(key, WINDOW_SECONDS * 1000)
                await pipe.execute()

        await self._quietly(replace)

    async def _quietly(self, ask: Callable[[], Awaitable[object]]) -> None:
        """Redis's log is a copy: what can't be written now is put right when the two are next found to disagree."""
        if self.degraded:
            return
        try:
            async with asyncio.timeout(BUDGET_SECONDS):
                await ask()
        except (RedisError, TimeoutError, OSError) as error:
            self._failed(error)

    def _failed(self, error: Exception) -> None:
        """One late answer may be our own fault (a busy event loop); a second one, or a lost connection, is not."""
        now = time.monotonic()
        if now - self._late_at > BUDGET_SECONDS:
            self._late += 1
            self._late_at = now
        if self._late < MOST_LATE and isinstance(error, TimeoutError):
            return
        if not self.degraded:
            get_logger().warning("limiter.degraded", error=type(error).__name__)
        self._asleep_until = time.monotonic() + PAUSE_SECONDS
