"""Finds a site's robots.txt and sitemaps, and streams what they list: a million URLs in flat memory."""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, nullcontext
from hashlib import blake2b
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from shared.clock import SYSTEM, Clock, utc
from shared.network import BadUrl, check_url
from shared.page import Fetched, FetchError
from shared.robots import MAX_BYTES as MAX_ROBOTS
from shared.robots import MAX_REDIRECTS as ROBOTS_REDIRECTS
from shared.robots import Robots, from_fetch
from shared.sitemaps import (
    MAX_ENTRIES,
    ProblemKind,
    SitemapEntry,
    SitemapKind,
    SitemapProblem,
    SitemapReader,
    sitemap_candidates,
)
from shared.urls import same_site
from workers.fetch.answer import Answer
from workers.fetch.client import Fetcher
from workers.fetch.options import FetchOptions
from workers.fetch.politeness import Slot

BATCH: Final = 1_000
MAX_CHILDREN: Final = MAX_ENTRIES
"""Sitemaps of all indexes together, https://www.sitemaps.org/protocol.html#index."""
MAX_CHILD_CHARACTERS: Final = 16_000_000
"""Of all addresses of children together: 50,000 of 2,048 characters would hold 100 MB."""
MAX_FAILURES: Final = 20
"""Sitemaps in a row without an answer after which the rest are not tried: the host is gone."""

_FEED: Final = 16_384
_OK: Final = 200
_XML: Final = "application/xml,text/xml;q=0.9,text/plain;q=0.8,*/*;q=0.5"
_TEXT: Final = "text/plain,*/*;q=0.5"

Polite = Callable[[str], AbstractAsyncContextManager[Slot | None]]
"""Given a URL, waits for the right to ask its host."""


class SitemapBatch(Struct, frozen=True):
    """At most `BATCH` entries of one sitemap, in its order. `sitemap` is where it was found, redirects followed."""

    sitemap: str
    entries: tuple[SitemapEntry, ...]


class SitemapFile(Struct, frozen=True, kw_only=True):
    """What became of one sitemap. `urls` counts the entries, `bytes` what came in after Content-Encoding.

    `status` is None without an answer, `parent` the index that lists it. `problems` are examples, all are counted.
    """

    url: str
    final_url: str
    parent: str | None
    status: int | None
    kind: SitemapKind
    urls: int
    bytes: int
    problems: tuple[SitemapProblem, ...]
    problem_counts: Mapping[ProblemKind, int]
    error: FetchError | None


class _Wanted(Struct, frozen=True):
    url: str
    parent: str | None
    submitted_by: str | None


async def fetch_robots(fetcher: Fetcher, origin: str, options: FetchOptions) -> tuple[Robots, Fetched]:
    """The rules of an origin, and the fetch that brought them.

    RFC 9309 section 2.3.1: five redirects, 500 KiB; an answer that broke off is no answer. Redirects that can't be
    followed to their end count as "missing", as a redirect that is left over does.
    """
    asking = replace(options, accept=_TEXT, max_redirects=ROBOTS_REDIRECTS, etag=None, last_modified=None)
    fetched = await fetcher.probe(f"{origin.rstrip('/')}/robots.txt", asking, limit=MAX_ROBOTS)
    whole = fetched.error is None or fetched.error.kind in {"too_many_redirects", "redirect_loop", "bad_redirect"}
    return from_fetch(fetched.status if whole else None, fetched.body), fetched


