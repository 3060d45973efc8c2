"""Politeness per scheme, host and port, over all workers together."""

import asyncio
import itertools
import random
import secrets
from collections import OrderedDict, defaultdict
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Final, NamedTuple

from msgspec.structs import replace
from redis.asyncio import Redis
from redis.exceptions import RedisError
from yarl import URL

from shared.clock import SYSTEM, Clock
from shared.gathering import Gathering
from shared.page import Fetched
from shared.redis import keys, scripts
from workers.fetch.pace import Decision, Given, Pace, Rules

BUDGET: Final = 0.05
"""Seconds that Redis has for an answer."""
PATIENCE: Final = 2.0
"""Seconds that a slot is waited for; longer waits give the thread back."""
LEASE: Final = 45.0
"""Seconds after which a slot is free even if nobody gave it back: a fetch's deadline and some more."""
HOLD: Final = 60.0
"""Seconds for which a scan's rules bind others after its last request."""

_STRICTER: Final = 4
"""Without Redis the other processes can't be seen: a quarter of the slots, four times the pause (heuristic)."""
_COOLING: Final = 0.1
"""Seconds for which Redis is left alone after a fault; doubled with each further one in a row. Short at first, since
one late answer may only tell that this process was busy."""
_MAX_COOLING: Final = 2.0
_CALLS: Final = 2
"""Calls of the script under way at once; what is asked meanwhile goes with the next."""
_LOCAL_HOSTS: Final = 10_000
_MAX_UNSENT: Final = 1_000
_LINGER: Final = 0.02
"""Seconds that a slot's return waits for the host's next request to take it along: one call instead of two. It says
when it ended, so a delay of more than that isn't drawn out."""
_NOTHING_TAKEN: Final = ("", "", 0, 0, 0, 0, 0, 0)
_LESS: Final = frozenset({429, 503})


class NotBefore(Exception):  # noqa: N818 - a date, not an error
    """The host can't be asked within the patience; ask again in `seconds`."""

    def __init__(self, seconds: float) -> None:
        """From now."""
        super().__init__(f"not before {seconds:.1f} s")
        self.seconds: Final = seconds


def host_key(url: str) -> str:
    """Scheme, host and port of a URL, the port always written: what politeness is kept for."""
    return _key("/".join(url.split("/", 3)[:3]).partition("?")[0].partition("#")[0])


@lru_cache(maxsize=4_096)
def _key(origin: str) -> str:
    at = URL(origin, encoded=True)
    return f"{at.scheme}://{at.raw_host}:{at.port}"


def retry_after(value: str, now: float) -> float | None:
    """Seconds that a Retry-After header asks for (RFC 9110 section 10.2.3), None when it can't be read."""
    value = value.strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now)
    except (ValueError, OverflowError, TypeError):
        return None


class Slot:
    """The right to one request. `waited` in seconds."""

    def __init__(self, token: str, waited: float, clock: Clock) -> None:
        """The request begins now."""
        self.waited: Final = waited
        self._clock: Final = clock
        self._began: Final = clock.monotonic()
        self._given = Given(token, 0)

    def answered(self, fetched: Fetched) -> None:
        """Tell what the host answered: how long it took, and whether it asked for less."""
        spent = round((self._clock.monotonic() - self._began) * 1000)
        less = fetched.status in _LESS
        header = next((value for name, value in fetched.headers or () if name.lower() == "retry-after"), "")
        asked = retry_after(header, self._clock.now()) if less else None
        back_off = None if asked is None else round(asked * 1000)
        self._given = self._given._replace(spent=spent, less=less, back_off=back_off)

    def given(self) -> Given:
        """What the slot is given back with."""
        return self._given


class _Step(NamedTuple):
    """One step of the script: what to take at a host, and what to give back there."""

    host: str
    taking: tuple[str | int, ...]
    gone: Sequence[Given]


