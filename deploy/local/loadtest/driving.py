"""The load: scans of several tenants arrive as they would, whether or not the fleet keeps up."""

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import msgspec

from deploy.local.loadtest import hosts

TENANTS = 8
HEAVY_SHARE = 0.5
"""Of all scans, those of the first tenant; the others share the rest."""
MODES = (("single", 0.80), ("sitemap", 0.15), ("crawl", 0.05))
MANNERS = {"delay_ms": 100, "concurrency": 2}
MAX_PAGES = 200
POST_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Plan:
    """``scans`` in all, ``rate`` a second, over ``hosts`` hosts."""

    scans: int
    rate: float
    hosts: int
    seed: int


@dataclass(slots=True)
class Posted:
    """What the gateway said, and how long it took (seconds)."""

    seconds: list[float] = field(default_factory=list[float])
    refused: int = 0
    failed: int = 0


async def drive(address: str, keys: Sequence[str], plan: Plan, port: int) -> Posted:
    """Post every scan at its time (a Poisson process) and wait for the answers."""
    dice = random.Random(plan.seed)  # noqa: S311 - a simulation
    posted = Posted()
    began = time.monotonic()
    due = 0.0
    async with post_session() as session, asyncio.TaskGroup() as group:
        for _ in range(plan.scans):
            due += dice.expovariate(plan.rate)
            tenant = 0 if dice.random() < HEAVY_SHARE else dice.randrange(1, len(keys))
            mode = dice.choices([name for name, _ in MODES], [share for _, share in MODES])[0]
            url = f"http://{hosts.address(dice.randrange(plan.hosts))}:{port}/"
            body = {
                "url": url,
                "mode": mode,
                "options": {**MANNERS, **({} if mode == "single" else {"max_pages": MAX_PAGES})},
            }
            await asyncio.sleep(max(0.0, began + due - time.monotonic()))
            group.create_task(post(session, address, keys[tenant], body, posted))
    return posted


def post_session() -> aiohttp.ClientSession:
    """A session for `post`."""
    timeout = aiohttp.ClientTimeout(total=POST_SECONDS)
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=64), timeout=timeout)


async def post(session: aiohttp.ClientSession, address: str, key: str, scan: dict[str, Any], posted: Posted) -> None:
    """Ask for a scan, and note how that went."""
    body = msgspec.json.encode(scan)
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    began = time.perf_counter()
    try:
        async with session.post(f"{address}/api/v1/scans", data=body, headers=headers) as response:
            await response.read()
            if response.status != 202:  # noqa: PLR2004
                posted.refused += 1
    except (aiohttp.ClientError, TimeoutError):
        posted.failed += 1
    posted.seconds.append(time.perf_counter() - began)
