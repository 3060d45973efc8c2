"""`python -m tests.bench.discovery [URLS…]`: planning a scan of sitemaps of any size.

A worker's own code (fetching, reading, scope, dedupe, storing, chunks) on a real Postgres and Valkey, with a site in a
process beside it whose files hold 50,000 entries of 210 bytes each. Pages aren't fetched. CPU and memory are those of
the planning process alone; Postgres is told apart.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from urllib.request import urlopen

import uvloop
from aiohttp import web
from msgspec import Struct

from deploy.local.embedded import embedded_services
from deploy.local.fleet import base_environment
from deploy.local.ports import free_ports
from shared.clock import SYSTEM, uuid7
from shared.db.migrate import migrate
from shared.db.pool import connection, make_pool
from shared.redis.client import connect
from shared.settings import read_settings
from tests.bench.figures import Plan, Row, row
from tests.bench.postgres import cpu_of_server
from tests.bench.processes import forget_peak, peak
from tests.bench.sitemap import ENTRIES, made, resident_self
from workers import scan as story
from workers.fetch.client import Fetcher
from workers.fetch.guard import Guard
from workers.fetch.politeness import Politeness
from workers.parser import ParserProcess
from workers.workshop import Workshop

SIZES = (10_000, 50_000)
LONG = (1_000, 10_000, 50_000, 250_000)
HOST = "127.0.0.1"
READY_SECONDS = 120.0
RUN_SECONDS = 1_800.0
_SCAN = (
    "INSERT INTO scans (id, owner, tier, url, host, mode, options, profile, score_version, request_id, max_pages, ends_at,"
    " kept_until) VALUES (%s, 'user:x', 'pro', %s, %s, 'sitemap', %s, 'default-2026.11', '1', 'r', 1000000,"
    " now() + interval '1 hour', now() + interval '1 day')"
)
_OPTIONS = '{"delay_ms": 0, "concurrency": 10, "checks_network": false}'


class Planned(Struct, frozen=True):
    """One plan: URLs, octets of its sitemaps, CPU seconds of the planner and of Postgres, megabytes added at most."""

    urls: int
    octets: int
    cpu: float
    postgres: float
    seconds: float
    grown: float

    @property
    def rate(self) -> float:
        """Megabytes of sitemaps a CPU-second."""
        return self.octets / 1e6 / self.cpu


def _app(base: str, urls: int) -> web.Application:
    async def handle(request: web.Request) -> web.StreamResponse:
        if request.path == "/robots.txt":
            files = "".join(f"Sitemap: {base}/sitemap-{n}.xml\n" for n in range(0, urls, ENTRIES))
            return web.Response(text=f"User-agent: *\nAllow: /\n{files}")
        if not request.path.startswith("/sitemap-"):
            raise web.HTTPNotFound
        first = int(request.path[9:-4])
        response = web.StreamResponse(headers={"Content-Type": "application/xml"})
        await response.prepare(request)
        for piece in made(first, min(ENTRIES, urls - first), base):
            await response.write(piece)
        return response

    app = web.Application()
    app.router.add_get("/{path:.*}", handle)
    return app


def _size(base: str, urls: int) -> int:
    return sum(len(piece) for n in range(0, urls, ENTRIES) for piece in made(n, min(ENTRIES, urls - n), base))


@contextmanager
def _site(urls: int) -> Generator[str]:
    """Its address, while it runs."""
    port = free_ports(1)[0]
    command = [sys.executable, "-m", "tests.bench.discovery", "--serve", str(port), str(urls)]
    process = subprocess.Popen(command, env=base_environment())
    base, end = f"http://{HOST}:{port}", time.monotonic() + READY_SECONDS
    try:
        while True:
            try:
                with urlopen(f"{base}/robots.txt", timeout=1):
                    break
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)
        yield base
    finally:
        process.terminate()
        process.wait(READY_SECONDS)


async def _plan(shop: Workshop, base: str) -> int:
    """Plan one scan; how many URLs it has."""
    scan_id = uuid7()
    async with connection(shop.pool) as conn:
        await conn.execute(_SCAN, (scan_id, f"{base}/", base.split("/")[2], _OPTIONS))
        await conn.execute("INSERT INTO chunks (scan_id, no, kind) VALUES (%s, 0, 'discover')", (scan_id,))
    await story.run_chunk(shop, scan_id, 0, "r")
    async with connection(shop.pool) as conn:
        found = await (await conn.execute("SELECT found FROM scans WHERE id = %s", (scan_id,))).fetchone()
    return int(found["found"]) if found else 0


async def _one(database: str, redis_url: str, warm: str, base: str, urls: int) -> tuple[float, float, float]:
    """(CPU seconds, seconds, megabytes) of one plan, after one of a small site that loads and connects everything."""
    settings = read_settings(
        {"DATABASE_URL": database, "REDIS_URL": redis_url, "SECRET_KEY": "s" * 40, "ALLOW_NETWORKS": "127.0.0.0/8"}
    )
    async with AsyncExitStack() as stack:
        pool = make_pool(database, application="bench", size=settings.pool_size)
        await pool.open(wait=True)
        stack.push_async_callback(pool.close)
        redis = connect(redis_url)
        stack.push_async_callback(redis.aclose)
        politeness = Politeness(redis, namespace="bench")
        stack.push_async_callback(politeness.close)
        fetcher = await stack.enter_async_context(Fetcher(Guard(settings.allow_networks)))
        shop = Workshop(
            settings=settings,
            pool=pool,
            redis=redis,
            fetcher=fetcher,
            politeness=politeness,
            parser=ParserProcess("workers.scan_page:judge_page"),  # a plan judges nothing: it is never started
            clock=SYSTEM,
            drain=asyncio.Event(),
        )
        await _plan(shop, warm)
        before = resident_self()
        forget_peak()
        began, clock = time.process_time(), time.perf_counter()
        found = await _plan(shop, base)
        cpu, seconds = time.process_time() - began, time.perf_counter() - clock
        if found != urls:
            message = f"{found} of {urls} URLs were planned"
            raise RuntimeError(message)
        return cpu, seconds, peak() - before


def measure(urls: int) -> Planned:
    """Plan a site of so many URLs in a process of its own, on servers of its own."""
    with (
        tempfile.TemporaryDirectory() as folder,
        embedded_services(Path(folder) / "data") as services,
        _site(1_000) as warm,
        _site(urls) as base,
    ):
        migrate(services.database_url)
        command = [sys.executable, "-m", "tests.bench.discovery", "--one"]
        command += [services.database_url, services.redis_url, warm, base, str(urls)]
        postmaster = services.postgres.pid
        assert postmaster is not None
        served = cpu_of_server(postmaster)
        out = subprocess.run(
            command, check=True, stdout=subprocess.PIPE, text=True, timeout=RUN_SECONDS, env=base_environment()
        ).stdout
        cpu, seconds, grown = json.loads(out.splitlines()[-1])
        return Planned(urls, _size(base, urls), cpu, cpu_of_server(postmaster) - served, seconds, grown)


def rows(plan: Plan) -> list[Row]:
    """The table's lines."""
    found = [measure(urls) for urls in (LONG if plan.long else SIZES)]
    last = found[-1]
    what = f"planning {last.urls:,} URLs"
    return [
        row("sitemap", f"{what}: scope, dedupe, storing", last.rate, "MB/s", least=5.0),
        row("sitemap", f"{what}: memory added", last.grown, "MB", most=20.0),
        row("sitemap", f"{what}: Postgres, a URL", 1e6 * last.postgres / last.urls, "µs"),
    ]


def main(words: Sequence[str]) -> int:
    """Entry point."""
    if words[:1] == ["--serve"]:
        port, served = map(int, words[1:])
        web.run_app(
            _app(f"http://{HOST}:{port}", served),
            host=HOST,
            port=port,
            print=None,
            access_log=None,
            shutdown_timeout=1.0,
        )
        return 0
    if words[:1] == ["--one"]:
        database, redis_url, warm, base, count = words[1:]
        sys.stdout.write(json.dumps(uvloop.run(_one(database, redis_url, warm, base, int(count)))) + "\n")
        return 0
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("urls", type=int, nargs="*", default=SIZES)
    for urls in parser.parse_args(words).urls:
        one = measure(urls)
        print(  # noqa: T201
            f"{urls:>8} URLs {one.octets / 1e6:6.1f} MB {one.rate:6.2f} MB/s of CPU, {1e6 * one.cpu / urls:5.1f} us a URL, "
            f"Postgres {1e6 * one.postgres / urls:5.1f} us, +{one.grown:.1f} MB, {one.seconds:.1f} s"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
