"""``scan URL``: one scan, with a running fleet or one of its own, and an exit status for continuous integration."""

import argparse
import contextlib
import os
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from ipaddress import ip_network
from pathlib import Path

import msgspec
from rich.console import RenderableType

from deploy.local import options
from deploy.local.accounts import open_accounts
from deploy.local.api import ApiError, Client, Scan, UnreachableError
from deploy.local.asking import add_scan_options, scan_options
from deploy.local.cli import EXIT_FAILED, EXIT_NOT_STARTED, EXIT_OK, EXIT_USAGE, add_data_option
from deploy.local.errors import LaunchError, UsageError
from deploy.local.fleet import Fleet, FleetOptions
from deploy.local.formats import RENDER, baseline
from deploy.local.formats.gathered import Gathered, gather
from deploy.local.record import running_fleet
from deploy.local.report import render_report, render_summary
from deploy.local.screen import Screen, plain_lines
from deploy.local.secret import secret_key
from deploy.local.signals import Interrupts
from deploy.local.verdict import add_verdict_options, judge
from deploy.local.watching import follow_scan
from shared.network import BadUrl, check_url

REFUSED = frozenset({400, 401, 403})
"""What the service answers to wrong options, a wrong key, or one that may not."""
NEW_KEY = (
    "\nMake one on the service with: scanfleet token create EMAIL, or in its dashboard, and put it into SCANFLEET_KEY."
)
FORMATS = ("text", "json", "csv", *RENDER)


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of ``scan``."""
    parser.description = (
        "Scan a page, the pages of its sitemaps, or a whole site. Uses the service that --server names, else the fleet "
        "that runs on the data directory, else one of its own for as long as the scan takes."
    )
    parser.epilog = (
        "Exit status: 0 done, 1 the scan failed or the verdict is against it, 2 wrong usage, 3 the service could not "
        "be started or reached. Progress goes to standard error, results to standard output."
    )
    parser.add_argument("url", metavar="URL", type=options.web_address, help="https:// is added if it has no scheme")
    add_scan_options(parser)
    add_verdict_options(parser)
    shown = parser.add_argument_group("result")
    shown.add_argument("--format", choices=FORMATS, default="text", help="(default: %(default)s)")
    shown.add_argument("--json", dest="format", action="store_const", const="json", help="the same as --format json")
    shown.add_argument(
        "--output", metavar="FILE", type=Path, help="write the result to FILE and a summary to the screen"
    )
    where = parser.add_argument_group("service")
    where.add_argument(
        "--server", metavar="URL", type=options.web_address, help="a running service, whose API key is in SCANFLEET_KEY"
    )
    where.add_argument(
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
    if arguments.baseline:
        baseline.read(arguments.baseline)
    if arguments.output:
        _writable(arguments.output)
    if arguments.server is None:
        record = running_fleet(arguments.data)
        networks = record.allow_networks if record is not None else ()
        _check_address(arguments.url, (*arguments.allow_network, *networks))
    interrupts = Interrupts()
    return interrupts.run(_scan(arguments, screen, interrupts))


def _writable(path: Path) -> None:
    """Say before the scan that its result couldn't be written. Raises UsageError."""
    try:
        path.touch()
    except OSError as error:
        raise UsageError(f"--output {path}: {error.strerror}.") from error


async def _scan(arguments: argparse.Namespace, screen: Screen, interrupts: Interrupts) -> int:
    try:
        async with _service(arguments, screen, interrupts) as (address, key, fleet), Client(address, key) as client:
            work = _scan_and_show(arguments, screen, client)
            return await (fleet.run(work) if fleet is not None else work)
    except ApiError as error:
        hint = NEW_KEY if error.status == HTTPStatus.UNAUTHORIZED and arguments.server is not None else ""
        screen.warn(f"{error.message} ({error.code}){hint}")
        return EXIT_USAGE if error.status in REFUSED else EXIT_FAILED
    except UnreachableError as error:
        screen.warn(str(error))
        return EXIT_NOT_STARTED


@asynccontextmanager
async def _service(
    arguments: argparse.Namespace, screen: Screen, interrupts: Interrupts
) -> AsyncGenerator[tuple[str, str, Fleet | None]]:
    """Address and key of the service, of the running fleet, or of one that lasts as long as the block."""
    if arguments.server is not None:
        key = os.environ.get("SCANFLEET_KEY", "")
        if not key:
            raise UsageError("--server: put an API key with the scopes read, scan and export into SCANFLEET_KEY.")
        yield arguments.server, key, None
        return
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
    scan_id = await client.start_scan(arguments.url, arguments.mode, scan_options(arguments))
    scan = await follow_scan(client, scan_id, screen)
    needed = arguments.format in RENDER or arguments.baseline or arguments.write_baseline or arguments.fail_on
    gathered = judge(
        await gather(client, scan_id) if needed else Gathered(await client.raw_scan(scan_id), (), ()), arguments
    )
    if arguments.write_baseline and scan.status == "complete":
        baseline.write(arguments.write_baseline, gathered.findings)
    await _write_result(arguments, client, scan, gathered)
    if arguments.output:
        screen.note(f"{arguments.format} written to {arguments.output}")
    if arguments.output:
        screen.show(render_summary(scan))
    elif arguments.format == "text":
        screen.show(await _report(client, scan))
    for failure in gathered.failures:
        screen.warn(failure)
    return EXIT_FAILED if gathered.failures else EXIT_OK


async def _write_result(arguments: argparse.Namespace, client: Client, scan: Scan, gathered: Gathered) -> None:
    """To the file or to standard output, a CSV part by part; text for the screen is printed by the caller."""
    if arguments.format == "text" and not arguments.output:
        return
    with arguments.output.open("wb") if arguments.output else contextlib.nullcontext(sys.stdout.buffer) as file:
        if arguments.format != "csv":
            file.write(await _result(arguments.format, client, scan, gathered))
        elif scan.status == "complete":
            await client.export(scan.scan_id, "csv", file.write)
        file.flush()


async def _report(client: Client, scan: Scan) -> RenderableType:
    return render_report(scan, await client.issues(scan.scan_id) if scan.status == "complete" else [])


async def _result(kind: str, client: Client, scan: Scan, gathered: Gathered) -> bytes:
    """The result in a format that is held as a whole."""
    if kind == "text":
        return plain_lines(await _report(client, scan)).encode(errors="replace")
    if kind == "json":
        return msgspec.json.format(msgspec.json.encode(gathered.scan)) + b"\n"
    return RENDER[kind](gathered).encode(errors="replace")
