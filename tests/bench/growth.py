"""`python -m tests.bench.growth [SIZE…]`: scans of ever larger sites through a whole fleet with one worker process.

Each size is a sitemap scan of small pages (`many_pages`), all checks, site-level analysis and durable writes included.
While pages are fetched the memory of the worker and of its parser's child is looked at every second: what is told is
the most that each had after the first 1,000 pages, and the most by the end of the fetching. The analysis at the end is
told apart, since its memory is of another kind (`python -m tests.bench.bench_site`).
"""

import argparse
import asyncio
import secrets
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from deploy.local.accounts import open_accounts
from deploy.local.api import Client
from deploy.local.fleet import Fleet, FleetOptions, base_environment, module_spec
from deploy.local.ports import free_ports
from deploy.local.screen import Screen
from deploy.local.secret import secret_key
from deploy.local.signals import Interrupts
from tests.bench.folder import in_folder
from tests.bench.many_pages import HOST, READY_PATH
from tests.bench.processes import cpu_seconds, worker_memory

SIZES = (1_000, 5_000)
LONG = (1_000, 10_000, 50_000, 250_000)
FIRST = 1_000
SCAN_SECONDS = 7_200.0
POLL_SECONDS = 1.0


class Sample(Struct, frozen=True):
    """Memory in megabytes when so many pages were done."""

    pages: int
    worker: float
    child: float


class Grown(Struct, frozen=True):
    """One scan: seconds by the clock, CPU seconds by kind of process, and memory."""

    status: str
    pages: int
    seconds: float
    cpu: dict[str, float]
    fetching: list[Sample]
    analysing: list[Sample]

    @property
    def rate(self) -> float:
        """Pages a second by the clock."""
        return self.pages / self.seconds

    @property
    def each(self) -> float:
        """Milliseconds of the workers' CPU a page."""
        return 1_000 * self.cpu["workers"] / max(1, self.pages)

    def most(self, name: str, upto: int | None = None) -> float:
        """The most memory of "worker" or "child" while fetching, up to so many pages or to the end."""
        return max((getattr(one, name) for one in self.fetching if upto is None or one.pages <= upto), default=0.0)

    @property
    def analysis(self) -> float:
        """Megabytes that the site-level analysis took above all that the worker had before."""
        return max((one.worker for one in self.analysing), default=0.0) - self.most("worker")

    def growth(self, name: str) -> float:
        """Megabytes above what it had after the first 1,000 pages, while fetching."""
        return self.most(name) - self.most(name, FIRST)


async def _scan(client: Client, url: str) -> Grown:
    before, began = cpu_seconds(), time.perf_counter()
    fetching: list[Sample] = []
    analysing: list[Sample] = []
    options = {"concurrency": 10, "delay_ms": 0}
    scan_id = await client.start_scan(url, "sitemap", options)
    async with asyncio.timeout(SCAN_SECONDS):
        while (scan := await client.scan(scan_id)).status == "running":
            worker, child = worker_memory()
            kept = analysing if scan.progress.phase == "analysing" else fetching
            kept.append(Sample(scan.progress.done, worker, child))
            await asyncio.sleep(POLL_SECONDS)
    seconds, after = time.perf_counter() - began, cpu_seconds()
    cpu = {kind: after[kind] - before[kind] for kind in after}
    return Grown(scan.status, scan.progress.done, seconds, cpu, fetching, analysing)


async def _fleet(directory: Path, pages: int, screen: Screen, interrupts: Interrupts) -> Grown:
    options = FleetOptions(directory, workers=1, allow_networks=("127.0.0.0/8",))
    async with Fleet(options, screen.note, interrupts) as fleet:
        port = free_ports(1)[0]
        site = f"http://{HOST}:{port}"
        spec = module_spec("bench-site", "tests.bench.many_pages", base_environment(), str(port), str(pages))
        await fleet.add(spec, site + READY_PATH)
        async with open_accounts(fleet.database_url, secret_key(directory)) as accounts:
            email = f"bench-{secrets.token_hex(4)}@example.org"
            await accounts.create_user(email, secrets.token_urlsafe(24), "enterprise")
            key = await accounts.create_key(email, "bench", ("read", "scan"), "live")
        async with Client(fleet.address, key) as client:
            return await fleet.run(_scan(client, f"{site}/"))


def measure(pages: int, screen: Screen) -> Grown:
    """A fleet of its own for one size. Raises `RuntimeError` when the scan didn't come to its end."""
    found = in_folder(lambda directory, interrupts: _fleet(directory, pages, screen, interrupts))
    if found.status != "complete" or found.pages < pages:
        message = f"the scan of {pages} pages did not complete: {found.status}"
        raise RuntimeError(message)
    return found


def told(one: Grown) -> str:
    """A line about one scan."""
    analysis = max((sample.worker for sample in one.analysing), default=0.0)
    return (
        f"{one.pages:>8} pages {one.rate:7.1f} pages/s  {one.each:6.2f} ms of CPU a page in workers, "
        f"{1_000 * one.cpu['postgres'] / one.pages:5.2f} in Postgres, {1_000 * one.cpu['scheduler'] / one.pages:5.2f} in the "
        f"scheduler; worker {one.most('worker', FIRST):6.1f} to {one.most('worker'):6.1f} MB, child "
        f"{one.most('child', FIRST):6.1f} to {one.most('child'):6.1f} MB, analysing {analysis:6.1f} MB"
    )


def main(words: Sequence[str]) -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", type=int, nargs="*", default=SIZES)
    screen = Screen()
    for pages in parser.parse_args(words).sizes:
        screen.out.print(told(measure(pages, screen)), soft_wrap=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
