"""A peer program's half of the agreement: `python -m tests.bench.peers.NAME SITEMAP CONCURRENCY MOST`.

It crawls `MOST` of the sitemap's pages, writes a JSON line for each into its working directory, and its last line of
output tells, as JSON, what `tell` puts into it. Standard library only.
"""

import json
import re
import resource
import sys
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

SITEMAP_SECONDS = 60.0
OUT = "pages.jsonl"
EVERY = 1_000_000
"""As `MOST`: all pages that there are."""
_LOC = re.compile(r"<loc>([^<]+)</loc>")


@dataclass
class Count:
    """What came of it; links and words tell whether two peers did the same work."""

    pages: int = 0
    links: int = 0
    words: int = 0

    def add(self, found: Mapping[str, Any]) -> None:
        """One more page, by its fields."""
        self.pages += 1
        self.links += len(found["links"])
        self.words += found["words"]


def task() -> tuple[list[str], int]:
    """The pages to crawl, and how many at a time, from the command line."""
    sitemap, concurrency, most = sys.argv[1:]
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(sitemap, timeout=SITEMAP_SECONDS) as response:
        listed = _LOC.findall(response.read().decode())
    return spread(listed, int(most)), int(concurrency)


def spread(listed: Sequence[str], most: int) -> list[str]:
    """At most that many of them, evenly over the whole list: a sitemap's neighbours are alike."""
    count = min(most, len(listed))
    return [listed[number * len(listed) // count] for number in range(count)]


def cpu() -> float:
    """CPU seconds of this process, and of those it started and waited for."""
    used = (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


def tell(package: str, asked: int, count: Count, seconds: float) -> None:
    """The last line: the package's version, pages asked for and done, links, words, CPU seconds without imports."""
    told = {"version": version(package), "asked": asked, "cpu": seconds, **asdict(count)}
    sys.stdout.write(f"{json.dumps(told)}\n")
