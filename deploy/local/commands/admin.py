"""``migrate``, ``user`` and ``token``: what an operator does without the API."""

import argparse
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from deploy.local.accounts import Accounts, open_accounts
from deploy.local.backends import backends_for, external_backends
from deploy.local.cli import EXIT_OK, add_data_option
from deploy.local.embedded import DataDir
from deploy.local.errors import UsageError
from deploy.local.fleet import base_environment, run_migrations
from deploy.local.place import private_dir
from deploy.local.record import running_fleet
from deploy.local.screen import Screen
from deploy.local.secret import secret_key
from deploy.local.signals import Interrupts
from shared.errors import ServiceError
from shared.requests import PERMISSIONS

if TYPE_CHECKING:
    from collections.abc import Generator

MAX_PASSWORD_BYTES = 4096


def configure_migrate(parser: argparse.ArgumentParser) -> None:
    """Options of ``migrate``."""
    parser.description = "Apply new migrations to the database."
    add_data_option(parser)
    parser.set_defaults(run=run_migrate)


def configure_user(parser: argparse.ArgumentParser) -> None:
    """Options of ``user create``."""
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    change = actions.add_parser("set", help="change a user's tier, figures or state")
    change.description = "Change a user. What isn't named stays as it is."
    change.add_argument("email", metavar="EMAIL")
    change.add_argument("--tier", help="free, pro, management, ceo or enterprise")
    change.add_argument(
        "--override", action="append", metavar="FIGURE=N", help="a figure of the tiers file, e.g. single=500"
    )
    change.add_argument(
        "--permission",
        action="append",
        metavar="NAME",
        help=f"what this user may do besides, in place of what was given before: {', '.join(PERMISSIONS)}, or none",
    )
    state = change.add_mutually_exclusive_group()
    state.add_argument("--disable", dest="disabled", action="store_true", default=None, help="shut the account")
    state.add_argument("--enable", dest="disabled", action="store_false", default=None, help="open it again")
    change.add_argument("--end-sessions", action="store_true", help="end every login; API keys go on working")
    add_data_option(change)
    change.set_defaults(run=run_user_set)
    create = actions.add_parser("create", help="make a user")
    create.description = "Make a user; the password is the first line of standard input."
    create.add_argument("email", metavar="EMAIL")
    create.add_argument(
        "--tier", default="free", help="free, pro, management, ceo or enterprise (default: %(default)s)"
    )
    create.add_argument("--password-stdin", action="store_true", required=True, help="read the password from stdin")
    add_data_option(create)
    create.set_defaults(run=run_user_create)


def configure_token(parser: argparse.ArgumentParser) -> None:
    """Options of ``token create``."""
    actions = parser.add_subparsers(metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="list a user's API keys")
    listing.add_argument("email", metavar="EMAIL")
    add_data_option(listing)
    listing.set_defaults(run=run_token_list)
    revoke = actions.add_parser("revoke", help="revoke an API key for good")
    revoke.add_argument("email", metavar="EMAIL", help="whose key it is")
    revoke.add_argument("client_id", metavar="CLIENT_ID", help="ci_…, as `token list` shows it")
    add_data_option(revoke)
    revoke.set_defaults(run=run_token_revoke)
    create = actions.add_parser("create", help="make an API key")
    create.description = "Make an API key. Prints the key, and nothing else, once."
    create.add_argument("email", metavar="EMAIL", help="whose key it is")
    create.add_argument("--name", default="command line", help="what it is for (default: %(default)s)")
    scopes = ("read", "scan", "export")
    create.add_argument("--scope", action="append", choices=scopes, help="may be given several times (default: read)")
    create.add_argument("--mode", choices=("live", "test"), default="live", help="(default: %(default)s)")
    add_data_option(create)
    create.set_defaults(run=run_token_create)


def run_migrate(arguments: argparse.Namespace, screen: Screen) -> int:
    """Apply what is missing."""
    with database(arguments.data) as url:
        _migrate(url, arguments.data)
    screen.note("the schema is up to date")
    return EXIT_OK


