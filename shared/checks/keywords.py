"""The keywords meta, which search engines ignore and people still maintain."""

import re
from collections.abc import Iterator

from shared.checks.base import Category, Finding, Limits, On, Severity, check
from shared.checks.sample import sample
from shared.page import Page
from shared.reading.terms import shared_terms

_SEPARATOR = re.compile(r"[,;|，、；،]")
_LEAST_BODY = 200
_LEAST_PHRASES = 3
_MOST_PHRASES = 50
_MOST = 5_000
"""Characters of the tag that are read."""


def _meta(content: str) -> str:
    return f'<meta name="keywords" content="{content}">'


def _occurs(phrase: str, body: str) -> bool | None:
    """Whether most of the words of a phrase occur in `body`, None when that can't be told."""
    share = shared_terms(phrase, body, least=1)
    return None if share is None else share.found * 2 >= share.total


@check(
    "keywords.irrelevant",
    Category.ON_PAGE,
    Severity.INFO,
    bad=sample(head=_meta("motor insurance, cheap loans, holiday flats, sneakers, online casino")),
    good=(
        sample(),
        sample(head=_meta("sharpening, kitchen knife, whetstones, burr, Messer")),
        sample(head=_meta("ножи, заточка, камень, угол")),
        sample(head=_meta("Stone and Steel, Rotterdam")),
        sample(head=_meta("")),
    ),
    source="https://developers.google.com/search/docs/crawling-indexing/special-tags",
    on=On.INDEXABLE,
)
def irrelevant(page: Page, limits: Limits) -> Iterator[Finding]:
    """The meta keywords hardly occur on the page.

    Google ignores this tag; where other programs read it, keywords that the text doesn't contain mislead them.

    Fix: remove the tag, or list only what the page is about.
    """
    meta = next((meta for meta in page.metas if meta.name == "keywords" and meta.content), None)
    content = (meta.content or "")[:_MOST] if meta else ""
    if meta is None or not content.strip() or len(page.body_text) < _LEAST_BODY:
        return
    phrases = dict.fromkeys(phrase.strip() for phrase in _SEPARATOR.split(content))
    body = page.body_text
    told = [found for phrase in list(phrases)[:_MOST_PHRASES] if (found := _occurs(phrase, body)) is not None]
    if len(told) >= _LEAST_PHRASES and sum(told) < limits["keywords.irrelevant"] * len(told):
        yield Finding(f"{sum(told)} of {len(told)} keywords occur in the text: {content.strip()}", meta.at)
