"""The least that a crawler can do: `python -m tests.bench.bare_loop SITEMAP CONCURRENCY`.

Fetches what the sitemap lists with a tuned aiohttp session, extracts the yardstick's fields page by page, and writes one
JSON line a page. The last line of its output tells pages, CPU seconds and, to compare the work, links and words.
"""

import asyncio
import re
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

import aiohttp
import msgspec
import uvloop
from yarl import URL

from tests.bench.yardstick import reference

_LOC = re.compile(r"<loc>([^<]+)</loc>")
SECONDS = 600.0


async def crawl(sitemap: str, concurrency: int, out: BinaryIO) -> dict[str, float]:
    """Every page once, `concurrency` at a time; fails on the first answer that isn't 200."""
    links = words = 0
    # One deadline for all in place of a timer a request, addresses taken as they stand, and no header that nobody reads.
    async with (
        asyncio.timeout(SECONDS),
        aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            timeout=aiohttp.ClientTimeout(),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": "bench", "Accept-Encoding": "gzip"},
            skip_auto_headers=("Accept",),
            requote_redirect_url=False,
            read_bufsize=1 << 18,
            raise_for_status=True,
        ) as session,
    ):
        async with session.get(sitemap) as response:
            urls = _LOC.findall(await response.text())
        began = time.process_time()
        waiting: Iterator[str] = iter(urls)

        async def slot() -> None:
            nonlocal links, words
            for url in waiting:
                async with session.get(URL(url, encoded=True)) as response:
                    body = await response.read()
                found: dict[str, Any] = reference(body, url)
                links += len(found["links"])
                words += int(found["words"])
                out.write(msgspec.json.encode({"url": url, **found}) + b"\n")

        async with asyncio.TaskGroup() as group:
            for _ in range(concurrency):
                group.create_task(slot())
        return {"pages": len(urls), "cpu": time.process_time() - began, "links": links, "words": words}


def main(arguments: Sequence[str]) -> None:
    """Entry point."""
    sitemap, concurrency = arguments
    with tempfile.TemporaryFile() as out:
        told = uvloop.run(crawl(sitemap, int(concurrency), out))
    sys.stdout.write(msgspec.json.encode(told).decode() + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
