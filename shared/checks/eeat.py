"""Whom readers may trust."""

import re
from collections.abc import Iterator

from shared.checks.base import Category, Finding, Limits, Severity, check
from shared.checks.sample import sample
from shared.page import Page

GOOGLE_HELPFUL = "https://developers.google.com/search/docs/fundamentals/creating-helpful-content"

_ARTICLES = frozenset(
    {
        *("Article", "NewsArticle", "BlogPosting", "TechArticle", "ScholarlyArticle", "Report", "ReportageNewsArticle"),
        *("AnalysisNewsArticle", "OpinionNewsArticle", "ReviewNewsArticle", "LiveBlogPosting"),
    }
)
_NAMED = re.compile(
    r"\b(?:[Ww]ritten by|[Pp]osted by|[Bb]y|BY|[Vv]on|[Pp]ar|[Pp]or|[Dd]oor|[Dd]i|[Aa]v|[Aa]f|[Aa]utor(?:in)?:?"
    r"|[Aa]uthor:?|Автор:?)\s+(?:(?:Dr|Prof|Mr|Ms|Mrs)\.?\s+)?[^\W\d_a-z][\w.'\u2019-]*\s+(?:(?:de|van|von|der|la|bin|al)\s+){0,2}[^\W\d_a-z]"
)
"""“By Ida Stone” in the languages in which it is short (heuristic)."""
_LOOKED_AT = 1_500
"""Characters of the text in which a name is looked for, at the beginning and at the end."""

_LONG = 200
"""Words: a shorter dated entry is a notice, not an article."""

_POSTED = '<meta property="article:published_time" content="2026-11-02T08:00:00+00:00">'
_NEWS = (
    '<script type="application/ld+json">{"@context": "https://schema.org", "@type": "NewsArticle", '
    '"headline": "Knives", "image": ["https://example.com/media/whetstone.jpg"], '
    '"datePublished": "2026-11-02T08:00:00+00:00", "dateModified": "2026-11-02T08:00:00+00:00"%s}</script>'
)


def _is_article(page: Page) -> bool:
    """By its markup: an article item, Open Graph's article type with a date, or one long dated article element."""
    if any(not _ARTICLES.isdisjoint(item.types) for item in page.items):
        return True
    if page.meta("og:type") == "article" and page.meta("article:published_time") is not None:
        return True
    counts = page.tag_counts
    return counts.get("article") == 1 and counts.get("time", 0) > 0 and page.words >= _LONG


def _is_signed(page: Page) -> bool:
    if page.bylines or page.meta("author") or page.meta("article:author") or page.meta("twitter:creator"):
        return True
    if any("author" in item.properties or "creator" in item.properties for item in page.items):
        return True
    text = page.main_text
    return bool(_NAMED.search(text[:_LOOKED_AT]) or _NAMED.search(text[-_LOOKED_AT:]))


@check(
    "eeat.author_missing",
    Category.SOCIAL,
    Severity.INFO,
    bad=(
        sample(byline="", head=_POSTED),
        sample(byline="", schema=_NEWS % ""),
        sample(byline='<p><time datetime="2026-11-02">2 November 2026</time></p>'),
    ),
    good=(
        sample(),
        sample(head=_POSTED),
        sample(byline=""),
        sample(byline="<p>By Ida Stone, on the 2nd of November</p>", head=_POSTED),
        sample(byline="", head=_POSTED + '<meta name="author" content="Ida Stone">'),
        sample(byline="", schema=_NEWS % ', "author": {"@type": "Person", "name": "Ida Stone"}'),
    ),
    source=GOOGLE_HELPFUL,
    implies=("schema.recommended_property", "schema.breadcrumb_missing", "schema.required_property"),
)
def author_missing(page: Page, limits: Limits) -> Iterator[Finding]:
    """The article doesn't say who wrote it.

    Readers and search engines judge a text by who stands behind it.

    Fix: name the author, linked to a page about them, and in the article's structured data.
    """
    if _is_article(page) and not _is_signed(page):
        yield Finding("an article without byline, author meta, or author in its structured data", "(//article)[1]")
