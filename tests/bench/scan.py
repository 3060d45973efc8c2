"""Whole scans beside other crawlers: one worker process, and with --long two, and one that is pinned to one core."""

from collections.abc import Sequence

from msgspec import Struct

from tests.bench import end_to_end
from tests.bench.end_to_end import Beside, Scanned
from tests.bench.figures import Plan, Row, median, row
from tests.bench.peers.runner import BARE, Measured, Turns, programs
from tests.bench.processes import pinned

LEAST = {BARE: 33.0, "scrapy": 5.0}
"""What was promised: percent of the bare loop, times a peer's rate."""
SCANS = 3
"""At most, each by a fleet of its own: a second scan by the same one would find much remembered."""


class Round(Struct, frozen=True):
    """One scan of each kind, right after one another."""

    one: Scanned
    two: Scanned | None = None
    alone: Scanned | None = None


def _rate(one: Scanned) -> float:
    """Pages a CPU-second of all worker processes together."""
    return one.pages / one.cpu["workers"]


def _measure(plan: Plan, workers: int, beside: Beside | None = None) -> Scanned:
    found = end_to_end.measure(plan.folder, plan.pages, workers, plan.screen, beside)
    if found.status != "complete" or found.pages < plan.pages:
        message = f"the scan ended as {found.status} with {found.pages} of {plan.pages} pages"
        raise RuntimeError(message)
    return found


def _round(plan: Plan, turns: Turns) -> Round:
    one = _measure(plan, 1, turns)
    if not plan.long:
        return Round(one)
    two = _measure(plan, 2)
    with pinned("workers", 0):
        return Round(one, two, _measure(plan, 1))


def rows(plan: Plan) -> list[Row]:
    """The table's lines: medians of rounds in which ours and all others take their turns."""
    turns = Turns(programs(plan.peers, plan.screen.note))
    rounds = [_round(plan, turns) for _ in range(min(SCANS, plan.rounds))]
    ones = [each.one for each in rounds]
    ours = median([_rate(one) for one in ones])

    def a_page(seconds: Sequence[float]) -> float:
        return median([1_000 * spent / one.pages for spent, one in zip(seconds, ones, strict=True)])

    return [
        row("scan", f"{len(ones)} × {ones[0].pages:,} pages through one worker process", ours, "pages/CPU-s"),
        *(
            row("scan", f"{kind}: CPU a page", a_page([one.cpu[kind] for one in ones]), "ms")
            for kind in ones[0].cpu
            if kind != "site"
        ),
        row("scan", "of workers: their parsers", a_page([one.parsers for one in ones]), "ms"),
        *(line for peer in ones[-1].peers for line in lines(ours, peer)),
        *([] if "scrapy" in plan.peers else [Row("peers", "scrapy", "not measured: ask for it by --peers scrapy")]),
        *_of_two(rounds),
    ]


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


def _of_two(rounds: Sequence[Round]) -> list[Row]:
    rates = [_rate(each.two) / _rate(each.one) for each in rounds if each.two is not None]
    walls = [
        each.alone.seconds / each.two.seconds for each in rounds if each.two is not None and each.alone is not None
    ]
    if not rates:
        return []
    return [
        row("scan", "two workers: pages/CPU-s, of one's", median(rates), "×", least=0.9),
        row("scan", "two workers: wall rate, of one pinned to a core", median(walls), "×", least=1.5),
    ]
