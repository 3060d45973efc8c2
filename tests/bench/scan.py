"""Whole scans beside other crawlers: one worker process, and with --long two, and one that is pinned to one core."""

from tests.bench import end_to_end
from tests.bench.end_to_end import Beside, Scanned
from tests.bench.figures import Plan, Row, row
from tests.bench.peers.runner import BARE, Measured, measure, programs
from tests.bench.processes import pinned

LEAST = {BARE: 33.0, "scrapy": 5.0}
"""What was promised: percent of the bare loop, times a peer's rate."""


def _rate(one: Scanned) -> float:
    """Pages a CPU-second of all worker processes together."""
    return one.pages / one.cpu["workers"]


def _measure(plan: Plan, workers: int, beside: Beside | None = None) -> Scanned:
    found = end_to_end.measure(plan.folder, plan.pages, workers, plan.screen, beside)
    if found.status != "complete" or found.pages < plan.pages:
        message = f"the scan ended as {found.status} with {found.pages} of {plan.pages} pages"
        raise RuntimeError(message)
    return found


def rows(plan: Plan) -> list[Row]:
    """The table's lines."""
    others = programs(plan.peers, plan.screen.note)
    one = _measure(plan, 1, lambda sitemap: measure(sitemap, others, plan.rounds))
    ours = _rate(one)
    found = [
        row("scan", f"{one.pages:,} pages through one worker process", ours, "pages/CPU-s"),
        *(
            row("scan", f"{kind}'s CPU a page", 1_000 * seconds / one.pages, "ms")
            for kind, seconds in one.cpu.items()
            if kind != "site"
        ),
        row("scan", "of the workers', their parsers' a page", 1_000 * one.parsers / one.pages, "ms"),
        *(line for peer in one.peers for line in lines(ours, peer)),
    ]
    return found + _of_two(plan, ours) if plan.long else found


def lines(ours: float, peer: Measured) -> list[Row]:
    """A peer's lines: its rate and what it found, ours compared with it. It extracts only; ours judges and stores too."""
    if peer.why:
        return [Row("peers", peer.title, f"not measured: {peer.why}")]
    work = f"{peer.rounds} × {peer.pages:,} pages of {peer.links:.0f} links and {peer.words:,.0f} words"
    least = LEAST.get(peer.name)
    return [
        row("peers", f"{peer.title} ({work})", peer.rate, "pages/CPU-s"),
        row("peers", "ours as a share of it", 100 * ours / peer.rate, "%", least=least)
        if peer.name == BARE
        else row("peers", "ours as a multiple of it", ours / peer.rate, "×", least=least),
    ]


def _of_two(plan: Plan, ours: float) -> list[Row]:
    two = _measure(plan, 2)
    with pinned("workers", 0):
        alone = _measure(plan, 1)
    return [
        row("scan", "two workers: pages/CPU-s, of one's", _rate(two) / ours, "×", least=0.9),
        row("scan", "two workers: wall rate, of one pinned to a core", alone.seconds / two.seconds, "×", least=1.5),
    ]
