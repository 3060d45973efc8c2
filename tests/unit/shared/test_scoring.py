"""The score by hand: figures that can be checked with a pencil."""

import pytest

from shared.checks.base import Category, Severity
from shared.ledger import growth
from shared.scoring import Tally, add_site_findings, merge, page_score, score, withhold
from tests.unit.shared.score_sites import (
    CATALOGUE,
    PROFILE,
    SCORER,
    Made,
    Site,
    judged,
    points,
    scored,
    tally_pages,
    tally_site,
)


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
