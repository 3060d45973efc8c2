"""No page can stop a worker: hostile sites beside ordinary scans, through a real fleet."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import AsyncExitStack
from statistics import quantiles
from typing import Any
from urllib.request import urlopen

import pytest

from tests.e2e.conftest import Api, Fleet
from tests.e2e.crawl_site import Doc, Site
from tests.e2e.crawl_site import serving as ordinary
from tests.e2e.hostile_pages import SITEMAPS, TRAPS, page, serving, whole
from tests.e2e.test_crawl import TIER

NEIGHBOURS = 20
AT_ONCE = 5
"""Hostile scans under way; all at once they would only show how many processors there are."""
MOST_SECONDS = 30.0
MOST_LAG = 0.25
FLOOR = 1.0
"""Seconds below which a scan's duration says more about the machine than about its neighbours."""


@pytest.fixture(scope="module", autouse=True)
def _generous(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Tiers that allow it all at once, and threads for slow hosts."""
    file = tmp_path_factory.mktemp("tiers") / "tiers.toml"
    names = ("guest", "free", "pro", "management", "ceo", "enterprise")
    file.write_text("".join(TIER.format(name=name) for name in names).replace("running = 50", "running = 200"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIERS_FILE", str(file))
        patch.setenv("WORKER_THREADS", "12")
        yield


def lags(fleet: Fleet) -> list[float]:
    """The longest delay of each worker's loop within the last minute, waiting for a processor left out."""
    found: list[float] = []
    for name, port in fleet.record.metrics_ports.items():
        if name.startswith("worker"):
            with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as response:
                text = response.read().decode()
            found += [float(value) for value in re.findall(r"^worker_loop_held_seconds (\S+)$", text, re.MULTILINE)]
    return found


def seconds(fleet: Fleet, scan: Any) -> float:
    row = fleet.sql(
        "SELECT extract(epoch FROM finished_at - created_at) AS s FROM scans WHERE id = %s", scan["scan_id"]
    )
    return float(row[0]["s"])


async def neighbours(api: Api, fleet: Fleet, address: str) -> float:
    """Twenty ordinary scans a few at a time; the 95th percentile of their durations."""
    free = asyncio.Semaphore(4)

    async def one() -> Any:
        async with free:
            return await api.scan(address)

    scans = await asyncio.gather(*(one() for _ in range(NEIGHBOURS)))
    assert {scan["status"] for scan in scans} == {"complete"}
    return quantiles([seconds(fleet, scan) for scan in scans], n=20)[-1]


async def test_hostile_sites_hurt_nobody(api: Api, fleet: Fleet) -> None:
    workers = sorted(fleet.pids("workers"))
    async with AsyncExitStack() as stack:
        site = await stack.enter_async_context(ordinary(Site({"/": Doc(links=["/a"])})))
        calm = await neighbours(api, fleet, site.address + "/")
        addresses = {name: await stack.enter_async_context(serving(trap.send)) for name, trap in TRAPS.items()}
        maps = {name: await stack.enter_async_context(serving(whole(page("plain")), name)) for name in SITEMAPS}
        beside = asyncio.create_task(neighbours(api, fleet, site.address + "/"))
        free = asyncio.Semaphore(AT_ONCE)

        async def one(address: str, mode: str) -> Any:
            async with free:
                return await api.scan(address, mode)

        singles = asyncio.gather(*(one(address, "single") for address in addresses.values()))
        several = asyncio.gather(*(one(address, "sitemap") for address in maps.values()))
        scans = dict(
            zip([*addresses, *(f"sitemap: {name}" for name in maps)], [*await singles, *await several], strict=True)
        )
        stormy = await beside
        ends = {name: await how(api, scan) for name, scan in scans.items()}
        durations = {name: seconds(fleet, scan) for name, scan in scans.items()}
        lag = lags(fleet)
    wrong = {name: ends[name] for name, trap in TRAPS.items() if ends[name] not in trap.ends}
    assert wrong == {}
    assert {name: ends[f"sitemap: {name}"] for name in SITEMAPS} == dict.fromkeys(SITEMAPS, "judged")
    assert {name: spent for name, spent in durations.items() if spent > MOST_SECONDS} == {}
    assert sorted(fleet.pids("workers")) == workers
    assert len(lag) == len(workers)
    assert max(lag) <= MOST_LAG
    assert stormy <= 2 * max(calm, FLOOR), (calm, stormy)


async def how(api: Api, scan: Any) -> str:
    """The scan's reason, else the error of its page, else "judged"."""
    if scan["status"] == "error":
        return str(scan["reason_code"])
    pages = await api.pages(scan["scan_id"])
    return next((page["error"] for page in pages if page["error"]), "judged")
