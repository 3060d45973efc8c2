"""Applies the site-level checks and finishes their findings: addresses, limits on what is kept, the tally."""

from collections.abc import Callable, Collection, Iterator, Mapping
from collections.abc import Set as AbstractSet
from itertools import islice
from typing import Final, final

from msgspec import Struct

from shared.checks import catalogue
from shared.checks.base import Check, Fact, Level, Limits, On, Severity
from shared.checks.site import Site, SiteFinding
from shared.tally import Tally, add_site_outcomes, withhold

MAX_PER_PAGE = 5
"""Findings of one check kept for a page; the rest is counted."""
MAX_SITE_WIDE = 100
"""Findings of one check kept that belong to no page."""
MAX_EVIDENCE = 300
BATCH = 500
"""Findings whose addresses are looked up together."""

UrlOf = Callable[[AbstractSet[int]], Mapping[int, str]]
"""Addresses of pages by sequence number."""


class SiteFound(Struct, frozen=True, gc=False):
    """A finding as stored and shown; `seq` None: about the site as a whole, `url` then what it is about."""

    check: str
    severity: Severity
    evidence: str
    position: str
    seq: int | None
    url: str | None
    count: int = 1


class Outcome(Struct, frozen=True):
    """What a check came to. `affected` counts pages by severity, `total` places; `denominator` None: the whole site."""

    check: str
    decided: bool
    affected: Mapping[Severity, int] = {}
    total: int = 0
    denominator: int | None = None
    raised: str = ""


_RANKS: Final = tuple(reversed(Severity))


@final
class SiteJudge:
    """Runs the catalogue's site-level checks over one site; `outcomes` is complete once `findings` is exhausted."""

    def __init__(self, site: Site, limits: Limits, url_of: UrlOf, *, disabled: Collection[str] = ()) -> None:
        """Take the site-level checks of the whole catalogue less `disabled`."""
        self._site = site
        self._limits = limits
        self._url_of = url_of
        self._checks = [c for c in catalogue().values() if c.level is Level.SITE and c.id not in disabled]
        self.outcomes: dict[str, Outcome] = {}

    def findings(self) -> Iterator[SiteFound]:
        """All findings that are kept, check by check."""
        for check in self._checks:
            if self._withheld(check):
                self.outcomes[check.id] = Outcome(check.id, decided=False)
            else:
                yield from self._finished(check, _Count(check, self._site.count(check.on)))

    def tally(self, tally: Tally) -> Tally:
        """`tally` with the outcomes added."""
        outcomes = self.outcomes.values()
        tally = add_site_outcomes(
            tally, [(one.check, one.affected, one.denominator) for one in outcomes if one.decided]
        )
        return withhold(tally, [one.check for one in outcomes if not one.decided])

    def _withheld(self, check: Check) -> bool:
        inputs = self._site.inputs
        unknown = {
            Fact.ROBOTS: inputs.robots is None,
            Fact.IN_SITEMAP: inputs.sitemaps is None,
            Fact.PREVIOUS: inputs.previous is None,
        }
        if check.id in inputs.unknown or (check.network is not None and check.network not in inputs.network):
            return True
        return (check.complete_only and not inputs.complete) or any(unknown.get(need, False) for need in check.needs)

    def _finished(self, check: Check, count: "_Count") -> Iterator[SiteFound]:
        """The findings of one check with their addresses. One that raises is not decided: drop what it gave before."""
        function = check.site
        if function is None:
            return
        found = count.kept(function(self._site, self._limits))
        try:
            while batch := list(islice(found, BATCH)):
                yield from self._addressed(check, batch)
        except Exception as error:  # noqa: BLE001 - a check's fault must not cost the site its other verdicts
            self.outcomes[check.id] = Outcome(check.id, decided=False, raised=f"{type(error).__name__}: {error}"[:300])
        else:
            self.outcomes[check.id] = count.outcome()

    def _addressed(self, check: Check, batch: list[SiteFinding]) -> Iterator[SiteFound]:
        wanted = {seq for one in batch for seq in one.others}
        wanted |= {one.seq for one in batch if one.seq is not None and one.url is None}
        urls: Mapping[int, str] = self._url_of(wanted) if wanted else {}
        for one in batch:
            evidence = one.evidence
            for n, seq in enumerate(one.others):
                evidence = evidence.replace(f"{{{n}}}", urls.get(seq, "?"))
            url = one.url or (self._site.inputs.start_url if one.seq is None else urls.get(one.seq))
            severity = one.severity or check.severity
            yield SiteFound(check.id, severity, evidence[:MAX_EVIDENCE], one.at, one.seq, url, one.count)


@final
class _Count:
    """Counts a check's findings and lets through those that are kept."""

    def __init__(self, check: Check, denominator: int) -> None:
        self._check = check
        self._denominator = denominator
        self._pages: dict[int, int] = {}
        """Page → findings kept, and in the upper bits the rank of the worst."""
        self._wide = 0
        self._wide_rank = -1
        self._total = 0

    def kept(self, findings: Iterator[SiteFinding]) -> Iterator[SiteFinding]:
        """The findings that are kept."""
        for one in findings:
            self._total += one.count
            rank = _RANKS.index(one.severity or self._check.severity)
            if one.seq is None:
                self._wide += 1
                self._wide_rank = max(self._wide_rank, rank)
                if self._wide <= MAX_SITE_WIDE:
                    yield one
                continue
            known = self._pages.get(one.seq, 0)
            number = known & 15
            if number < MAX_PER_PAGE:
                yield one
                number += 1
            self._pages[one.seq] = max(known >> 4, rank) << 4 | number

    def outcome(self) -> Outcome:
        """The figures: pages by severity, or the site as a whole."""
        if self._check.on is On.ANY:
            rank = max([self._wide_rank, *(known >> 4 for known in self._pages.values())])
            affected = {_RANKS[rank]: 1} if self._total else {}
            return Outcome(self._check.id, decided=True, affected=affected, total=self._total)
        affected = dict.fromkeys(_RANKS, 0)
        for known in self._pages.values():
            affected[_RANKS[known >> 4]] += 1
        return Outcome(
            self._check.id,
            decided=True,
            affected={severity: count for severity, count in affected.items() if count},
            total=self._total,
            denominator=self._denominator,
        )
