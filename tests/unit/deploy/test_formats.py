"""Report files: SARIF, JUnit, Markdown, HTML, with what hostile pages put into them."""

import dataclasses
import json
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from deploy.local.formats import RENDER
from deploy.local.formats.gathered import Finding, Gathered, place_of
from deploy.local.formats.junit import MAX_PLACES
from deploy.local.formats.sarif import MAX_RESULTS
from shared.html_report import MAX_PLACES as MAX_LISTED

ATTACK = "<script>alert(1)</script>\"'`|[x](javascript:1)\x00\x1b[31m\u202e @everyone"


def issue(check: str, severity: str, pages: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "check": check, "severity": severity, "category": "on_page", "title": f"Title of {check}.", "why": "Because.",
        "fix": "write one.", "source": "https://developers.google.com/search", "pages": pages, "share": 1.0,
        "points_lost": 2.0, "points_back": 1.5, "examples": [], **more,
    }  # fmt: skip


def gathered(issues: list[dict[str, Any]], findings: list[Finding], **more: Any) -> Gathered:
    scan = {
        "scan_id": "0199c2a1-7e40-7c3b-9d52-3f1b8a6c0e11", "url": "https://example.com/", "mode": "sitemap",
        "status": "complete", "finished_at": "2026-11-22T10:00:00Z",
        "result": {
            "score": 71.4, "grade": "C", "profile": "default", "score_version": "2026.11", "coverage": 99.0,
            "incomplete": None, "categories": [{"id": "on_page", "score": 71.0, "weight": 25.0}, {"id": "ai", "score": None, "weight": 5.0}],
            "totals": {"pages": 3, "issues": {"critical": 0, "high": 1, "medium": 0, "low": 0, "info": 0}},
        },
    }  # fmt: skip
    return Gathered(scan, issues, findings, **more)


ONE = Finding("title.missing", "high", "https://example.com/a", "no <title>", "head")
TWO = Finding("image.alt_missing", "medium", "https://example.com/b", "img.png", "body > img")
FULL = gathered([issue("title.missing", "high"), issue("image.alt_missing", "medium")], [TWO, ONE])
EMPTY = gathered([], [])
HOSTILE = gathered(
    [issue("title.missing", "high", title=ATTACK, fix=ATTACK, why=ATTACK, source=ATTACK)],
    [ONE._replace(url="https://example.com/" + ATTACK, evidence=ATTACK, position=ATTACK)],
    failures=(ATTACK,),
    failing=frozenset({"title.missing"}),
)
FAILED = Gathered(
    {"status": "error", "url": "https://example.com/", "mode": "single", "reason": ATTACK}, (), (), failures=("x",)
)


@pytest.mark.parametrize("kind", RENDER)
@pytest.mark.parametrize("scan", [FULL, EMPTY, HOSTILE, FAILED], ids=["full", "empty", "hostile", "failed"])
def test_every_format_takes_every_scan_and_passes_no_control_characters(kind: str, scan: Gathered) -> None:
    text = RENDER[kind](scan).encode(errors="replace").decode()
    assert "\x00" not in text
    assert "\x1b" not in text


def test_sarif_has_a_rule_per_check_and_the_worst_first() -> None:
    run = json.loads(RENDER["sarif"](FULL))["runs"][0]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert rules == ["image.alt_missing", "title.missing"]
    assert [(one["ruleId"], one["level"]) for one in run["results"]] == [
        ("title.missing", "error"),
        ("image.alt_missing", "warning"),
    ]
    assert all(rules[one["ruleIndex"]] == one["ruleId"] for one in run["results"])
    assert run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "example.com/a"
    assert "baselineState" not in run["results"][0]


