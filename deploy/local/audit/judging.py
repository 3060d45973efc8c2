"""Judges one page at a time, as a worker does, but keeps to what is known of it."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final, Protocol, final

from msgspec import Struct
from msgspec.structs import replace

from deploy.local.audit.given import Given, Material, material
from deploy.local.audit.terms import RANKS, Terms
from shared.checks import catalogue
from shared.checks.base import Level, On, Severity
from shared.checks.limits import load_profile
from shared.page import FetchError, Page
from shared.scoring import Scorer, grade_of
from workers.extract import TooDeep, extract
from workers.judge import Found, Judge, Verdict

_HTML_TYPE: Final = ("Content-Type", "text/html")
_SUCCESS: Final = range(200, 300)
_MAY_STAND_IN_HEADERS: Final = frozenset({"canonical.missing"})
"""Checks for something that the headers may hold where the document doesn't."""
_SPEAKS_OF_NOTHING: Final = "http.empty_body"
"""The one check on all answers that looks at a body which may not have been given."""


class PageReport(Struct, frozen=True):
    """The verdict on one page. `score` and `grade` are None when nothing was decided."""

    url: str
    score: float | None
    grade: str | None
    findings: tuple[Found, ...]
    not_decided: tuple[str, ...]


class Judged(Struct, frozen=True):
    """A page with its verdict, for those who want more than the report."""

    report: PageReport
    page: Page
    verdict: Verdict


@final
class Auditor:
    """Prepared once for all pages that are judged by the same terms."""

    def __init__(self, terms: Terms) -> None:
        """Raises `KeyError` for names that don't exist."""
        profile = load_profile(terms.profile)
        self.limits: Final = profile.limits(dict(terms.thresholds))
        self.checks: Final = {name: one for name, one in catalogue().items() if name not in terms.disabled}
        self.scorer: Final = Scorer(profile, self.checks, terms.disabled)
        self._judge: Final = Judge(self.limits, disabled=terms.disabled)
        self._on_body: Final = tuple(
            one.id
            for one in self.checks.values()
            if one.level is Level.PAGE and (one.on & (On.HTML | On.INDEXABLE) or one.id == _SPEAKS_OF_NOTHING)
        )

    def judge(self, given: Given, now: float) -> Judged:
        """The verdict on a page. Raises `NotAPageError` where the URL is none."""
        return self.judge_material(material(given, now))

    def judge_material(self, given: Material) -> Judged:
        """The verdict on what is ready for the extractor."""
        page = read(given)
        verdict = self._judge(page)
        if not given.has_body:
            verdict = self._without_body(page, verdict)
        elif given.fetched.headers is None and not given.is_file:
            verdict = _without(verdict, _MAY_STAND_IN_HEADERS.intersection(self.checks))
        score = self.scorer.page_score(verdict, page)
        report = PageReport(
            url=page.fetched.url,
            score=score,
            grade=None if score is None else grade_of(score),
            findings=verdict.findings,
            not_decided=verdict.undecided,
        )
        return Judged(report, page, verdict)

    def _without_body(self, page: Page, verdict: Verdict) -> Verdict:
        """A document that wasn't given isn't an empty one: what asks for it is not decided."""
        if page.error is not None or page.status not in _SUCCESS:
            return verdict
        return replace(
            verdict,
            findings=tuple(found for found in verdict.findings if found.check != _SPEAKS_OF_NOTHING),
            undecided=tuple(sorted({*verdict.undecided, *self._on_body})),
        )


def _without(verdict: Verdict, names: frozenset[str]) -> Verdict:
    """The verdict with these checks not decided if they fired."""
    fired = names.intersection(found.check for found in verdict.findings)
    if not fired:
        return verdict
    return replace(
        verdict,
        findings=tuple(found for found in verdict.findings if found.check not in fired),
        undecided=tuple(sorted({*verdict.undecided, *fired})),
    )


@lru_cache(maxsize=8)
def auditor(terms: Terms) -> Auditor:
    """The auditor for these terms."""
    return Auditor(terms)


def read(given: Material) -> Page:
    """Extract the page. A document nested too deep is left out, and the page says so."""
    fetched = given.fetched
    if fetched.headers is None and given.as_html:
        # Without a Content-Type only what begins like HTML would be read as HTML, and here it is known to be.
        fetched = replace(fetched, headers=(_HTML_TYPE,))
    try:
        page = extract(fetched, given.context)
    except TooDeep as error:
        page = extract(replace(fetched, body=b"", error=FetchError("too_deep", str(error))), given.context)
    if given.fetched.headers is None:
        page.headers = page.media_type = None
    url, final_url = given.written
    page.fetched = replace(page.fetched, headers=given.fetched.headers, url=url, final_url=final_url)
    return page


class Graded(Protocol):
    """A finding, as far as its severity goes."""

    @property
    def severity(self) -> Severity:
        """How bad it is."""
        ...


def worst_of(findings: Iterable[Graded]) -> Severity | None:
    """The worst severity found, None when nothing was."""
    return min((found.severity for found in findings), key=RANKS.index, default=None)
