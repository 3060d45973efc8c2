"""robots.txt: who may fetch what, and what is wrong with the file.

The reading is RFC 9309 (https://www.rfc-editor.org/rfc/rfc9309) with the choices that Google documents for its own
crawlers (https://developers.google.com/search/docs/crawling-indexing/robots/robots_txt). Nothing here does I/O.
"""

from shared.robots.fetched import MAX_REDIRECTS, from_fetch, parse
from shared.robots.file import Robots, StatusClass, Verdict
from shared.robots.lines import (
    MAX_BYTES,
    MAX_CRAWL_DELAY,
    MAX_PROBLEMS,
    ContentSignal,
    CrawlDelay,
    Group,
    ProblemKind,
    RobotsProblem,
    Rule,
    SitemapLine,
)
from shared.robots.matching import path_of, product_token

__all__ = [
    "MAX_BYTES",
    "MAX_CRAWL_DELAY",
    "MAX_PROBLEMS",
    "MAX_REDIRECTS",
    "ContentSignal",
    "CrawlDelay",
    "Group",
    "ProblemKind",
    "Robots",
    "RobotsProblem",
    "Rule",
    "SitemapLine",
    "StatusClass",
    "Verdict",
    "from_fetch",
    "parse",
    "path_of",
    "product_token",
]
