"""A tally laid out check by check: penalties, categories, gates, and who is to blame for each lost point."""

import math
from collections.abc import Collection, Mapping
from typing import Literal

from msgspec import Struct

from shared.checks.base import Category, Check, Level, Severity
from shared.checks.limits import Profile
from shared.tally import Tally, class_name

_GROUPS: Mapping[Category, str] = {
    Category.INDEXING: "status http redirect index robots sitemap canonical url",
    Category.ON_PAGE: "title description keywords meta h1 h2 heading duplicate content image video",
    Category.LINKS: "link pagination",
    Category.INTERNATIONAL: "lang hreflang schema",
    Category.PERFORMANCE: "perf html mobile amp js",
    Category.SECURITY: "https security integrity",
    Category.SOCIAL: "social ai eeat legal",
    Category.SCAN: "scan",
}
CATEGORY_OF_GROUP: Mapping[str, Category] = {
    group: category for category, groups in _GROUPS.items() for group in groups.split()
}


def category_of(check: Check) -> Category:
    """The category that a check counts in: its group's."""
    return CATEGORY_OF_GROUP.get(check.group, check.category)


GateId = Literal["home_not_indexable", "not_indexable", "broken"]
GATES: Mapping[GateId, tuple[float, float]] = {
    "home_not_indexable": (1.0, 30.0),
    "not_indexable": (0.8, 30.0),
    "broken": (0.5, 40.0),
}
"""Gate → (share from which it is hit, what the score is limited to). Heuristic."""

SEVERITIES = tuple(Severity)


def growth(share: float) -> float:
    """The part of a check's points that an affected share costs: 0 at 0, 0.4 at 0.1, 1 at 1."""
    return 1.2 * share / (share + 0.2)


class Line(Struct, frozen=True):
    """One check's figures in one report."""

    check: Check
    category: Category
    hits: tuple[int, ...]
    """Pages per severity, worst first."""
    hidden: Mapping[str, int]
    """Cause → pages that hide this check."""
    pages: int
    """The denominator, hidden pages included."""
    undecided: int

    @property
    def affected(self) -> int:
        """Pages on which the check fired."""
        return sum(self.hits)

    def penalty(self, points: Mapping[str, float], without: Collection[str]) -> float:
        """Points before the category's exponential, as though the faults in `without` were repaired."""
        if not self.pages:
            return 0.0
        hits = (0,) * len(SEVERITIES) if self.check.id in without else self.hits
        hidden = sum(count for cause, count in self.hidden.items() if cause not in without)
        if not hidden and not any(hits):
            return 0.0
        declared = {points[severity] for severity in self.check.severities}
        steps = [(max(declared), hidden), *((points[s], n) for s, n in zip(SEVERITIES, hits, strict=True))]
        steps.sort(key=lambda step: -step[0])
        total, before, seen = 0.0, 0.0, 0
        for weight, count in steps:
            seen = min(seen + count, self.pages)
            after = growth(seen / self.pages)
            total += weight * (after - before)
            before = after
        return total


def _split(counter: Mapping[str, int]) -> dict[str, dict[str, int]]:
    """`{"a x": 1}` → `{"x": {"a": 1}}`."""
    nested: dict[str, dict[str, int]] = {}
    for key, count in counter.items():
        first, _, second = key.partition(" ")
        nested.setdefault(second, {})[first] = count
    return nested


def _apportion(total: int, shares: Mapping[str, float]) -> dict[str, int]:
    """Whole numbers that add up to `total` in the proportion of `shares` (largest remainder, ties by name)."""
    whole = math.fsum(shares.values())
    if total <= 0 or whole <= 0:
        return dict.fromkeys(shares, 0)
    exact = {name: total * share / whole for name, share in shares.items()}
    parts = {name: min(math.floor(value), total) for name, value in exact.items()}
    rest = total - sum(parts.values())
    order = sorted((name for name in shares if shares[name] > 0), key=lambda name: (parts[name] - exact[name], name))
    for name in order[:rest]:
        parts[name] += 1
    return parts


def rounded(mean: float, limit: float) -> int:
    """The score in hundredths of a point."""
    return round(100 * max(0.0, min(mean, limit, 100.0)))


