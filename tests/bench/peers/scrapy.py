"""Scrapy as it is shipped: its own concurrency, middlewares and log, a spider that extracts the yardstick's fields."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import scrapy  # type: ignore[import-not-found]
from scrapy.crawler import CrawlerProcess  # type: ignore[import-not-found]

from tests.bench.peers.contract import OUT, Count, cpu, task, tell
from tests.bench.peers.parsel_fields import fields


class Spider(scrapy.Spider):  # type: ignore[misc]
    """Fetches the pages it is given and follows nothing."""

    name = "bench"

    async def start(self) -> AsyncIterator[Any]:
        """A request for every page."""
        for url in self.urls:
            yield scrapy.Request(url)

    def parse(self, response: Any, **_: object) -> Iterator[dict[str, Any]]:
        """One item a page; Scrapy's feed writes it."""
        found = fields(response, response.urljoin)
        self.count.add(found)
        yield {"url": response.url, **found}


def main() -> None:
    """Entry point."""
    urls, _ = task()
    count, began = Count(), cpu()
    process = CrawlerProcess({"FEEDS": {OUT: {"format": "jsonlines"}}})
    process.crawl(Spider, urls=urls, count=count)
    process.start()
    tell("scrapy", len(urls), count, cpu() - began)


if __name__ == "__main__":
    main()
