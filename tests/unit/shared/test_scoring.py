"""The score's laws, over sites made up by Hypothesis. `--long` runs a hundred times as many examples.

A site here is a list of `Made` pages: each has a state (fine, answers 500, noindex by mistake, …) and defects, which
show only as far as the state lets them. So "fixing" is what it is in life: the state is repaired and what it hid
comes to light.
"""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import Struct, structs

from shared.checks.base import Category, Check, Fact, Level, On, Severity, classes_of
from shared.checks.limits import load_profile
from shared.ledger import CATEGORY_OF_GROUP, growth
from shared.page import Canonical, Context, ErrorKind, Fetched, FetchError, Page, Previous
from shared.scoring import (
    Score,
    Scorer,
    Tally,
    add_site_findings,
    as_json,
    merge,
    page_score,
    score,
    tally_of,
    withhold,
)
from shared.tally import UNREACHABLE

PROFILE = load_profile()
URL = "https://example.com/a"


def record(
    check_id: str,
    severity: Severity,
    on: On,
    *,
    level: Level = Level.PAGE,
    also: tuple[Severity, ...] = (),
    needs: tuple[Fact, ...] = (),
) -> Check:
    return Check(
        id=check_id,
        category=CATEGORY_OF_GROUP[check_id.partition(".")[0]],
        severity=severity,
        level=level,
        title="t",
        why="w",
        fix="f",
        source="heuristic",
        on=on,
        needs=needs,
        severities=(severity, *also),
        implies=(),
        bad=(),
        good=(),
        network=None,
        complete_only=False,
    )


_RECORDS = (
    record("status.5xx", Severity.CRITICAL, On.ANY),
    record("status.4xx", Severity.HIGH, On.ANY),
    record("status.timeout", Severity.CRITICAL, On.ANY),
    record("http.charset_missing", Severity.MEDIUM, On.HTML),
    record("http.empty_body", Severity.HIGH, On.OK),
    record("index.noindex", Severity.INFO, On.HTML, also=(Severity.HIGH,)),
    record("index.nofollow_page", Severity.LOW, On.HTML),
    record("canonical.to_root", Severity.HIGH, On.HTML),
    record("https.page_http", Severity.HIGH, On.RESPONSE),
    record("security.hsts_missing", Severity.LOW, On.SECURE),
    record("security.leaked_secret", Severity.CRITICAL, On.HTML),
    record("title.missing", Severity.HIGH, On.HTML),
    record("title.too_long", Severity.LOW, On.INDEXABLE),
    record("content.thin", Severity.MEDIUM, On.INDEXABLE, also=(Severity.LOW,)),
    record("content.changed", Severity.INFO, On.HTML, needs=(Fact.PREVIOUS,)),
    record("index.became_noindex", Severity.HIGH, On.HTML, needs=(Fact.PREVIOUS,)),
    record("hreflang.invalid", Severity.HIGH, On.HTML),
    record("link.dead_end", Severity.LOW, On.HTML),
    record("perf.ttfb_slow", Severity.MEDIUM, On.OK, needs=(Fact.TIMINGS,)),
    record("social.og_missing", Severity.INFO, On.INDEXABLE),
    record("social.og_incomplete", Severity.LOW, On.INDEXABLE),
    record("title.duplicate", Severity.MEDIUM, On.INDEXABLE, level=Level.SITE),
    record("robots.missing", Severity.LOW, On.ANY, level=Level.SITE),
    record("sitemap.missing", Severity.MEDIUM, On.ANY, level=Level.SITE),
    record("scan.incomplete", Severity.INFO, On.ANY, level=Level.SITE),
)
CATALOGUE = {check.id: check for check in sorted(_RECORDS, key=lambda check: check.id)}
_OF_STATE = {"status", "index.noindex", "canonical", "https", "http.empty_body"}
SCORER = Scorer(PROFILE, CATALOGUE)
DEFECTS = [
    check.id
    for check in _RECORDS
    if check.level is Level.PAGE and check.id not in _OF_STATE and check.group not in _OF_STATE
]
STATES = ("fine", "500", "404", "timeout", "empty", "mistaken noindex", "wrong canonical")
OTHERS = ("meant noindex", "pdf", "403", "killed")
FAULTS = {
    "500": "status.5xx",
    "404": "status.4xx",
    "timeout": "status.timeout",
    "wrong canonical": "canonical.to_root",
    "empty": "http.empty_body",
}
REPEATED = "title.duplicate"
SITEWIDE = ("robots.missing", "sitemap.missing")


