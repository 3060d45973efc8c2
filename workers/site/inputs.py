"""From what discovery found to what the site-level checks ask about it."""

import hashlib

from shared.checks.site import Fault, RobotsFile, SitemapFile
from shared.page import Fetched
from shared.robots import Robots
from workers.fetch import discovery


def robots_file(robots: Robots, fetched: Fetched) -> RobotsFile:
    """robots.txt with the fetch that brought it."""
    kinds = [value for name, value in fetched.headers or () if name.lower() == "content-type"]
    return RobotsFile(
        url=fetched.url,
        robots=robots,
        status=fetched.status,
        hops=len(fetched.redirects or ()),
        error=fetched.error.kind if fetched.error else None,
        content_type=kinds[0] if kinds else None,
        hash=hashlib.blake2b(fetched.body, digest_size=16).hexdigest(),
    )


def sitemap_file(found: discovery.SitemapFile, source: str) -> SitemapFile:
    """One sitemap. `source` is `Discovery.source`: at a usual path nobody has declared it."""
    return SitemapFile(
        url=found.final_url,
        status=found.status,
        kind=found.kind,
        urls=found.urls,
        bytes=found.bytes,
        problems=tuple(Fault(problem.kind, problem.line, problem.text) for problem in found.problems),
        counts={str(kind): count for kind, count in found.problem_counts.items()},
        error=found.error.kind if found.error else None,
        declared=found.parent is not None or source in {"given", "robots"},
    )
