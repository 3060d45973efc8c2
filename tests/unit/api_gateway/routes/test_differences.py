"""Lines of robots.txt side by side, and which checks can't be compared."""

from collections import Counter
from itertools import zip_longest
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from api_gateway.routes.differences import DATED, MOST_OF_LINE, Stretch, compared, comparing, robots_section, unsteady
from shared.checks import catalogue
from shared.checks.base import Level
from shared.checks.limits import load_profile
from shared.checks.sample import NOW, Sample
from workers.extract import extract
from workers.judge import Judge

ALL = Stretch(None, 0, 500)
DAY = 86_400.0


def a_file(text: str = "", status: int | None = 200) -> dict[str, Any]:
    return {"status": status, "body": text.encode()}


@given(st.text("abc", max_size=20), st.text("abc", max_size=20))
def test_what_was_added_less_what_was_removed_is_the_difference(was: str, now: str) -> None:
    """Each letter is a line."""
    added, removed, reordered = compared(a_file("\n".join(was)), a_file("\n".join(now)))
    assert Counter(added) == Counter(now) - Counter(was)
    assert Counter(removed) == Counter(was) - Counter(now)
    assert reordered == (was != now and sorted(was) == sorted(now))


def test_lines_come_in_the_order_of_the_file() -> None:
    added, removed, _ = compared(a_file("z\ny\nx"), a_file("c\na\nb"))
    assert (added, removed) == (["c", "a", "b"], ["z", "y", "x"])


@pytest.mark.parametrize(
    ("before", "after", "added", "removed"),
    [
        (a_file("a"), a_file("<h1>not found</h1>", 404), 0, 1),
        (a_file("gone", 410), a_file("a\nb"), 2, 0),
        (a_file("a"), a_file("b", 503), 0, 0),
        (a_file(status=None), a_file("b"), 0, 0),
        ({"status": 200, "body": None}, a_file("b"), 1, 0),
        (a_file("\ufeffa"), a_file(" a \r\n\r\n"), 0, 0),
    ],
)
def test_only_what_is_known_is_compared(before: Any, after: Any, added: int, removed: int) -> None:
    told = robots_section(before, after, ALL)
    assert (told["added"]["total"], told["removed"]["total"], told["reordered"]) == (added, removed, False)
    statuses = (before["status"], after["status"])
    assert told.get("status") == (
        None if statuses[0] == statuses[1] else dict(zip_longest(("before", "after"), statuses))
    )


def test_a_long_line_is_cut() -> None:
    told = robots_section(a_file(), a_file("x" * 500_000), ALL)
    assert [len(line) for line in told["added"]["items"]] == [MOST_OF_LINE]


def test_what_compares_by_itself_or_measures() -> None:
    """The list of checks that tell an age is complete: of all others the evidence is the same a day later."""
    judge = Judge(load_profile().limits())
    differing: set[str] = set()
    for check in catalogue().values():
        if check.level is not Level.PAGE:
            continue
        for one in check.bad:
            differing |= _days_apart(judge, one, check.id)
    assert differing == DATED
    assert {"robots.changed", "title.changed", "sitemap.count_dropped"} <= set(comparing())
    of_pages = {check for check in unsteady() if catalogue()[check].level is Level.PAGE}
    assert of_pages == DATED | {"perf.ttfb_slow", "perf.slow_page"}
    assert "description.duplicate" in unsteady()


def _days_apart(judge: Judge, one: Sample, check: str) -> set[str]:
    page = extract(one.fetched, one.context)
    said: list[set[tuple[str, str]]] = []
    for now in (NOW, NOW + DAY):
        page.context = replace(page.context, now=now)
        said.append({(found.check, found.evidence) for found in judge(page).findings if found.check == check})
    both = {check for check, _ in said[0]} & {check for check, _ in said[1]}
    return both if said[0] != said[1] else set()
