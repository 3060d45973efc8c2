"""When a host may be asked next: the rule itself, for one process; `shared/redis/lua/politeness.lua` is it for all.

A host has as many slots as the strictest running scan allows, and each rests for a pause after its request has ended.
So what a host sees follows its own speed, and never more than `concurrency / delay` requests a second. Crawl-delay
spaces the starts of all slots together. All times are milliseconds of one clock.
"""

from typing import Final, NamedTuple

from msgspec import Struct

SLOTS: Final = 10
"""The most that a scan may ask for."""
SLOW: Final = 1_000
"""A host whose answers take longer on average (heuristic) rests as long as they take,"""
FACTOR: Final = 10
"""but no longer than ten times its delay; so a delay of 0 stays 0."""
STRIKE: Final = 100
"""The first back-off that no Retry-After asks for; it doubles with every further 429 or 503 in a row."""
MOST: Final = 300_000
"""The longest back-off, whatever Retry-After says."""
_MAX_STRIKES: Final = 20
_SOONEST: Final = 10
_LATEST: Final = 1_000


class Rules(Struct, frozen=True, kw_only=True):
    """What one scan asks for at one host. `owner` is the scan; milliseconds."""

    owner: str
    concurrency: int
    delay: int
    crawl_delay: int = 0

    def __post_init__(self) -> None:
        """Refuse what makes no sense."""
        if not 1 <= self.concurrency <= SLOTS or self.delay < 0 or self.crawl_delay < 0:
            message = "concurrency is 1 to 10, and no delay is negative"
            raise ValueError(message)


class Given(NamedTuple):
    """A slot that is given back: when it ended, how long the request took, and whether the host asked for less."""

    token: str
    ended: int
    spent: int | None = None
    less: bool = False
    back_off: int | None = None


class Decision(NamedTuple):
    """Whether a slot is taken; `wait` is for the start of the request, else until asking again is worth while."""

    taken: bool
    wait: int


class _Slot(Struct):
    token: str = ""
    begun: int = 0
    ended: int = 0
    lease: int = 0


class Pace:
    """One host."""

    def __init__(self) -> None:
        """Nobody has asked yet."""
        self._slots: Final[list[_Slot]] = []
        self._rules: Final[dict[str, tuple[int, Rules]]] = {}
        self._next = 0
        self._until = 0
        self._strikes = 0
        self._mean: int | None = None

    def give(self, given: Given) -> None:
        """Take note of a request that has ended. A token whose lease has run out frees nothing."""
        for slot in self._slots:
            if slot.token == given.token:
                slot.token, slot.lease, slot.ended = "", 0, max(given.ended, slot.ended)
        if given.spent is not None:
            self._mean = given.spent if self._mean is None else (self._mean * 4 + given.spent) // 5
        if not given.less:
            self._strikes = self._strikes if given.spent is None else 0
            return
        self._strikes = min(self._strikes + 1, _MAX_STRIKES)
        off = STRIKE * 2 ** (self._strikes - 1) if given.back_off is None else given.back_off
        self._until = max(self._until, given.ended + min(off, MOST))

    def forget(self, owner: str) -> None:
        """That scan has ended: its rules bind nobody any more."""
        self._rules.pop(owner, None)

    def take(self, now: int, token: str, rules: Rules, *, lease: int, patience: int, hold: int) -> Decision:
        """Reserve a slot that is free within `patience`; the rules of all scans of the last `hold` apply."""
        concurrency, delay, crawl = self._strictest(now, rules, hold)
        held = [slot for slot in self._slots if slot.lease > now]
        ready = [slot for slot in self._slots if slot.lease <= now]
        free = concurrency - len(held)
        if free <= 0:
            guess = min(slot.begun for slot in held) + (self._mean or 0) - now
            return Decision(taken=False, wait=min(max(guess, _SOONEST), _LATEST))
        # A lease that ran out ended then. Of the latest ends, `free` still rest, whichever slot they were on.
        for slot in ready:
            slot.ended = max(slot.ended, slot.lease)
        ends = sorted((slot.ended for slot in ready), reverse=True)
        rested = ends[free - 1] + self._pause(delay) if len(ends) >= free else 0
        start = max(now, self._until, self._next, rested)
        if start - now > patience:
            return Decision(taken=False, wait=start - now)
        self._occupy(ready, concurrency, _Slot(token, start, 0, start + lease))
        if crawl:
            self._next = start + crawl
        return Decision(taken=True, wait=start - now)

    def _occupy(self, ready: list[_Slot], concurrency: int, slot: _Slot) -> None:
        """Use a slot that was not used yet, else that of the oldest end: later ends are the ones that still rest."""
        if len(self._slots) < concurrency:
            self._slots.append(slot)
            return
        oldest = min(ready, key=lambda one: one.ended)
        oldest.token, oldest.begun, oldest.lease = slot.token, slot.begun, slot.lease

    def _pause(self, delay: int) -> int:
        mean = self._mean or 0
        return max(delay, min(mean, delay * FACTOR)) if mean > SLOW else delay

    def _strictest(self, now: int, rules: Rules, hold: int) -> tuple[int, int, int]:
        for owner in [owner for owner, (expires, _) in self._rules.items() if expires <= now]:
            del self._rules[owner]
        self._rules[rules.owner] = (now + hold, rules)
        running = [one for _, one in self._rules.values()]
        return (
            min(one.concurrency for one in running),
            max(one.delay for one in running),
            max(one.crawl_delay for one in running),
        )
