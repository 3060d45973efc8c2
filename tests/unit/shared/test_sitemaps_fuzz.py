"""Sitemaps from strangers: nothing raises, nothing takes long or much memory, and how a file is cut changes nothing."""

import gzip
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.sitemaps import SitemapEntry, SitemapReader
from shared.sitemaps.dates import parse_rfc822_datetime, parse_w3c_datetime
from shared.sitemaps.ledger import Ledger
from shared.sitemaps.scope import split
from shared.sitemaps.target import Draft

SITE = b"https://shop.example"
HERE = "https://shop.example/sitemap.xml"
HEAD = b'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
ENTRY = b"<url><loc>https://shop.example/a</loc></url>"


def pieces(body: bytes, size: int = 65_536) -> Iterator[bytes]:
    return (body[at : at + size] for at in range(0, len(body), size))


def read(parts: Iterator[bytes]) -> tuple[SitemapReader, list[SitemapEntry]]:
    reader = SitemapReader(HERE)
    entries = [entry for part in parts for entry in reader.feed(part)]
    return reader, entries + reader.close()


def laughs(root: bytes) -> bytes:
    entities = b'<!ENTITY l0 "lol">' + b"".join(
        b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10)
    )
    return b"<!DOCTYPE x [" + entities + b"]>" + root + ENTRY + b"</urlset>"


def packed_spaces() -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return packer.compress(HEAD) + b"".join(packer.compress(b" " * (1 << 20)) for _ in range(256)) + packer.flush()


HOSTILE: list[tuple[str, Callable[[], bytes], str, int]] = [
    (
        "60 MB attribute",
        lambda: HEAD + b'<url a="' + b"x" * 60_000_000 + b'">' + ENTRY + b"</urlset>",
        "sitemap.syntax",
        1,
    ),
    ("60 MB attribute of the root", lambda: b'<urlset a="' + b"x" * 60_000_000 + b'">', "sitemap.wrong_format", 0),
    ("60 MB of text", lambda: HEAD + b"<url><loc>" + b"x" * 60_000_000, "sitemap.syntax", 0),
    ("nested entries", lambda: HEAD + b"<url>" * 80_000 + b"</url>" * 80_000, "sitemap.syntax", 0),
    ("nested elements", lambda: HEAD + b"<a>" * 80_000 + ENTRY + b"</a>" * 80_000, "sitemap.syntax", 1),
    ("entities", lambda: laughs(b"<urlset>"), "sitemap.syntax", 1),
    ("entities in an attribute", lambda: laughs(b'<urlset a="&l9;">'), "sitemap.syntax", 1),
    ("gzip bomb", packed_spaces, "sitemap.too_large", 0),
    ("gzip of nothing", lambda: gzip.compress(b"\0" * 100_000_000), "sitemap.wrong_format", 0),
    ("opened again and again", lambda: HEAD + b"<" * 20_000_000, "sitemap.syntax", 0),
    ("ampersands", lambda: HEAD + b"<url><loc>" + b"&" * 20_000_000, "sitemap.syntax", 0),
    ("comments never closed", lambda: HEAD + b"<!--" * 4_000_000, "sitemap.syntax", 0),
    ("CDATA never closed", lambda: HEAD + b"<url>" + b"<![CDATA[" * 2_000_000, "sitemap.syntax", 0),
    ("white space", lambda: b" " * 20_000_000, "sitemap.wrong_format", 0),
    (
        "every entry broken",
        lambda: HEAD + b"<url><loc>https://shop.example/a</loc><b></url>" * 20_000,
        "sitemap.syntax",
        20_000,
    ),
]


@pytest.mark.parametrize(("body", "kind", "found"), [pytest.param(*case[1:], id=case[0]) for case in HOSTILE])
def test_hostile_files_end_in_time_with_a_problem(body: Callable[[], bytes], kind: str, found: int) -> None:
    octets = body()
    started = time.process_time()
    reader, entries = read(pieces(octets))
    assert time.process_time() - started < 5.0  # 1.5 s at most here; the bound is for slow machines
    assert kind in reader.problem_counts
    assert len(entries) == found


def generated(count: int) -> Iterator[bytes]:
    yield HEAD
    for first in range(0, count, 1000):
        yield b"".join(b"<url><loc>%b/%d</loc></url>\n" % (SITE, n) for n in range(first, first + 1000))
    yield b"</urlset>"


