"""A monitor on the command line: every kind of rule, what is left out, what is replaced, what errors say."""

import argparse
from typing import Any, get_args

import msgspec
import pytest

from api_gateway.monitors import MonitorChange, MonitorRequest
from deploy.local.asking_monitors import FIGURES, add_monitor_options, monitor_body, rule
from shared.alerts import Rule

URL = "https://example.com/"


def asked(*words: str, change: bool = False) -> dict[str, Any]:
    parser = argparse.ArgumentParser()
    if not change:
        parser.add_argument("url")
    add_monitor_options(parser, change=change)
    return monitor_body(parser.parse_args(words))


@pytest.mark.parametrize(
    ("raw", "meant"),
    [
        ("score_drops", {"kind": "score_drops", "by": 5.0}),
        ("score_drops=7.5", {"kind": "score_drops", "by": 7.5}),
        ("score_below=70", {"kind": "score_below", "score": 70.0}),
        ("new_issue=high", {"kind": "new_issue", "severity": "high"}),
        ("pages_fall=20", {"kind": "pages_fall", "percent": 20.0}),
        ("noindex_appeared", {"kind": "noindex_appeared"}),
        ("scan_failed", {"kind": "scan_failed"}),
        ("certificate_expires=30", {"kind": "certificate_expires", "days": 30}),
    ],
)
def test_a_rule(raw: str, meant: dict[str, Any]) -> None:
    assert rule(raw) == meant


def test_every_kind_of_the_api_is_known() -> None:
    assert list(FIGURES) == [kind.__struct_config__.tag for kind in get_args(Rule)]


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ("score", "is no kind of alert; use one of score_drops, score_below"),
        ("score_below", "is not score_below=SCORE"),
        ("score_below=low", "is not score_below=SCORE"),
        ("score_below=nan", "is not score_below=SCORE"),
        ("score_below=101", "is not score_below=SCORE"),
        ("new_issue=awful", "is not new_issue=SEVERITY"),
        ("certificate_expires=1.5", "is not certificate_expires=DAYS"),
        ("scan_failed=1", "has no figure; leave out =1"),
    ],
)
def test_a_wrong_rule_says_what_to_do(raw: str, says: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=says):
        rule(raw)


def test_a_monitor_with_everything() -> None:
    body = asked(
        URL, "--crawl", "--max-pages", "9", "--check-network", "tls", "--cookie", "a=b", "--ignore-robots",
        "--schedule", "weekly", "--timezone", "Asia/Tokyo", "--name", "Shop",
        "--alert", "score_below=70", "--alert", "score_below=50", "--mail", "alerts", "--mail", "report_pdf",
    )  # fmt: skip
    assert body == {
        "url": URL,
        "schedule": "weekly",
        "timezone": "Asia/Tokyo",
        "mode": "crawl",
        "name": "Shop",
        "alerts": [{"kind": "score_below", "score": 70.0}, {"kind": "score_below", "score": 50.0}],
        "mails": ["alerts", "report_pdf"],
        "options": {"max_pages": 9, "checks_network": ["tls"], "cookie": "a=b", "respect_robots": False},
    }
    msgspec.convert(body, MonitorRequest)


def test_left_out() -> None:
    assert asked(URL) == {"url": URL, "schedule": "daily", "timezone": "UTC", "mode": "single"}
    assert asked(change=True) == {}


def test_a_change_names_only_what_is_given() -> None:
    assert asked("--sitemap", "--alert", "scan_failed", change=True) == {
        "mode": "sitemap",
        "alerts": [{"kind": "scan_failed"}],
    }
    body = asked("--no-alerts", "--no-mails", "--no-options", "--url", "example.com", change=True)
    assert body == {"url": "https://example.com", "alerts": [], "mails": [], "options": {}}
    msgspec.convert(body, MonitorChange)
    assert asked("--no-options", "--max-depth", "2", change=True) == {"options": {"max_depth": 2}}
