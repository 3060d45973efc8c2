"""What a page scores whose content isn't known: nothing, unless it is the site's fault."""

import pytest

from shared.checks import catalogue
from shared.checks.limits import load_profile
from shared.checks.sample import Sample, sample
from shared.page import ErrorKind, FetchError
from shared.scoring import Scorer, tally_of
from workers.extract import extract
from workers.judge import Judge

PROFILE = load_profile()
JUDGE = Judge(PROFILE.limits())
SCORER = Scorer(PROFILE, catalogue())


def scores(example: Sample) -> tuple[float | None, float | None]:
    page = extract(example.fetched, example.context)
    verdict = JUDGE(page)
    return SCORER.page_score(verdict, page), SCORER.score(tally_of(verdict, page, catalogue())).score


def failed(kind: ErrorKind, status: int | None = None) -> Sample:
    return sample(status=status, html="", error=FetchError(kind, "x"))


def of_type(content_type: str, body: bytes) -> Sample:
    return sample(html=body, headers={"Content-Type": content_type})


@pytest.mark.parametrize(
    "example",
    [
        failed("parser_killed", 200),
        failed("too_deep", 200),
        failed("too_large", 200),
        failed("forbidden_address"),
        failed("blocked_by_robots"),
        failed("blocked_by_server"),
        sample(status=403, html="Forbidden"),
        sample(html="<title>Just a moment...</title><p>Checking your browser."),
        of_type("application/pdf", b"%PDF-1.7\n"),
        of_type("image/png", b"\x89PNG\r\n\x1a\n"),
        of_type("application/json", b'{"a": 1}'),
        sample(status=304, html=""),
    ],
)
def test_what_was_not_read_has_no_score(example: Sample) -> None:
    assert scores(example) == (None, None)


@pytest.mark.parametrize(
    "example",
    [
        sample(status=500, html=""),
        sample(status=503),
        sample(status=404),
        sample(html=""),
        failed("dns"),
        failed("timeout"),
        failed("decode", 200),
        sample(headers={"Content-Type": "application/json"}),
    ],
)
def test_a_fault_of_the_site_scores_low(example: Sample) -> None:
    alone, whole = scores(example)
    assert alone == whole
    assert alone is not None
    assert alone <= 30
