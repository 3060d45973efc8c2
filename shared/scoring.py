"""The score: a published formula over tallies, explainable to the last hundredth of a point.

For a check of `w` points that affects the share `p` of the pages it applies to, the penalty is `w * g(p)` with
`g(p) = 1.2 p / (p + 0.2)`. A category stands at `100 * exp(-sum of penalties / 100)`, the score is the weighted mean of
the categories in which something was decided, and at most the limit of any gate that is hit. Heuristic; the profile
holds points and weights.

Where the bare formula would break one of the score's laws, this is the smallest repair:

- Pages with different severities of one check: the penalty is summed from the worst down, `w` times the growth of
  `g` that the pages of this severity add, so that easing a finding can't cost points.
- A page that hides checks (it answers 500, say) counts as failing every check that it hides, each at the worst
  severity that the check declares: nothing that can come to light weighs more. These points are booked to the fault
  that hides, not to the checks that are hidden.
- "A check that passes changes nothing" holds where the check's category is decided anyway and no page hides the check;
  otherwise it contradicts "a category without decisions is left out" and the rule above.
- Where no page could be read there is no score: what is known of an answer alone, that it came over https, say, would
  make a high one. A document that isn't HTML counts as not read, since nothing of its content is judged.
- Points are rounded to hundredths so that the parts add up without a remainder.
"""

import math
from collections.abc import Iterable, Mapping

from msgspec import Struct

from shared.checks.base import Category, Check, Fact, Level, On, Severity
from shared.checks.limits import Profile
from shared.ledger import CATEGORY_OF_GROUP, GATES, SEVERITIES, Ledger, category_of, rounded
from shared.page import Page
from shared.tally import (
    Gating,
    Tally,
    VerdictLike,
    add_site_findings,
    as_json,
    class_name,
    frame_of,
    gating,
    merge,
    tally_of,
    unknown_for_good,
    was_read,
    with_hits,
    withhold,
    worst_by_check,
)

__all__ = [
    "CATEGORY_OF_GROUP",
    "CategoryScore",
    "Gate",
    "Issue",
    "Score",
    "Scorer",
    "Tally",
    "add_site_findings",
    "as_json",
    "gating",
    "grade_of",
    "merge",
    "page_score",
    "score",
    "tally_of",
    "withhold",
]

GRADES: tuple[tuple[float, str], ...] = ((90, "A"), (80, "B"), (65, "C"), (50, "D"), (0, "F"))
"""Least score of each grade. Heuristic."""


class CategoryScore(Struct, frozen=True):
    """A category in which something was decided; `weight` in percent of the score, after rescaling."""

    id: str
    score: float
    weight: float


class Issue(Struct, frozen=True):
    """A check that fired. `share` is that of `pages` in the pages it applies to.

    `points_lost` of all issues add up to 100 - score; `points_back` is what the score gains if this one alone is fixed.
    """

    check: str
    severity: Severity
    pages: int
    share: float
    points_lost: float
    points_back: float


class Gate(Struct, frozen=True):
    """A limit on the score: hit when `share` reaches `threshold`."""

    id: str
    share: float
    threshold: float
    limit: float
    hit: bool


class Score(Struct, frozen=True):
    """The outcome. `score` and `grade` are None when no page's content is known; `coverage` is in percent."""

    score: float | None
    grade: str | None
    coverage: float
    categories: tuple[CategoryScore, ...]
    issues: tuple[Issue, ...]
    gates: tuple[Gate, ...]
    suppressed: tuple[str, ...] = ()


def grade_of(points: float) -> str:
    """The letter for a score."""
    return next(letter for least, letter in GRADES if points >= least)


class _Frame(Struct, frozen=True):
    """What pages of a kind have in common.

    Their tally before any finding, the penalties of the checks that they hide by decided category, and the limit set by
    their gates.
    """

    tally: Tally
    hidden: Mapping[Category, list[float]]
    limit: float


_MAX_FRAMES = 1_024
"""A site shows a few dozen kinds of pages."""


