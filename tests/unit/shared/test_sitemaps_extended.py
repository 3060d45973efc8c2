"""Entries with alternates and images are read the same with and without the XML parser."""

from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.sitemaps import SitemapEntry, SitemapReader
from shared.sitemaps.extended import MAX_OCTETS, draft_of, pattern_for

BINDINGS = b'xmlns:xhtml="http://www.w3.org/1999/xhtml" xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"'
ROOT = b'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" ' + BINDINGS + b">"
IMAGE = b"<image:image><image:loc>https://shop.example/a.jpg</image:loc></image:image>"
LINK = b'<xhtml:link rel="alternate" hreflang="de" href="https://shop.example/de?a=1&amp;b=2"/>'


def read(body: bytes, size: int = 65_536) -> tuple[SitemapReader, list[SitemapEntry]]:
    reader = SitemapReader("https://shop.example/sitemap.xml")
    found = [entry for at in range(0, len(body), size) for entry in reader.feed(body[at : at + size])]
    return reader, found + reader.close()


def said(body: bytes, size: int = 65_536) -> tuple[object, ...]:
    reader, entries = read(body, size)
    return entries, reader.problems, reader.problem_counts, reader.counts


def said_by_the_parser(body: bytes) -> tuple[object, ...]:
    with patch("shared.sitemaps.lanes.pattern_for", return_value=None):
        return said(body)


def test_an_entry_as_google_shows_it() -> None:
    """https://developers.google.com/search/docs/specialty/international/localized-versions#sitemap."""
    pattern = pattern_for(ROOT)
    assert pattern is not None
    entry = pattern.fullmatch(
        b"""
  <url>
    <loc>https://shop.example/a?b=1&amp;c=2</loc>
    <xhtml:link
               rel="alternate"
               hreflang="de"
               href="https://shop.example/de?a=1&amp;b=2"/>
    <xhtml:link rel="alternate" hreflang="x-default" href="https://shop.example/" />
    <image:image>
      <image:loc>https://shop.example/a.jpg</image:loc>
    </image:image>
    <lastmod>2026-01-02</lastmod>
  </url>"""
    )
    assert entry is not None
    draft = draft_of(entry)
    assert draft.address() == "https://shop.example/a?b=1&c=2"
    assert draft.date() == "2026-01-02"
    assert draft.alternates == [("de", "https://shop.example/de?a=1&b=2"), ("x-default", "https://shop.example/")]
    assert (draft.images, draft.image_locs) == (1, 1)


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(LINK.replace(b"&amp;", b"&"), id="bare ampersand"),
        pytest.param(LINK.replace(b"de?", "dé?".encode()), id="not ASCII"),
        pytest.param(LINK.replace(b'"de"', b'"de" media="print"'), id="another attribute"),
        pytest.param(LINK.replace(b"alternate", b"canonical"), id="another relation"),
        pytest.param(LINK.replace(b"xhtml", b"html"), id="a prefix that nothing binds"),
        pytest.param(IMAGE.replace(b"https://shop.example/a.jpg", b" "), id="image without an address"),
        pytest.param(IMAGE.replace(b"</image:loc>", b"</image:loc><image:title>x</image:title>"), id="image's title"),
        pytest.param(b"<!--" + LINK + b"-->", id="comment"),
    ],
)
def test_all_else_is_left_to_the_parser(entry: bytes) -> None:
    pattern = pattern_for(ROOT)
    assert pattern is not None
    assert pattern.fullmatch(b"<url><loc>https://shop.example/</loc>" + LINK + IMAGE + b"</url>") is not None
    assert pattern.fullmatch(b"<url><loc>https://shop.example/</loc>" + entry + b"</url>") is None


def test_a_root_that_binds_no_prefix_has_no_pattern() -> None:
    assert pattern_for(b'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">') is None


