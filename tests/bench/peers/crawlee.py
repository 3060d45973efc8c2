"""crawlee's ParselCrawler, which extracts the yardstick's fields; spared its storage on disk, its retries and its log.

As shipped it finds its concurrency by watching the machine, which a short run doesn't outlast: it is told one.
"""

import asyncio
import json
import logging
from functools import partial
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import urljoin

from crawlee import ConcurrencySettings  # type: ignore[import-not-found]
from crawlee.crawlers import ParselCrawler  # type: ignore[import-not-found]
from crawlee.storage_clients import MemoryStorageClient  # type: ignore[import-not-found]

from tests.bench.peers.contract import OUT, Count, cpu, task, tell
from tests.bench.peers.parsel_fields import fields


async def crawl(urls: list[str], concurrency: int, count: Count, out: TextIO) -> None:
    """Every page once."""
    crawler = ParselCrawler(
        storage_client=MemoryStorageClient(),
        concurrency_settings=ConcurrencySettings(
            min_concurrency=concurrency, desired_concurrency=concurrency, max_concurrency=concurrency
        ),
        max_request_retries=0,
        configure_logging=False,
    )

    async def handle(context: Any) -> None:
        url = context.request.url
        found = fields(context.selector, partial(urljoin, url))
        count.add(found)
        out.write(json.dumps({"url": url, **found}) + "\n")

    crawler.router.default_handler(handle)
    await crawler.run(urls)


def main() -> None:
    """Entry point."""
    logging.getLogger().setLevel(logging.WARNING)
    urls, concurrency = task()
    with Path(OUT).open("w") as out:
        count, began = Count(), cpu()
        asyncio.run(crawl(urls, concurrency, count, out))
        spent = cpu() - began
    tell("crawlee", len(urls), count, spent)


if __name__ == "__main__":
    main()
