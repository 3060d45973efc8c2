"""`python -m tests.bench.curve --plots docs/performance [--long]`: what scans cost as they grow, in three directions.

Size of the site (a whole scan up to 5,000 pages, with --long to 250,000; planning alone to 50,000 and 250,000 URLs),
checks times pages (from memory), tenants times scans (20 pages each, all at once, through a whole fleet).
"""

import argparse
import asyncio
import secrets
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from deploy.local.accounts import Accounts, open_accounts
from deploy.local.api import Client
from deploy.local.fleet import Fleet, FleetOptions, base_environment, module_spec
from deploy.local.ports import free_ports
from deploy.local.screen import Screen
from deploy.local.secret import secret_key
from deploy.local.signals import Interrupts
from shared.checks import catalogue
from shared.checks.limits import DEFAULT_PROFILE
from tests.bench import discovery, growth
from tests.bench.engine import jobs
from tests.bench.figures import Plan, Row, row
from tests.bench.folder import in_folder
from tests.bench.many_pages import HOST, READY_PATH
from tests.bench.plot import Line, chart, write
from tests.bench.processes import cpu_seconds
from tests.bench.saved import load
from workers.scan_page import Terms, judge_page

Totals = dict[int, list[tuple[float, float]]]

PAGES = (25, 50, 100, 200)
QUARTERS = 4
TENANTS = (1, 2, 4, 8)
SCANS = (1, 2, 4)
SCAN_PAGES = 20
SCAN_SECONDS = 900.0
STRAIGHT = 1.5
"""A point may cost that many times what the first of its line says it should: machines shared with others are not exact."""
_UNBOUND = {"sitemap": 1_000_000, "requests": 6_000_000, "burst": 6_000_000, "running": 1_000}