class Scorer:
    """The formula with one profile and one set of checks, prepared once."""

    def __init__(self, profile: Profile, catalogue: Mapping[str, Check], suppressed: Iterable[str] = ()) -> None:
        """`catalogue` are the checks that were asked (a disabled one left out); `suppressed` don't count."""
        self._profile = profile
        self._checks = catalogue
        self._suppressed = frozenset(suppressed)
        self._frames: dict[object, _Frame] = {}
        self._category = {c.id: category_of(c) for c in catalogue.values()}

    def score(self, tally: Tally) -> Score:
        """Score a scan. Costs one pass over the checks, and one more for each fault that hides checks."""
        report = Ledger(tally, self._profile, self._checks, self._suppressed)
        shares = report.gates(self._suppressed)
        gates = tuple(Gate(g, shares[g], least, limit, shares[g] >= least) for g, (least, limit) in GATES.items())
        suppressed = tuple(sorted(self._suppressed))
        if not report.categories or not was_read(tally):
            return Score(None, None, self._coverage(report), (), (), gates, suppressed)
        penalties = report.penalties(self._suppressed)
        standings = report.standings(penalties)
        total = report.total(standings, self._suppressed)
        return Score(
            score=total / 100,
            grade=grade_of(total / 100),
            coverage=self._coverage(report),
            categories=tuple(
                CategoryScore(c.value, round(value, 2), round(100 * report.weights[c] / report.scale, 2))
                for c, value in standings.items()
            ),
            issues=self._issues(report, penalties, standings, total),
            gates=gates,
            suppressed=suppressed,
        )

    def _issues(
        self, report: Ledger, penalties: Mapping[str, float], standings: Mapping[Category, float], total: int
    ) -> tuple[Issue, ...]:
        lost = report.lost(penalties, standings, total)
        names = {name for name, line in report.lines.items() if line.affected} | {n for n, part in lost.items() if part}
        issues: list[Issue] = []
        for name in names - self._suppressed:
            back = report.total_without(name, penalties, standings) - total
            issues.append(_issue(report, name, lost.get(name, 0), back))
        return tuple(
            sorted(issues, key=lambda i: (-i.points_back, -i.points_lost, SEVERITIES.index(i.severity), i.check))
        )

    def _coverage(self, report: Ledger) -> float:
        """The mean over the checks that weigh something of the share of their pages that was decided, in percent."""
        shares: list[float] = []
        for line in report.lines.values():
            check = line.check
            if line.category is Category.SCAN or not any(self._profile.points[s] > 0 for s in check.severities):
                continue
            if Fact.PREVIOUS in check.needs and not line.pages:
                continue  # the first scan of a site lacks nothing
            site = check.level is Level.SITE
            unread = 0 if site else report.tally.unread.get(class_name(check.on), 0)
            if line.pages + line.undecided + unread:
                shares.append(line.pages / (line.pages + line.undecided + unread))
        return round(100 * math.fsum(shares) / len(shares), 2) if shares else 0.0

    def page_score(self, verdict: VerdictLike, page: Page) -> float | None:
        """A page's own score, the same as `score` of its tally: page-level checks only.

        None where nothing was decided, where what kept us from reading the page is no fault of the site, and for what
        isn't HTML.
        """
        return self.page(verdict, page)[0]

    def page(self, verdict: VerdictLike, page: Page) -> tuple[float | None, Tally]:
        """`page_score` and `tally_of`, which ask the same of a page: a third of what both cost one by one."""
        gate = gating(verdict, page)
        frame = self._frame(verdict, page, gate)
        worst = worst_by_check(verdict)
        tally = frame.tally if gate.blocked else with_hits(frame.tally, worst)
        if not frame.hidden or (On.HTML not in verdict.classes and all(on is not On.HTML for on, _ in gate.causes)):
            return None, tally
        points, weights = self._profile.points, self._profile.weights
        sums = {category: list(values) for category, values in frame.hidden.items()}
        for check_id, severity in worst.items():
            category = self._category.get(check_id)
            if category is not None and category in sums and check_id not in self._suppressed:
                sums[category].append(points[severity])
        scale = math.fsum(weights[c.value] for c in sums)
        mean = math.fsum(weights[c.value] * (100 * math.exp(-math.fsum(v) / 100)) for c, v in sums.items()) / scale
        return rounded(mean, frame.limit) / 100, tally

    def _frame(self, verdict: VerdictLike, page: Page, gate: Gating) -> _Frame:
        """What pages of this kind have in common."""
        answer = (page.status, page.error is None, page.is_home, unknown_for_good(page))
        key = (verdict.classes, tuple(verdict.undecided), gate, answer)
        frame = self._frames.get(key)
        if frame is None:
            tally = frame_of(verdict.classes, verdict.undecided, gate, page, self._checks.values())
            report = Ledger(tally, self._profile, self._checks, self._suppressed)
            hidden: dict[Category, list[float]] = {category: [] for category in report.categories}
            for name, value in report.penalties(self._suppressed).items():
                category = report.lines[name].category
                if category in hidden:
                    hidden[category].append(value)
            frame = _Frame(tally, hidden, report.limit(self._suppressed))
            if len(self._frames) < _MAX_FRAMES:
                self._frames[key] = frame
        return frame


def _issue(report: Ledger, name: str, lost: int, back: int) -> Issue:
    line = report.lines.get(name)
    if line is None:
        return Issue(name, Severity.INFO, 0, 0.0, lost / 100, back / 100)
    worst = next((s for s, count in zip(SEVERITIES, line.hits, strict=True) if count), line.check.severity)
    share = round(line.affected / line.pages, 6) if line.pages else 0.0
    return Issue(name, worst, line.affected, share, lost / 100, back / 100)


def score(tally: Tally, profile: Profile, catalogue: Mapping[str, Check], suppressed: Iterable[str] = ()) -> Score:
    """Score a scan; for many, keep a `Scorer`."""
    return Scorer(profile, catalogue, suppressed).score(tally)


def page_score(verdict: VerdictLike, page: Page, profile: Profile, catalogue: Mapping[str, Check]) -> float | None:
    """A page's own score; for many pages, keep a `Scorer`."""
    return Scorer(profile, catalogue).page_score(verdict, page)
