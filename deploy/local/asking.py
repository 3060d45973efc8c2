"""The options of a scan on the command line, as the API wants them."""

import argparse
import re
from typing import Any, get_args

from shared.requests import NetworkCheck

MODES = ("single", "sitemap", "crawl")


def add_scan_options(parser: argparse.ArgumentParser, *, mode: str | None = "single") -> None:
    """Everything that a scan may be told; `mode` is the default, None where it is to stay as it is."""
    group = parser.add_argument_group("scan")
    modes = group.add_mutually_exclusive_group()
    shown = "" if mode is None else " (default: %(default)s)"
    modes.add_argument("--mode", choices=MODES, default=mode, help=f"how pages are found{shown}")
    modes.add_argument("--sitemap", dest="mode", action="store_const", const="sitemap", help="the sitemaps' pages")
    modes.add_argument("--crawl", dest="mode", action="store_const", const="crawl", help="follow the site's links")
    group.add_argument("--max-pages", type=_count, metavar="N", help="at most so many pages")
    group.add_argument("--max-depth", type=_count, metavar="N", help="clicks from the start (crawl)")
    group.add_argument("--concurrency", type=_count, metavar="N", help="requests at once per host, 1 to 10")
    group.add_argument("--delay", dest="delay_ms", type=_count, metavar="MS", help="pause between requests of a slot")
    group.add_argument("--exclude", action="append", metavar="TEXT", help="leave out URLs with TEXT, or /regex/")
    group.add_argument("--include-subdomains", action="store_true", default=None, help="the site's subdomains too")
    group.add_argument("--ignore-robots", action="store_true", help="fetch what robots.txt forbids (needs permission)")
    group.add_argument("--user-agent", metavar="TEXT", help="introduce ourselves as TEXT (needs permission)")
    group.add_argument("--basic-auth", type=_login, metavar="USER:PASSWORD", help="sent to the scanned origin only")
    group.add_argument("--cookie", metavar="TEXT", help="a Cookie header, sent to the scanned origin only")
    kinds = get_args(NetworkCheck)
    group.add_argument(
        "--check-network",
        dest="checks_network",
        action="append",
        choices=kinds,
        help="checks with requests of their own",
    )
    group.add_argument("--profile", metavar="NAME", help="thresholds and weights by name")
    group.add_argument(
        "--threshold",
        dest="thresholds",
        action="append",
        type=_threshold,
        metavar="NAME=N",
        help="e.g. title.too_long=70",
    )
    group.add_argument("--disable", dest="disable_checks", action="append", metavar="CHECK", help="leave a check out")


def scan_options(arguments: argparse.Namespace) -> dict[str, Any]:
    """What was given, as ``options`` of POST /scans."""
    names = (
        "max_pages max_depth concurrency delay_ms exclude include_subdomains user_agent basic_auth cookie "
        "checks_network profile disable_checks"
    ).split()
    given = {name: getattr(arguments, name) for name in names if getattr(arguments, name) is not None}
    if arguments.thresholds:
        given["thresholds"] = dict(arguments.thresholds)
    if arguments.ignore_robots:
        given["respect_robots"] = False
    return given


def _count(raw: str) -> int:
    if not raw.isdecimal():
        message = f"{raw!r} is not a whole number"
        raise argparse.ArgumentTypeError(message)
    return int(raw)


def _threshold(raw: str) -> tuple[str, float]:
    found = re.fullmatch(r"([a-z0-9_.]+)=(-?\d+(?:\.\d+)?)", raw)
    if found is None:
        message = f"{raw!r} is not NAME=NUMBER, like title.too_long=70"
        raise argparse.ArgumentTypeError(message)
    return found.group(1), float(found.group(2))


def _login(raw: str) -> dict[str, str]:
    user, colon, password = raw.partition(":")
    if not user or not colon:
        message = "must be USER:PASSWORD"
        raise argparse.ArgumentTypeError(message)
    return {"username": user, "password": password}