def test_memory_does_not_grow_with_the_file() -> None:
    tracemalloc.start()
    try:
        reader = SitemapReader(HERE)
        for part in generated(70_000):
            _ = reader.feed(part)
        early = tracemalloc.get_traced_memory()[0]
        for part in generated(70_000):
            _ = reader.feed(part)
        late, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert late - early < 1_000_000
    assert peak < 30_000_000


def test_a_60_mb_attribute_costs_no_60_mb() -> None:
    def parts() -> Iterator[bytes]:
        yield HEAD + b'<url a="'
        for _ in range(900):
            yield b"x" * 65_536

    tracemalloc.start()
    try:
        _ = read(parts())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 20_000_000


_PARTS = st.sampled_from([
    HEAD, ENTRY, b"<url>", b"</url>", b"<loc>", b"</loc>", b"<!--", b"-->", b"<![CDATA[", b"]]>", b"&amp;", b"&", b"<", b">",
    b"\n", b" ", b"https://shop.example/b", b"<lastmod>2026-01-01</lastmod>", b"\xff", "ä".encode(), b"\0", b"</urlset>",
    b"<rss>", b"<item>", b"</item>", b"<link>", b"<urlset>", b"<x:url>", b"<!DOCTYPE a [", b"<?xml version='1.0'?>", b"<image>",
])  # fmt: skip
_FILES = st.one_of(
    st.binary(max_size=200),
    st.lists(_PARTS, max_size=30).map(b"".join),
    st.lists(_PARTS, max_size=30).map(lambda parts: HEAD + b"".join(parts)),
)


@settings(max_examples=500, deadline=2000)
@given(_FILES, st.integers(1, 64), st.booleans())
def test_nothing_makes_it_raise_and_pieces_do_not_matter(body: bytes, size: int, packed: bool) -> None:
    body = gzip.compress(body) if packed else body
    whole, entries = read(iter([body]))
    cut, same = read(pieces(body, size))
    assert same == entries
    assert cut.kind == whole.kind
    # Of a file that is no sitemap as much is shown as had arrived.
    assert [(problem.kind, problem.line) for problem in cut.problems] == [(p.kind, p.line) for p in whole.problems]
    assert all(entry.loc.startswith("http") for entry in entries)
    assert whole.counts.entries == len(entries) + whole.counts.unusable


@settings(max_examples=200, deadline=2000)
@given(st.binary(max_size=300))
def test_no_gzip_stream_makes_it_raise(body: bytes) -> None:
    reader, _ = read(iter([b"\x1f\x8b" + body]))
    assert reader.finished
    assert reader.problem_counts


@given(
    st.text(max_size=40)
    | st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(Z|\+[0-9]{2}:[0-9]{2})", fullmatch=True)
)
def test_dates_never_raise_and_have_a_zone(text: str) -> None:
    for moment in (parse_w3c_datetime(text), parse_rfc822_datetime(text)):
        assert moment is None or moment.tzinfo is not None


HREFS = st.lists(
    st.sampled_from(
        (
            "https:",
            "http:",
            "/",
            "//",
            "shop.example",
            "a.b",
            "[::1]",
            "[",
            "]",
            ":",
            "0",
            "443",
            "99999",
            "?",
            "#",
            "@",
            " ",
            "\n",
            "\u2100",
        )
    ),
    max_size=7,
).map("".join)


@given(st.lists(st.tuples(st.sampled_from(("en", "EN", "de-AT", "deutsch", "x-default", "")), HREFS), max_size=12))
@settings(max_examples=300)
def test_what_passed_once_hides_no_fault(alternates: list[tuple[str, str]]) -> None:
    """Alternates judged one entry after the other are found at fault exactly where each by itself is."""
    together, alone = Ledger(HERE, submitted_by=None, now=None), 0
    for alternate in alternates:
        draft = Draft("url")
        draft.fields["loc"] = [HERE]
        draft.alternates = [("en", HERE), alternate]
        together.draft(draft, None)
        single = Ledger(HERE, submitted_by=None, now=None)
        single.draft(draft, None)
        alone += single.tally["sitemap.hreflang_invalid"]
        assert single.tally["sitemap.hreflang_invalid"] >= (split(alternate[1]) is None)
    assert together.tally["sitemap.hreflang_invalid"] == alone