def test_a_prefix_that_the_root_does_not_bind_is_none_of_the_pattern_s() -> None:
    pattern = pattern_for(b'<urlset xmlns:xhtml="http://www.w3.org/1999/xhtml">')
    assert pattern is not None
    assert pattern.fullmatch(b"<url><loc>https://shop.example/</loc>" + LINK + b"</url>") is not None
    assert pattern.fullmatch(b"<url><loc>https://shop.example/</loc>" + IMAGE + b"</url>") is None


def test_limits_are_those_of_the_parser() -> None:
    """An entry too large for the pattern keeps its first 1,000 alternates, as the parser's draft does."""
    links = b"".join(
        b'<xhtml:link rel="alternate" hreflang="de" href="https://a.example/%d"/>' % n for n in range(1_200)
    )
    assert len(links) > MAX_OCTETS
    _, entries = read(ROOT + b"<url><loc>https://shop.example/a</loc>" + links + b"</url></urlset>")
    assert len(entries[0].alternates) == 1_000


@pytest.mark.parametrize("reference", [b"&amp;", b"&#38;", b"&#x26;"])
def test_ampersands_of_attributes_are_ampersands(reference: bytes) -> None:
    link = b"<xhtml:link hreflang='de' href='https://shop.example/de?a=1" + reference + b"b=2'/>"
    _, entries = read(ROOT + b"<url><loc>https://shop.example/a</loc>" + link + b"</url></urlset>")
    assert entries[0].alternates == (("de", "https://shop.example/de?a=1&b=2"),)
    feed = (
        b'<feed xmlns="http://www.w3.org/2005/Atom"><entry><link href="https://shop.example/?a=1%bb=2"/></entry></feed>'
    )
    assert [entry.loc for entry in read(feed % reference)[1]] == ["https://shop.example/?a=1&b=2"]


_PARTS = st.sampled_from([
    LINK, LINK, IMAGE, IMAGE, b"\n", b" ", b"\t", b"\r\n", b"\x0b", b"\xa0", "ä".encode(), "\u2003".encode(), b"&", b"&amp;", b"&#38;",
    b"<lastmod>2026-01-01</lastmod>", b"<lastmod>soon</lastmod>", b"<lastmod>\n2026</lastmod>", b"<priority>0.5</priority>",
    b"<changefreq>weekly</changefreq>", b'<xhtml:link rel="alternate" hreflang="" href=""/>', b"<image:image/>", b"<!--", b"-->",
    b'<xhtml:link hreflang="de" rel="alternate" href="/a"/>', b"<xhtml:link rel='alternate' hreflang='de' href='/a'/>",
    b'<xhtml:link rel="alternate" hreflang="xx-yy-zz" href="a&amp;b"/>', b"<![CDATA[", b"]]>", b"</url>", b"<url>",
    b"<loc>https://shop.example/b</loc>", b"<url><loc>https://shop.example/c</loc>", b"<image:image><image:loc>", b"text",
    b'<xhtml:link rel="alternate" hreflang="de" href="https://shop.example/a"></xhtml:link>', b"<br>", b"\xff", b"\0",
])  # fmt: skip
_ENTRY = st.lists(_PARTS, max_size=6).map(
    lambda parts: b"<url><loc>https://shop.example/a</loc>" + b"".join(parts) + b"</url>\n"
)
_ROOTS = st.sampled_from(
    [
        ROOT,
        ROOT.replace(b' xmlns:image="', b' xmlns:picture="'),
        ROOT.replace(BINDINGS, b"&a;"),
        b"<urlset " + BINDINGS + b">",
    ]
)


@settings(max_examples=500, deadline=2000)
@given(_ROOTS, st.lists(_ENTRY, max_size=5), st.integers(1, 400))
def test_the_pattern_says_what_the_parser_says(root: bytes, entries: list[bytes], size: int) -> None:
    body = root + b"".join(entries) + b"</urlset>"
    assert said(body, size) == said_by_the_parser(body)
