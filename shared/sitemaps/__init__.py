"""Sitemaps: reading them in flat memory, and what is wrong with them. Nothing here does I/O.

Formats: XML url sets and indexes (https://www.sitemaps.org/protocol.html) with the image, video, news and xhtml:link
extensions (https://developers.google.com/search/docs/crawling-indexing/sitemaps/overview), plain text, RSS and Atom,
each of them plain or gzipped.
"""

from shared.sitemaps.dates import parse_w3c_datetime
from shared.sitemaps.facts import (
    MAX_ENTRIES,
    MAX_LOC,
    EntryKind,
    NewsFacts,
    ProblemKind,
    SitemapCounts,
    SitemapEntry,
    SitemapKind,
    SitemapProblem,
)
from shared.sitemaps.reader import HARD_BYTES, MAX_BYTES, SitemapReader
from shared.sitemaps.scope import USUAL_PATHS, in_scope, sitemap_candidates

__all__ = [
    "HARD_BYTES",
    "MAX_BYTES",
    "MAX_ENTRIES",
    "MAX_LOC",
    "USUAL_PATHS",
    "EntryKind",
    "NewsFacts",
    "ProblemKind",
    "SitemapCounts",
    "SitemapEntry",
    "SitemapKind",
    "SitemapProblem",
    "SitemapReader",
    "in_scope",
    "parse_w3c_datetime",
    "sitemap_candidates",
]
