"""Single defects on clean pages of differing styles: the check fires, with no other than those it implies."""

from functools import lru_cache
from urllib.parse import quote

import pytest

from shared.checks import catalogue
from shared.checks.limits import load_profile
from shared.page import Fetched
from tests.unit.shared.checks.unseen_cases import CASES, Case
from tests.unit.shared.checks.unseen_pages import STYLES, Style, context, fetched
from workers.extract import extract
from workers.judge import Judge


@lru_cache(maxsize=1)
def judge() -> Judge:
    return Judge(load_profile().limits())


def fired(style: Style, answer: Fetched) -> set[str]:
    verdict = judge()(extract(answer, context(style)))
    assert not verdict.raised
    return {found.check for found in verdict.findings}


def filled(text: str, style: Style, url: str) -> str:
    site = "/".join(style.url.split("/")[:3])
    slots = {"{site}": site, "{path}": style.url.removeprefix(site), "{host}": site[8:], "{url}": url}
    slots["{lang}"] = {"shop": "de", "news": "en", "docs": "ja"}[style.name]
    for slot, value in slots.items():
        text = text.replace(slot, value)
    return text


def outcome(case: Case, style: Style) -> set[str]:
    url = filled(case.url, style, "")
    address = quote(url, safe=":/?&=%")
    html = style.html.replace(style.url, address if case.url != "{site}{path}" else style.url)
    for edit in case.edits:
        html = edit(html)
    html = filled(html, style, address)
    headers = {
        name: None if value is None else filled(value, style, url) for name, value in (case.headers or {}).items()
    }
    return fired(style, fetched(html, url, status=case.status, headers=headers))


@pytest.mark.parametrize("style", STYLES, ids=lambda style: style.name)
def test_the_clean_page_is_clean(style: Style) -> None:
    assert fired(style, fetched(style.html, style.url)) == set()


@pytest.mark.parametrize(("number", "case"), list(enumerate(CASES)), ids=lambda one: getattr(one, "check", None))
def test_the_defect_alone_is_found(number: int, case: Case) -> None:
    for style in STYLES:
        found = outcome(case, style)
        assert case.check in found, (number, style.name)
        assert found - {case.check} - set(catalogue()[case.check].implies) == set(), (number, style.name)
