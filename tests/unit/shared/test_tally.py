"""What hides what: pages through the real extraction and the real checks."""

import pytest

from shared.checks import catalogue
from shared.checks.base import On
from shared.checks.limits import load_profile
from shared.checks.sample import HOST, Sample, sample
from shared.ledger import CATEGORY_OF_GROUP
from shared.page import FetchError
from shared.scoring import Scorer, score
from shared.tally import Gating, gating, merge, tally_of
from workers.extract import extract
from workers.judge import Judge

JUDGE = Judge(load_profile().limits())
NOINDEX = '<meta name="robots" content="noindex">'
BELOW_HTTP = (On.OK, On.HTML, On.INDEXABLE)


def gate(example: Sample) -> Gating:
    page = extract(example.fetched, example.context)
    return gating(JUDGE(page), page)


def points(*examples: Sample) -> float | None:
    pages = [extract(example.fetched, example.context) for example in examples]
    tally = merge(*(tally_of(JUDGE(page), page, catalogue()) for page in pages))
    return score(tally, load_profile(), catalogue()).score


def test_every_group_has_a_category() -> None:
    assert {check.group for check in catalogue().values()} <= set(CATEGORY_OF_GROUP)


def test_a_sound_page_hides_nothing() -> None:
    assert gate(sample()) == Gating(eligible=True)


@pytest.mark.parametrize(("status", "cause"), [(404, "status.4xx"), (410, "status.4xx"), (500, "status.5xx")])
def test_an_error_hides_what_needs_an_answer(status: int, cause: str) -> None:
    found = gate(sample(status=status))
    assert found.causes == tuple((on, cause) for on in BELOW_HTTP)
    assert found.broken == found.not_indexable == cause


def test_no_answer_hides_what_needs_a_response() -> None:
    found = gate(sample(status=None, html="", error=FetchError("connection", "refused")))
    assert found.causes[0] == (On.RESPONSE, "status.connection_error")
    assert found.broken == "status.connection_error"


@pytest.mark.parametrize("kind", ["parser_killed", "too_large", "forbidden_address", "too_deep"])
def test_what_we_could_not_do_is_unread(kind: str) -> None:
    found = gate(sample(error=FetchError(kind, "no"), html=""))  # type: ignore[arg-type]
    assert found.causes == ()
    assert found.broken == ""
    assert On.HTML in found.unread


def test_being_refused_is_no_fault() -> None:
    assert gate(sample(error=FetchError("blocked_by_server", "403"), status=403)).blocked
    assert points(sample(error=FetchError("blocked_by_server", "403"), status=403)) is None


def test_a_mistaken_noindex_hides_and_a_meant_one_does_not() -> None:
    mistaken = gate(sample(robots=NOINDEX, in_sitemap=True))
    assert [on for on, _ in mistaken.causes] == [On.INDEXABLE]
    assert mistaken.not_indexable.startswith("index.")
    meant = gate(sample(robots=NOINDEX, in_sitemap=False))
    assert meant.causes == ()
    assert meant.not_indexable == "index.noindex"


def test_a_wrong_canonical_hides_and_a_right_one_does_not() -> None:
    wrong = gate(sample(canonical='<link rel="canonical" href="https://other.example/">'))
    assert [(on, cause.partition(".")[0]) for on, cause in wrong.causes] == [(On.INDEXABLE, "canonical")]
    right = gate(sample(canonical=f'<link rel="canonical" href="{HOST}/guides/sharpening">'))
    assert right == Gating()


def test_an_empty_answer_hides_the_document() -> None:
    found = gate(sample(html=""))
    assert dict(found.causes).get(On.HTML) == "http.empty_body"


def test_http_hides_what_needs_https() -> None:
    found = gate(sample(url=f"{HOST}/a".replace("https", "http"), tls=None))
    assert (On.SECURE, "https.page_http") in found.causes


def test_a_document_of_another_kind_hides_nothing() -> None:
    found = gate(sample(html=b"%PDF-1.7 ...", headers={"Content-Type": "application/pdf"}))
    assert found.causes == ()
    assert not found.eligible


def test_repairing_the_worst_never_costs() -> None:
    """A page with many defects, shown by the repair of what hid them."""
    poor = {
        "title": "",
        "description": "",
        "h1": "",
        "content": "<p>Little.</p>",
        "headers": {"Content-Encoding": None},
    }
    hidden = [sample(**poor, status=500), sample(**poor, status=404), sample(**poor, robots=NOINDEX, is_home=True)]  # type: ignore[arg-type]
    after = points(sample(), sample(**poor))  # type: ignore[arg-type]
    for before in hidden:
        score_before = points(sample(), before)
        assert score_before is not None
        assert after is not None
        assert score_before <= after


def test_a_page_scores_as_a_scan_of_it_alone() -> None:
    scorer = Scorer(load_profile(), catalogue())
    for example in (sample(), sample(title=""), sample(status=500), sample(robots=NOINDEX), sample(html="")):
        page = extract(example.fetched, example.context)
        verdict = JUDGE(page)
        assert scorer.page_score(verdict, page) == scorer.score(tally_of(verdict, page, catalogue())).score


def test_a_scorer_gives_the_tally_that_each_page_has_by_itself() -> None:
    scorer = Scorer(load_profile(), catalogue())
    for check in catalogue().values():
        for example in check.bad[:1]:
            page = extract(example.fetched, example.context)
            verdict = JUDGE(page)
            points, tally = scorer.page(verdict, page)
            assert tally == tally_of(verdict, page, catalogue()), check.id
            assert points == scorer.page_score(verdict, page)
