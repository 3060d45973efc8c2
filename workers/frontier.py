"""Adding pages to a scan: identity, scope, exclusions and budget; numbering; chunks."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
import regex
from msgspec import Struct
from psycopg.types.json import Jsonb

from shared import chunks
from shared.db.pool import Connection
from shared.db.queries import queries
from shared.scans import MORE_SKIPS, Work
from shared.session_ids import strip_session_ids
from shared.urls import is_plain, normalise, origin, same_host, strip_tracking

CHUNK_PAGES = 50
"""One message a page costs 300-400 µs of queue and async overhead, one a 50 pages 31-37 µs."""
MAX_SKIPS_RECORDED = 10_000
"""URLs left out that are remembered, so that each counts once however often it is met; beyond, it is "at least"."""
INCOMPLETE = ("budget", "depth", "trap")
"""Reasons for leaving a URL out that make the scan incomplete."""
REVOCABLE = frozenset({"depth", "trap"})
"""Reasons that no longer hold when a shorter way, or a sitemap, leads to the same URL."""
DEFAULT_DEPTH = 5
EXPRESSION_SECONDS = 0.02
EXPRESSION_TRIES = 5
SEED_DEPTH = 1
"""Pages of a sitemap are as good as linked from the start page, so max_depth holds for what they lead to."""
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
    expressions = [_Expression(one[1:-1]) for one in patterns if one not in texts]

    def excluded(url: str) -> bool:
        return any(text in url for text in texts) or any(one.fits(url) for one in expressions)

    return excluded


class _Expression:
    """A user's regular expression, which must not freeze the worker that everybody shares.

    Where it takes too long it counts as fitting; after a few such addresses it fits everything, unasked.
    """

    def __init__(self, pattern: str) -> None:
        self._pattern = regex.compile(pattern)
        self._patience = EXPRESSION_TRIES

    def fits(self, url: str) -> bool:
        if not self._patience:
            return True
        try:
            return self._pattern.search(url, timeout=EXPRESSION_SECONDS) is not None
        except TimeoutError:
            self._patience -= 1
            return True


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
        self._home = origin(scan.url) or "\n"
        self._subdomains = bool(options.get("include_subdomains", False))
        patterns = options.get("exclude") or ()
        self._excluded = exclusion(patterns) if patterns else None
        depth: int | None = options.get("max_depth")
        self._max_depth = DEFAULT_DEPTH if depth is None else depth
        self._crawl = scan.mode == "crawl"

    def __call__(self, candidates: Iterable[Candidate]) -> dict[int, tuple[Candidate, str | None]]:
        """By URL hash: the normalised candidate, and why it is left out (None: it belongs)."""
        sorted_out: dict[int, tuple[Candidate, str | None]] = {}
        home = self._home
        length = len(home)
        for candidate in candidates:
            url: str | None = candidate.url
            ours = candidate.url.startswith(home) and is_plain(candidate.url[length:])
            if not ours:
                url = normalise(candidate.url)
            if url is None:
                if candidate.in_sitemap:
                    sorted_out[url_hash(candidate.url)] = (candidate, "malformed")
                continue
            if self._crawl:
                url = strip_session_ids(strip_tracking(url))
            reason = self._reason(url, candidate, ours=ours)
            if reason != _IGNORED:
                same = candidate if url == candidate.url else msgspec.structs.replace(candidate, url=url)
                sorted_out.setdefault(url_hash(url), (same, reason))
        return sorted_out

    def _reason(self, url: str, candidate: Candidate, *, ours: bool) -> str | None:
        if not ours and not same_host(urlsplit(url).hostname or "", self._host, self._subdomains):
            return "out_of_scope" if candidate.in_sitemap else _IGNORED
        if self._excluded is not None and self._excluded(url):
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
    revoked = await _known(conn, scan_id, wanted)
    first: int = row["found"]
    room = max(0, row["max_pages"] - first)
    lowest = await (await conn.execute(_URLS["lowest_seq"], {"scan_id": scan_id})).fetchone()
    below: int = lowest["seq"] if lowest else 0
    kept: list[_Row] = []
    left_out: list[_Row] = []
    for digest, (candidate, reason) in wanted.items():
        if reason is None and len(kept) < room:
            kept.append(_Row(first + len(kept), digest, candidate, None))
        else:
            left_out.append(_Row(below - 1 - len(left_out), digest, candidate, reason or "budget"))
    remembered = max(0, MAX_SKIPS_RECORDED - row["skipped"] + revoked.total())
    left_out, beyond = left_out[:remembered], left_out[remembered:]
    recorded = [*kept, *left_out]
    if recorded:
        await conn.execute(_URLS["insert"], _columns(scan_id, recorded))
    end = first + len(kept)
    ranges = [(low, min(low + CHUNK_PAGES, end) - 1) for low in range(first, end, CHUNK_PAGES)]
    if ranges:
        await chunks.add(conn, scan_id, "fetch", row["chunks_total"], ranges)
    skips = Counter[str](row["skips"]) + Counter(one.skip for one in left_out if one.skip is not None) - revoked
    if beyond:
        skips[MORE_SKIPS] = 1
    await conn.execute(
        _SCANS["plan"],
        {
            "id": scan_id,
            "found": len(kept),
            "skipped": len(left_out) - revoked.total(),
            "skips": Jsonb(dict(skips)),
            "chunks": len(ranges),
            "incomplete": next((one for one in INCOMPLETE if one in {*skips, *(row.skip for row in beyond)}), None),
            "again": bool(revoked) and row["incomplete"] in INCOMPLETE and MORE_SKIPS not in skips,
        },
    )
    return len(kept)


async def _known(conn: Connection, scan_id: UUID, wanted: dict[int, tuple[Candidate, str | None]]) -> Counter[str]:
    """Take out of `wanted` what the scan knows already, less what was left out for a reason that no longer holds.

    Such rows are deleted, and counted by their reason. The others learn what is new of them: that a sitemap lists them,
    or a shorter way.
    """
    rows = await (await conn.execute(_URLS["known"], {"scan_id": scan_id, "hashes": list(wanted)})).fetchall()
    revoked: Counter[str] = Counter()
    again: list[int] = []
    learnt: list[_Row] = []
    for row in rows:
        candidate, reason = wanted[row["hash"]]
        if row["skip"] in REVOCABLE and reason is None:
            revoked[row["skip"]] += 1
            again.append(row["hash"])
            continue
        del wanted[row["hash"]]
        nearer = candidate.depth is not None and row["depth"] is not None and candidate.depth < row["depth"]
        if nearer or (candidate.in_sitemap and not row["in_sitemap"]):
            learnt.append(_Row(row["seq"], row["hash"], candidate, None))
    if again:
        await conn.execute(_URLS["forget"], {"scan_id": scan_id, "hashes": again})
    if learnt:
        await conn.execute(_URLS["learn"], _columns(scan_id, learnt))
    return revoked


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
