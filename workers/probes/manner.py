"""How probes ask: politely, within a time that is left, and as the scan's pages are asked."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Final

from shared.robots import Robots, from_fetch
from shared.scans import Work
from shared.urls import origin
from workers.fetch.options import Caps
from workers.fetch.politeness import Slot, host_key
from workers.polite import rules_of
from workers.workshop import Workshop

TOTAL: Final = 8.0
"""Seconds for one probe, redirects included."""
LEAST: Final = 0.5
"""With less time left a probe isn't begun."""
BODY: Final = 4_000_000
NO_RULES: Final = from_fetch(404, b"")
"""For hosts whose robots.txt isn't asked for: a single look at a link's target is no crawl."""


PAGE_OPTIONS: Final = frozenset({"assets", "external", "tls"})
"""Options of `checks_network` that pages are judged by; the others are about the host."""


def asked_for(scan: Work) -> frozenset[str]:
    """The scan's `checks_network`; a test scan never leaves the machine."""
    options: Sequence[str] = scan.options.get("checks_network") or ()
    return frozenset() if scan.test else frozenset(options)


class Budget:
    """The time that all probes of one page, or one host, have together."""

    def __init__(self, seconds: float) -> None:
        """From now."""
        self._now: Final = asyncio.get_running_loop().time
        self._ends: Final = self._now() + seconds

    @property
    def left(self) -> float:
        """Seconds."""
        return max(0.0, self._ends - self._now())

    def caps(self) -> Caps | None:
        """The bounds of the next probe, None when it's too late for one."""
        left = self.left
        if left < LEAST:
            return None
        total = min(TOTAL, left)
        return Caps(total=total, head=total, connect=min(5.0, total), grace=3.0, body=BODY, wire=BODY)


def cut_short(caps: Caps) -> bool:
    """Whether a timeout under these bounds is our hurry, and no fault of the server's."""
    return caps.total < TOTAL


@asynccontextmanager
async def turn(shop: Workshop, scan: Work, robots: Robots, url: str, budget: Budget) -> AsyncGenerator[Slot]:
    """Wait for the host's turn as long as the budget allows. Raises `NotBefore`."""
    own = origin(url) == origin(scan.url)
    rules = rules_of(shop.settings, scan, robots if own else NO_RULES, url)
    async with shop.politeness.slot(host_key(url), rules, patience=budget.left) as slot:
        yield slot