class Ledger:
    """A tally laid out by check; answers what the score would be without some faults."""

    def __init__(self, tally: Tally, profile: Profile, checks: Mapping[str, Check], suppressed: frozenset[str]) -> None:
        """Lay out `tally` for `checks`; those in `suppressed` count as passed."""
        self.tally = tally
        self.points = profile.points
        self.weights = profile.weights
        self.suppressed = suppressed
        self.hidden = _split(tally.gated)
        self.unknown = _split(tally.gated_unknown)
        self.lines = {check.id: self._line(check) for _, check in sorted(checks.items())}
        counted = {
            line.category
            for line in self.lines.values()
            if line.pages and max(self.points[s] for s in line.check.severities) > 0
        }
        self.categories = [c for c in Category if c in counted and self.weights.get(c.value, 0) > 0]
        self.scale = math.fsum(self.weights[c.value] for c in self.categories)

    def _line(self, check: Check) -> Line:
        tally, site = self.tally, check.level is Level.SITE
        counter = tally.site_hits if site else tally.hits
        hits = tuple(counter.get(f"{check.id} {severity.value}", 0) for severity in SEVERITIES)
        undecided = tally.undecided.get(check.id, 0)
        hidden = dict(self.hidden.get(class_name(check.on), {}))
        for cause, count in self.unknown.get(check.id, {}).items():
            hidden[cause] = hidden.get(cause, 0) - count
        if not site:
            decided = tally.pages.get(class_name(check.on), 0) - undecided
        elif check.id in tally.site_wide:
            hits, decided, hidden = tuple(int(n > 0) for n in hits), 1, {}
        elif check.id not in tally.site_pages:
            decided, hidden = 0, {}
        else:
            decided = max(tally.site_pages[check.id], sum(hits))
        pages = decided + sum(hidden.values())
        if check.id in self.suppressed:
            hits, hidden = (0,) * len(SEVERITIES), {}
        return Line(check, category_of(check), hits, hidden, pages, undecided)

    def gates(self, without: Collection[str]) -> dict[GateId, float]:
        """The share of each gate."""
        counters = self.causes()
        totals = self.tally.totals
        of: dict[GateId, int] = {
            "home_not_indexable": 0,
            "not_indexable": totals.get("eligible", 0),
            "broken": totals.get("judged", 0),
        }
        counts = {g: sum(n for cause, n in counters[g].items() if cause not in without) for g in GATES}
        return {g: counts[g] / of[g] if of[g] else float(counts[g] > 0) for g in GATES}

    def causes(self) -> dict[GateId, dict[str, int]]:
        """For each gate the pages by cause."""
        tally = self.tally
        return {"home_not_indexable": tally.home, "not_indexable": tally.not_indexable, "broken": tally.broken}

    def limit(self, without: Collection[str]) -> float:
        """The least limit of the gates that are hit, 100 when none is."""
        shares = self.gates(without)
        return min((limit for g, (threshold, limit) in GATES.items() if shares[g] >= threshold), default=100.0)

    def penalties(self, without: Collection[str]) -> dict[str, float]:
        """The penalty of every check that costs something."""
        found = {name: line.penalty(self.points, without) for name, line in self.lines.items()}
        return {name: value for name, value in found.items() if value > 0}

    def standings(self, penalties: Mapping[str, float]) -> dict[Category, float]:
        """The categories' scores. Sums are exact (`fsum`), so order can't matter."""
        parts: dict[Category, list[float]] = {category: [] for category in self.categories}
        for name, value in penalties.items():
            category = self.lines[name].category
            if category in parts:
                parts[category].append(value)
        return {category: 100 * math.exp(-math.fsum(values) / 100) for category, values in parts.items()}

    def mean(self, standings: Mapping[Category, float]) -> float:
        """The weighted mean of the categories."""
        return math.fsum(self.weights[c.value] * value for c, value in standings.items()) / self.scale

    def lost(self, penalties: Mapping[str, float], standings: Mapping[Category, float], total: int) -> dict[str, int]:
        """Hundredths lost by check; what a page hides is booked to the fault that hides it."""
        sums: dict[Category, float] = {}
        for name, value in penalties.items():
            category = self.lines[name].category
            sums[category] = sums.get(category, 0.0) + value
        shares: dict[str, float] = {}

        def book(name: str, amount: float) -> None:
            shares[name] = shares.get(name, 0.0) + amount

        for name, value in penalties.items():
            line = self.lines[name]
            if line.category not in standings:
                continue
            part = self.weights[line.category.value] / self.scale * (100 - standings[line.category])
            part *= value / sums[line.category]
            own = line.affected
            hidden = {cause: n for cause, n in line.hidden.items() if cause not in self.suppressed and n > 0}
            of = own + sum(hidden.values())
            book(name, part * own / of)
            for cause, count in sorted(hidden.items()):
                book(cause, part * count / of)
        self._book_gates(shares, self.mean(standings) - total / 100)
        return _apportion(10_000 - total, dict(sorted(shares.items())))

    def _book_gates(self, shares: dict[str, float], rest: float) -> None:
        """What a gate takes beyond the mean is booked to the faults behind it."""
        if rest <= 0.005:  # noqa: PLR2004 - half a hundredth: rounding, not a gate
            return
        limit, hit = self.limit(self.suppressed), self.gates(self.suppressed)
        causes = self.causes()
        gates: list[GateId] = [g for g, (threshold, most) in GATES.items() if most == limit and hit[g] >= threshold]
        counts = {cause: n for cause, n in causes[gates[0]].items() if cause not in self.suppressed}
        whole = sum(counts.values())
        for cause, count in sorted(counts.items()):
            shares[cause] = shares.get(cause, 0.0) + rest * count / whole
