"""``messages``: what other programs put on the ingress queue that became no scan, and why."""

import argparse
import sys

import msgspec

from deploy.local.accounts import Accounts
from deploy.local.cli import add_data_option
from deploy.local.commands.admin import with_accounts
from deploy.local.screen import Screen, clean

MOST = 1_000


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of ``messages``."""
    parser.description = (
        "List messages of the ingress queue that were set aside because they can't be read or bear no valid API key, "
        "the newest first. What was refused to a known sender is a scan that ended in error: see its history."
    )
    parser.add_argument("--limit", type=int, default=50, metavar="N", help="at most so many (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    add_data_option(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, screen: Screen) -> int:
    """Print them."""

    async def show(accounts: Accounts) -> None:
        rows = await accounts.set_aside(max(1, min(arguments.limit, MOST)))
        for row in rows:
            if arguments.json:
                sys.stdout.write(msgspec.json.encode(row).decode() + "\n")
            else:
                at, why = row["at"].isoformat(timespec="seconds"), clean(row["reason"], 300)
                sys.stdout.write(f"{at}  {row['code']}  {why}\n    {clean(row['message'], 300)}\n")
        if not rows:
            screen.note("nothing was set aside")

    return with_accounts(arguments.data, show)
