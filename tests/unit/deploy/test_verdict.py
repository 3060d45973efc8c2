"""Whether a scan passes: thresholds, severities, baselines."""

import argparse
from pathlib import Path
from typing import Any

import pytest

from deploy.local.errors import UsageError
from deploy.local.formats import baseline
from deploy.local.formats.gathered import Finding, Gathered, place_of
from deploy.local.verdict import add_verdict_options, judge

HIGH = Finding("title.missing", "high", "https://example.com/a?b=1", "no <title>", "head")
LOW = Finding("title.short", "low", "https://example.com/", "4 characters", "head > title")
SITE = Finding("robots.missing", "medium", "", "", "")


def options(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_verdict_options(parser)
    return parser.parse_args(words)


def gathered(*findings: Finding, status: str = "complete", score: float | None = 80.0, reason: str = "") -> Gathered:
    scan: dict[str, Any] = {"status": status, "result": {"score": score}, "reason": reason}
    return Gathered(scan, (), findings)


@pytest.mark.parametrize(
    ("status", "score", "words", "passes"),
    [
        ("complete", 80.0, (), True),
        ("complete", None, (), True),
        ("complete", 80.0, ("--fail-under", "80"), True),
        ("complete", 79.9, ("--fail-under", "80"), False),
        ("complete", None, ("--fail-under", "1"), False),
        ("error", None, (), False),
        ("stopped", 99.0, ("--fail-under", "50"), False),
    ],
)
def test_the_score_and_the_end(status: str, score: float | None, words: tuple[str, ...], passes: bool) -> None:
    assert (not judge(gathered(status=status, score=score), options(*words)).failures) == passes


@pytest.mark.parametrize(
    ("severity", "failing"),
    [("critical", set()), ("high", {"title.missing"}), ("low", {"title.missing", "title.short"})],
)
def test_an_issue_as_bad_as_asked_fails(severity: str, failing: set[str]) -> None:
    judged = judge(gathered(HIGH, LOW), options("--fail-on", severity))
    assert judged.failing == failing
    assert bool(judged.failures) == bool(failing)


def test_only_what_the_baseline_does_not_know_fails(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    baseline.write(path, [HIGH, SITE])
    other_host = HIGH._replace(url="https://preview.example.net/a?b=1", evidence="none")
    assert judge(gathered(other_host, SITE), options("--baseline", str(path))).failures == ()
    judged = judge(gathered(HIGH, SITE, LOW), options("--baseline", str(path)))
    assert judged.failing == {"title.short"}
    assert "new findings" in judged.failures[0]
    assert judge(gathered(HIGH, LOW), options("--baseline", str(path), "--fail-on", "high")).failures == ()
    info = LOW._replace(check="x.y", severity="info")
    assert judge(gathered(info), options("--baseline", str(path))).failures == ()


def test_a_baseline_reads_as_it_was_written_and_differs_little(tmp_path: Path) -> None:
    one, two = tmp_path / "1", tmp_path / "2"
    baseline.write(one, [HIGH, LOW, SITE])
    baseline.write(two, [SITE, LOW, HIGH])
    assert one.read_bytes() == two.read_bytes()
    assert baseline.read(one) == baseline.known([HIGH, LOW, SITE])


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (None, "--write-baseline"),
        ("{", "not a baseline"),
        ('{"version": 2, "findings": {}}', "version 2"),
        ("[]", "not a baseline"),
    ],
)
def test_what_is_no_baseline_is_said_with_what_to_do(content: str | None, word: str, tmp_path: Path) -> None:
    path = tmp_path / "b.json"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(UsageError, match=word):
        baseline.read(path)


def test_a_baseline_that_can_not_be_written(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--write-baseline"):
        baseline.write(tmp_path / "no" / "b.json", [HIGH])


@pytest.mark.parametrize(
    ("url", "place"),
    [("https://a.example/x?y=1#z", "/x?y=1"), ("http://b.example", "/"), ("", ""), ("https://a.example/?", "/")],
)
def test_the_place_of_a_page_is_the_same_on_every_host(url: str, place: str) -> None:
    assert place_of(url) == place
