"""Rules fire when they should, and a second bad run is neither news nor a recovery."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.alerts import (
    Before,
    CertificateExpires,
    Ended,
    NewIssue,
    NoindexAppeared,
    PagesFall,
    Rule,
    Rules,
    ScanFailed,
    ScoreBelow,
    ScoreDrops,
    holds,
    name_of,
    over,
    watched,
)

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def ended(**more: Any) -> Ended:
    return Ended(**{"status": "complete", "finished_at": NOW, "score": 80.0, "pages": 100, **more})


def before(**more: Any) -> Before:
    return Before(**{"score": 80.0, "pages": 100, **more})


FIRES: list[tuple[Rule, Ended, Before | None, bool | None]] = [
    (ScoreDrops(by=5), ended(score=75.0), before(), True),
    (ScoreDrops(by=5), ended(score=75.1), before(), False),
    (ScoreDrops(by=5), ended(score=90.0), before(), False),
    (ScoreDrops(by=5), ended(score=None), before(), None),
    (ScoreDrops(by=5), ended(), before(score=None), None),
    (ScoreDrops(by=5), ended(score=10.0), None, False),
    (ScoreDrops(by=5), ended(status="error"), before(), None),
    (ScoreBelow(score=80), ended(score=79.9), None, True),
    (ScoreBelow(score=80), ended(score=80.0), None, False),
    (ScoreBelow(score=80), ended(score=None), None, None),
    (NewIssue(), ended(issues={"a.b": "critical"}), before(), True),
    (NewIssue(), ended(issues={"a.b": "critical"}), before(issues=("a.b",)), False),
    (NewIssue(), ended(issues={"a.b": "critical"}), before(issues=("a.b",), severities={"a.b": "medium"}), True),
    (NewIssue(), ended(issues={"a.b": "critical"}), before(issues=("a.b",), severities={"a.b": "critical"}), False),
    (
        NewIssue(severity="high"),
        ended(issues={"a.b": "critical"}),
        before(issues=("a.b",), severities={"a.b": "high"}),
        False,
    ),
    (NewIssue(), ended(issues={"a.b": "high"}), before(), False),
    (NewIssue(severity="medium"), ended(issues={"a.b": "high"}), before(), True),
    (NewIssue(), ended(issues={"a.b": "critical"}), None, False),
    (PagesFall(percent=10), ended(pages=90), before(), True),
    (PagesFall(percent=10), ended(pages=91), before(), False),
    (PagesFall(percent=10), ended(pages=10, whole=False), before(), None),
    (PagesFall(percent=10), ended(pages=10), before(pages=0), None),
    (ScanFailed(), ended(status="error", reason="gone"), None, True),
    (ScanFailed(), ended(), None, False),
    (ScanFailed(), ended(status="stopped"), None, None),
    (ScanFailed(), ended(blind="robots.txt answered 503"), None, True),
    (ScoreBelow(score=80), ended(score=10.0, blind="no page was found"), None, None),
    (NewIssue(), ended(issues={"a.b": "critical"}, blind="no page was found"), before(), None),
    (PagesFall(percent=10), ended(pages=0, blind="no page was found"), before(), True),
    (NoindexAppeared(), ended(gone=frozenset({"/a"})), before(noindex=("/a",)), False),
    (NoindexAppeared(), ended(noindex=("/a",)), before(), True),
    (NoindexAppeared(), ended(), before(noindex=("/a",)), True),
    (NoindexAppeared(), ended(indexable=frozenset({"/a"})), before(noindex=("/a",)), False),
    (NoindexAppeared(), ended(), before(), False),
    (CertificateExpires(days=14), ended(certificate_until=NOW + timedelta(days=13)), None, True),
    (CertificateExpires(days=14), ended(certificate_until=NOW + timedelta(days=14)), None, False),
    (CertificateExpires(days=14), ended(certificate_until=NOW - timedelta(days=1)), None, True),
    (CertificateExpires(days=14), ended(), None, None),
]


@pytest.mark.parametrize(("rule", "now", "than", "expected"), FIRES)
def test_when_rules_hold(rule: Rule, now: Ended, than: Before | None, expected: bool | None) -> None:
    found = holds(rule, now, than)
    assert (None if found is None else bool(found)) == expected
    for firing in found or ():
        assert firing.message.endswith(".") or "gone" in firing.message


@pytest.mark.parametrize("rule", [NewIssue(), NoindexAppeared()])
def test_only_a_run_that_saw_enough_ends_what_pages_raised(rule: Rule) -> None:
    assert over(rule, ended(), "a.b", before())
    assert not over(rule, ended(sound=False), "a.b", before())
    assert over(ScoreDrops(by=5), ended(sound=False), "", before())


def test_each_new_issue_is_an_alert_of_its_own() -> None:
    found = holds(NewIssue(severity="high"), ended(issues={"b.y": "high", "a.x": "critical", "c.z": "low"}), before())
    assert [one.subject for one in found or ()] == ["a.x", "b.y"]


def test_messages_name_a_bounded_number_of_pages() -> None:
    (found,) = holds(NoindexAppeared(), ended(noindex=tuple(f"/{n}" for n in range(3_000))), before()) or ()
    assert "and 995 more" in found.message
    assert len(found.details["pages"]) == 1_000


def test_a_rule_is_watched_once_and_another_figure_is_another_rule() -> None:
    rules: list[Rule] = [ScoreDrops(by=5), ScoreDrops(by=5.0), ScoreDrops(by=10), ScanFailed()]
    assert [name_of(rule) for rule in watched(rules)] == ["score_drops:5", "score_drops:10", "scan_failed"]


@pytest.mark.parametrize(
    "bad",
    [
        {"kind": "unknown"},
        {"kind": "score_drops", "by": 0},
        {"kind": "scan_failed", "x": 1},
        {"kind": "score_below"},
        {},
    ],
)
def test_malformed_rules_are_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert([bad], Rules)


@given(st.lists(st.floats(0, 100), min_size=2, max_size=20), st.floats(1, 50))
def test_a_drop_fires_once_and_recovers_once_whatever_the_scores_do(scores: list[float], by: float) -> None:
    """As the scheduler applies it: while open, runs are compared with the one before the alert."""
    rule, opened, told = ScoreDrops(by=by), None, []
    last = before(score=scores[0])
    for score in scores[1:]:
        than = opened or last
        found = holds(rule, ended(score=score), than)
        if found and opened is None:
            opened = last
            told.append("triggered")
        elif not found and opened is not None:
            opened = None
            told.append("recovered")
        last = before(score=score)
    assert all(one != two for one, two in pairwise(told))
    assert not told or told[0] == "triggered"
