"""What a sitemap says, as plain records."""

from typing import Literal

import msgspec

MAX_ENTRIES = 50_000
"""Entries of one file, https://www.sitemaps.org/protocol.html#index."""
MAX_LOC = 2048
"""Characters of an address, by the same page less than this."""

SitemapKind = Literal["urlset", "index", "text", "rss", "atom", "html", "unknown"]
EntryKind = Literal["url", "sitemap"]
ProblemKind = Literal[
    "sitemap.syntax",
    "sitemap.wrong_format",
    "sitemap.too_many_urls",
    "sitemap.too_large",
    "sitemap.index_too_many",
    "sitemap.duplicate_url",
    "sitemap.lastmod_invalid",
    "sitemap.image_news_video_invalid",
    "sitemap.news_stale",
    "sitemap.hreflang_invalid",
    "sitemap.http_urls",
    "sitemap.url_out_of_scope",
]


class NewsFacts(msgspec.Struct, frozen=True, gc=False):
    """The required children of news:news; None where one is missing or empty."""

    name: str | None
    language: str | None
    publication_date: str | None
    title: str | None


class SitemapEntry(msgspec.Struct, frozen=True, gc=False):
    """One address of a sitemap. `lastmod` as written (RSS dates as ISO 8601), `line` 1-based where it is known."""

    loc: str
    lastmod: str | None
    kind: EntryKind
    line: int | None
    alternates: tuple[tuple[str, str], ...] = ()
    """xhtml:link alternates as (hreflang, href)."""
    images: int = 0
    videos: int = 0
    news: NewsFacts | None = None


class SitemapProblem(msgspec.Struct, frozen=True, gc=False):
    """A fault: its row of the catalogue, line if known, entry (1-based, 0: the file), and at most 200 characters."""

    kind: ProblemKind
    line: int | None
    ordinal: int
    text: str


class SitemapCounts(msgspec.Struct):
    """Totals of one file; `octets` are uncompressed, `unusable` are those of all `entries` without a good address."""

    octets: int = 0
    entries: int = 0
    sitemaps: int = 0
    unusable: int = 0
    duplicates: int = 0
    alternates: int = 0
    images: int = 0
    videos: int = 0
    news: int = 0
