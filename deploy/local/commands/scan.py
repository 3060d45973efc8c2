"""``scan URL``: one scan, with a running fleet or one of its own, and an exit status for continuous integration."""

import argparse
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from ipaddress import ip_network

import msgspec

from deploy.local import options
from deploy.local.accounts import open_accounts
from deploy.local.api import ApiError, Client, Scan, UnreachableError
from deploy.local.cli import EXIT_FAILED, EXIT_NOT_STARTED, EXIT_OK, add_data_option
from deploy.local.errors import LaunchError, UsageError
from deploy.local.fleet import Fleet, FleetOptions
from deploy.local.record import running_fleet
from deploy.local.report import render_report
from deploy.local.screen import Screen
from deploy.local.secret import secret_key
from deploy.local.signals import Interrupts
from deploy.local.watching import follow_scan
from shared.network import BadUrl, check_url


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of ``scan``."""
    parser.description = (
        "Scan a page, or with --sitemap a site. Uses the fleet that runs on the data directory, or starts "
        "one for as long as the scan takes."
    )
    parser.epilog = (
        "Exit status: 0 done, 1 the scan failed or the score is under --fail-under, 2 wrong usage, 3 the "
        "service could not be started or reached."
    )
    parser.add_argument("url", metavar="URL", type=options.web_address, help="https:// is added if it has no scheme")
    parser.add_argument("--sitemap", action="store_true", help="scan all pages of the site's sitemaps")
    parser.add_argument("--json", action="store_true", help="print the scan as the API returns it")
    parser.add_argument(
        "--fail-under", metavar="N", type=options.percentage, help="exit with 1 if the score is below N"
    )
    parser.add_argument(
        "--allow-network",
        metavar="CIDR",
        type=options.network,
        action="append",
        default=[],
        help="private network that may be scanned, e.g. 127.0.0.0/8 (only for a fleet that this command starts)",
    )
    add_data_option(parser)
    parser.set_defaults(run=run)


def _check_address(url: str, networks: Sequence[str]) -> None:
    """Refuse before anything is started what the service would refuse. Raises UsageError that says what to do."""
    allowed = tuple(ip_network(network) for network in networks)
    try:
        check_url(url, allow_networks=allowed)
    except BadUrl as error:
        hint = " For a site of your own: --allow-network 127.0.0.0/8, or its CIDR." if error.fault == "address" else ""
        raise UsageError(f"{url}: {error}.{hint}") from error


def run(arguments: argparse.Namespace, screen: Screen) -> int:
    """Scan, show, judge."""
    record = running_fleet(arguments.data)
    _check_address(arguments.url, (*arguments.allow_network, *(record.allow_networks if record is not None else ())))
    interrupts = Interrupts()
    return interrupts.run(_scan(arguments, screen, interrupts))


async def _scan(arguments: argparse.Namespace, screen: Screen, interrupts: Interrupts) -> int:
    try:
        async with _service(arguments, screen, interrupts) as (address, key, fleet), Client(address, key) as client:
            work = _scan_and_show(arguments, screen, client)
            return await (fleet.run(work) if fleet is not None else work)
    except ApiError as error:
        screen.warn(f"{error.message} ({error.code})")
        return EXIT_FAILED
    except UnreachableError as error:
        screen.warn(str(error))
        return EXIT_NOT_STARTED


@asynccontextmanager
async def _service(
    arguments: argparse.Namespace, screen: Screen, interrupts: Interrupts
) -> AsyncGenerator[tuple[str, str, Fleet | None]]:
    """Address and key of the running fleet, or of one that lasts as long as the block."""
    record = running_fleet(arguments.data)
    if record is not None:
        if missing := set(arguments.allow_network) - set(record.allow_networks):
            message = (
                f"The fleet that runs on {arguments.data} does not allow {', '.join(sorted(missing))}. "
                "Restart it with --allow-network, or give this scan a --data directory of its own."
            )
            raise LaunchError(message)
        async with open_accounts(record.database_url, secret_key(arguments.data)) as accounts:
            key = await accounts.local_key(arguments.data)
        yield record.address, key, None
        return
    fleet_options = FleetOptions(arguments.data, allow_networks=tuple(arguments.allow_network))
    async with Fleet(fleet_options, screen.note, interrupts) as fleet:
        async with open_accounts(fleet.database_url, secret_key(arguments.data)) as accounts:
            key = await accounts.local_key(arguments.data)
        yield fleet.address, key, fleet


async def _scan_and_show(arguments: argparse.Namespace, screen: Screen, client: Client) -> int:
    scan_id = await client.start_scan(arguments.url, "sitemap" if arguments.sitemap else "single")
    scan = await follow_scan(client, scan_id, screen)
    if arguments.json:
        body = msgspec.json.format(msgspec.json.encode(await client.raw_scan(scan_id)))
        sys.stdout.write(body.decode() + "\n")
    else:
        issues = await client.issues(scan_id) if scan.status == "complete" else []
        screen.out.print(render_report(scan, issues))
    return verdict(scan, arguments.fail_under)


def verdict(scan: Scan, fail_under: int | None) -> int:
    """The exit status for a scan that has ended. Without a score no threshold is met."""
    if scan.status != "complete":
        return EXIT_FAILED
    if fail_under is None:
        return EXIT_OK
    score = scan.result.score if scan.result is not None else None
    return EXIT_OK if score is not None and score >= fail_under else EXIT_FAILED
