"""Adding pages to a scan: identity, scope, exclusions and budget; numbering; chunks."""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
from msgspec import Struct
from psycopg.types.json import Jsonb

from shared import chunks
from shared.db.pool import Connection
from shared.db.queries import queries
from shared.scans import Work
from shared.urls import normalise, same_host, strip_tracking

CHUNK_PAGES = 50
"""One message a page costs 300-400 µs of queue and async overhead, one a 50 pages 31-37 µs."""
MAX_SKIPS_RECORDED = 10_000
"""URLs left out that are kept by name; what comes beyond is only counted."""
INCOMPLETE = ("budget", "depth", "trap")
"""Reasons for leaving a URL out that make the scan incomplete."""
DEFAULT_DEPTH = 5
MAX_SEGMENTS_REPEATED = 3
MAX_PATH_SEGMENTS = 25
MAX_PARAMETERS = 10
_IGNORED = "ignored"

_URLS = queries("urls")
_SCANS = queries("scans")


class Candidate(Struct, frozen=True):
    """A URL that might become a page of the scan. `facts` is JSON, kept for the judge."""

    url: str
    depth: int | None = None
    in_sitemap: bool = False
    lastmod: str | None = None
    facts: str | None = None


def url_hash(url: str) -> int:
    """64 bits of BLAKE2b as Postgres's signed bigint: a URL's identity within a scan."""
    return int.from_bytes(hashlib.blake2b(url.encode(), digest_size=8).digest(), signed=True)


def exclusion(patterns: Sequence[str]) -> Callable[[str], bool]:
    """A predicate for `exclude`: plain text is a substring, /…/ a regular expression."""
    texts = [one for one in patterns if not (len(one) > 1 and one.startswith("/") and one.endswith("/"))]
    expressions = [re.compile(one[1:-1]) for one in patterns if one not in texts]

    def excluded(url: str) -> bool:
        return any(text in url for text in texts) or any(one.search(url) for one in expressions)

    return excluded


def trap(url: str) -> bool:
    """Whether the URL looks like one of an endless set: segments that repeat, or too many of them (heuristic)."""
    parts = urlsplit(url)
    segments = [segment for segment in parts.path.split("/") if segment]
    if len(segments) > MAX_PATH_SEGMENTS or parts.query.count("&") >= MAX_PARAMETERS:
        return True
    return any(segments.count(segment) > MAX_SEGMENTS_REPEATED for segment in set(segments))


class Sieve:
    """Decides for each candidate whether it belongs to the scan."""

    def __init__(self, scan: Work) -> None:
        """Read the scan's options once."""
        options = scan.options
        self._host = urlsplit(scan.url).hostname or ""
        self._subdomains = bool(options.get("include_subdomains", False))
        self._excluded = exclusion(options.get("exclude") or ())
        self._max_depth: int = options.get("max_depth") or DEFAULT_DEPTH
        self._crawl = scan.mode == "crawl"

    def __call__(self, candidates: Iterable[Candidate]) -> dict[int, tuple[Candidate, str | None]]:
        """By URL hash: the normalised candidate, and why it is left out (None: it belongs)."""
        sorted_out: dict[int, tuple[Candidate, str | None]] = {}
        for candidate in candidates:
            url = normalise(candidate.url)
            if url is None:
                if candidate.in_sitemap:
                    sorted_out[url_hash(candidate.url)] = (candidate, "malformed")
                continue
            if self._crawl:
                url = strip_tracking(url)
            reason = self._reason(url, candidate)
            if reason != _IGNORED:
                sorted_out.setdefault(url_hash(url), (msgspec.structs.replace(candidate, url=url), reason))
        return sorted_out

    def _reason(self, url: str, candidate: Candidate) -> str | None:
        if not same_host(urlsplit(url).hostname or "", self._host, self._subdomains):
            return "out_of_scope" if candidate.in_sitemap else _IGNORED
        if self._excluded(url):
            return "excluded"
        if self._crawl and not candidate.in_sitemap:
            if trap(url):
                return "trap"
            if candidate.depth is not None and candidate.depth > self._max_depth:
                return "depth"
        return None


async def add(conn: Connection, scan_id: UUID, sieve: Sieve, candidates: Iterable[Candidate]) -> int:
    """Add candidates as pages and chunks of them, in the caller's transaction; how many were new.

    The scan's row is locked first, so numbering is without gaps however many workers add at once. Adding the same URLs
    again changes nothing.
    """
    wanted = sieve(candidates)
    row = await (await conn.execute(_SCANS["lock"], {"id": scan_id})).fetchone()
    if row is None or row["status"] != "running" or not wanted:
        return 0
    known = await (await conn.execute(_URLS["known"], {"scan_id": scan_id, "hashes": list(wanted)})).fetchall()
    for entry in known:
        wanted.pop(entry["hash"], None)
    first: int = row["found"]
    room = max(0, row["max_pages"] - first)
    kept: list[_Row] = []
    left_out: list[_Row] = []
    for digest, (candidate, reason) in wanted.items():
        if reason is None and len(kept) < room:
            kept.append(_Row(first + len(kept), digest, candidate, None))
        else:
            left_out.append(_Row(-1 - row["skipped"] - len(left_out), digest, candidate, reason or "budget"))
    recorded = [*kept, *left_out[: max(0, MAX_SKIPS_RECORDED - row["skipped"])]]
    if recorded:
        await conn.execute(_URLS["insert"], _columns(scan_id, recorded))
    end = first + len(kept)
    ranges = [(low, min(low + CHUNK_PAGES, end) - 1) for low in range(first, end, CHUNK_PAGES)]
    if ranges:
        await chunks.add(conn, scan_id, "fetch", row["chunks_total"], ranges)
    skips: Counter[str] = Counter(row["skips"])
    reasons = Counter(one.skip for one in left_out if one.skip is not None)
    await conn.execute(
        _SCANS["plan"],
        {
            "id": scan_id,
            "found": len(kept),
            "skipped": len(left_out),
            "skips": Jsonb(dict(skips + reasons)),
            "chunks": len(ranges),
            "incomplete": next((one for one in INCOMPLETE if one in reasons), None),
        },
    )
    return len(kept)


class _Row(Struct, frozen=True, gc=False):
    seq: int
    hash: int
    candidate: Candidate
    skip: str | None


def _columns(scan_id: UUID, rows: Sequence[_Row]) -> dict[str, Any]:
    return {
        "scan_id": scan_id,
        "seqs": [row.seq for row in rows],
        "hashes": [row.hash for row in rows],
        "urls": [row.candidate.url for row in rows],
        "depths": [row.candidate.depth for row in rows],
        "in_sitemap": [row.candidate.in_sitemap for row in rows],
        "lastmods": [row.candidate.lastmod for row in rows],
        "facts": [row.candidate.facts for row in rows],
        "skips": [row.skip for row in rows],
    }
