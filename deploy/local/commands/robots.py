"""``robots``: what a robots.txt allows, and by which line."""

import argparse
import os
import sys
from pathlib import Path

from rich.text import Text

from deploy.local.cli import EXIT_FAILED, EXIT_OK
from deploy.local.errors import UsageError
from deploy.local.parsing import CommandParser
from deploy.local.printing import print_json
from deploy.local.screen import Screen, clean
from shared.robots import MAX_BYTES, Robots, parse
from shared.robots import Verdict as RobotsVerdict

MAX_READ = 4 * MAX_BYTES
"""Octets of a file; all beyond the first 500 KiB only counts as too much."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of ``robots``."""
    parser.description = (
        "Say for each URL whether a crawler may fetch it, and which line of robots.txt decides, as RFC 9309 and Google "
        "read the file. URLs are compared as written, so non-ASCII characters should be percent-encoded."
    )
    parser.epilog = "Exit status: 0 all are allowed, 1 one isn't, 2 wrong usage or a file that could not be read."
    parser.add_argument("file", metavar="ROBOTS.txt", help="the file, or - for standard input")
    parser.add_argument("urls", metavar="URL", nargs="*", help="a URL, or a path with a slash in front")
    parser.add_argument(
        "--user-agent", metavar="UA", default="*", help="product token or whole User-Agent (default: any)"
    )
    parser.add_argument("--problems", action="store_true", help="also list what is wrong with the file")
    parser.add_argument("--json", action="store_true", help="print JSON")
    if isinstance(parser, CommandParser):
        parser.mixed = True
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, screen: Screen) -> int:
    """Ask the file about every URL."""
    if not arguments.urls and not arguments.problems:
        raise UsageError("robots needs a URL to ask about, or --problems.")
    try:
        robots = parse(_octets(arguments.file))
    except OSError as error:
        message = f"{arguments.file} could not be read: {error.strerror or error}"
        raise UsageError(message) from error
    verdicts = [(url, robots.verdict(url, arguments.user_agent)) for url in arguments.urls]
    if arguments.json:
        print_json(_answer(arguments, robots, verdicts))
    else:
        _show(arguments, robots, verdicts, screen)
    return EXIT_OK if all(verdict.allowed for _, verdict in verdicts) else EXIT_FAILED


def _octets(name: str) -> bytes:
    if name == "-":
        return sys.stdin.buffer.read(MAX_READ)
    with Path(name).open("rb") as file:
        return file.read(MAX_READ)


def _answer(
    arguments: argparse.Namespace, robots: Robots, verdicts: list[tuple[str, RobotsVerdict]]
) -> dict[str, object]:
    answer: dict[str, object] = {
        "user_agent": arguments.user_agent,
        "verdicts": [
            {
                "url": os.fsencode(url).decode("utf-8", "replace"),
                "allowed": verdict.allowed,
                "line": verdict.line,
                "rule": verdict.rule,
            }
            for url, verdict in verdicts
        ],
        "crawl_delay": robots.crawl_delay(arguments.user_agent),
        "sitemaps": [line.value for line in robots.sitemaps],
    }
    if arguments.problems:
        answer["problems"] = robots.problems
        answer["problem_count"] = robots.problem_count
    return answer


def _show(
    arguments: argparse.Namespace, robots: Robots, verdicts: list[tuple[str, RobotsVerdict]], screen: Screen
) -> None:
    for url, verdict in verdicts:
        word = ("allowed   ", "green") if verdict.allowed else ("disallowed", "bold red")
        reason = f"line {verdict.line}: {verdict.rule}" if verdict.line else "no rule says otherwise"
        screen.out.print(Text.assemble(word, f"  {clean(url)}  ", (clean(reason), "dim")), soft_wrap=True)
    if arguments.problems:
        for problem in robots.problems:
            where = f"line {problem.line}" if problem.line else "the file"
            screen.out.print(Text(f"{where}: {problem.kind.replace('_', ' ')}: {clean(problem.text)}"), soft_wrap=True)
        more = robots.problem_count - len(robots.problems)
        screen.out.print(Text(f"and {more} more problems" if more else f"{robots.problem_count} problems", style="dim"))
