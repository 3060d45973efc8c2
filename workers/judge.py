"""Applies the page-level checks to one page and asks the common guards once, from each check's record."""

from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import islice

from msgspec import Struct

from shared.checks import catalogue
from shared.checks.base import Check, Fact, Finding, Level, Limits, On, PageFunction, Severity, classes_of
from shared.page import Page

MAX_PER_CHECK = 5
"""Findings of one check kept per page; the rest is counted."""
MAX_COUNTED = 1_000
MAX_EVIDENCE = 300


class Found(Struct, frozen=True, gc=False):
    """A finding on a page, as stored and shown. `count` is how often the check fired, the kept ones included."""

    check: str
    severity: Severity
    evidence: str
    position: str = ""
    count: int = 1


class Verdict(Struct, frozen=True):
    """The outcome of all page-level checks on one page.

    `classes` tells to which checks' denominators the page belongs; `undecided` names the checks that apply but could
    not be decided, and `raised` those among them that raised an exception.
    """

    findings: tuple[Found, ...]
    undecided: tuple[str, ...]
    raised: tuple[tuple[str, str], ...]
    classes: On


_FACTS: Mapping[Fact, Callable[[Page], object]] = {
    Fact.STATUS: lambda page: page.status,
    Fact.HEADERS: lambda page: page.headers,
    Fact.REDIRECTS: lambda page: page.redirects,
    Fact.TIMINGS: lambda page: page.fetched.timings,
    Fact.HTTP_VERSION: lambda page: page.fetched.http_version,
    Fact.WIRE_BYTES: lambda page: page.fetched.wire_bytes,
    Fact.TLS: lambda page: page.fetched.tls,
    Fact.IN_SITEMAP: lambda page: page.context.in_sitemap,
    Fact.ROBOTS: lambda page: page.context.robots,
    Fact.DEPTH: lambda page: page.context.depth,
    Fact.ASSETS: lambda page: page.context.assets,
    Fact.EXTERNAL: lambda page: page.context.external,
    Fact.PREVIOUS: lambda page: page.context.previous,
}


_Plan = tuple[list[tuple[Check, PageFunction]], tuple[str, ...]]


class Judge:
    """The page-level checks with their limits, prepared once and applied to many pages."""

    def __init__(self, limits: Limits, *, disabled: Collection[str] = ()) -> None:
        """Take the whole catalogue less `disabled`."""
        self._limits = limits
        self._checks = [c for c in catalogue().values() if c.level is Level.PAGE and c.id not in disabled]
        self._plans: dict[tuple[On, frozenset[Fact]], _Plan] = {}

    def _plan(self, classes: On, unknown: frozenset[Fact]) -> _Plan:
        """The checks to run on pages like this, and those that can't be decided."""
        plan = self._plans.get((classes, unknown))
        if plan is None:
            apply = [c for c in self._checks if c.on in classes]
            plan = (
                [(c, c.page) for c in apply if c.page is not None and unknown.isdisjoint(c.needs)],
                tuple(c.id for c in apply if not unknown.isdisjoint(c.needs)),
            )
            self._plans[classes, unknown] = plan
        return plan

    def __call__(self, page: Page) -> Verdict:
        """Judge one page. A check that raises is not decided for this page, and named in `raised`."""
        classes = classes_of(page)
        unknown = frozenset(fact for fact, get in _FACTS.items() if get(page) is None)
        checks, undecided = self._plan(classes, unknown)
        found: list[Found] = []
        raised: list[tuple[str, str]] = []
        limits = self._limits
        for check, function in checks:
            try:
                findings = function(page, limits)
                for first in findings:  # hardly ever entered: most checks end without yielding anything
                    found.extend(_collect(check, first, findings))
                    break
            except Exception as error:  # noqa: BLE001 - a check's fault must not cost the page its other verdicts
                raised.append((check.id, f"{type(error).__name__}: {error}"[:MAX_EVIDENCE]))
        return Verdict(tuple(found), (*undecided, *(check_id for check_id, _ in raised)), tuple(raised), classes)


def _collect(check: Check, first: Finding, findings: Iterator[Finding]) -> list[Found]:
    """What is kept of a check's findings. `findings` is used up to the bound and then dropped."""
    kept = [first, *islice(findings, MAX_PER_CHECK - 1)]
    count = len(kept)
    if count == MAX_PER_CHECK:
        count += sum(1 for _ in islice(findings, MAX_COUNTED))
    return [
        Found(check.id, one.severity or check.severity, one.evidence[:MAX_EVIDENCE], one.at[:MAX_EVIDENCE], count)
        for one in kept
    ]
