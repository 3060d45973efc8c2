"""The command line: one parser, one module per family of commands."""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import NamedTuple, Protocol, cast

from deploy.local.errors import LaunchError, UsageError
from deploy.local.parsing import CommandParser
from deploy.local.screen import Screen

EXIT_OK, EXIT_FAILED, EXIT_USAGE, EXIT_NOT_STARTED, EXIT_INTERRUPTED = 0, 1, 2, 3, 130
ROOT = Path(__file__).resolve().parents[2]


class Entry(NamedTuple):
    """A command: its one-line help, and where its options and its work are."""

    help: str
    module: str
    configure: str = "configure"


COMMANDS = {
    "demo": Entry("see it work: start everything and scan a bundled site", "demo"),
    "up": Entry("run the fleet until Ctrl-C", "up"),
    "scan": Entry("scan one page or one site", "scan"),
    "audit": Entry("judge saved pages, without a fleet", "audit"),
    "robots": Entry("say what a robots.txt allows", "robots"),
    "sitemap": Entry("say what a sitemap holds", "sitemap"),
    "checks": Entry("list the checks", "catalogue"),
    "user": Entry("make users", "admin", "configure_user"),
    "token": Entry("make API keys", "admin", "configure_token"),
    "monitors": Entry("scan sites on a schedule", "monitors"),
    "messages": Entry("list what other programs sent that could not be read", "messages"),
    "migrate": Entry("bring the schema up to date", "admin", "configure_migrate"),
    "loadtest": Entry("measure how much a fleet does, how fairly and how politely", "loadtest"),
    "bench": Entry("measure the engine and a scan on this machine", "bench"),
    "test": Entry("check the code and run the tests", "checks"),
}

EPILOG = """\
state:  in .scanfleet beside the script unless --data says otherwise; DATABASE_URL and REDIS_URL (both) name servers
        of your own instead of the embedded ones
exit:   0 done, 1 failed or under the threshold, 2 wrong usage, 3 the service could not be started or reached
"""


class Configure(Protocol):
    """What a module in ``commands`` offers for each command."""

    def __call__(self, parser: argparse.ArgumentParser) -> None:
        """Add options; set ``run`` to a Command."""
        ...


class Command(Protocol):
    """How a command is run."""

    def __call__(self, arguments: argparse.Namespace, screen: Screen) -> int:
        """Do it; the exit status."""
        ...


def make_parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """The command line; only the module of the command that ``words`` names is loaded (each costs 0.1 s and more)."""
    parser = CommandParser(
        prog="scanfleet",
        description="Scan web sites for SEO faults, with a fleet of your own.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    chosen = next((word for word in words if not word.startswith("-")), None)
    for name, entry in COMMANDS.items():
        command = commands.add_parser(name, help=entry.help)
        if name == chosen:
            module = import_module(f"deploy.local.commands.{entry.module}")
            cast("Configure", getattr(module, entry.configure))(command)
    return parser


def add_data_option(parser: argparse.ArgumentParser, default: Path = ROOT / ".scanfleet") -> None:
    """Add ``--data DIR``, which every command takes."""
    shown = default.relative_to(ROOT)
    parser.add_argument(
        "--data",
        metavar="DIR",
        type=lambda raw: Path(raw).absolute(),
        default=default,
        help=f"state (default: {shown})",
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit status."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    parsed = make_parser(words).parse_args(words or ["--help"])
    screen = Screen()
    try:
        return cast("Command", parsed.run)(parsed, screen)
    except UsageError as error:
        screen.warn(str(error))
        return EXIT_USAGE
    except LaunchError as error:
        screen.warn(str(error))
        return EXIT_NOT_STARTED
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
