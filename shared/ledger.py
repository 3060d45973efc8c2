"""A tally laid out check by check: penalties, categories, gates, and who is to blame for each lost point."""

import math
from collections.abc import Collection, Mapping
from operator import itemgetter
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
_NO_HITS = (0,) * len(SEVERITIES)


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
        hits = _NO_HITS if self.check.id in without else self.hits
        if not self.pages or (hits is _NO_HITS and not self.hidden):
            return 0.0
        steps = [(points[severity], count) for severity, count in zip(SEVERITIES, hits, strict=True) if count]
        hidden = sum(count for cause, count in self.hidden.items() if cause not in without)
        if hidden:
            steps.insert(0, (max([points[severity] for severity in self.check.severities]), hidden))
        if len(steps) > 1:
            steps.sort(key=itemgetter(0), reverse=True)
        total, before, seen = 0.0, 0.0, 0
        for weight, count in steps:
            seen = min(seen + count, self.pages)
            after = growth(seen / self.pages)
            total += weight * (after - before)
            before = after
        return total


def _split(counter: Mapping[str, int], *, first: bool = False) -> dict[str, dict[str, int]]:
    """`{"a x": 1}` → `{"x": {"a": 1}}`, or by the `first` word `{"a": {"x": 1}}`."""
    nested: dict[str, dict[str, int]] = {}
    for key, count in counter.items():
        outer, _, inner = key.partition(" ") if first else reversed(key.partition(" "))
        nested.setdefault(outer, {})[inner] = count
    return nested


def _by_check(counter: Mapping[str, int]) -> dict[str, tuple[int, ...]]:
    """`{"a high": 1}` → `{"a": (0, 1, 0, 0, 0)}`, for the checks that fired: few of all."""
    return {
        check: tuple(counts.get(severity, 0) for severity in SEVERITIES)
        for check, counts in _split(counter, first=True).items()
    }


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
        self._hits = {Level.PAGE: _by_check(tally.hits), Level.SITE: _by_check(tally.site_hits)}
        self.lines = {check.id: self._line(check) for _, check in sorted(checks.items())}
        self._names: dict[Category, list[str]] = {}
        self._hidden_by: dict[str, list[str]] = {}
        counted: set[Category] = set()
        for name, line in self.lines.items():
            self._names.setdefault(line.category, []).append(name)
            for cause in line.hidden:
                self._hidden_by.setdefault(cause, []).append(name)
            if line.pages and any(self.points[severity] > 0 for severity in line.check.severities):
                counted.add(line.category)
        self.categories = [c for c in Category if c in counted and self.weights.get(c, 0) > 0]
        self.scale = math.fsum(self.weights[category] for category in self.categories)

    def _line(self, check: Check) -> Line:
        tally, site = self.tally, check.level is Level.SITE
        hits = self._hits[check.level].get(check.id, _NO_HITS)
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
            hits, hidden = _NO_HITS, {}
        return Line(check, category_of(check), hits, hidden, pages, undecided)

    def gates(self, without: Collection[str]) -> dict[GateId, float]:
        """The share of each gate."""
        totals = self.tally.totals
        of = {"not_indexable": totals.get("eligible", 0), "broken": totals.get("judged", 0)}
        shares: dict[GateId, float] = {}
        for gate, counter in self.causes().items():
            count = sum([n for cause, n in counter.items() if cause not in without])
            shares[gate] = count / of[gate] if of.get(gate) else float(count > 0)
        return shares

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

    def _standing(self, category: Category, penalties: Mapping[str, float]) -> float:
        """A category's score. The sum is exact (`fsum`), so order can't matter."""
        return 100 * math.exp(-math.fsum([penalties.get(name, 0.0) for name in self._names[category]]) / 100)

    def standings(self, penalties: Mapping[str, float]) -> dict[Category, float]:
        """The categories' scores."""
        return {category: self._standing(category, penalties) for category in self.categories}

    def mean(self, standings: Mapping[Category, float]) -> float:
        """The weighted mean of the categories."""
        return math.fsum([self.weights[category] * value for category, value in standings.items()]) / self.scale

    def total(self, standings: Mapping[Category, float], without: Collection[str]) -> int:
        """The score in hundredths of a point, gates included."""
        return rounded(self.mean(standings), self.limit(without))

    def total_without(self, name: str, penalties: Mapping[str, float], standings: Mapping[Category, float]) -> int:
        """The score in hundredths if the fault `name` were repaired: only what it touches is reckoned again."""
        gone = self.suppressed | {name}
        touched = [self.lines[one] for one in (name, *self._hidden_by.get(name, ())) if one in self.lines]
        better = {**penalties, **{line.check.id: line.penalty(self.points, gone) for line in touched}}
        changed = {line.category for line in touched}.intersection(standings)
        return self.total({**standings, **{one: self._standing(one, better) for one in changed}}, gone)

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
            part = self.weights[line.category] / self.scale * (100 - standings[line.category])
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
