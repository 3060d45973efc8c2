"""Other crawlers on the same site in the same run: the bare loop always, Scrapy where a Python that has it is named.

Their work is the yardstick's: title, description, canonical, robots, h1, links, images, number of words. No checks.
"""

import asyncio
import sys
import tempfile
from pathlib import Path

import msgspec
from msgspec import Struct

SECONDS = 900.0
CONCURRENCY = 16
ROOT = Path(__file__).resolve().parents[2]

_SCRAPY = r"""
import json, re, sys, time, tempfile
import scrapy
from scrapy.crawler import CrawlerProcess
sitemap = sys.argv[1]
told = {"pages": 0, "cpu": 0.0, "links": 0, "words": 0}
HIDDEN = "not(self::script or self::style or self::noscript or self::template)"
TEXT = f"//body/descendant-or-self::*[{HIDDEN}]/text()"

class Spider(scrapy.Spider):
    name = "bench"

    async def start(self):
        yield scrapy.Request(sitemap, callback=self.listed)

    def listed(self, response):
        for url in re.findall("<loc>([^<]+)</loc>", response.text):
            yield scrapy.Request(url, callback=self.parse)

    def parse(self, response):
        links = [response.urljoin(one) for one in response.css("a::attr(href)").getall()]
        links = [one.partition("#")[0] for one in links if one.startswith(("http:", "https:"))]
        words = len("".join(response.xpath(TEXT).getall()).split())
        told["pages"] += 1
        told["links"] += len(links)
        told["words"] += words
        yield {
            "url": response.url,
            "title": response.css("title::text").get(),
            "description": response.css('meta[name="description"]::attr(content)').get(),
            "canonical": response.css('link[rel="canonical"]::attr(href)').get(),
            "robots": response.css('meta[name="robots"]::attr(content)').get(),
            "h1": [" ".join(one.xpath(".//text()").getall()) for one in response.css("h1")],
            "links": links,
            "images": [(one.attrib.get("src"), one.attrib.get("alt")) for one in response.css("img[src]")],
            "words": words,
        }

with tempfile.NamedTemporaryFile(suffix=".jsonl") as out:
    process = CrawlerProcess({"FEEDS": {out.name: {"format": "jsonlines"}}})
    began = time.process_time()
    process.crawl(Spider)
    process.start()
    told["cpu"] = time.process_time() - began
print(json.dumps(told))
"""


class Peer(Struct, frozen=True):
    """What another crawler came to. CPU in seconds of its whole process, imports left out."""

    pages: int
    cpu: float
    links: int
    words: int


async def measure(sitemap: str, scrapy: Path | None) -> dict[str, Peer]:
    """Run them one after the other. Raises `RuntimeError` with a peer's last words when one fails."""
    bare = (sys.executable, "-m", "tests.bench.bare_loop", sitemap, str(CONCURRENCY))
    found = {"bare aiohttp + selectolax loop": await _run(*bare)}
    if scrapy is not None:
        with tempfile.NamedTemporaryFile("w", suffix=".py") as spider:  # it reads its own source, so a file is needed
            spider.write(_SCRAPY)
            spider.flush()
            found["Scrapy as shipped"] = await _run(str(scrapy), spider.name, sitemap)
    return found


async def _run(*command: str) -> Peer:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=pipe, stderr=pipe)
    try:
        async with asyncio.timeout(SECONDS):
            out, err = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        message = f"{command[0]} failed: {err.decode('utf-8', 'replace')[-2000:]}"
        raise RuntimeError(message)
    peer = msgspec.json.decode(out.splitlines()[-1], type=Peer)
    if not peer.pages:
        message = f"{command[0]} crawled nothing: {err.decode('utf-8', 'replace')[-2000:]}"
        raise RuntimeError(message)
    return peer
