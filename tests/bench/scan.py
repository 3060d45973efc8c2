"""Whole scans beside other crawlers: one worker process, and with --long two, and one that is pinned to one core."""

from tests.bench import end_to_end
from tests.bench.end_to_end import Scanned
from tests.bench.figures import Plan, Row, row
from tests.bench.processes import pinned

BARE, SCRAPY = "bare aiohttp + selectolax loop", "Scrapy as shipped"


def _rate(one: Scanned) -> float:
    """Pages a CPU-second of all worker processes together."""
    return one.pages / one.cpu["workers"]


def _measure(plan: Plan, workers: int) -> Scanned:
    found = end_to_end.measure(plan.folder, plan.pages, workers, plan.screen, plan.scrapy)
    if found.status != "complete" or found.pages < plan.pages:
        message = f"the scan ended as {found.status} with {found.pages} of {plan.pages} pages"
        raise RuntimeError(message)
    return found


def rows(plan: Plan) -> list[Row]:
    """The table's lines."""
    one = _measure(plan, 1)
    ours = _rate(one)
    found = [
        row("scan", f"{one.pages:,} pages through one worker process", ours, "pages/CPU-s"),
        *(
            row("scan", f"{kind}'s CPU a page", 1_000 * seconds / one.pages, "ms")
            for kind, seconds in one.cpu.items()
            if kind != "site"
        ),
    ]
    for name, peer in one.peers.items():
        rate = peer.pages / peer.cpu
        found.append(row("peers", f"{name}, extraction only", rate, "pages/CPU-s"))
        if name == BARE:
            found.append(row("peers", "ours as a share of it", 100 * ours / rate, "%", least=33.0))
        elif name == SCRAPY:
            found.append(row("peers", "ours as a multiple of it", ours / rate, "×", least=5.0))
    return found + _of_two(plan, ours) if plan.long else found


def _of_two(plan: Plan, ours: float) -> list[Row]:
    two = _measure(plan, 2)
    with pinned("workers", 0):
        alone = _measure(plan, 1)
    return [
        row("scan", "two workers: pages/CPU-s, of one's", _rate(two) / ours, "×", least=0.9),
        row("scan", "two workers: wall rate, of one pinned to a core", alone.seconds / two.seconds, "×", least=1.5),
    ]
