"""advertools' `crawl` in list mode: a Scrapy spider of its own, with columns of its own, in a process that it starts.

Title, description, canonical, robots, h1, links, images and the text are among its columns; what else it extracts
(every link's text and nofollow, social tags, JSON-LD, request and response headers) can't be left out, so its work is more
than the yardstick's. A crawl of one page costs as much as starting that process: it is taken off. It logs at INFO,
because at DEBUG it would write every page's columns twice.
"""

import json
from pathlib import Path
from typing import Any

import advertools  # type: ignore[import-not-found]

from tests.bench.peers.contract import OUT, Count, cpu, task, tell

_SEPARATOR = "@@"


def crawl(urls: list[str], concurrency: int, out: str) -> float:
    """CPU seconds of crawling them."""
    began = cpu()
    advertools.crawl(
        urls,
        out,
        allowed_domains=["127.0.0.1"],  # its default, host and port, is refused as another site by Scrapy
        custom_settings={
            "CONCURRENT_REQUESTS": concurrency,
            "CONCURRENT_REQUESTS_PER_DOMAIN": concurrency,
            "LOG_LEVEL": "INFO",
        },
    )
    return cpu() - began


def _fields(row: dict[str, Any]) -> dict[str, Any]:
    links = row.get("links_url")
    return {"links": links.split(_SEPARATOR) if links else [], "words": len((row.get("body_text") or "").split())}


def main() -> None:
    """Entry point."""
    urls, concurrency = task()
    first, *others = urls
    start = crawl([first], concurrency, f"first-{OUT}")
    spent = crawl(others, concurrency, OUT) - start
    count = Count()
    with Path(OUT).open() as lines:
        for row in map(json.loads, lines):
            if row.get("status") == 200:
                count.add(_fields(row))
    tell("advertools", len(others), count, spent)


if __name__ == "__main__":
    main()