class Made(Struct, frozen=True):
    """A made-up page."""

    state: str = "fine"
    defects: frozenset[str] = frozenset()
    secure: bool = True
    home: bool = False
    timed: bool = True
    rescanned: bool = False
    duplicate: bool = False


class Site(Struct, frozen=True):
    """A made-up site."""

    pages: tuple[Made, ...]
    wide: frozenset[str] = frozenset()


class Found(Struct, frozen=True):
    check: str
    severity: Severity


class Outcome(Struct, frozen=True):
    findings: tuple[Found, ...]
    undecided: tuple[str, ...]
    classes: On


def page_of(made: Made) -> Page:
    state = made.state
    url = URL if made.secure else URL.replace("https", "http")
    status: int | None = {"500": 500, "404": 404, "403": 403, "timeout": None}.get(state, 200)
    kinds: dict[str, ErrorKind] = {"timeout": "timeout", "403": "blocked_by_server", "killed": "parser_killed"}
    error = FetchError(kinds[state], "") if state in kinds else None
    context = Context(
        now=0.0,
        is_home=made.home,
        in_sitemap=state != "meant noindex",
        previous=Previous() if made.rescanned else None,
    )
    canonicals = (Canonical("/", "https://example.com/", "html", in_head=True, at=""),)
    return Page(
        fetched=Fetched(url=url, final_url=url, status=status, error=error),
        context=context,
        url=url,
        final_url=url,
        status=status,
        headers={},
        sniffed={"pdf": "pdf", "empty": "empty"}.get(state, "html"),
        is_html=state not in {"pdf", "empty"} and status == 200,
        source="x" if status == 200 else "",
        canonicals=canonicals if state == "wrong canonical" else (),
        is_https=made.secure,
        is_home=made.home,
        noindex="noindex" in state,
    )


def judged(made: Made) -> tuple[Outcome, Page]:
    page = page_of(made)
    classes = classes_of(page)
    findings: list[Found] = []
    if made.state in FAULTS:
        findings.append(Found(FAULTS[made.state], CATALOGUE[FAULTS[made.state]].severity))
    if "noindex" in made.state:
        mistaken = made.state == "mistaken noindex" or made.home
        findings.append(Found("index.noindex", Severity.HIGH if mistaken else Severity.INFO))
    if On.RESPONSE in classes and not made.secure:
        findings.append(Found("https.page_http", Severity.HIGH))
    undecided: list[str] = []
    for check in _RECORDS:
        if check.level is not Level.PAGE or check.on not in classes:
            continue
        if (Fact.PREVIOUS in check.needs and not made.rescanned) or (Fact.TIMINGS in check.needs and not made.timed):
            undecided.append(check.id)
        elif check.id in made.defects:
            findings.append(Found(check.id, check.severity))
    return Outcome(tuple(findings), tuple(undecided), classes), page


def tally_pages(site: Site) -> list[Tally]:
    return [tally_of(*judged(made), CATALOGUE) for made in site.pages]


def with_site(tally: Tally, site: Site) -> Tally:
    visible = [made for made in site.pages if made.state == "fine"]
    repeated = sum(made.duplicate for made in visible)
    tally = add_site_findings(tally, "title.duplicate", {Severity.MEDIUM: repeated}, len(visible))
    for check in SITEWIDE:
        tally = add_site_findings(tally, check, {CATALOGUE[check].severity: int(check in site.wide)}, None)
    return tally


def tally_site(site: Site) -> Tally:
    return with_site(merge(*tally_pages(site)), site)


def scored(site: Site) -> Score:
    return SCORER.score(tally_site(site))


