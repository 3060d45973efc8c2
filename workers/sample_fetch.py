"""Fetching for test mode: the bundled sample site, in-process; nothing leaves the machine."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from shared.page import Fetched, Hop, Timings
from shared.samplesite import SITEMAPS, respond
from shared.sitemaps import SitemapReader
from workers.fetch.discovery import SitemapBatch, SitemapFile

_MAX_HOPS = 5


def fetch_sample(url: str, scan_url: str, now: float) -> Fetched:
    """What the sample site answers to the path of `url`, under the origin that the scan was given."""
    parts = urlsplit(scan_url)
    base = f"{parts.scheme}://{parts.netloc}"
    hops: list[Hop] = []
    here = url
    while True:
        split = urlsplit(here)
        answer = respond(split.path or "/", base=base)
        location = dict(answer.headers).get("Location")
        if location is None or len(hops) >= _MAX_HOPS:
            break
        hops.append(Hop(here, answer.status, location))
        here = location
    return Fetched(
        url=url,
        final_url=here,
        status=answer.status,
        headers=tuple(answer.headers),
        body=answer.body,
        redirects=tuple(hops),
        timings=Timings(ttfb=1.0, total=1.0),
        http_version="1.1",
        wire_bytes=len(answer.body),
        fetched_at=now,
    )


def sample_sitemaps(scan_url: str) -> Iterator[SitemapBatch | SitemapFile]:
    """The sample site's sitemaps as discovery would give them."""
    parts = urlsplit(scan_url)
    base = f"{parts.scheme}://{parts.netloc}"
    for path, parent in SITEMAPS:
        answer = respond(path, base=base)
        reader = SitemapReader(base + path)
        entries = [*reader.feed(answer.body), *reader.close()]
        pages = tuple(entry for entry in entries if entry.kind == "url")
        if pages:
            yield SitemapBatch(base + path, pages)
        yield SitemapFile(
            url=base + path,
            final_url=base + path,
            parent=base + parent if parent else None,
            status=answer.status,
            kind=reader.kind,
            urls=reader.counts.entries,
            bytes=len(answer.body),
            problems=reader.problems,
            problem_counts=reader.problem_counts,
            error=None,
        )
