"""`python -m tests.bench.bench_loop`: what a page costs a worker's event loop, the engine left out.

The worker's own code does the chunks of a sitemap scan in this process, on embedded servers and with the site in another
process. The parser's child judges each page once, in a first round that isn't counted, and then answers from memory as
late as if it had judged: so what is measured is the loop alone, at the engine's pace. `--again` measures scans of the
unchanged site, where every page is asked for with its validators.
"""

import argparse
import asyncio
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final
from uuid import UUID

import aiohttp
import msgspec
import uvloop
from psycopg.types.json import Jsonb

from deploy.local.embedded import embedded_services
from deploy.local.ports import free_ports
from shared import scans
from shared.clock import SYSTEM, uuid7
from shared.db.migrate import migrate
from shared.db.pool import connection, make_pool
from shared.logs import configure
from shared.redis.client import connect
from shared.settings import Settings, read_settings
from tests.bench.saved import load
from tests.bench.site_server import HOST, READY_PATH
from workers.fetch.client import Fetcher
from workers.fetch.guard import Guard
from workers.fetch.politeness import Politeness
from workers.frontier import Candidate, Sieve, add
from workers.parser import ParserProcess
from workers.scan import run_chunk
from workers.scan_page import judge_page
from workers.workshop import Workshop

CHUNKS_AT_ONCE: Final = 2
"""As many as the dispatcher sends to one worker of a scan that may ask ten times at once."""
ENGINE_SECONDS: Final = 0.006
START_SECONDS: Final = 30.0
ROOT: Final = Path(__file__).resolve().parents[2]

_INSERT: Final = (
    b"INSERT INTO scans (id, owner, tier, url, host, mode, options, profile, score_version, request_id, max_pages, "
    b"ends_at, kept_until, admitted_at) VALUES (%s, %s, 'enterprise', %s, %s, 'sitemap', %s, "
    b"'default-2026.11', '1', 'bench', 1000000, now() + interval '1 hour', now() + interval '1 day', now())"
)


class _Asked(msgspec.Struct):
    seq: int


_ASKED: Final = msgspec.msgpack.Decoder(_Asked)
_judged: Final[dict[int, bytes]] = {}


def replay(payload: bytes) -> bytes:
    """The child's job: judge a page once, then answer from memory at the pace of judging."""
    seq = _ASKED.decode(payload).seq
    if seq not in _judged:
        _judged[seq] = judge_page(payload)
    else:
        time.sleep(ENGINE_SECONDS)
    return _judged[seq]


@asynccontextmanager
async def workshop(settings: Settings) -> AsyncGenerator[Workshop]:
    """A worker's, with the child that replays."""
    async with AsyncExitStack() as stack:
        pool = make_pool(settings.database_url, application="bench", size=12)
        await pool.open(wait=True)
        stack.push_async_callback(pool.close)
        redis = connect(settings.redis_url)
        stack.push_async_callback(redis.aclose)
        politeness = Politeness(redis, namespace=secrets.token_hex(4))
        stack.push_async_callback(politeness.close)
        fetcher = await stack.enter_async_context(Fetcher(Guard(settings.allow_networks)))
        parser = await stack.enter_async_context(ParserProcess("tests.bench.bench_loop:replay"))
        yield Workshop(
            settings=settings,
            pool=pool,
            redis=redis,
            fetcher=fetcher,
            politeness=politeness,
            parser=parser,
            clock=SYSTEM,
            drain=asyncio.Event(),
        )


async def plan(shop: Workshop, site: str, urls: Sequence[str], owner: str) -> UUID:
    """A running scan of these pages."""
    new, options = uuid7(), Jsonb({"concurrency": 10, "delay_ms": 0})
    async with connection(shop.pool) as conn, conn.transaction():
        await conn.execute(_INSERT, (new, owner, f"{site}/", site.split("/")[2], options))
        scan = await scans.for_work(conn, new)
        if scan is None:
            message = "the scan that was just inserted isn't there"
            raise RuntimeError(message)
        await add(conn, new, Sieve(scan), [Candidate(url, in_sitemap=True) for url in urls])
    return new