def run_user_create(arguments: argparse.Namespace, screen: Screen) -> int:
    """Make a user."""
    password = sys.stdin.readline(MAX_PASSWORD_BYTES).rstrip("\r\n")

    async def create(accounts: Accounts) -> None:
        user = await accounts.create_user(arguments.email, password, arguments.tier)
        screen.note(f"made {user.email} ({user.tier})")

    return with_accounts(arguments.data, create)


def run_token_create(arguments: argparse.Namespace, screen: Screen) -> int:
    """Make a key and print it."""

    async def create(accounts: Accounts) -> None:
        scopes = arguments.scope or ["read"]
        secret = await accounts.create_key(arguments.email, arguments.name, scopes, arguments.mode)
        # Not through rich, which would wrap it on a narrow terminal.
        sys.stdout.write(secret + "\n")
        screen.note("this key is shown only once")

    return with_accounts(arguments.data, create)


def run_user_set(arguments: argparse.Namespace, screen: Screen) -> int:
    """Change a user."""
    figures: dict[str, int] = {}
    for pair in arguments.override or ():
        name, _, number = pair.partition("=")
        if not number.isdigit():
            raise UsageError(f"--override {pair}: FIGURE=N with a whole number is wanted.")
        figures[name] = int(number)

    async def change(accounts: Accounts) -> None:
        await accounts.update_user(
            arguments.email,
            tier=arguments.tier,
            overrides=figures or None,
            permissions=_permissions(arguments.permission),
            disabled=arguments.disabled,
            end_sessions=arguments.end_sessions,
        )
        screen.note(f"changed {arguments.email}")

    return with_accounts(arguments.data, change)


def _permissions(named: Sequence[str] | None) -> list[str] | None:
    if named is None:
        return None
    wanted = [name for name in named if name != "none"]
    if unknown := sorted(set(wanted) - set(PERMISSIONS)):
        raise UsageError(f"--permission {unknown[0]}: there are {', '.join(PERMISSIONS)}, and none.")
    return wanted


def run_token_list(arguments: argparse.Namespace, screen: Screen) -> int:
    """Print a user's keys, one a line."""
    del screen

    async def show(accounts: Accounts) -> None:
        for key in await accounts.keys_of(arguments.email):
            state = "revoked" if key.revoked_at else ",".join(key.scopes)
            sys.stdout.write(f"{key.client_id}  {key.prefix}…{key.last4}  {key.mode}  {state}  {key.name}\n")

    return with_accounts(arguments.data, show)


def run_token_revoke(arguments: argparse.Namespace, screen: Screen) -> int:
    """Revoke a key."""

    async def revoke(accounts: Accounts) -> None:
        await accounts.revoke(arguments.email, arguments.client_id)
        screen.note(f"revoked {arguments.client_id}")

    return with_accounts(arguments.data, revoke)


def with_accounts(data_dir: Path, work: Callable[[Accounts], Awaitable[None]]) -> int:
    """Do ``work`` on the fleet's database, started for it if need be; the exit status."""

    async def main() -> int:
        async with open_accounts(url, secret_key(data_dir)) as accounts:
            await work(accounts)
        return EXIT_OK

    try:
        with database(data_dir) as url:
            if running_fleet(data_dir) is None:
                _migrate(url, data_dir)
            return Interrupts().run(main())
    except ServiceError as error:
        raise UsageError(error.message) from error


def _migrate(url: str, data_dir: Path) -> None:
    async def main() -> int:
        env = base_environment() | {"DATABASE_URL": url}
        await run_migrations(env, private_dir(data_dir / "logs"))
        return EXIT_OK

    if Interrupts().run(main()) != EXIT_OK:
        raise KeyboardInterrupt


@contextmanager
def database(data_dir: Path) -> "Generator[str]":
    """The database of the fleet that runs on ``data_dir``, or one started for the duration of the block."""
    running = running_fleet(data_dir)
    if running is not None:
        yield running.database_url
        return
    external = external_backends()
    if external is not None:
        private_dir(data_dir)
        yield external.database_url
        return
    directory = DataDir(data_dir)
    try:
        backends = backends_for(directory.path)
        if backends.embedded is None:
            message = "there are no external servers here"
            raise RuntimeError(message)
        try:
            backends.embedded.postgres.start()
            yield backends.database_url
        finally:
            backends.embedded.stop()
    finally:
        directory.close()
