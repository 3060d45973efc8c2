"""How the page is meant for, and suits, programs that read it for people."""

import re
from collections.abc import Iterator

from shared.checks.base import Category, Finding, Limits, On, Severity, check
from shared.checks.sample import sample
from shared.page import Page

HTML_SECTIONS = "https://html.spec.whatwg.org/multipage/sections.html"

_OPT_OUTS = frozenset({"noai", "noimageai"})


@check(
    "ai.noai_signals",
    Category.SOCIAL,
    Severity.INFO,
    bad=(
        sample(robots='<meta name="robots" content="noai, noimageai">'),
        sample(headers={"X-Robots-Tag": "NoAI"}),
        sample(headers={"TDM-Reservation": "1"}),
    ),
    good=(sample(), sample(robots='<meta name="robots" content="index">'), sample(headers={"TDM-Reservation": "0"})),
    source="https://www.w3.org/community/reports/tdmrep/CG-FINAL-tdmrep-20240510/",
    on=On.OK,
)
def noai_signals(page: Page, limits: Limits) -> Iterator[Finding]:
    """The page asks not to be used for training AI.

    A fact about the owner's wish, not a defect. The signals are not part of any standard that AI companies must obey.

    Fix: nothing, if it is meant; name the crawlers in robots.txt too, which more of them obey.
    """
    for one in page.directives:
        if one.name in _OPT_OUTS:
            yield Finding(one.name, one.at)
    if (page.header("tdm-reservation") or "").strip() == "1":
        yield Finding("tdm-reservation: 1", "header: TDM-Reservation")
    elif (page.meta("tdm-reservation") or "").strip() == "1":
        yield Finding("tdm-reservation: 1", "(//head)[1]")


_SECTIONS = ("main", "article", "section", "nav", "header", "footer", "aside")
_ROLES = re.compile(
    r"role\s*=\s*[\"']?(main|navigation|banner|contentinfo|complementary|article|region)\b", re.IGNORECASE
)
_ROLE_MARKS = ("role", "ROLE", "Role")


def _roles(source: str) -> set[str]:
    """The landmark roles that the source names: found by their attribute, a pattern over the whole costs 0.3 ms."""
    found: set[str] = set()
    for mark in _ROLE_MARKS:
        at = source.find(mark)
        while at >= 0:
            role = _ROLES.match(source, at)
            if role:
                found.add(role[1].lower())
            at = source.find(mark, at + len(mark))
    return found


_MIN_WORDS = 50
"""Shorter pages need no sections."""


def _without_sections() -> str:
    html = sample().fetched.body.decode()
    for name in _SECTIONS:
        html = html.replace(f"<{name}>", "<div>").replace(f"</{name}>", "</div>")
    return html


_SOUP = _without_sections()


@check(
    "ai.semantic_html_low",
    Category.SOCIAL,
    Severity.INFO,
    bad=sample(html=_SOUP),
    good=(
        sample(),
        sample(html=_SOUP.replace("<body><div>", "<body><header>").replace("<div><div>", "<main><div>")),
        sample(
            html=_SOUP.replace("<body><div>", "<body><div role=banner>").replace("<div><div>", '<div ROLE="main"><div>')
        ),
        sample(html="<!doctype html><title>Knife</title><p>A small page needs no sections.</p>"),
    ),
    source=HTML_SECTIONS,
)
def semantic_html_low(page: Page, limits: Limits) -> Iterator[Finding]:
    """The page hardly uses elements that name its parts.

    `<main>`, `<article>`, `<nav>` and the like tell assistive technology and other readers what is text and what is
    decoration.

    Fix: use the elements of HTML instead of `<div>` for the parts of the page.
    """
    if page.words < _MIN_WORDS:
        return
    least = limits["ai.semantic_html_low"]
    kinds = sum(1 for name in _SECTIONS if page.tag_counts.get(name))
    if kinds < least:
        kinds += len(_roles(page.source)) if page.mentions(b"role") else 0
        if kinds < least:
            yield Finding(f"{kinds} of {len(_SECTIONS)} kinds of sectioning elements", "(//body)[1]")


_CHARACTERS_PER_TOKEN = 4
"""Of Latin text; other scripts take about one and a half characters a token (heuristic)."""


_LONG = "".join(f"<p>{part}</p>" for part in _SOUP.partition("<h1>")[2].split("<p>")[2:6])


@check(
    "ai.token_weight",
    Category.SOCIAL,
    Severity.INFO,
    bad=sample(content=_LONG * 110),
    good=(sample(), sample(content=_LONG * 30)),
    source="heuristic",
    implies=("perf.dom_size", "content.too_long", "content.text_ratio_high"),
)
def token_weight(page: Page, limits: Limits) -> Iterator[Finding]:
    """The page's text is longer than what AI readers take in at once.

    They cut long texts, so what stands late on the page is not read.

    Fix: split the page by topics, or put the essence first.
    """
    text, most = page.main_text, limits["ai.token_weight"]
    if len(text) > most:
        tokens = len(text) / _CHARACTERS_PER_TOKEN if text.isascii() else _mixed_tokens(text)
        if tokens > most:
            yield Finding(f"about {tokens:,.0f} tokens", "(//body)[1]")


def _mixed_tokens(text: str) -> float:
    latin = len(text.encode("latin-1", "ignore"))
    return latin / _CHARACTERS_PER_TOKEN + (len(text) - latin) / 1.5
