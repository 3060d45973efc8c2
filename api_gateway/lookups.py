"""A small cache in front of Postgres that never believes anything from before a change it was told of."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

from shared.clock import Clock

FRESH_SECONDS = 20.0
"""How long a look-up is believed without hearing from Postgres: the bound on a revocation that isn't announced."""
MISSING_SECONDS = 2.0
MAX_CACHED = 20_000

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Lookups(Generic[K, V]):
    """Look-ups by key, each asked once at a time however many wait for it; bounded, the oldest go first."""

    def __init__(self, ask: Callable[[K], Awaitable[V | None]], clock: Clock) -> None:
        """`ask` goes to Postgres; None is what it says of a key that it doesn't know."""
        self._ask = ask
        self._clock = clock
        self._cache: OrderedDict[K, tuple[float, V | None]] = OrderedDict()
        self._flights: dict[K, asyncio.Task[V | None]] = {}
        self._generation = 0

    def known(self, key: K) -> V | None:
        """What is known of `key` without asking, None where that is nothing."""
        known = self._cache.get(key)
        return known[1] if known is not None and known[0] > self._clock.monotonic() else None

    async def get(self, key: K) -> V | None:
        """What is known of `key`. Raises whatever `ask` does."""
        known = self._cache.get(key)
        if known is not None and known[0] > self._clock.monotonic():
            return known[1]
        flight = self._flights.get(key)
        if flight is None:
            flight = asyncio.ensure_future(self._fetch(key, self._generation))
            self._flights[key] = flight
            flight.add_done_callback(lambda done: self._landed(key, done))
        # One caller that gives up must not take the answer away from the others.
        return await asyncio.shield(flight)

    async def _fetch(self, key: K, generation: int) -> V | None:
        value = await self._ask(key)
        if generation == self._generation:
            seconds = MISSING_SECONDS if value is None else FRESH_SECONDS
            self._cache[key] = (self._clock.monotonic() + seconds, value)
            if len(self._cache) > MAX_CACHED:
                self._cache.popitem(last=False)
        return value

    def _landed(self, key: K, flight: asyncio.Task[V | None]) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]
        if not flight.cancelled():
            # Looked at, so that a failure that nobody waits for any more isn't reported as forgotten.
            flight.exception()

    def forget(self) -> None:
        """Believe nothing that was looked up, or whose look-up began, before now."""
        self._generation += 1
        self._cache.clear()
        self._flights.clear()