def points(site: Site) -> float:
    outcome = scored(site).score
    return 100.0 if outcome is None else outcome


_STATES = (*STATES, *OTHERS, "fine", "fine", "fine", "fine", "fine")


def _decode(code: int) -> Made:
    """A page from one number: a tenth of the time that drawing its fields one by one takes, and it still shrinks."""
    state, defects, flags = code & 15, code >> 4 & 0xFFFF & code >> 20, code >> 36
    return Made(
        state=_STATES[state],
        defects=frozenset(defect for n, defect in enumerate(DEFECTS) if defects >> n & 1),
        secure=not flags & 1,
        timed=not flags & 2,
        rescanned=bool(flags & 4),
        duplicate=bool(flags & 8),
    )


def _site(codes: list[int], wide: int) -> Site:
    first, *rest = (_decode(code) for code in codes)
    marked = frozenset(check for n, check in enumerate(SITEWIDE) if wide >> n & 1)
    return Site((structs.replace(first, home=bool(wide & 4)), *rest), marked)


sites = st.builds(_site, st.lists(st.integers(0, 2**40 - 1), min_size=1, max_size=12), st.integers(0, 7))
picks = st.integers(0, 10**6)


def law(*strategies: st.SearchStrategy[Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Run the test body over made-up sites: 1,000 of them, 100,000 with `--long`."""

    def decorate(body: Callable[..., None]) -> Callable[..., None]:
        def test(request: pytest.FixtureRequest) -> None:
            many = 100_000 if request.config.getoption("--long", default=False) else 1_000
            run = settings(max_examples=many, deadline=None, suppress_health_check=tuple(HealthCheck), database=None)(
                given(*strategies)(body)
            )
            run()

        test.__doc__ = body.__doc__
        return pytest.mark.timeout(7_200)(test)

    return decorate


@law(sites)
def test_bounded(site: Site) -> None:
    outcome = scored(site)
    assert outcome.score is None or 0 <= outcome.score <= 100
    assert 0 <= outcome.coverage <= 100
    assert all(0 <= category.score <= 100 for category in outcome.categories)


def repairs(site: Site) -> list[Site]:
    """Every single thing that could be fixed on the site, each fixed alone."""
    fixed = [structs.replace(site, wide=site.wide - {check}) for check in sorted(site.wide)]
    for n, made in enumerate(site.pages):
        better = [structs.replace(made, defects=made.defects - {defect}) for defect in sorted(made.defects)]
        if made.state in STATES and made.state != "fine":
            better.append(structs.replace(made, state="fine"))
        if made.state in {"500", "404", "timeout"}:
            better += [structs.replace(made, state=state) for state in (*OTHERS[:2], "mistaken noindex", "empty")]
        if made.state == "meant noindex" and made.home:
            better.append(structs.replace(made, state="fine"))
        if not made.secure:
            better.append(structs.replace(made, secure=True))
        if made.duplicate:
            better.append(structs.replace(made, duplicate=False))
        fixed += [structs.replace(site, pages=(*site.pages[:n], one, *site.pages[n + 1 :])) for one in better]
    return fixed


@law(sites, picks)
def test_fixing_anything_never_lowers_it(site: Site, pick: int) -> None:
    fixed = repairs(site)
    if fixed:
        assert points(fixed[pick % len(fixed)]) >= points(site)


@law(sites, st.randoms(use_true_random=False))
def test_independent_of_order_and_grouping(site: Site, random: Any) -> None:
    tallies = tally_pages(site)
    shuffled = list(tallies)
    random.shuffle(shuffled)
    cut = random.randint(0, len(shuffled))
    regrouped = merge(merge(*shuffled[:cut]), merge(*shuffled[cut:]))
    assert score(with_site(regrouped, site), PROFILE, CATALOGUE) == scored(site)


@law(sites)
def test_twice_as_large_scores_the_same(site: Site) -> None:
    once, twice = scored(site), scored(Site(site.pages * 2, site.wide))
    assert (once.score, once.coverage, once.categories) == (twice.score, twice.coverage, twice.categories)
    assert [(i.check, i.share, i.points_lost) for i in once.issues] == [
        (i.check, i.share, i.points_lost) for i in twice.issues
    ]


@law(sites, st.sampled_from(sorted(set(CATEGORY_OF_GROUP))), st.sampled_from(list(Severity)), st.sampled_from(list(On)))
def test_a_check_that_passes_changes_nothing(site: Site, group: str, severity: Severity, on: On) -> None:
    """Where its category is decided anyway and no page hides it (see the module's head)."""
    before = tally_site(site)
    added = record(f"{group}.added", severity, on)
    hidden = any(key.endswith(f" {(on.name or '').lower()}") for key in before.gated)
    outcome = score(before, PROFILE, CATALOGUE)
    if hidden or (added.category.value not in {c.id for c in outcome.categories}):
        return
    after = score(before, PROFILE, {**CATALOGUE, added.id: added})
    assert (after.score, after.categories) == (outcome.score, outcome.categories)
    assert after.issues == outcome.issues


@law(sites)
def test_lost_points_add_up_exactly(site: Site) -> None:
    outcome = scored(site)
    if outcome.score is not None:
        assert sum(round(100 * issue.points_lost) for issue in outcome.issues) == round(100 * (100 - outcome.score))
        assert all(issue.points_lost >= 0 for issue in outcome.issues)


def without(site: Site, check: str) -> Site:
    """The site with one issue repaired on all pages; a page whose fault is gone has nothing left to hide."""
    states = {found: state for state, found in FAULTS.items()}
    pages: list[Made] = []
    for made in site.pages:
        better = structs.replace(made, defects=made.defects - {check}, duplicate=made.duplicate and check != REPEATED)
        if made.state == states.get(check, "-"):
            shown = frozenset(found.check for found in judged(made)[0].findings)
            better = structs.replace(better, state="fine", defects=better.defects & shown)
        pages.append(better)
    return Site(tuple(pages), site.wide - {check})


@law(sites, picks)
def test_points_back_are_those_of_the_site_without_the_issue(site: Site, pick: int) -> None:
    # Fetched without timings, a hidden page would come back undecided and change a denominator.
    site = Site(
        tuple(structs.replace(made, timed=True, duplicate=False, secure=True) for made in site.pages), site.wide
    )
    outcome = scored(site)
    issues = [issue for issue in outcome.issues if issue.check != "index.noindex"]
    if outcome.score is None or not issues:
        return
    issue = issues[pick % len(issues)]
    better = points(without(site, issue.check))
    assert issue.points_back == pytest.approx(better - outcome.score, abs=1e-9)


@law(sites)
def test_a_page_has_its_own_score(site: Site) -> None:
    for made in site.pages:
        verdict, page = judged(made)
        alone = SCORER.score(tally_of(verdict, page, CATALOGUE)).score
        ours = page.error is not None and page.error.kind not in UNREACHABLE
        assert SCORER.page_score(verdict, page) == (None if ours else alone)


@law(sites)
def test_a_tally_survives_json(site: Site) -> None:
    tally = tally_site(site)
    assert msgspec.convert(msgspec.json.decode(msgspec.json.encode(as_json(tally))), Tally) == tally


@law(sites, st.frozensets(st.sampled_from(sorted(CATALOGUE)), max_size=4))
def test_suppressing_never_lowers_it(site: Site, checks: frozenset[str]) -> None:
    outcome = score(tally_site(site), PROFILE, CATALOGUE, suppressed=checks)
    assert outcome.score is None or outcome.score >= points(site)
    assert outcome.suppressed == tuple(sorted(checks))
    assert checks.isdisjoint(issue.check for issue in outcome.issues)


def test_ten_percent_of_the_pages_cost_forty_percent_of_the_points() -> None:
    assert growth(0) == 0
    assert growth(0.1) == pytest.approx(0.4)
    assert growth(1) == pytest.approx(1)


def test_a_clean_site_scores_100() -> None:
    outcome = scored(Site((Made(home=True), Made())))
    assert (outcome.score, outcome.grade, outcome.coverage, outcome.issues) == (100.0, "A", 100.0, ())
    assert not any(gate.hit for gate in outcome.gates)
    assert sum(category.weight for category in outcome.categories) == pytest.approx(100, abs=0.05)


def test_the_formula_by_hand() -> None:
    outcome = scored(Site((Made(defects=frozenset({"title.missing"})), *[Made()] * 9)))
    categories = {category.id: category.score for category in outcome.categories}
    assert categories["on_page"] == pytest.approx(90.48, abs=0.01)  # 100 * exp(-25 * 0.4 / 100)
    assert categories["indexing"] == 100
    assert outcome.score == pytest.approx(98.1, abs=0.01)  # 20 of 100 weight lose 9.52
    (issue,) = outcome.issues
    assert (issue.check, issue.pages, issue.share) == ("title.missing", 1, 0.1)
    assert issue.points_lost == issue.points_back == pytest.approx(1.9, abs=0.01)


@pytest.mark.parametrize(
    ("pages", "gate", "most"),
    [
        ((Made("mistaken noindex", home=True), *[Made()] * 99), "home_not_indexable", 30),
        ((Made("meant noindex", home=True), *[Made()] * 99), "home_not_indexable", 30),
        ((*[Made("meant noindex")] * 8, Made(), Made()), "not_indexable", 30),
        ((*[Made("404")] * 5, *[Made()] * 5), "broken", 40),
        ((*[Made("500")] * 5, *[Made()] * 5), "broken", 40),
    ],
)
def test_gates(pages: tuple[Made, ...], gate: str, most: float) -> None:
    outcome = scored(Site(pages))
    assert outcome.score is not None
    assert outcome.score <= most
    assert gate in {one.id for one in outcome.gates if one.hit}
    assert sum(issue.points_lost for issue in outcome.issues) == pytest.approx(100 - outcome.score)


def test_a_meant_noindex_costs_nothing() -> None:
    assert points(Site((Made(), *[Made("meant noindex")] * 3))) == 100


def test_being_blocked_costs_coverage_not_points() -> None:
    outcome = scored(Site((Made(), Made("403"))))
    assert outcome.score == 100
    assert 45 < outcome.coverage < 75
    nothing = score(merge(*tally_pages(Site((Made("403"),)))), PROFILE, CATALOGUE)
    assert (nothing.score, nothing.grade, nothing.coverage) == (None, None, 0)


def test_a_withheld_check_costs_coverage_not_points() -> None:
    tally = merge(*tally_pages(Site((Made(),))))
    outcome = score(withhold(tally, ["title.duplicate"]), PROFILE, CATALOGUE)
    assert outcome.score == 100
    assert outcome.coverage < 100


def test_what_a_broken_page_hides_is_booked_to_the_break() -> None:
    outcome = scored(Site((Made("500"), *[Made()] * 99)))
    assert [issue.check for issue in outcome.issues] == ["status.5xx"]
    assert outcome.score is not None
    assert outcome.issues[0].points_lost == pytest.approx(100 - outcome.score)
    assert outcome.issues[0].points_back == pytest.approx(100 - outcome.score)


def test_page_score_without_a_scorer() -> None:
    verdict, page = judged(Made(defects=frozenset({"title.missing"})))
    assert page_score(verdict, page, PROFILE, CATALOGUE) == SCORER.page_score(verdict, page)


def test_facts_about_the_scan_weigh_nothing() -> None:
    tally = add_site_findings(tally_site(Site((Made(),))), "scan.incomplete", {Severity.INFO: 1}, None)
    assert score(tally, PROFILE, CATALOGUE).score == 100
    assert Category.SCAN.value not in {category.id for category in score(tally, PROFILE, CATALOGUE).categories}


def test_easing_a_finding_never_costs() -> None:
    def with_severity(severity: Severity) -> float:
        tally = merge(*tally_pages(Site((Made(),) * 3)), Tally(hits={f"content.thin {severity.value}": 2}))
        return score(tally, PROFILE, CATALOGUE).score or 0

    assert with_severity(Severity.MEDIUM) < with_severity(Severity.LOW) < 100
