"""A real Prometheus scrapes a running fleet: what the panels show, what a killed worker does to counters, how many series
there are after many hosts, and what a large site with a long Crawl-delay calls for."""

import asyncio
import math
import signal
import time
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from aiohttp import ClientSession, ClientTimeout, web

from tests.chaos.estate import Estate
from tests.chaos.estate import estate as running_estate
from tests.chaos.load import Caller, make_users
from tests.manifests.estate import DASHBOARDS, panels, scalers
from tests.manifests.prometheus import Prometheus
from tests.manifests.prometheus import prometheus as running_prometheus

pytestmark = [pytest.mark.manifests, pytest.mark.timeout(3_000)]

SCRAPES = 3.0
"""Seconds after which everything that happened was scraped."""
SCRAPED_SECONDS = 60.0
ENDED_SECONDS = 300.0
NOTHING_HAPPENED = {"quota_denied_total"}
"""Of this one the label values aren't known beforehand, and nobody gave a reason for them here."""


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    with running_estate(tmp_path_factory.mktemp("estate")) as made:
        yield made


@pytest.fixture(scope="module")
def prometheus(estate: Estate, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    with running_prometheus(tmp_path_factory.mktemp("watch") / "prometheus", estate.metrics) as made:
        # What a process counts before its first scrape nobody ever sees.
        end = time.monotonic() + SCRAPED_SECONDS
        while made.value("count(count_over_time(up[1m]) >= 2)") < len(estate.metrics):
            assert time.monotonic() < end, "Prometheus doesn't scrape every process"
            time.sleep(0.2)
        yield made


class Load:
    """Scans asked for over HTTP, at most so many at once."""

    def __init__(self, estate: Estate, callers: Sequence[Caller]) -> None:
        self._estate, self._callers = estate, callers
        self._free = asyncio.Semaphore(16)

    async def one(self, session: ClientSession, number: int, url: str, mode: str) -> None:
        gateway = self._estate.ports[f"gateway-{number % 2 + 1}"]
        headers = {"Authorization": f"Bearer {self._callers[number % len(self._callers)].key}"}
        async with (
            self._free,
            session.post(
                f"http://127.0.0.1:{gateway}/api/v1/scans", json={"url": url, "mode": mode}, headers=headers
            ) as response,
        ):
            assert response.status == 202, await response.text()

    async def singles(self, first: int, count: int) -> None:
        """Each of a host of its own."""
        async with ClientSession(timeout=ClientTimeout(total=60)) as session, asyncio.TaskGroup() as group:
            for number in range(first, first + count):
                host = f"127.{100 + number // 62_500}.{number // 250 % 250}.{number % 250 + 1}"
                group.create_task(self.one(session, number, f"http://{host}:{self._estate.site_port}/", "single"))

    async def trickle(self, first: int, count: int) -> None:
        """The same, ten a second."""
        for number in range(first, first + count, 5):
            await self.singles(number, 5)
            await asyncio.sleep(0.5)

    async def site(self, url: str, mode: str) -> None:
        async with ClientSession(timeout=ClientTimeout(total=60)) as session:
            await self.one(session, 0, url, mode)

    async def ended(self, seconds: float = ENDED_SECONDS) -> None:
        async with asyncio.timeout(seconds), ClientSession() as session:
            while await self._estate.ask("SELECT 1 FROM scans WHERE status = 'running' LIMIT 1"):
                await self._poll(session)
                await asyncio.sleep(0.5)
            for _ in range(3):
                await self._poll(session)
                await asyncio.sleep(SCRAPES / 3)

    async def _poll(self, session: ClientSession) -> None:
        """What callers do meanwhile."""
        for gateway in ("gateway-1", "gateway-2"):
            headers = {"Authorization": f"Bearer {self._callers[0].key}"}
            async with session.get(
                f"http://127.0.0.1:{self._estate.ports[gateway]}/api/v1/checks", headers=headers
            ) as response:
                assert response.status == 200, await response.text()


async def load_of(estate: Estate, users: int = 4) -> Load:
    return Load(estate, await make_users(estate, users, f"live-{time.time_ns()}"))


async def test_every_panel_shows_live_values(
    estate: Estate, prometheus: Prometheus, capsys: pytest.CaptureFixture[str]
) -> None:
    load = await load_of(estate)
    await load.singles(0, 20)
    for number, mode in enumerate(("sitemap", "crawl", "sitemap")):
        await load.site(f"http://127.90.0.{number + 1}:{estate.site_port}/", mode)
    await load.ended()
    lines: list[str] = []
    silent: list[str] = []
    for path in DASHBOARDS:
        for panel in panels(path):
            shown: list[str] = []
            for target in panel["targets"]:
                found = prometheus.query(target["expr"].replace("$__rate_interval", "5m"))
                values = [value for _, value in found if not math.isnan(value)]
                if values:
                    shown.append(f"{len(found)} series, most {max(values):.4g}")
                else:
                    silent.append(target["expr"])
            lines.append(f"{path.stem:8} {panel['title'][:55]:56}{'; '.join(shown)}")
            assert shown, f"{panel['title']} shows nothing"
    with capsys.disabled():
        print("", *lines, sep="\n")  # noqa: T201 - what the operator would see
    assert [expr for expr in silent if not any(name in expr for name in NOTHING_HAPPENED)] == []


async def test_a_killed_worker_does_not_take_its_figures_along(estate: Estate, prometheus: Prometheus) -> None:
    load = await load_of(estate)
    # What a process counts between its last scrape and its end, or before its first one, nobody ever sees.
    asking = asyncio.create_task(load.trickle(1_000, 150))
    await asyncio.sleep(3)
    async with estate.kept():
        estate.kill("worker-1", signal.SIGKILL)
        await asking
        await load.ended()
    instance = f"127.0.0.1:{estate.metrics['worker-1']}"
    assert prometheus.value(f'max(resets(process_cpu_seconds_total{{instance="{instance}"}}[10m]))') >= 1
    assert min(prometheus.over("sum(rate(pages_total[10s]))", 45.0)) >= 0
    (row,) = await estate.ask("SELECT count(*) AS n FROM pages")
    told = prometheus.value("sum(increase(pages_total[1h]))")
    bare = prometheus.value("sum(pages_total)")
    print(f"{row['n']} pages in Postgres, {told:.0f} by increase(), {bare:.0f} in counters that live")  # noqa: T201
    assert told == pytest.approx(row["n"], rel=0.1)
    assert bare < told


async def test_the_number_of_series_does_not_follow_the_hosts(
    estate: Estate, prometheus: Prometheus, request: pytest.FixtureRequest
) -> None:
    """10,000 hosts with `--long`, else 300."""
    hosts = 10_000 if request.config.getoption("--long") else 300
    load = await load_of(estate, 8)
    await load.singles(2_000, 60)
    await load.ended()
    before = prometheus.value('count({job="scanfleet"})')
    await load.singles(3_000, hosts)
    await load.ended(2_400.0)
    after = prometheus.value('count({job="scanfleet"})')
    (row,) = await estate.ask("SELECT count(DISTINCT host) AS n FROM scans")
    print(f"{row['n']} hosts: {before:.0f} series before, {after:.0f} after")  # noqa: T201 - seen with -s
    assert row["n"] >= hosts
    # Some chance for a status or a chore that happened for the first time.
    assert before <= after <= before + 40
    for label in prometheus.get("labels"):
        if label != "instance":
            values = prometheus.get(f"label/{label}/values")
            assert not [value for value in values if "127." in value or "@" in value], label


async def slow_site(port: int) -> web.AppRunner:
    """10,000 pages that want to be asked for every ten seconds."""

    async def answer(request: web.Request) -> web.Response:
        base = f"http://{request.host}"
        if request.path == "/robots.txt":
            return web.Response(text=f"User-agent: *\nCrawl-delay: 10\nSitemap: {base}/sitemap.xml\n")
        if request.path == "/sitemap.xml":
            entries = "".join(f"<url><loc>{base}/{number}</loc></url>" for number in range(10_000))
            text = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</urlset>'
            return web.Response(text=text, content_type="application/xml")
        return web.Response(text="<!doctype html><title>Slow</title><h1>Slow</h1>", content_type="text/html")

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.95.0.1", port).start()
    return runner


async def test_a_large_site_with_crawl_delay_calls_for_no_worker(estate: Estate, prometheus: Prometheus) -> None:
    wanted: list[Any] = [
        (trigger["metadata"]["query"], float(trigger["metadata"]["threshold"]), trigger["metricType"])
        for trigger in scalers()[0]["spec"]["triggers"]
    ]
    runner = await slow_site(estate.site_port + 1)
    load = await load_of(estate, 1)
    try:
        url = f"http://127.95.0.1:{estate.site_port + 1}/"
        await load.site(url, "sitemap")
        async with asyncio.timeout(120):
            while True:
                rows = await estate.ask("SELECT chunks_total FROM scans WHERE url = %s AND status = 'running'", url)
                if rows[0]["chunks_total"] >= 200:
                    break
                await asyncio.sleep(0.5)
        sent = prometheus.value("sum(dispatched_total)")
        await asyncio.sleep(75)
        sent = prometheus.value("sum(dispatched_total)") - sent
        (count, threshold, _), (age, limit, _) = wanted
        workers = [math.ceil(value / threshold) for value in prometheus.over(count, 70.0)]
        print(f"workers called for: {workers}; messages sent in 75 s: {sent:.0f}")  # noqa: T201 - seen with -s
        assert max(workers) <= 2, "more than there are"
        assert sent < 200, "chunks go in a circle"
        assert max(prometheus.over(age, 70.0)) < limit
        held = prometheus.value('max(queue_depth{queue="chunks",state="held"})')
        assert held >= 190
        assert prometheus.firing() == set()
    finally:
        await estate.ask("UPDATE scans SET status = 'stopped', phase = 'ended' WHERE status = 'running'")
        await runner.cleanup()
