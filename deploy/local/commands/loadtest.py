"""``loadtest``: how much a fleet of so many workers does, and how fairly and politely."""

import argparse
import asyncio
import secrets
import shutil
import tempfile
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
from rich.table import Table

from deploy.local import options
from deploy.local.accounts import open_accounts
from deploy.local.cli import EXIT_FAILED, EXIT_OK
from deploy.local.errors import UsageError
from deploy.local.fleet import Fleet, FleetOptions, base_environment, module_spec
from deploy.local.loadtest.capacity import PARTS, Fleetwide, measure, report
from deploy.local.loadtest.driving import MANNERS, TENANTS, Plan, Posted, drive
from deploy.local.loadtest.hosts import MOST_HOSTS
from deploy.local.loadtest.measured import Usage, database_bytes, quantile, usage, wait_for_end, waits
from deploy.local.loadtest.simulator import OWN, READY_PATH, WATCHED_PATH
from deploy.local.ports import free_ports
from deploy.local.record import running_fleet
from deploy.local.screen import Screen
from deploy.local.secret import secret_key
from deploy.local.signals import Interrupts

END_SECONDS = 900.0
QUOTA = 1_000_000
LARGE_SITES = 12
PROCESSES = {"gateway", "scheduler", "worker"}
"""Parts whose memory is their own; Postgres's processes share theirs."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Figures:
    """One run's."""

    workers: int
    rows: list[dict[str, Any]]
    tenants: list[str]
    posted: Posted
    seconds: float
    worker_usage: Usage
    gateway_usage: Usage
    database_bytes: int
    watched: dict[str, int]

    @property
    def pages(self) -> int:
        """Fetched and stored, read or not."""
        return sum(row["done"] for row in self.rows)

    @property
    def unended(self) -> int:
        """Scans that the load left running."""
        return sum(row["status"] == "running" for row in self.rows)


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of ``loadtest``."""
    parser.description = (
        "Start fleets of so many workers, one after the other, each on servers of its own; scan simulated hosts on "
        "loopback for several tenants, of whom one sends half of all scans; print throughput, latencies, fairness, and "
        "whether politeness was kept. The distribution of hosts and pages stands in deploy/local/loadtest/hosts.py."
    )
    parser.add_argument("--workers", default="1,2,4", metavar="N,N…", help="fleets to measure (default: %(default)s)")
    parser.add_argument("--scans", type=int, default=400, metavar="N", help="scans in all (default: %(default)s)")
    parser.add_argument("--rate", type=float, default=20.0, metavar="N", help="scans a second (default: %(default)s)")
    parser.add_argument("--hosts", type=int, default=1_000, metavar="N", help="simulated hosts (default: %(default)s)")
    parser.add_argument(
        "--capacity",
        action="store_true",
        help="one worker instead: what a scan and a page cost, as docs/capacity.md has it",
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="repeat a load (default: %(default)s)")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, screen: Screen) -> int:
    """Measure each fleet; 1 if a scan was lost or a host was asked too hard."""
    if not 1 <= arguments.hosts <= MOST_HOSTS or arguments.scans < 1 or arguments.rate <= 0:
        raise UsageError(f"--hosts is 1 to {MOST_HOSTS}, --scans at least 1, --rate above 0.")
    counts = [options.worker_count(word) for word in arguments.workers.split(",")]
    plan = Plan(arguments.scans, arguments.rate, arguments.hosts, arguments.seed)
    if arguments.capacity:
        print(_on_fleet(1, screen, lambda fleet: _capacity(fleet, plan, screen)))
        return EXIT_OK
    figures = [_measure(count, plan, screen) for count in counts]
    screen.out.print(table(figures))
    bad = any(one.unended or one.posted.failed or one.posted.refused or one.watched["impolite"] for one in figures)
    return EXIT_FAILED if bad else EXIT_OK


def _measure(workers: int, plan: Plan, screen: Screen) -> Figures:
    return _on_fleet(workers, screen, lambda fleet: _load(fleet, workers, plan, screen))


def _on_fleet(workers: int, screen: Screen, job: Callable[[Fleet], Coroutine[object, object, T]]) -> T:
    """Do this with a fleet of its own, of which nothing is left."""
    directory = Path(tempfile.mkdtemp(prefix="scanfleet-load-"))
    interrupts = Interrupts()
    try:
        found: list[T] = []

        async def work() -> int:
            fleet_options = FleetOptions(directory, workers=workers, allow_networks=("127.0.0.0/8",))
            async with Fleet(fleet_options, screen.note, interrupts) as fleet:
                found.append(await fleet.run(job(fleet)))
            return EXIT_OK

        if interrupts.run(work()) != EXIT_OK:
            raise KeyboardInterrupt
        return found[0]
    finally:
        shutil.rmtree(directory, ignore_errors=True)


async def _simulated(fleet: Fleet, plan: Plan) -> int:
    """Start the simulated hosts; their port."""
    port = free_ports(1)[0]
    words = (str(port), str(plan.hosts), str(plan.seed), str(MANNERS["concurrency"]))
    spec = module_spec("simulator", "deploy.local.loadtest.simulator", base_environment(), *words)
    await fleet.add(spec, f"http://{OWN}:{port}{READY_PATH}")
    return port


async def _capacity(fleet: Fleet, plan: Plan, screen: Screen) -> str:
    port = await _simulated(fleet, plan)
    _, keys = await _tenants(fleet)
    pids = _pids(fleet)
    screen.note(f"{plan.scans} single scans, then {LARGE_SITES} large sites, on an otherwise idle fleet of one worker")
    where = Fleetwide(fleet.database_url, fleet.redis_url, fleet.address, keys[0], pids, port, plan.seed)
    phases = await measure(where, plan.scans, LARGE_SITES, plan.hosts)
    return report(phases, {part: usage(found).memory for part, found in pids.items() if part in PROCESSES})


async def _load(fleet: Fleet, workers: int, plan: Plan, screen: Screen) -> Figures:
    port = await _simulated(fleet, plan)
    tenants, keys = await _tenants(fleet)
    pids = _pids(fleet)
    size = await database_bytes(fleet.database_url)
    before = {name: usage(found) for name, found in pids.items()}
    screen.note(f"{plan.scans} scans of {plan.hosts} hosts, {plan.rate:g} a second, {workers} workers")
    began = asyncio.get_running_loop().time()
    posted = await drive(fleet.address, keys, plan, port)
    rows = await wait_for_end(fleet.database_url, END_SECONDS)
    seconds = asyncio.get_running_loop().time() - began
    async with aiohttp.ClientSession() as session, session.get(f"http://{OWN}:{port}{WATCHED_PATH}") as response:
        watched: dict[str, int] = await response.json()
    after = {name: usage(found) for name, found in pids.items()}
    used = {name: Usage(after[name].cpu - before[name].cpu, after[name].memory) for name in pids}
    grown = await database_bytes(fleet.database_url) - size
    return Figures(workers, rows, tenants, posted, seconds, used["worker"], used["gateway"], grown, watched)


async def _tenants(fleet: Fleet) -> tuple[list[str], list[str]]:
    """Ids and keys of the tenants, whose daily quota is out of the way."""
    ids: list[str] = []
    keys: list[str] = []
    async with open_accounts(fleet.database_url, secret_key(fleet.options.data_dir)) as accounts:
        for number in range(TENANTS):
            email = f"tenant-{number}@example.org"
            user = await accounts.create_user(email, secrets.token_urlsafe(24), "pro")
            limits = {"single": QUOTA, "sitemap": QUOTA, "crawl": QUOTA, "requests": QUOTA, "burst": QUOTA}
            await accounts.update_user(email, overrides=limits)
            ids.append(str(user.id))
            keys.append(await accounts.create_key(email, "load test", ("scan",), "live"))
    return ids, keys


def _pids(fleet: Fleet) -> dict[str, list[int]]:
    record = running_fleet(fleet.options.data_dir)
    named = record.pids if record is not None else {}
    return {kind: [pid for name, pid in named.items() if name.startswith(kind)] for kind in PARTS}


def table(figures: list[Figures]) -> Table:
    """A column for each fleet."""
    shown = Table("", *(f"{one.workers} worker{'s' if one.workers > 1 else ''}" for one in figures), box=None)
    for name, values in zip(_NAMES, zip(*(_values(one) for one in figures), strict=True), strict=True):
        shown.add_row(name, *values)
    return shown


_NAMES = (
    "scans accepted / ended / left running",
    "POST refused / failed",
    "seconds from the first POST to the last end",
    "pages / pages per second",
    "scans per second",
    "POST p50 / p95 / p99, ms",
    "single scan p50 / p95 / p99, s",
    "wait to begin, single, p50 / p95, s: heavy tenant",
    "wait to begin, single, p50 / p95, s: the others",
    "hosts asked / most at once / times too many",
    "worker CPU per page, ms",
    "gateway CPU per scan, ms",
    "worker memory in all, most, MB",
    "database bytes per page",
)


def _values(one: Figures) -> list[str]:
    ended = [row for row in one.rows if row["status"] != "running"]
    singles = [row["took"] for row in ended if row["mode"] == "single"]
    mine, others = waits(one.rows, one.tenants)
    pages = max(1, one.pages)
    return [
        f"{len(one.rows)} / {len(ended)} / {one.unended}",
        f"{one.posted.refused} / {one.posted.failed}",
        f"{one.seconds:.1f}",
        f"{one.pages} / {one.pages / one.seconds:.1f}",
        f"{len(ended) / one.seconds:.1f}",
        _spread(one.posted.seconds, (0.5, 0.95, 0.99), 1000, 0),
        _spread(singles, (0.5, 0.95, 0.99), 1, 2),
        _spread(mine, (0.5, 0.95), 1, 2),
        _spread(others, (0.5, 0.95), 1, 2),
        f"{one.watched['hosts']} / {one.watched['most']} / {one.watched['impolite']}",
        f"{one.worker_usage.cpu * 1000 / pages:.1f}",
        f"{one.gateway_usage.cpu * 1000 / max(1, len(one.rows)):.1f}",
        f"{one.worker_usage.memory:.0f}",
        f"{one.database_bytes / pages:.0f}",
    ]


def _spread(values: list[float], shares: tuple[float, ...], factor: float, digits: int) -> str:
    found = [quantile(values, share) for share in shares]
    return " / ".join("–" if value is None else f"{value * factor:.{digits}f}" for value in found)
