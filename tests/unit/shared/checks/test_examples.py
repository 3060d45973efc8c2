"""Every check's own examples, through the real extractor: bad fires, good doesn't, and nothing else comes along."""

from functools import lru_cache

import pytest

from shared.checks import catalogue
from shared.checks.base import Check, Level
from shared.checks.limits import load_profile
from shared.checks.sample import Sample, sample
from workers.extract import extract
from workers.judge import Judge, Verdict

CHECKS = [check for check in catalogue().values() if check.level is Level.PAGE]


@lru_cache(maxsize=1)
def judge() -> Judge:
    return Judge(load_profile().limits())


def verdict(example: Sample) -> Verdict:
    return judge()(extract(example.fetched, example.context))


def ids(example: Sample) -> set[str]:
    return {found.check for found in verdict(example).findings}


def test_the_clean_page_is_clean() -> None:
    outcome = verdict(sample())
    assert outcome.findings == ()
    assert outcome.raised == ()
    assert outcome.undecided == tuple(c.id for c in CHECKS if any(need.value == "previous" for need in c.needs))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_bad_fires_and_nothing_else(check: Check) -> None:
    assert check.bad
    for example in check.bad:
        outcome = verdict(example)
        assert not outcome.raised
        fired = {found.check for found in outcome.findings}
        assert check.id in fired
        assert fired - {check.id} - set(check.implies) == set()
        for found in outcome.findings:
            assert found.severity in catalogue()[found.check].severities
            assert found.evidence


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_good_does_not_fire(check: Check) -> None:
    assert check.good
    for example in check.good:
        assert check.id not in ids(example)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_implied_ids_exist(check: Check) -> None:
    assert set(check.implies) <= set(catalogue())