async def scanned(shop: Workshop, scan_id: UUID, pages: int) -> float:
    """Do all chunks; milliseconds of this process's CPU a page. Raises `RuntimeError` when a page is missing."""
    async with connection(shop.pool) as conn:
        rows = await (
            await conn.execute(b"SELECT no FROM chunks WHERE scan_id = %s ORDER BY no", (scan_id,))
        ).fetchall()
    numbers = iter([row["no"] for row in rows])

    async def thread() -> None:
        for number in numbers:
            await run_chunk(shop, scan_id, number, "bench")

    began = time.process_time()
    async with asyncio.TaskGroup() as group:
        for _ in range(CHUNKS_AT_ONCE):
            group.create_task(thread())
    spent = time.process_time() - began
    async with connection(shop.pool) as conn:
        row = await (
            await conn.execute(b"SELECT count(*) AS n FROM pages WHERE scan_id = %s AND status = 200", (scan_id,))
        ).fetchone()
        await conn.execute(b"UPDATE scans SET status = 'complete' WHERE id = %s", (scan_id,))
    if row is None or row["n"] != pages:
        message = f"{row and row['n']} of {pages} pages"
        raise RuntimeError(message)
    return 1000 * spent / pages


async def measure(settings: Settings, site: str, paths: Sequence[str], rounds: int, *, again: bool) -> list[float]:
    """Milliseconds a page of each round but the first. Raises `RuntimeError` when a page is missing."""
    urls = [site + path for path in paths]
    async with workshop(settings) as shop:
        await until_ready(site)
        found: list[float] = []
        for number in range(rounds + 1):
            owner = "user:bench" if again else f"user:bench-{number}"
            spent = await scanned(shop, await plan(shop, site, urls, owner), len(urls))
            if number:
                found.append(spent)
                sys.stdout.write(f"{spent:.3f} ms a page\n")
                sys.stdout.flush()
        return found


async def until_ready(site: str) -> None:
    """Wait for the site's first answer. Raises `TimeoutError`."""
    async with asyncio.timeout(START_SECONDS), aiohttp.ClientSession() as session:
        while True:
            try:
                async with session.get(site + READY_PATH) as answer:
                    await answer.read()
                    return
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.05)


def main(words: Sequence[str]) -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="bench_loop", description=__doc__)
    parser.add_argument("--pages", type=int, default=500, help="pages of a round (default 500)")
    parser.add_argument("--rounds", type=int, default=5, help="rounds that count (default 5)")
    parser.add_argument("--folder", type=Path, help="saved HTML pages (default: made-up pages of 40 kB)")
    parser.add_argument("--again", action="store_true", help="scan the unchanged site again")
    arguments = parser.parse_args(words)
    configure("worker", level="warning")
    paths = list(load(arguments.folder, arguments.pages))
    port = free_ports(1)[0]
    folder = ("--folder", str(arguments.folder)) if arguments.folder else ()
    serve = ("-m", "tests.bench.bench_rescan", "--serve", str(port), "--pages", str(arguments.pages), *folder)
    with (
        tempfile.TemporaryDirectory(prefix="scanfleet-bench-") as directory,
        embedded_services(Path(directory), fast=True) as services,
    ):
        migrate(services.database_url)
        settings = read_settings(
            {
                "DATABASE_URL": services.database_url,
                "REDIS_URL": services.redis_url,
                "SECRET_KEY": secrets.token_hex(32),
                "ALLOW_NETWORKS": "127.0.0.0/8",
            }
        )
        server = subprocess.Popen((sys.executable, *serve), cwd=ROOT)
        try:
            site = f"http://{HOST}:{port}"
            found = uvloop.run(measure(settings, site, paths, arguments.rounds, again=arguments.again))
        finally:
            server.terminate()
            server.wait()
    sys.stdout.write(f"median {statistics.median(found):.3f}, least {min(found):.3f} ms of the loop a page\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
