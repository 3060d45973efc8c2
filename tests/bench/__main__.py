"""`python -m tests.bench`: one table of what a page costs, in the engine alone and through the whole fleet.

CPU times of one run on one machine: compare the ratios, not the milliseconds.
"""

import argparse
import sys
from pathlib import Path

from rich.table import Table

from deploy.local.screen import Screen
from tests.bench import end_to_end, engine
from tests.bench.saved import load

ENGINE_PAGES = 120


def _arguments(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--folder", type=Path, help="saved HTML pages (default: made-up pages of 40 kB)")
    parser.add_argument("--rounds", type=int, default=9, help="rounds through the pages in memory (default 9)")
    parser.add_argument("--pages", type=int, default=2_500, help="pages of the scan (default 2500); 0 leaves it out")
    parser.add_argument("--workers", type=int, default=1, help="worker processes of the scan (default 1)")
    parser.add_argument("--scrapy", type=Path, help="a Python that has Scrapy: crawl the same site with it as well")
    return parser.parse_args(words)


def _engine_table(folder: Path | None, rounds: int) -> Table:
    table = Table("step", "ms a page", "x parse", "x yardstick", title="Engine, from memory (medians)")
    for step, milliseconds, parses, yardsticks in engine.rows(engine.measure(load(folder, ENGINE_PAGES), rounds)):
        table.add_row(step, f"{milliseconds:.3f}", f"{parses:.2f}", f"{yardsticks:.2f}")
    return table


def _scan_table(scanned: end_to_end.Scanned) -> Table:
    rate = scanned.pages / scanned.seconds if scanned.seconds else 0.0
    title = f"Sitemap scan: {scanned.pages} pages, {scanned.status}, {scanned.seconds:.1f} s, {rate:.0f} pages/s"
    table = Table("processes", "CPU s", "ms a page", "pages per CPU-second", title=title)
    for kind, seconds in scanned.cpu.items():
        each = 1000 * seconds / max(1, scanned.pages)
        table.add_row(kind, f"{seconds:.2f}", f"{each:.3f}", f"{scanned.pages / seconds:.0f}" if seconds else "-")
    return table


def _peers_table(scanned: end_to_end.Scanned) -> Table:
    ours = scanned.pages / scanned.cpu["workers"] if scanned.cpu.get("workers") else 0.0
    names = ("crawler", "pages per CPU-second", "ours / its", "links a page", "words a page")
    table = Table(*names, title="The same pages, the same run")
    table.add_row("our workers, everything included", f"{ours:.0f}", "1.00", "", "")
    for name, peer in scanned.peers.items():
        rate = peer.pages / peer.cpu
        each = (f"{peer.links / peer.pages:.1f}", f"{peer.words / peer.pages:.0f}")
        table.add_row(name, f"{rate:.0f}", f"{ours / rate:.2f}", *each)
    return table


def main(words: list[str]) -> int:
    """Entry point; 1 when the scan didn't complete."""
    arguments = _arguments(words)
    screen = Screen()
    screen.out.print(_engine_table(arguments.folder, arguments.rounds))
    if not arguments.pages:
        return 0
    scanned = end_to_end.measure(arguments.folder, arguments.pages, arguments.workers, screen, arguments.scrapy)
    screen.out.print(_scan_table(scanned))
    screen.out.print(_peers_table(scanned))
    return int(scanned.status != "complete" or scanned.pages < arguments.pages)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
