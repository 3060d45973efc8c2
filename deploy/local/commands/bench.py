"""``bench``: what was promised of speed beside what this machine does, in one table."""

import argparse
import os
import sys

from deploy.local.cli import ROOT
from deploy.local.fleet import base_environment
from deploy.local.screen import Screen

_PEERS = (
    "crawl the same site with other crawlers as well: all, or some of scrapy,crawlee,advertools,python-seo-analyzer. "
    "pip installs each into an environment of its own in your cache; scrapy=PYTHON takes a Python that has it"
)
_VALUES = {
    "only": ("PARTS", "parts: engine,scan,single,gateway,limiter,sitemap,planning,export,memory,site,curve"),
    "folder": ("DIR", "saved HTML pages to measure with, instead of made-up ones of 40 kB"),
    "pages": ("N", "pages of the scan beside other crawlers (default 1000)"),
    "rounds": ("N", "rounds of what is measured in turn (default 5)"),
    "peers": ("PEERS", _PEERS),
    "plots": ("DIR", "a folder for the charts of the cost curve"),
}  # fmt: skip


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of ``bench``: they are handed on."""
    parser.description = (
        "Measure engine, scans, gateway, limiter, sitemaps, downloads, memory and the cost curve, with fleets and "
        "servers that are started for it, and print one table: figure, target, met or not. "
        "Exit status 1 says that a part failed, not that a target isn't met. "
        "Everything stays on this machine, except that pip fetches what --peers asks for."
    )
    for name, (value, text) in _VALUES.items():
        parser.add_argument(f"--{name}", metavar=value, help=text)
    parser.add_argument("--long", action="store_true", help="every size that was promised; hours on a busy machine")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, screen: Screen) -> int:
    """Measure in a process of its own, whose heap holds nothing else. It takes this one's place, and its signals."""
    given = {name: getattr(arguments, name) for name in _VALUES}
    given |= {name: os.path.abspath(given[name]) for name in ("folder", "plots") if given[name] is not None}  # noqa: PTH100 - a text
    options = [word for name, value in given.items() if value is not None for word in (f"--{name}", value)]
    options += ["--long"] if arguments.long else []
    if arguments.only is None:
        screen.note("this takes a quarter of an hour; other work on the machine shows in the times, less in the ratios")
    os.chdir(ROOT)
    os.execve(sys.executable, [sys.executable, "-m", "tests.bench", *options], base_environment())  # noqa: S606 - ourselves
