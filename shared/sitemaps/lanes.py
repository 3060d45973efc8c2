"""The three ways through a sitemap: plain entries, any XML, and lines of text."""

import re
from typing import TYPE_CHECKING, cast, final

from lxml import etree

from shared.sitemaps.extended import MAX_OCTETS, draft_of, pattern_for
from shared.sitemaps.facts import EntryKind, SitemapEntry
from shared.sitemaps.ledger import Ledger
from shared.sitemaps.repair import decode, escape_ampersands, locs, mend
from shared.sitemaps.sniff import Start
from shared.sitemaps.target import MAX_DEPTH, Draft, EntryTarget, TooDeepError

if TYPE_CHECKING:
    from lxml.etree import ParserTarget

MAX_PIECE = 1024 * 1024
"""Octets of one entry. Beyond them the file is only searched for addresses: 1,000 images with captions need less."""
MAX_LINE = 8192
_MAX_BROKEN = 1000  # broken entries mended one by one, 120 us each; then the file is only searched for addresses
_OVERLAP = 16_384
_SHOWN = 200
_FAULTS = (etree.XMLSyntaxError, TooDeepError)
_UTF8 = frozenset((b"", b"utf-8", b"utf8", b"us-ascii", b"ascii"))
_POSITION = re.compile(r" line [0-9]+(?= and )")
_TEXT = rb"([!-%'-;=?-~\x80-\xff]++(?:&amp;[!-%'-;=?-~\x80-\xff]*+)*+)"
_PLAIN = (
    rb"\s*+<ENTRY>\s*+<loc>\s*+" + _TEXT + rb"\s*+</loc>\s*+(?:<lastmod>\s*+([0-9TZ:+.-]++)\s*+</lastmod>\s*+)?+"
    rb"(?:<changefreq>[\sa-z]*+</changefreq>\s*+)?+(?:<priority>[\s0-9.]*+</priority>\s*+)?+</ENTRY>"
)
_ENTRIES = {
    "urlset": frozenset(("url", "sitemap")),
    "index": frozenset(("url", "sitemap")),
    "rss": frozenset(("item",)),
    "atom": frozenset(("entry",)),
}


def _parser(target: EntryTarget) -> etree.XMLParser:
    return etree.XMLParser(
        target=cast("ParserTarget", cast("object", target)),  # its stub wants methods that take bytes as well
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
    )


