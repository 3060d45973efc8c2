"""``up``: the fleet, until Ctrl-C."""

import argparse
import asyncio

from deploy.local import options
from deploy.local.cli import EXIT_OK, add_data_option
from deploy.local.fleet import Fleet, FleetOptions
from deploy.local.screen import Screen
from deploy.local.signals import Interrupts


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of ``up``."""
    parser.description = (
        "Run gateway, scheduler and workers with their Postgres and Valkey. Prints the address once all "
        "are ready; Ctrl-C lets running requests and pages finish, a second Ctrl-C ends everything at once."
    )
    add_data_option(parser)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=options.port, default=8080, help="port of the gateway (default: %(default)s)")
    parser.add_argument(
        "--workers", type=options.worker_count, default=2, help="worker processes (default: %(default)s)"
    )
    parser.add_argument(
        "--allow-network",
        metavar="CIDR",
        type=options.network,
        action="append",
        default=[],
        help="private network that may be scanned, e.g. 127.0.0.0/8; may be given several times (default: none)",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, screen: Screen) -> int:
    """Run the fleet; 0 after an orderly stop."""
    fleet_options = FleetOptions(
        arguments.data, arguments.host, arguments.port, arguments.workers, tuple(arguments.allow_network)
    )
    interrupts = Interrupts()
    status = interrupts.run(_up(fleet_options, screen, interrupts))
    # To be stopped is how this command is meant to end.
    return EXIT_OK if interrupts.received is not None else status


async def _up(fleet_options: FleetOptions, screen: Screen, interrupts: Interrupts) -> int:
    async with Fleet(fleet_options, screen.note, interrupts) as fleet:
        screen.out.print(fleet.address)
        screen.note(f"ready; logs in {fleet.log_dir}; Ctrl-C stops the fleet")
        await fleet.run(asyncio.Event().wait())
    return EXIT_OK
