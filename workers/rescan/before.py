"""The scan before, as far as the pages at hand ask for it."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from shared import facts as site_facts
from shared.checks.limits import load_profile
from shared.checks.site import PreviousSite, SitemapFile
from shared.db.pool import Connection
from shared.db.queries import queries
from shared.page import Fetched, Previous
from shared.scans import Work
from workers.fetch.options import FetchOptions
from workers.frontier import url_hash
from workers.rescan.keeping import HORIZON, Again, aged, differs, told, unpack_links
from workers.scan_page import PageRow, Terms

_CUT: Final = 500
"""Texts of that length may have been cut when they were stored."""
_NOT_MODIFIED: Final = 304
_OK: Final = range(200, 300)

_SQL = queries("rescan")
_AGAIN = msgspec.msgpack.Decoder(Again)


class Hop(Struct, frozen=True):
    """A redirect as stored."""

    location: str


class StoredFacts(Struct, frozen=True):
    """The facts of a stored page, as far as they are compared."""

    redirects: tuple[Hop, ...] = ()
    canonical: str | None = None
    noindex: bool = False
    content_hash: str | None = None
    words: int | None = None


_FACTS: Final = msgspec.json.Decoder(StoredFacts)


class Before(Struct, frozen=True):
    """A page in the scan before. `row` is as it would be now if nothing had changed; None: that can't be told."""

    previous: Previous | None
    row: PageRow | None
    again: Again | None


async def previous_scan(conn: Connection, scan: Work) -> UUID | None:
    """The latest complete scan of the same owner, host and mode; of single scans one of the same URL."""
    values = {
        "id": scan.id,
        "owner": scan.owner,
        "host": scan.host,
        "mode": scan.mode,
        "test": scan.test,
        "url": scan.url if scan.mode == "single" else None,
        "created_at": scan.created_at,
    }
    row = await (await conn.execute(_SQL["previous"], values)).fetchone()
    return row["id"] if row else None


async def pages_before(conn: Connection, scan: Work, urls: Sequence[str]) -> dict[str, Before]:
    """By URL, what the scan before knew of these pages."""
    before = await previous_scan(conn, scan)
    if before is None:
        return {}
    by_hash = {url_hash(url): url for url in urls}
    values = {"scan_id": before, "hashes": list(by_hash)}
    rows = await (await conn.execute(_SQL["pages"], values)).fetchall()
    return {by_hash[row["hash"]]: _before(row) for row in rows}


def _before(row: Mapping[str, Any]) -> Before:
    facts = _FACTS.decode(row["facts"])
    again = _AGAIN.decode(row["again"]) if row["again"] else None
    stored = None
    if again is not None:
        stored = PageRow(
            seq=row["seq"],
            url=row["url"],
            final_url=row["final_url"],
            status=row["status"],
            error=row["error"],
            score=again.score,
            title=row["title"],
            depth=row["depth"],
            size=row["bytes"],
            duration_ms=row["duration_ms"],
            checks=row["checks"] if again.checks is None else again.checks,
            findings=row["findings"].encode() if again.findings is None else again.findings,
            facts=row["facts"].encode(),
            site=row["site"],
            tally=again.tally,
            links=unpack_links(again.links),
            raised=[],
            etag=row["etag"],
            last_modified=row["last_modified"],
            verdict_key=row["verdict_key"],
            again=row["again"],
        )
    return Before(_previous(row, facts), stored, again)


def _previous(row: Mapping[str, Any], facts: StoredFacts) -> Previous | None:
    """What the page's checks compare with; None where no page was seen."""
    if row["error"] is not None or row["status"] not in _OK or facts.content_hash is None:
        return None
    title = row["title"]
    return Previous(
        title=None if title is not None and len(title) >= _CUT else title,
        canonical=facts.canonical,
        noindex=facts.noindex,
        redirect_target=facts.redirects[-1].location if facts.redirects else None,
        content_hash=facts.content_hash,
        words=facts.words,
    )


def conditional(before: Before | None, key: bytes | None, now: float, options: FetchOptions) -> FetchOptions | None:
    """How to ask whether the page has changed; None where its verdict couldn't be taken over anyway."""
    row, again = (before.row, before.again) if before else (None, None)
    if row is None or again is None or key is None or row.verdict_key != key or now - again.fetched_at > HORIZON:
        return None
    return replace(options, etag=row.etag, last_modified=row.last_modified)


def taken_over(before: Before, fetched: Fetched, seq: int, now: float, slow: float) -> PageRow | None:
    """The page's row, when the answer says that nothing has changed; None when it has to be fetched anew.

    `slow` in milliseconds: an answer that late would have been a finding.
    """
    row, again = before.row, before.again
    if row is None or again is None or fetched.status != _NOT_MODIFIED or fetched.redirects or fetched.error:
        return None
    late = fetched.timings is None or (fetched.timings.ttfb or 0.0) > slow
    if late or fetched.http_version != again.http_version or differs(again.headers, told(fetched)):
        return None
    facts = replace(site_facts.decode(row.site), seq=seq)
    depth = None if facts.depth < 0 else facts.depth  # as it was met; its column tells what the last scan came to
    return replace(row, seq=seq, depth=depth, site=site_facts.encode(facts), findings=aged(row.findings, now))


def slow_from(terms: Terms) -> float:
    """Milliseconds to the first byte from which a page counts as slow."""
    return load_profile(terms.profile).limits(dict(terms.thresholds))["perf.ttfb_slow"]


async def site_before(conn: Connection, scan: Work) -> PreviousSite | None:
    """What the scan before knew of the site: its robots.txt if it had one, the addresses if all sitemaps were read."""
    before = await previous_scan(conn, scan)
    if before is None:
        return None
    rows = await (await conn.execute(_SQL["files"], {"scan_id": before})).fetchall()
    robots = next((row for row in rows if row["kind"] == "robots" and row["status"] in _OK), None)
    maps = [msgspec.convert(row["facts"], SitemapFile) for row in rows if row["kind"] == "sitemap"]
    read = [one for one in maps if one.status in _OK and one.error is None]
    whole = len(read) == sum(1 for one in maps if one.declared)
    return PreviousSite(
        robots_hash=robots_hash(bytes(robots["body"] or b"")) if robots else None,
        sitemap_urls=sum(one.urls for one in read if one.kind != "index") if read and whole else None,
    )


def robots_hash(body: bytes) -> str:
    """The identity of a robots.txt."""
    return hashlib.blake2b(body, digest_size=16).hexdigest()