def checks_by_pages() -> Totals:
    """Number of checks → (pages, CPU seconds of the child's whole job), from memory."""
    names = sorted(catalogue())
    found: Totals = {}
    for quarter in range(1, QUARTERS + 1):
        kept = len(names) * quarter // QUARTERS
        # Every nth, not the first n: checks of a group cost alike.
        left = {names[n * len(names) // kept] for n in range(kept)}
        terms = Terms(DEFAULT_PROFILE, disabled=tuple(name for name in names if name not in left))
        work = [msgspec.structs.replace(job, terms=terms) for job in jobs(load(None, PAGES[-1]))]
        payloads = [msgspec.msgpack.encode(job) for job in work]
        for payload in payloads[:20]:
            judge_page(payload)
        line = found[kept] = []
        for pages in PAGES:
            began = time.process_time()
            for payload in payloads[:pages]:
                judge_page(payload)
            line.append((pages, time.process_time() - began))
    return found


async def _tenant(accounts: Accounts) -> str:
    email = f"bench-{secrets.token_hex(4)}@example.org"
    await accounts.create_user(email, secrets.token_urlsafe(24), "enterprise")
    await accounts.update_user(email, overrides=_UNBOUND)
    return await accounts.create_key(email, "bench", ("read", "scan"), "live")


async def _together(clients: Sequence[Client], scans: int, url: str) -> float:
    """CPU seconds of the whole fleet for so many scans of every tenant, begun together."""

    async def one(client: Client) -> None:
        scan_id = await client.start_scan(url, "sitemap", {"concurrency": 10, "delay_ms": 0})
        scan = await client.follow(scan_id, lambda _: None)
        if scan.status != "complete" or scan.progress.done != SCAN_PAGES:
            message = f"a scan ended as {scan.status} with {scan.progress.done} pages"
            raise RuntimeError(message)

    before = cpu_seconds()
    async with asyncio.timeout(SCAN_SECONDS), asyncio.TaskGroup() as group:
        for client in clients:
            for _ in range(scans):
                group.create_task(one(client))
    return sum(seconds - before[kind] for kind, seconds in cpu_seconds().items() if kind != "site")


async def _tenants(directory: Path, screen: Screen, interrupts: Interrupts) -> Totals:
    options = FleetOptions(directory, workers=1, allow_networks=("127.0.0.0/8",))
    async with Fleet(options, screen.note, interrupts) as fleet:
        port = free_ports(1)[0]
        site = f"http://{HOST}:{port}"
        spec = module_spec("bench-site", "tests.bench.many_pages", base_environment(), str(port), str(SCAN_PAGES))
        await fleet.add(spec, site + READY_PATH)
        async with open_accounts(fleet.database_url, secret_key(directory)) as accounts:
            keys = [await _tenant(accounts) for _ in range(TENANTS[-1])]
        clients = [Client(fleet.address, key) for key in keys]
        for client in clients:
            await client.__aenter__()
        try:
            await fleet.run(_together(clients[:1], 2, f"{site}/"))
            return {
                scans: [
                    (tenants, await fleet.run(_together(clients[:tenants], scans, f"{site}/"))) for tenants in TENANTS
                ]
                for scans in SCANS
            }
        finally:
            for client in clients:
                await client.__aexit__(None, None, None)


def tenants_by_scans(screen: Screen) -> Totals:
    """Scans of each tenant → (tenants, CPU seconds of the fleet), in a fleet of its own."""
    return in_folder(lambda directory, interrupts: _tenants(directory, screen, interrupts))


def bend(line: Sequence[tuple[float, float]]) -> float:
    """The dearest unit of a line as a multiple of its cheapest: 1 is straight through the origin."""
    each = [y / x for x, y in line]
    return max(each) / min(each)


def _sizes(plan: Plan) -> list[Row]:
    scans = [growth.measure(pages, plan.screen) for pages in (growth.LONG if plan.long else growth.SIZES)]
    plans = [discovery.measure(urls) for urls in (discovery.LONG if plan.long else discovery.SIZES)]
    if plan.plots is not None:
        plot_scans(plan.plots, scans)
        plot_plans(plan.plots, plans)
    last = scans[-1]
    return [
        *(row("curve", f"{one.pages:,} pages: workers' CPU", one.each, "ms a page") for one in scans),
        *(row("curve", f"{one.pages:,} pages: by the clock", one.rate, "pages/s") for one in scans),
        row(
            "curve",
            "dearest page as a multiple of the cheapest",
            bend([(one.pages, one.cpu["workers"]) for one in scans]),
            "×",
            most=STRAIGHT,
        ),
        *(row("curve", f"{one.urls:,} URLs: planning", 1e6 * one.cpu / one.urls, "µs a URL") for one in plans),
        row(
            "curve",
            "dearest planned URL, of the cheapest",
            bend([(one.urls, one.cpu) for one in plans]),
            "×",
            most=STRAIGHT,
        ),
        row(
            "memory", f"worker while fetching, {last.pages:,} pages above 1,000", last.growth("worker"), "MB", most=20.0
        ),
        row("memory", "worker: what the site-level analysis takes above that", last.analysis, "MB"),
        row("memory", f"parser's child, {last.pages:,} pages above 1,000", last.growth("child"), "MB", most=20.0),
    ]


def plot_scans(folder: Path, scans: Sequence[growth.Grown]) -> None:
    """Cost a page by size, and memory over the largest scan."""
    kinds = ("workers", "postgres", "scheduler", "valkey")
    lines = [Line(kind, [(one.pages, 1_000 * one.cpu[kind] / one.pages) for one in scans]) for kind in kinds]
    write(folder, "scan-size", chart("CPU a page by size of the scan", "pages", "ms of CPU a page", lines, log_x=True))
    lines = [Line("by the clock", [(one.pages, one.rate) for one in scans])]
    write(folder, "scan-rate", chart("One worker process: pages a second", "pages", "pages/s", lines, log_x=True))
    samples = scans[-1].fetching
    lines = [
        Line("worker", [(one.pages, one.worker) for one in samples]),
        Line("parser's child", [(one.pages, one.child) for one in samples]),
    ]
    title = f"Memory while {scans[-1].pages:,} pages are fetched"
    write(folder, "scan-memory", chart(title, "pages done", "MB", lines))


def plot_plans(folder: Path, plans: Sequence[discovery.Planned]) -> None:
    """Cost a URL of planning by size."""
    lines = [
        Line("worker", [(one.urls, 1e6 * one.cpu / one.urls) for one in plans]),
        Line("Postgres", [(one.urls, 1e6 * one.postgres / one.urls) for one in plans]),
    ]
    write(
        folder,
        "plan-size",
        chart("Planning: CPU a URL by size of the sitemaps", "URLs", "µs of CPU a URL", lines, log_x=True),
    )


def plot_totals(folder: Path, name: str, title: str, x_name: str, of: str, totals: Totals) -> None:
    """One line for each key."""
    lines = [Line(f"{number} {of}", points) for number, points in totals.items()]
    write(folder, name, chart(title, x_name, "seconds of CPU", lines))


def rows(plan: Plan) -> list[Row]:
    """The table's lines; charts where the plan names a folder."""
    found = _sizes(plan)
    checks, tenants = checks_by_pages(), tenants_by_scans(plan.screen)
    if plan.plots is not None:
        plot_totals(plan.plots, "checks-pages", "Checks times pages", "pages", "checks", checks)
        plot_totals(
            plan.plots, "tenants-scans", f"Tenants times scans of {SCAN_PAGES} pages", "tenants", "scans each", tenants
        )
    each = {scans: [(scans * x, y) for x, y in line] for scans, line in tenants.items()}
    every = [point for line in each.values() for point in line]
    return [
        *found,
        *(
            row("curve", f"{number} checks, {line[-1][0]:.0f} pages", 1_000 * line[-1][1] / line[-1][0], "ms a page")
            for number, line in checks.items()
        ),
        row("curve", "pages: dearest of the cheapest, all checks", bend(list(checks.values())[-1]), "×", most=STRAIGHT),
        row("curve", f"fleet's CPU a scan, 1 tenant, {SCANS[-1]} scans", every[-len(TENANTS)][1] / SCANS[-1], "s"),
        row("curve", f"fleet's CPU a scan, {TENANTS[-1]} tenants, {SCANS[-1]} scans", every[-1][1] / every[-1][0], "s"),
        row(
            "curve",
            "scans: cost of the most at once, of the fewest",
            (every[-1][1] / every[-1][0]) / (every[0][1] / every[0][0]),
            "×",
            most=STRAIGHT,
        ),
    ]


def main(words: Sequence[str]) -> int:
    """Entry point; 1 when a line isn't straight."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--long", action="store_true", help="every size: hours on a busy machine")
    parser.add_argument("--plots", type=Path, help="a folder for the charts")
    arguments = parser.parse_args(words)
    screen = Screen()
    found = rows(Plan(screen=screen, long=arguments.long, plots=arguments.plots))
    for one in found:
        screen.out.print(
            f"{one.what:60} {one.figure:>20}  {one.target:>10}  {'' if one.met is None else one.met}", soft_wrap=True
        )
    return int(any(one.met is False for one in found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
