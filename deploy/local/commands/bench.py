"""``bench``: what a page costs on this machine, in the engine alone and through a fleet of its own."""

import argparse
import subprocess
import sys

from deploy.local.cli import ROOT
from deploy.local.fleet import base_environment
from deploy.local.screen import Screen

BENCH_SECONDS = 3_600.0


def configure(parser: argparse.ArgumentParser) -> None:
    """Options of ``bench``: they are handed on."""
    parser.description = (
        "Measure parsing, extraction, judging and scoring from memory, and a sitemap scan through a fleet "
        "that is started for it. Everything stays on this machine."
    )
    parser.add_argument("options", nargs=argparse.REMAINDER, help="options of the measurement; -- --help shows them")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, screen: Screen) -> int:
    """Measure in a process of its own, whose heap holds nothing else."""
    options = [word for word in arguments.options if word != "--"]
    screen.note("this takes a few minutes; other work on the machine shows in the times, less in the ratios")
    command = [sys.executable, "-m", "tests.bench", *options]
    return subprocess.run(command, cwd=ROOT, env=base_environment(), timeout=BENCH_SECONDS, check=False).returncode
