"""``demo``: the fleet, a site with planted faults, and two scans of it through the HTTP API."""

import argparse
import asyncio
import secrets
from dataclasses import dataclass

from rich.rule import Rule
from rich.text import Text

from deploy.local.accounts import open_accounts
from deploy.local.api import ApiError, Client, Issue, Page, UnreachableError
from deploy.local.cli import EXIT_FAILED, EXIT_INTERRUPTED, EXIT_OK, ROOT, add_data_option
from deploy.local.fleet import Fleet, FleetOptions, base_environment, module_spec
from deploy.local.ports import free_ports
from deploy.local.report import planted_defects, render_report
from deploy.local.sample_server import HOST, READY_PATH
from deploy.local.screen import Screen
from deploy.local.secret import secret_key
from deploy.local.signals import Interrupts
from deploy.local.watching import follow_scan
from shared.samplesite import PLANTED

NETWORKS = ("127.0.0.0/8",)
MODES = ("single", "sitemap")
SCAN_SECONDS = 180.0
"""For a site of a few dozen pages on loopback: a hundred times what it takes."""


@dataclass(slots=True)
class _Outcome:
    """How far the demo came: an interruption after the scans is a normal end."""

    scanned: bool = False


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of ``demo``."""
    parser.description = (
        "Start the fleet and a small web site with planted faults, both on this machine, and scan it "
        "through the HTTP API. Stays up until Ctrl-C, so that you can try the API with the printed key."
    )
    parser.add_argument("--exit", action="store_true", help="stop after the scans; exit status 0 if both completed")
    add_data_option(parser, ROOT / ".scanfleet" / "demo")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, screen: Screen) -> int:
    """Run the demo."""
    interrupts = Interrupts()
    outcome = _Outcome()
    status = interrupts.run(_demo(arguments, screen, interrupts, outcome))
    if interrupts.received is None:
        return status
    return EXIT_OK if outcome.scanned else EXIT_INTERRUPTED


async def _demo(arguments: argparse.Namespace, screen: Screen, interrupts: Interrupts, outcome: _Outcome) -> int:
    fleet_options = FleetOptions(arguments.data, allow_networks=NETWORKS)
    async with Fleet(fleet_options, screen.note, interrupts) as fleet:
        site = await _serve_sample(fleet)
        key = await _demo_key(fleet)
        screen.note(f"the fleet answers at {fleet.address}, the sample site at {site}")
        outcome.scanned = await fleet.run(_scan_all(fleet.address, key, site, screen))
        _show_access(screen, fleet.address, key, site)
        if outcome.scanned and not arguments.exit:
            screen.note("Ctrl-C stops everything")
            await fleet.run(asyncio.Event().wait())
    return EXIT_OK if outcome.scanned else EXIT_FAILED


async def _serve_sample(fleet: Fleet) -> str:
    port = free_ports(1)[0]
    site = f"http://{HOST}:{port}"
    spec = module_spec("sample-site", "deploy.local.sample_server", base_environment(), str(port))
    await fleet.add(spec, site + READY_PATH)
    return site


async def _demo_key(fleet: Fleet) -> str:
    """A key of a new user: so the demo can be run as often as one likes without using up its quota."""
    email = f"demo-{secrets.token_hex(4)}@example.org"
    async with open_accounts(fleet.database_url, secret_key(fleet.options.data_dir)) as accounts:
        await accounts.create_user(email, secrets.token_urlsafe(24), "pro")
        return await accounts.create_key(email, "demo", ("read", "scan"), "live")


async def _scan_all(address: str, key: str, site: str, screen: Screen) -> bool:
    """Scan in every mode; whether all of them completed."""
    completed = True
    async with Client(address, key) as client:
        for mode in MODES:
            screen.out.print(Rule(Text(f"{mode} scan of {site}/"), style="dim"))
            completed = await _scan(client, f"{site}/", mode, screen) and completed
    return completed


async def _scan(client: Client, url: str, mode: str, screen: Screen) -> bool:
    try:
        scan_id = await client.start_scan(url, mode)
        async with asyncio.timeout(SCAN_SECONDS):
            scan = await follow_scan(client, scan_id, screen)
        issues = await client.issues(scan_id) if scan.status == "complete" else []
    except ApiError as error:
        screen.warn(f"{error.message} ({error.code})")
        return False
    except UnreachableError as error:
        screen.warn(str(error))
        return False
    except TimeoutError:
        screen.warn(f"The {mode} scan did not end within {SCAN_SECONDS:.0f} s; the logs have the reason.")
        return False
    screen.show(render_report(scan, issues))
    if scan.status != "complete" or mode != "sitemap":
        return scan.status == "complete"
    return _show_planted(url.rstrip("/"), await client.pages(scan_id), issues, screen)


def _show_planted(site: str, pages: list[Page], issues: list[Issue], screen: Screen) -> bool:
    """Say of every planted defect whether the scan named it; whether it named them all."""
    named = {(page.url.removeprefix(site), finding.check) for page in pages for finding in page.findings}
    named |= {("", issue.check) for issue in issues}
    found = [
        (f"{one.path or 'the whole site'}: {one.what} ({one.check})", (one.path or "", one.check) in named)
        for one in PLANTED
    ]
    screen.show(planted_defects(found))
    return all(ok for _, ok in found)


def _show_access(screen: Screen, address: str, key: str, site: str) -> None:
    command = (
        f"curl -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' \\\n"
        f'     -d \'{{"url": "{site}/"}}\' {address}/api/v1/scans'
    )
    for line in (f"API:  {address}/api/v1", f"Key:  {key}", f"Try:  {command}"):
        screen.out.print(Text(line), soft_wrap=True)
