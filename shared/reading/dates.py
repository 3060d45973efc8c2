"""Days as web pages write them, and where they declare them."""

import re
from collections import Counter
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime

from shared.page import Item, Page

_ISO = re.compile(r"\s*(\d{4})-(\d{2})-(\d{2})(?=$|[T\s])")
_ISO_BASIC = re.compile(r"\s*(\d{4})(\d{2})(\d{2})(?=$|T)")


def day_of(text: str) -> date | None:
    """The calendar day that an ISO 8601 date or date-time names, as written there; None when it names none.

    The zone is left alone: a page that says "2 November" means that day, wherever its server stands.
    """
    match = _ISO.match(text) or _ISO_BASIC.match(text)
    if match is None:
        return None
    try:
        return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None


def http_day(text: str) -> date | None:
    """The day of an HTTP date (RFC 9110 section 5.6.7), None when it isn't one."""
    if not text:
        return None
    try:
        return parsedate_to_datetime(text).date()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def day_at(seconds: float) -> date:
    """The UTC day of a moment given in seconds since the epoch."""
    return datetime.fromtimestamp(seconds, UTC).date()


PUBLISHED = (
    "article:published_time",
    "date",
    "dc.date",
    "dc.date.issued",
    "pubdate",
    "publish_date",
    "parsely-pub-date",
)
MODIFIED = ("article:modified_time", "dcterms.modified", "dc.date.modified", "last-modified")
_ARTICLES = frozenset(
    "Article NewsArticle BlogPosting TechArticle ScholarlyArticle Report SocialMediaPosting LiveBlogPosting "
    "ReportageNewsArticle AnalysisNewsArticle OpinionNewsArticle ReviewNewsArticle BackgroundNewsArticle Recipe "
    "WebPage".split()
)


def article_of(page: Page) -> Item | None:
    """The page's only article; None where there are several, as on a blog's front page."""
    articles = [item for item in page.items if not _ARTICLES.isdisjoint(item.types) and "WebPage" not in item.types]
    return articles[0] if len(articles) == 1 else None


def declared_days(page: Page, metas: tuple[str, ...], article: Item | None, name: str) -> dict[str, date]:
    """Where a date is declared → the day declared there."""
    found: dict[str, date] = {}
    for meta in metas:
        if (content := page.meta(meta)) and (day := day_of(content)):
            found[meta] = day
    for value in article.properties.get(name, ()) if article else ():
        if isinstance(value, str) and (day := day_of(value)):
            found[name] = day
    return found


def visible_days(page: Page) -> set[date]:
    """The days that stand in the text: `page.dates` less those that come from metas."""
    shown = Counter(page.dates)
    shown.subtract(Counter(meta.content for meta in page.metas if meta.content is not None))
    return {day for text, count in shown.items() if count > 0 and (day := day_of(text))}
