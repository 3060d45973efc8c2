"""The push reader: octets in, entries out."""

import codecs
from collections import Counter
from datetime import datetime
from typing import final

from shared.sitemaps.facts import ProblemKind, SitemapCounts, SitemapEntry, SitemapKind, SitemapProblem
from shared.sitemaps.inflate import MAGIC, PIECE, Inflater
from shared.sitemaps.lanes import TextLane, XmlLane
from shared.sitemaps.ledger import Ledger
from shared.sitemaps.sniff import HEAD, Start, sniff

MAX_BYTES = 52_428_800
"""Octets of one uncompressed file, https://www.sitemaps.org/faq.html#faq_sitemap_size."""
HARD_BYTES = 2 * MAX_BYTES
"""Octets after which reading stops."""
_UTF8_BOM = b"\xef\xbb\xbf"
_UTF16 = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"<\0": "utf-16-le", b"\0<": "utf-16-be"}
_WIDEST = 4
_ENOUGH = 2 * HEAD
"""Octets (of UTF-16 twice as many as of UTF-8) that are waited for before the format is decided on, so that it is the
same however the network cut the file."""


@final
class SitemapReader:
    """Reads one sitemap of any format in flat memory.

    Never raises on content. `kind` is "unknown" until enough was fed to tell; once `finished` is true, feeding more
    changes nothing. A caller on an event loop should feed at most 16 KiB plain (1 ms) or 4 KiB of gzip at a time: these
    may hold 4 MB, which take 0.1 s. Entries that repeat are given again; `counts.duplicates` says how many.
    """

    def __init__(
        self,
        url: str,
        *,
        max_bytes: int = MAX_BYTES,
        hard_bytes: int = HARD_BYTES,
        submitted_by: str | None = None,
        now: datetime | None = None,
    ) -> None:
        """`url` is the sitemap's address after redirects, `submitted_by` the origin whose robots.txt names it.

        `now`, with a zone, is needed to find dates in the future and stale news. Sizes are uncompressed octets.
        """
        self.kind: SitemapKind = "unknown"
        self.finished: bool = False
        self._ledger = Ledger(url, submitted_by=submitted_by, now=now)
        self._max_bytes = max_bytes
        self._hard_bytes = hard_bytes
        self._first: bytes = b""
        self._head: bytes = b""
        self._opened: bool = False
        self._inflater: Inflater | None = None
        self._decoder: codecs.IncrementalDecoder | None = None
        self._lane: XmlLane | TextLane | None = None

    @property
    def problems(self) -> tuple[SitemapProblem, ...]:
        """The first 20 problems of each kind."""
        return tuple(self._ledger.problems)

    @property
    def problem_counts(self) -> Counter[ProblemKind]:
        """How many problems of each kind there were."""
        return self._ledger.tally

    @property
    def counts(self) -> SitemapCounts:
        """Totals so far."""
        return self._ledger.counts

    def feed(self, chunk: bytes) -> list[SitemapEntry]:
        """The entries that this chunk completes."""
        found: list[SitemapEntry] = []
        if not self._opened:
            self._first += chunk
            if len(self._first) < _WIDEST:
                return found
            chunk = self._open()
        self._unpack(chunk, found)
        return found

    def close(self) -> list[SitemapEntry]:
        """The entries that the end of the file completes. To be called once; `feed` gives nothing afterwards."""
        found: list[SitemapEntry] = []
        if not self._opened:
            self._unpack(self._open(), found)
        if self._inflater is not None and not self.finished:
            self._inflater.close()
            self._check_inflater(found)
        if self._lane is None and not self.finished:
            self._look(found)
        if self._lane is not None:
            found += self._lane.close()
        self.finished = True
        return found

    def _open(self) -> bytes:
        """Decides on compression; what has been fed so far."""
        self._opened = True
        first, self._first = self._first, b""
        if first.startswith(MAGIC):
            self._inflater = Inflater()
        return first

    def _unpack(self, chunk: bytes, found: list[SitemapEntry]) -> None:
        if self._inflater is None:
            for at in range(0, len(chunk), PIECE):
                if self.finished:
                    return
                self._take(chunk[at : at + PIECE], found)
            return
        for piece in self._inflater.feed(chunk):
            if self.finished:
                return
            self._take(piece, found)
        self._check_inflater(found)

    def _check_inflater(self, found: list[SitemapEntry]) -> None:
        if self._inflater is not None and self._inflater.fault and not self.finished:
            kind: ProblemKind = "sitemap.too_large" if self._inflater.is_bomb else "sitemap.syntax"
            self._ledger.problem(kind, None, self._inflater.fault, ordinal=0)
            # What came before the fault is still read to its end by `close`.
            if self._lane is None and self._head:
                self._look(found)
            self.finished = self._lane is None or self._inflater.is_bomb

    def _take(self, piece: bytes, found: list[SitemapEntry]) -> None:
        counts = self._ledger.counts
        before = counts.octets
        counts.octets += len(piece)
        if before <= self._max_bytes < counts.octets:
            self._ledger.problem("sitemap.too_large", None, f"more than {self._max_bytes} octets", ordinal=0)
        if counts.octets > self._hard_bytes:
            self._ledger.problem("sitemap.too_large", None, f"not read beyond {self._hard_bytes} octets", ordinal=0)
            if self._lane is None:
                self._look(found)
            self.finished = True
            return
        if self._decoder is not None:
            piece = self._decoder.decode(piece).encode("utf-8", "replace")
        if self._lane is not None:
            found += self._lane.feed(piece)
            return
        self._head += piece
        if len(self._head) >= _ENOUGH:
            self._look(found)

    def _strip_mark(self) -> None:
        """Takes the byte order mark off the head, and turns UTF-16 into UTF-8 from here on."""
        encoding = _UTF16.get(self._head[:2])
        if encoding is not None:
            self._decoder = codecs.getincrementaldecoder(encoding)("replace")
            self._head = self._decoder.decode(self._head).encode("utf-8", "replace")
        self._head = self._head.removeprefix(_UTF8_BOM)

    def _look(self, found: list[SitemapEntry]) -> None:
        """Decides on the format by the head."""
        self._strip_mark()
        start = sniff(self._head[:HEAD])
        self.kind = start.kind
        head, self._head = self._head, b""
        if start.kind in {"html", "unknown"}:
            self._ledger.problem("sitemap.wrong_format", 1, _shown(head), ordinal=0)
            self.finished = True
            return
        self._lane = TextLane(self._ledger) if start.kind == "text" else self._xml(start, head)
        found += self._lane.feed(head[start.size :])

    def _xml(self, start: Start, head: bytes) -> XmlLane:
        for fault in start.faults:
            self._ledger.problem("sitemap.syntax", 1, fault, ordinal=0)
        if self._decoder is not None:
            start = start._replace(encoding=b"")
        return XmlLane(start, self._ledger, 1 + head.count(b"\n", 0, start.size))


def _shown(head: bytes) -> str:
    text = head[:400].decode("utf-8", "replace").strip()
    return text or "an empty file"