def test_sarif_says_what_is_new_and_keeps_fingerprints_over_hosts() -> None:
    known = dataclasses.replace(FULL, new=frozenset({("title.missing", place_of(ONE.url))}))
    states = {one["ruleId"]: one["baselineState"] for one in json.loads(RENDER["sarif"](known))["runs"][0]["results"]}
    assert states == {"title.missing": "new", "image.alt_missing": "unchanged"}

    def print_of(url: str) -> str:
        scan = gathered([issue("title.missing", "high")], [ONE._replace(url=url)])
        return json.loads(RENDER["sarif"](scan))["runs"][0]["results"][0]["partialFingerprints"]["scanfleet/v1"]

    assert print_of("https://example.com/a") == print_of("https://preview.example.net/a")
    assert print_of("https://example.com/a") != print_of("https://example.com/b")


def test_sarif_is_bounded_and_says_what_it_leaves_out() -> None:
    many = [ONE._replace(url=f"https://example.com/{number}") for number in range(MAX_RESULTS + 7)]
    run = json.loads(RENDER["sarif"](gathered([issue("title.missing", "high")], many)))["runs"][0]
    assert (len(run["results"]), run["properties"]["resultsLeftOut"]) == (MAX_RESULTS, 7)


def test_junit_fails_what_makes_the_run_fail_and_nothing_else() -> None:
    scan = dataclasses.replace(FULL, failing=frozenset({"title.missing"}), failures=("There are issues.",))
    root = ET.fromstring(RENDER["junit"](scan))
    failed = [case.get("name") for case in root.iter("testcase") if case.find("failure") is not None]
    assert failed == ["verdict", "title.missing"]
    assert [(suite.get("tests"), suite.get("failures")) for suite in root] == [("1", "1"), ("2", "1")]
    assert not ET.fromstring(RENDER["junit"](FULL)).findall(".//failure")


def test_junit_survives_what_xml_can_not_hold_and_shortens() -> None:
    root = ET.fromstring(RENDER["junit"](HOSTILE).encode(errors="replace"))
    assert "<script>" in "".join(root.itertext())
    many = [ONE._replace(url=f"https://example.com/{number}") for number in range(MAX_PLACES + 3)]
    assert "and 3 more" in RENDER["junit"](gathered([issue("title.missing", "high")], many))


def test_markdown_shows_text_as_text() -> None:
    text = RENDER["markdown"](HOSTILE)
    assert "<script" not in text.replace("\\<script", "")
    assert "](javascript" not in text
    assert "\\@everyone" in text
    rows = [line for line in text.splitlines() if line.startswith("| high")]
    assert len(rows) == 1
    assert rows[0].replace("\\|", "").count("|") == 5


def test_markdown_lists_no_more_than_what_brings_points() -> None:
    text = RENDER["markdown"](gathered([issue("a.b", "high"), issue("c.d", "low", points_back=0.02)], []))
    assert "Title of a\\.b" in text or "Title of a.b" in text
    assert "c.d" not in text
    assert "and 1 more" in text


def test_markdown_tells_only_of_what_is_new_with_a_baseline() -> None:
    known = dataclasses.replace(FULL, new=frozenset({("title.missing", "/a")}))
    text = RENDER["markdown"](known)
    assert "### New" in text
    assert "title" in text.lower()
    assert "image" not in text
    assert "Nothing new" in RENDER["markdown"](dataclasses.replace(FULL, new=frozenset()))


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]


@pytest.mark.parametrize("scan", [FULL, EMPTY, HOSTILE, FAILED], ids=["full", "empty", "hostile", "failed"])
def test_html_holds_no_script_and_loads_nothing(scan: Gathered) -> None:
    text = RENDER["html"](scan)
    tags = _Tags()
    tags.feed(text)
    assert not {"script", "link", "img", "iframe", "a", "form"} & set(tags.tags)
    assert not {"src", "href", "onerror", "onload", "style"} & set(tags.attributes)
    assert "default-src 'none'" in text
    assert tags.tags.count("h1") == 1


def test_html_lists_a_bounded_number_of_pages() -> None:
    many = [ONE._replace(url=f"https://example.com/{number}") for number in range(MAX_LISTED + 5)]
    text = RENDER["html"](gathered([issue("title.missing", "high", pages=len(many))], many))
    assert text.count("<td>https://example.com/") == MAX_LISTED
    assert "and 5 more" in text
