"""`python -m tests.bench`: one table of what was promised of speed, beside what this machine does.

Every part measures in one run what it compares, in CPU time: read the ratios, not the milliseconds, where other work
goes on. Parts are measured one after the other; one that fails is told of, and the rest goes on.
"""

import argparse
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from rich.table import Table

from deploy.local.screen import Screen
from tests.bench import (
    bench_gateway,
    bench_site,
    curve,
    discovery,
    engine,
    export,
    limiter,
    memory,
    scan,
    single,
    sitemap,
)
from tests.bench.figures import Plan, Row
from tests.bench.peers.roster import ALL, peers, wanted
from tests.bench.saved import folder_of_pages

PARTS: Mapping[str, Callable[[Plan], list[Row]]] = {
    "engine": engine.rows,
    "scan": scan.rows,
    "single": single.rows,
    "gateway": bench_gateway.rows,
    "limiter": limiter.rows,
    "sitemap": sitemap.rows,
    "planning": discovery.rows,
    "export": export.rows,
    "memory": memory.rows,
    "site": bench_site.rows,
    "curve": curve.rows,
}
"""`scan` measures the peers as well, `export` the PDF."""
INTERRUPTED = 128 + signal.SIGINT


def _parts(text: str) -> list[str]:
    names = text.split(",")
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        message = f"unknown: {', '.join(unknown)}; there are {', '.join(PARTS)}"
        raise argparse.ArgumentTypeError(message)
    return names


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        message = f"a whole number from 1, not {text!r}"
        raise argparse.ArgumentTypeError(message)
    return int(text)


def _arguments(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scanfleet bench", description=__doc__)
    parser.add_argument("--only", type=_parts, default=list(PARTS), help=f"parts, with commas: {','.join(PARTS)}")
    parser.add_argument("--long", action="store_true", help="every size that was promised: an hour and more")
    parser.add_argument("--folder", type=folder_of_pages, help="saved HTML pages (default: made-up pages of 40 kB)")
    parser.add_argument("--pages", type=_count, default=1_000, help="pages of the scan (default 1000)")
    parser.add_argument("--rounds", type=_count, default=5, help="rounds of what is measured in turn (default 5)")
    text = f"other crawlers on the same site, with commas, or {ALL}: {','.join(peers())}; NAME=PYTHON if one has it"
    parser.add_argument("--peers", type=wanted, default={}, help=text)
    parser.add_argument("--plots", type=Path, help="a folder for the charts of the curve")
    return parser.parse_args(words)


def _table(rows: Sequence[Row], seconds: float) -> Table:
    table = Table("part", "what", "figure", "target", "", title=f"Measured in {seconds:.0f} s")
    for before, one in zip((None, *rows), rows, strict=False):
        if before is not None and before.part != one.part:
            table.add_section()
        met = "" if one.met is None else "met" if one.met else "not met"
        table.add_row(one.part, one.what, one.figure, one.target, met)
    return table


def main(words: Sequence[str]) -> int:
    """Entry point; 1 when a part failed, 130 when interrupted. A target that isn't met is no failure: the table says so."""
    asked = _arguments(words)
    screen, began = Screen(), time.perf_counter()
    plan = Plan(
        screen=screen,
        folder=asked.folder,
        pages=asked.pages,
        rounds=asked.rounds,
        peers=asked.peers,
        long=asked.long,
        plots=asked.plots,
    )
    # Ended from outside, it ends as by Ctrl-C: with what it has started, and its folders.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    rows: list[Row] = []
    failed: list[str] = []
    interrupted = False
    for name in asked.only:
        screen.note(f"measuring: {name}")
        try:
            rows += PARTS[name](plan)
        except KeyboardInterrupt:
            interrupted = True
            break
        except Exception as error:  # noqa: BLE001 - told below; one part's fault must not cost the others their figures
            failed.append(f"{name}: {type(error).__name__}: {error}")
    if rows:
        screen.out.print(_table(rows, time.perf_counter() - began))
    for line in failed:
        screen.out.print(f"failed: {line}", soft_wrap=True)
    return INTERRUPTED if interrupted else int(bool(failed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
