"""`python -m tests.bench.bench_rescan`: what a monitor's second and third run of an unchanged site cost beside its first.

CPU of all the fleet's processes (the site's own left out), from POST to the scan's end. The site's answers carry ETags and
it answers If-None-Match, as sites with a server in order do.
"""

import argparse
import asyncio
import hashlib
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler
from msgspec import Struct
from rich.table import Table

from deploy.local.accounts import open_accounts
from deploy.local.commands.monitors import Monitors
from deploy.local.fleet import Fleet, FleetOptions, base_environment, module_spec
from deploy.local.ports import free_ports
from deploy.local.screen import Screen
from deploy.local.secret import secret_key
from deploy.local.signals import Interrupts
from tests.bench.processes import cpu_seconds
from tests.bench.saved import load
from tests.bench.site_server import HOST, READY_PATH, make_app

MOST: Final = 0.20
"""Share of the first run's CPU that a later one may cost."""
SERVERS: Final = frozenset({"postgres", "valkey"})
SCAN_SECONDS: Final = 1_800.0
POLL_SECONDS: Final = 0.5


class Spent(Struct, frozen=True):
    """One run: pages, seconds on the clock, CPU seconds by kind of process."""

    status: str
    pages: int
    seconds: float
    cpu: dict[str, float]

    @property
    def ours(self) -> float:
        """CPU seconds of our own processes, which is what the bound is about; the servers' are told beside it."""
        return sum(seconds for kind, seconds in self.cpu.items() if kind not in {"site", *SERVERS})

    @property
    def total(self) -> float:
        """CPU seconds of the fleet, Postgres and Valkey included."""
        return sum(seconds for kind, seconds in self.cpu.items() if kind != "site")


@web.middleware
async def _validated(request: web.Request, handler: Handler) -> web.StreamResponse:
    """ETag on whole answers; 304 to those who have it."""
    response = await handler(request)
    if not isinstance(response, web.Response) or not isinstance(response.body, bytes):
        return response
    etag = f'"{hashlib.blake2b(response.body, digest_size=8).hexdigest()}"'
    if request.headers.get("If-None-Match") == etag:
        return web.Response(status=304, headers={"ETag": etag})
    response.headers["ETag"] = etag
    return response


def serve(port: int, pages: int, folder: Path | None = None) -> None:
    """The site, until SIGTERM."""
    app = make_app(f"http://{HOST}:{port}", load(folder, pages), pages)
    app.middlewares.append(_validated)
    web.run_app(app, host=HOST, port=port, print=None, access_log=None, shutdown_timeout=1.0)


async def _run(api: Monitors, monitor: dict[str, object]) -> Spent:
    before, began = cpu_seconds(), time.perf_counter()
    scan_id = await api.run(monitor)
    async with asyncio.timeout(SCAN_SECONDS):
        while (scan := await api.scan(scan_id)).status == "running":
            await asyncio.sleep(POLL_SECONDS)
    after = cpu_seconds()
    cpu = {kind: after[kind] - before[kind] for kind in after}
    return Spent(scan.status, scan.progress.done, time.perf_counter() - began, cpu)


async def _runs(api: Monitors, site: str, runs: int) -> list[Spent]:
    # A first page through the whole fleet, so that no process begins within the measured time.
    warm = await api.start_scan(f"{site}/", "single")
    await api.follow(warm, lambda _: None)
    options = {"concurrency": 10, "delay_ms": 0}
    monitor = await api.create({"url": f"{site}/", "mode": "sitemap", "schedule": "daily", "options": options})
    return [await _run(api, monitor) for _ in range(runs)]


async def _measure(directory: Path, pages: int, runs: int, screen: Screen, interrupts: Interrupts) -> list[Spent]:
    options = FleetOptions(directory, workers=1, allow_networks=("127.0.0.0/8",))
    async with Fleet(options, screen.note, interrupts) as fleet:
        port = free_ports(1)[0]
        site = f"http://{HOST}:{port}"
        arguments = ("--serve", str(port), "--pages", str(pages))
        spec = module_spec("bench-site", "tests.bench.bench_rescan", base_environment(), *arguments)
        await fleet.add(spec, site + READY_PATH)
        async with open_accounts(fleet.database_url, secret_key(directory)) as accounts:
            email = f"bench-{secrets.token_hex(4)}@example.org"
            await accounts.create_user(email, secrets.token_urlsafe(24), "enterprise")
            key = await accounts.create_key(email, "bench", ("read", "scan"), "live")
        async with Monitors(fleet.address, key) as api:
            found: list[Spent] = []

            async def work() -> int:
                found.extend(await _runs(api, site, runs))
                return 0

            await fleet.run(work())
            return found


def table(found: Sequence[Spent]) -> Table:
    """CPU seconds by process, a column a run; the fleet's and the workers' share of the first run's."""
    made = Table("CPU s", *(f"run {number}" for number in range(1, len(found) + 1)), title="Runs of one monitor")
    for kind in (kind for kind in found[0].cpu if kind != "site"):
        made.add_row(kind, *(f"{one.cpu[kind]:.2f}" for one in found))
    made.add_row("our processes", *(f"{one.ours:.2f}" for one in found))
    made.add_row("of the first", *(f"{100 * one.ours / found[0].ours:.1f} %" for one in found))
    made.add_row("with the servers", *(f"{100 * one.total / found[0].total:.1f} %" for one in found))
    made.add_row("pages", *(str(one.pages) for one in found))
    made.add_row("seconds", *(f"{one.seconds:.1f}" for one in found))
    return made


def main(words: Sequence[str]) -> int:
    """Entry point; 1 when a run didn't complete, or cost more than it may."""
    parser = argparse.ArgumentParser(prog="bench_rescan", description=__doc__)
    parser.add_argument("--pages", type=int, default=2_000, help="pages of the site (default 2000)")
    parser.add_argument("--runs", type=int, default=3, help="runs, the first included (default 3)")
    parser.add_argument("--serve", type=int, metavar="PORT", help="be the site")
    parser.add_argument("--folder", type=Path, help="saved HTML pages of the site (default: made-up pages of 40 kB)")
    arguments = parser.parse_args(words)
    if arguments.serve:
        serve(arguments.serve, arguments.pages, arguments.folder)
        return 0
    screen, interrupts = Screen(), Interrupts()
    found: list[Spent] = []

    async def measure() -> int:
        with tempfile.TemporaryDirectory(prefix="scanfleet-bench-") as directory:
            found.extend(await _measure(Path(directory), arguments.pages, arguments.runs, screen, interrupts))
        return 0

    interrupts.run(measure())
    if not found:
        return 1
    screen.out.print(table(found))
    whole = all(one.status == "complete" and one.pages >= arguments.pages for one in found)
    return int(not whole or statistics.median(one.ours for one in found[1:]) > MOST * found[0].ours)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