class Discovery:
    """The sitemaps of one origin.

    `source` tells where they were found: "given" by the caller, named in "robots", at a "usual" path, or "none".
    `skipped` counts children that were not read because of a bound.
    """

    def __init__(
        self,
        fetcher: Fetcher,
        origin: str,
        options: FetchOptions,
        robots: Robots,
        *,
        given: Sequence[str] = (),
        polite: Polite | None = None,
        clock: Clock = SYSTEM,
    ) -> None:
        """`origin` is scheme, host and port; `given` sitemaps are read instead of looking for any."""
        self.source = "none"
        self.skipped = 0
        self._fetcher: Final = fetcher
        self._origin: Final = origin.rstrip("/")
        self._options: Final = replace(options, accept=_XML, etag=None, last_modified=None)
        self._robots: Final = robots
        self._given: Final = tuple(given)
        self._polite: Final[Polite] = polite or _at_once
        self._clock: Final = clock
        self._seen: Final[set[bytes]] = set()
        self._children: Final[deque[_Wanted]] = deque()
        self._characters = 0
        self._listed = 0
        self._failures = 0

    async def items(self) -> AsyncGenerator[SitemapBatch | SitemapFile]:
        """Entries in batches, and after each sitemap's last batch what became of it.

        Children of indexes come after all sitemaps that were named. Whoever stops early should close the generator
        (`contextlib.aclosing`), which ends the transfer under way.
        """
        named = self._named()
        usual = self.source == "usual"
        for wanted in named:
            async with aclosing(self._items(wanted, quiet=usual)) as items:
                async for item in items:
                    yield item
                    if usual and isinstance(item, SitemapFile):
                        named = []
            if usual and (not named or self._failures):
                break
        if usual and named:
            self.source = "none"
        while self._children:
            if self._failures >= MAX_FAILURES:
                self.skipped += len(self._children)
                self._children.clear()
                return
            await asyncio.sleep(0)  # an index of 20,000 times itself held the loop for 0.3 s
            async with aclosing(self._items(self._children.popleft())) as items:
                async for item in items:
                    yield item

    def _named(self) -> list[_Wanted]:
        if self._given:
            self.source = "given"
            return [_Wanted(url, None, None) for url in self._given]
        self.source = "robots" if self._robots.sitemaps else "usual"
        by = self._origin if self._robots.sitemaps else None
        return [_Wanted(url, None, by) for url in sitemap_candidates(self._robots, self._origin)]

    async def _items(self, wanted: _Wanted, *, quiet: bool = False) -> AsyncGenerator[SitemapBatch | SitemapFile]:
        """One sitemap. A `quiet` one, which nobody named, is told of only if it is there."""
        if not self._first_time(wanted.url):
            return
        async with self._polite(wanted.url) as slot, self._fetcher.stream(wanted.url, self._options) as answer:
            if slot is not None:
                slot.answered(answer.head)
            self._failures = self._failures + 1 if answer.head.status is None else 0
            if answer.head.redirects and not self._first_time(answer.head.final_url):
                return
            reader = SitemapReader(answer.head.final_url, submitted_by=wanted.submitted_by, now=utc(self._clock.now()))
            if answer.head.status == _OK:
                async with aclosing(self._batches(wanted, answer, reader)) as batches:
                    async for batch in batches:
                        yield batch
            found = answer.head.status == _OK and reader.kind not in {"html", "unknown"}
        if found or not quiet:
            yield self._report(wanted, answer, reader)

    async def _batches(self, wanted: _Wanted, answer: Answer, reader: SitemapReader) -> AsyncGenerator[SitemapBatch]:
        waiting: list[SitemapEntry] = []
        async with aclosing(answer.chunks()) as chunks:
            async for chunk in chunks:
                for at in range(0, len(chunk), _FEED):
                    waiting += self._kept(wanted, answer, reader.feed(chunk[at : at + _FEED]))
                    while len(waiting) >= BATCH:
                        yield SitemapBatch(answer.head.final_url, tuple(waiting[:BATCH]))
                        del waiting[:BATCH]
                    # 16 KB take 1 ms to read; others run between them.
                    await asyncio.sleep(0)
                if reader.finished:
                    break
        waiting += self._kept(wanted, answer, reader.close())
        for at in range(0, len(waiting), BATCH):
            yield SitemapBatch(answer.head.final_url, tuple(waiting[at : at + BATCH]))

    def _kept(self, wanted: _Wanted, answer: Answer, entries: Sequence[SitemapEntry]) -> list[SitemapEntry]:
        """The pages among the entries; the sitemaps among them are noted, if this is not an index in an index."""
        pages = [entry for entry in entries if entry.kind == "url"]
        if len(pages) != len(entries) and wanted.parent is None:
            for entry in entries:
                if entry.kind == "sitemap":
                    self._note(entry.loc, answer.head.final_url, wanted.submitted_by)
        return pages

    def _note(self, url: str, index: str, submitted_by: str | None) -> None:
        """Queue a child of an index if it belongs to the site or stands on the index's host; others are left out."""
        if not (same_site(url, index) or same_site(url, self._origin, include_subdomains=True)):
            self.skipped += 1
            return
        self._listed += 1
        self._characters += len(url)
        if self._listed > MAX_CHILDREN or self._characters > MAX_CHILD_CHARACTERS:
            self.skipped += 1
            return
        self._children.append(_Wanted(url, index, submitted_by))

    def _first_time(self, url: str) -> bool:
        """Whether this sitemap has not been read yet. Hashes, since addresses may be long."""
        try:
            url = check_url(url, allow_networks=self._fetcher.guard.allow)
        except BadUrl:
            return True  # the fetcher says what is wrong with it
        key = blake2b(url.encode(), digest_size=12).digest()
        if key in self._seen:
            return False
        self._seen.add(key)
        return True

    def _report(self, wanted: _Wanted, answer: Answer, reader: SitemapReader) -> SitemapFile:
        problems, counts = reader.problems, Counter(reader.problem_counts)
        if reader.kind == "index" and wanted.parent is not None:
            nested: ProblemKind = "sitemap.index_too_many"
            problems = (
                *problems,
                SitemapProblem(nested, None, 0, "an index inside an index; what it lists is not read"),
            )
            counts[nested] += 1
        return SitemapFile(
            url=wanted.url,
            final_url=answer.head.final_url,
            parent=wanted.parent,
            status=answer.head.status,
            kind=reader.kind,
            urls=reader.counts.entries,
            bytes=answer.decoded,
            problems=problems,
            problem_counts=counts,
            error=answer.error,
        )


def _at_once(_: str) -> AbstractAsyncContextManager[None]:
    return nullcontext()
