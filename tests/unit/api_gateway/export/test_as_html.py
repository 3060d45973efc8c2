"""Which places of which issues a report lists."""

from typing import Any

import msgspec

from api_gateway.export.as_html import _FINDINGS, Places
from shared.html_report import MAX_PLACES, Place


def issue(check: str, pages: int, examples: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    return {"check": check, "severity": "high", "pages": pages, "examples": examples or []}


def found(*checks: str, severity: str = "high") -> Any:
    return _FINDINGS.decode(
        msgspec.json.encode([{"check": one, "severity": severity, "evidence": "e", "position": "p"} for one in checks])
    )


def test_it_is_done_when_every_issue_has_its_pages() -> None:
    places = Places([issue("a.b", 2), issue("c.d", 1)])
    places.note("https://example.com/1", found("a.b", "a.b", "c.d"))
    assert not places.done
    places.note("https://example.com/2", found("a.b", "x.y"))
    assert places.done
    places.note("https://example.com/3", found("a.b"))
    assert [one.url[-1] for one in places.found["a.b", "high"]] == ["1", "1", "2"]
    assert places.found["c.d", "high"] == [Place("https://example.com/1", "e", "p")]


def test_places_are_bounded_however_many_there_are_on_a_page() -> None:
    places = Places([issue("a.b", 1_000)])
    for number in range(10):
        places.note(f"https://example.com/{number}", found(*["a.b"] * 50))
    assert len(places.found["a.b", "high"]) == MAX_PLACES
    assert places.done


def test_severities_are_told_apart() -> None:
    places = Places([issue("a.b", 1)])
    places.note("https://example.com/1", found("a.b", severity="low"))
    assert places.found == {("a.b", "high"): []}


def test_what_no_page_bears_has_its_examples() -> None:
    issues = [
        issue("robots.missing", 0, [{"url": "https://example.com/robots.txt", "evidence": None}]),
        issue("a.b", 1),
    ]
    places = Places(issues)
    places.note("https://example.com/1", found("a.b"))
    places.complete(issues)
    assert places.found["robots.missing", "high"] == [Place("https://example.com/robots.txt", "", "")]
    assert [one.url for one in places.found["a.b", "high"]] == ["https://example.com/1"]