class Politeness:
    """Hands out slots as one script in Redis decides; while that is away, as each process does, more strictly."""

    def __init__(self, redis: Redis, *, namespace: str, clock: Clock = SYSTEM, budget: float = BUDGET) -> None:
        """`budget`, in seconds, is all that a decision of Redis may take."""
        self.waiting = 0
        """Requests that have a slot and wait for its time."""
        self._redis: Final = redis
        self._namespace: Final = namespace
        self._clock: Final = clock
        self._budget: Final = budget
        self._script: Final = scripts.load("politeness")
        self._call: Final = Gathering(self._run, flights=_CALLS)
        self._name: Final = secrets.token_hex(6)
        self._numbers: Final = itertools.count()
        self._local: Final[OrderedDict[str, Pace]] = OrderedDict()
        self._unsent: Final[defaultdict[str, list[Given]]] = defaultdict(list)
        self._timers: Final[dict[str, asyncio.TimerHandle]] = {}
        self._returns: Final[set[asyncio.Task[None]]] = set()
        self._away_until = 0.0
        self._cooling = _COOLING

    def slot(
        self, host: str, rules: Rules, *, lease: float = LEASE, patience: float = PATIENCE
    ) -> AbstractAsyncContextManager[Slot]:
        """Wait for the right to ask `host`, as `host_key` spells it, once. Raises `NotBefore`.

        Rules with a stricter delay or concurrency than another running scan's bind both.
        """
        return _Turn(self, host, rules, lease, patience)

    async def take(self, host: str, rules: Rules, lease: float, patience: float) -> tuple[Slot, bool]:
        """A slot whose time has come, and whether Redis gave it. Raises `NotBefore`."""
        token = f"{self._name}{next(self._numbers):x}"
        began = self._clock.monotonic()
        shared = await self._wait(host, token, rules, lease, patience)
        return Slot(token, self._clock.monotonic() - began, self._clock), shared

    def give(self, host: str, given: Given, *, shared: bool) -> None:
        """Take a slot back, now that its request has ended."""
        given = given._replace(ended=_ms(self._clock.monotonic()))
        if not shared:
            self._pace(host).give(given)
            return
        self._unsent[host].append(given)
        self._return_later(host, _LINGER)

    async def _wait(self, host: str, token: str, rules: Rules, lease: float, patience: float) -> bool:
        """Take a slot and wait for its time. True if Redis gave it."""
        ends = self._clock.monotonic() + patience
        while True:
            left = max(0.0, ends - self._clock.monotonic())
            decision, shared = await self._ask(host, token, rules, lease, left)
            wait = decision.wait / 1000
            if decision.taken:
                if wait:
                    await self._rest(host, token, wait, shared=shared)
                return shared
            if wait > left:
                raise NotBefore(wait)
            # Unequal steps, so that those who wait for the same slot don't all come back at once.
            await asyncio.sleep(wait * random.uniform(1.0, 1.2))  # noqa: S311

    async def _rest(self, host: str, token: str, wait: float, *, shared: bool) -> None:
        self.waiting += 1
        try:
            await asyncio.sleep(wait)
        except asyncio.CancelledError:
            self.give(host, Given(token, 0), shared=shared)
            raise
        finally:
            self.waiting -= 1

    async def _ask(self, host: str, token: str, rules: Rules, lease: float, patience: float) -> tuple[Decision, bool]:
        hold = max(HOLD, 3 * rules.crawl_delay / 1000)
        if self._clock.monotonic() >= self._away_until:
            gone = self._taken_along(host)
            own = (token, rules.owner, rules.concurrency, rules.delay, rules.crawl_delay)
            try:
                decision = await self._call(_Step(host, (*own, _ms(lease), _ms(patience), _ms(hold)), gone))
            except (RedisError, OSError, TimeoutError, asyncio.CancelledError) as error:
                # The script may have run all the same, so what it may have taken is given back as well.
                gone = [*gone, Given(token, _ms(self._clock.monotonic()))]
                if isinstance(error, asyncio.CancelledError):
                    self._unsent[host] += gone
                    self._return_later(host, _LINGER)
                    raise
                self._away(host, gone)
            else:
                return decision, True
        rules = replace(
            rules,
            concurrency=max(1, rules.concurrency // _STRICTER),
            delay=rules.delay * _STRICTER,
            crawl_delay=rules.crawl_delay * _STRICTER,
        )
        now = _ms(self._clock.monotonic())
        pace = self._pace(host)
        return pace.take(now, token, rules, lease=_ms(lease), patience=_ms(patience), hold=_ms(hold)), False

    async def _run(self, steps: Sequence[_Step]) -> list[Decision]:
        """Run the script for many steps. Raises `RedisError`, `OSError` or `TimeoutError`."""
        names: list[str] = []
        args: list[str | int] = [""]
        now = _ms(self._clock.monotonic())
        for host, taking, gone in steps:
            names.append(keys.politeness(self._namespace, host))
            args += taking
            args.append(len(gone))
            for one in gone:
                spent, off = (-1 if value is None else value for value in (one.spent, one.back_off))
                args += (one.token, now - one.ended, spent, int(one.less), off)
        async with asyncio.timeout(self._budget):
            reply: bytes = await self._script(self._redis, keys=names, args=args)
        self._cooling = _COOLING
        figures = map(int, reply.split())
        return [Decision(taken=taken == 1, wait=wait) for taken, wait in zip(figures, figures, strict=True)]

    def _pace(self, host: str) -> Pace:
        pace = self._local.setdefault(host, Pace())
        self._local.move_to_end(host)
        if len(self._local) > _LOCAL_HOSTS:
            del self._local[next(iter(self._local))]
        return pace

    def _away(self, host: str, gone: Sequence[Given]) -> None:
        """Redis has failed: do without it for a moment, and keep what it must still hear."""
        now = self._clock.monotonic()
        if gone and sum(map(len, self._unsent.values())) < _MAX_UNSENT:
            self._unsent[host] += gone
            self._return_later(host, self._cooling)
        if now >= self._away_until:  # else it is another of the same call
            self._away_until = now + self._cooling
            self._cooling = min(self._cooling * 2, _MAX_COOLING)

    def _taken_along(self, host: str) -> list[Given]:
        """What there is to give back; its timer is no longer needed."""
        timer = self._timers.pop(host, None)
        if timer is not None:
            timer.cancel()
        return self._unsent.pop(host, [])

    def _return_later(self, host: str, seconds: float) -> None:
        if host not in self._timers:
            self._timers[host] = asyncio.get_running_loop().call_later(seconds, self._return_soon, host)

    def _return_soon(self, host: str) -> None:
        task = asyncio.create_task(self._return(host), name="politeness-return")
        self._returns.add(task)
        task.add_done_callback(self._returns.discard)

    async def _return(self, host: str) -> None:
        """Give slots back that no request has taken along by now."""
        gone = self._taken_along(host)
        if not gone:
            return
        try:
            await self._call(_Step(host, _NOTHING_TAKEN, gone))
        except (RedisError, OSError, TimeoutError):
            self._away(host, gone)

    async def forget(self, host: str, owner: str) -> None:
        """A scan has ended, and no longer binds others at this host. Without this its rules hold for `HOLD` more."""
        if host in self._local:
            self._local[host].forget(owner)
        gone = self._taken_along(host)
        try:
            await self._call(_Step(host, ("", owner, *_NOTHING_TAKEN[2:]), gone))
        except (RedisError, OSError, TimeoutError):
            self._away(host, gone)

    async def close(self) -> None:
        """Give back what hasn't been given back yet; what Redis doesn't take runs out by itself."""
        await asyncio.gather(*map(self._return, list(self._unsent)), *self._returns, return_exceptions=True)
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()


class _Turn(AbstractAsyncContextManager[Slot]):
    """A slot for the length of a block."""

    def __init__(self, politeness: Politeness, host: str, rules: Rules, lease: float, patience: float) -> None:
        self._politeness = politeness
        self._asked = (host, rules, lease, patience)
        self._taken: tuple[Slot, bool] | None = None

    async def __aenter__(self) -> Slot:
        self._taken = await self._politeness.take(*self._asked)
        return self._taken[0]

    async def __aexit__(self, *_: object) -> None:
        if self._taken is not None:
            slot, shared = self._taken
            self._politeness.give(self._asked[0], slot.given(), shared=shared)


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
