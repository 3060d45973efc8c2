"""Telling what was made for our robot from what the site shows."""

import pytest

from shared.checks.sample import Sample, sample
from shared.page import FetchError
from shared.reading.challenge import challenge, refused
from workers.extract import extract

JUST_A_MOMENT = "<html><head><title>Just a moment...</title></head><body><p>Checking your browser.</p></body></html>"


@pytest.mark.parametrize(
    "example",
    [
        sample(status=403, html="<h1>Forbidden</h1>"),
        sample(status=429, html=""),
        sample(status=503, html=JUST_A_MOMENT),
        sample(status=202, html="", headers={"x-amzn-waf-action": "challenge"}),
        sample(html='<script src="/_Incapsula_Resource?x=1"></script>'),
        sample(status=None, html="", error=FetchError("blocked_by_server", "refused")),
    ],
)
def test_refused(example: Sample) -> None:
    assert refused(extract(example.fetched, example.context))


@pytest.mark.parametrize(
    "example",
    [
        sample(),
        sample(status=404, html="<h1>Not found</h1>"),
        sample(status=503, html="<h1>Maintenance</h1>"),
        sample(status=401, html=""),
        sample(head='<script src="/_Incapsula_Resource?x=1"></script>'),
        sample(status=None, html="", error=FetchError("timeout", "no answer")),
    ],
)
def test_not_refused(example: Sample) -> None:
    assert not refused(extract(example.fetched, example.context))


def test_evidence() -> None:
    example = sample(status=503, html=JUST_A_MOMENT, headers={"CF-Mitigated": "challenge"})
    assert challenge(extract(example.fetched, example.context)) == "cf-mitigated: challenge"