@final
class XmlLane:
    """XML, an entry at a time.

    Entries that consist of nothing but loc, lastmod, changefreq and priority in this order are a regular language: one
    possessive pattern reads them, and as they are whole elements the XML parser sees a well-formed file without them.
    It gets all the rest, cut at the ends of entries, so a fault costs one entry and its line is known. The pattern
    reads 36 MB/s where a parser target with empty handlers reads 22.
    """

    def __init__(self, start: Start, ledger: Ledger, line: int) -> None:
        """`line` is the line on which the root's start tag ends."""
        self._ledger = ledger
        self._line = line
        self._prefix = start.prefix
        self._root = start.root
        self._rest = b""
        self._mending: bool = False
        self._broken = 0
        self._loose: bool = False
        self._between: bool = not start.root.endswith(b"/>")
        self._kind: EntryKind = "sitemap" if start.kind == "index" else "url"
        plain = start.kind in {"urlset", "index"} and not start.prefix and start.encoding.lower() in _UTF8
        self._plain = re.compile(_PLAIN.replace(b"ENTRY", self._kind.encode())) if plain else re.compile(rb"(?!)")
        self._extended = pattern_for(start.root) if plain and start.kind == "urlset" else None
        self._entries = _ENTRIES[start.kind]
        self._end = re.compile(rb"</(?:[\w.-]+:)?(?:%b)\s*>" % "|".join(sorted(self._entries)).encode())
        self._target = EntryTarget(self._entries)
        self._xml = self._begin(start.encoding)

    def feed(self, data: bytes) -> list[SitemapEntry]:
        """The entries that end in this piece of the file."""
        found: list[SitemapEntry] = []
        buffer = self._rest + data if self._rest else data
        if self._loose:
            self._search(buffer, found, last=False)
            return found
        at = 0
        while True:
            if self._between:
                at = self._read_plain(buffer, at, found)
            end = self._end.search(buffer, at)
            if end is None:
                break
            self._read_piece(buffer[at : end.end()], found)
            at = end.end()
            if self._loose:
                break
        self._rest = buffer[at:]
        if len(self._rest) > MAX_PIECE and not self._loose:
            self._ledger.problem("sitemap.syntax", self._line, f"an entry of more than {MAX_PIECE} octets")
            self._loose = True
        if self._loose:
            self._search(self._rest, found, last=False)
        return found

    def close(self) -> list[SitemapEntry]:
        """What the end of the file adds."""
        found: list[SitemapEntry] = []
        if self._loose:
            self._search(self._rest, found, last=True)
            return found
        try:
            self._xml.feed(self._rest)
            _ = self._xml.close()
        except _FAULTS as error:
            if not self._broken:
                self._ledger.problem("sitemap.syntax", self._line + self._rest.count(b"\n"), _reason(error))
            self._search(self._rest, found, last=True)
        return found

    def _read_plain(self, buffer: bytes, at: int, found: list[SitemapEntry]) -> int:
        """Reads plain entries for as long as they come; the offset behind the last of them."""
        match, plain, kind = self._plain.match, self._ledger.plain, self._kind
        line = self._line
        while (entry := match(buffer, at)) is not None:
            loc, lastmod = entry.groups()
            try:
                address = loc.decode()
            except UnicodeDecodeError:
                break  # the XML parser knows what to say
            middle = entry.start(1)
            line += buffer.count(b"\n", at, middle)
            at = entry.end()
            if "&" in address:
                address = address.replace("&amp;", "&")
            record = plain(address, lastmod.decode() if lastmod else None, kind, line)
            if record is not None:
                found.append(record)
            line += buffer.count(b"\n", middle, at)
        self._line = line
        return at

    def _read_piece(self, piece: bytes, found: list[SitemapEntry]) -> None:
        line = self._line + piece.count(b"\n", 0, max(piece.find(b"<"), 0))
        if self._between and self._extended is not None and len(piece) <= MAX_OCTETS:
            entry = self._extended.fullmatch(piece)
            if entry is not None:
                self._judge([draft_of(entry)], line, found)
                self._line += piece.count(b"\n")
                return
        whole = piece
        if self._mending:
            whole = mend(piece)
        elif b"&" in piece:
            whole = escape_ampersands(piece)  # fed a bare one, libxml2 would wait for a ";" without end
        if whole != piece:
            self._fault(line, "an unescaped & or octets that the encoding has not", piece)
        try:
            self._xml.feed(whole)
        except _FAULTS as error:
            self._read_broken(piece, line, _reason(error), found)
        else:
            drafts = self._target.take()
            self._judge(drafts, line, found)
            # Only now is it sure that no comment or CDATA section is open, in which what looks like an entry is none.
            self._between = len(drafts) == 1 and self._target.idle
        self._line += piece.count(b"\n")

    def _read_broken(self, piece: bytes, line: int, reason: str, found: list[SitemapEntry]) -> None:
        self._broken += 1
        self._fault(line, reason, piece)
        drafts = self._mended(piece)
        if drafts:
            self._mending = True
            self._judge(drafts, line, found)
        else:
            _ = self._take_locs(piece, line, found)
        self._loose = self._broken > _MAX_BROKEN
        self._target = EntryTarget(self._entries)
        self._xml = self._begin(b"")
        self._between = True

    def _fault(self, line: int, reason: str, piece: bytes) -> None:
        shown = decode(piece[:_SHOWN].strip())
        self._ledger.problem("sitemap.syntax", line, f"{reason}: {shown}", ordinal=self._ledger.counts.entries + 1)

    def _mended(self, piece: bytes) -> list[Draft]:
        target = EntryTarget(self._entries)
        xml = _parser(target)
        try:
            xml.feed(self._root + mend(piece))
        except _FAULTS:
            return []
        return target.take()

    def _begin(self, encoding: bytes) -> etree.XMLParser:
        """A parser that has just read the root's start tag."""
        xml = _parser(self._target)
        head = (
            self._root if encoding.lower() in _UTF8 else b'<?xml version="1.0" encoding="%b"?>' % encoding + self._root
        )
        try:
            xml.feed(head)
        except _FAULTS as error:
            self._ledger.problem("sitemap.syntax", self._line, _reason(error))
            self._broken += 1
            self._root = b"<%b>" % (self._prefix + b":root" if self._prefix else b"root")
            self._extended = None
            xml = _parser(self._target)
            xml.feed(self._root)
        return xml

    def _judge(self, drafts: list[Draft], line: int, found: list[SitemapEntry]) -> None:
        records = (self._ledger.draft(draft, line) for draft in drafts)
        found.extend(record for record in records if record is not None)

    def _take_locs(self, octets: bytes, line: int | None, found: list[SitemapEntry]) -> int:
        at = 0
        for offset, address in locs(octets, self._prefix):
            at = offset + 1
            record = self._ledger.plain(address, None, self._kind, line)
            if record is not None:
                found.append(record)
        return at

    def _search(self, buffer: bytes, found: list[SitemapEntry], *, last: bool) -> None:
        """Takes every address, keeping an end in which the next one may have begun."""
        at = self._take_locs(buffer, None, found)
        self._rest = b"" if last else buffer[max(at, len(buffer) - _OVERLAP) :]


@final
class TextLane:
    """One address a line, https://www.sitemaps.org/protocol.html#otherformats."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._rest = b""
        self._line = 0

    def feed(self, data: bytes) -> list[SitemapEntry]:
        """The addresses of the lines that end in this piece of the file."""
        *lines, self._rest = (self._rest + data).replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        self._rest = self._rest[:MAX_LINE]
        first = self._line + 1
        self._line += len(lines)
        found = (self._read(line, number) for number, line in enumerate(lines, first) if line)
        return [entry for entry in found if entry is not None]

    def close(self) -> list[SitemapEntry]:
        """The address of a last line without an end."""
        entry = self._read(self._rest, self._line + 1)
        return [] if entry is None else [entry]

    def _read(self, line: bytes, number: int) -> SitemapEntry | None:
        text = decode(line[:MAX_LINE]).strip()
        return self._ledger.plain(text, None, "url", number) if text else None


def _reason(error: etree.XMLSyntaxError | TooDeepError) -> str:
    if isinstance(error, TooDeepError):
        return f"elements nested deeper than {MAX_DEPTH}"
    # The message names positions inside the pieces that the parser was fed: of no use to anybody.
    return _POSITION.sub("", str(error.msg or "not well-formed").partition(", line ")[0])
