"""Reading sitemaps of every format, and naming what is wrong with them."""

import gzip
from datetime import UTC, datetime

import pytest

from shared.robots import parse
from shared.sitemaps import (
    USUAL_PATHS,
    NewsFacts,
    SitemapEntry,
    SitemapReader,
    in_scope,
    parse_w3c_datetime,
    sitemap_candidates,
)

SITE = "https://shop.example"
HERE = SITE + "/sitemap.xml"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
NS = ' xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
EXTENSIONS = (
    NS + ' xmlns:image="http://www.google.com/schemas/sitemap-image/1.1" xmlns:xhtml="http://www.w3.org/1999/xhtml"'
    ' xmlns:video="http://www.google.com/schemas/sitemap-video/1.1" xmlns:n="http://www.google.com/schemas/sitemap-news/0.9"'
)
A, B = f"<url><loc>{SITE}/a</loc></url>", f"<url><loc>{SITE}/b</loc></url>"


def read(body: str | bytes, *, url: str = HERE, step: int = 1 << 20) -> tuple[SitemapReader, list[SitemapEntry]]:
    octets = body.encode() if isinstance(body, str) else body
    reader = SitemapReader(url, now=NOW)
    entries = [entry for at in range(0, len(octets), step) for entry in reader.feed(octets[at : at + step])]
    return reader, entries + reader.close()


def urlset(*entries: str, attributes: str = EXTENSIONS) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset{attributes}>\n' + "\n".join(entries) + "\n</urlset>\n"


def paths(entries: list[SitemapEntry]) -> list[str]:
    return [entry.loc.removeprefix(SITE) for entry in entries]


def kinds(reader: SitemapReader) -> dict[str, int]:
    return {kind.removeprefix("sitemap."): count for kind, count in reader.problem_counts.items()}


RSS = f"""<?xml version="1.0"?><rss version="2.0"><channel><title>T</title><link>{SITE}/</link>
<image><url>{SITE}/logo.png</url></image>
<item><title>One &amp; two</title><link>{SITE}/a?x=1&amp;y=2</link><pubDate>Sat, 07 Feb 2026 10:00:00 +0100</pubDate></item>
<item><guid>{SITE}/b</guid></item><item><guid isPermaLink="false">17</guid><link>{SITE}/c</link></item></channel></rss>"""
ATOM = f"""<feed xmlns="http://www.w3.org/2005/Atom"><link href="{SITE}/"/><entry><link rel="edit" href="{SITE}/edit"/>
<link href="{SITE}/a"/><updated>2026-02-01T00:00:00Z</updated></entry>
<entry><link rel="alternate" href="{SITE}/b"/><modified>2026-02-02</modified></entry></feed>"""
INDEX = f"<sitemapindex{NS}><sitemap><loc>{SITE}/1.xml</loc><lastmod>2026-01-02</lastmod></sitemap></sitemapindex>"
PREFIXED = (
    f'<s:urlset xmlns:s="http://www.sitemaps.org/schemas/sitemap/0.9"><s:url><s:loc>{SITE}/a</s:loc></s:url></s:urlset>'
)
FORMATS: list[tuple[str, str, list[str]]] = [
    ("urlset", urlset(A, B), ["/a", "/b"]),
    ("urlset", PREFIXED, ["/a"]),
    ("urlset", f"<!-- by hand --><?pi x?>\n<urlset{NS}>{A}</urlset><!-- 0.1 s -->", ["/a"]),
    ("urlset", f"<urlset{NS}/>", []),
    ("index", INDEX, ["/1.xml"]),
    ("text", f"{SITE}/a\r\n\r\n{SITE}/b", ["/a", "/b"]),
    ("text", f"\ufeff{SITE}/ä\n", ["/ä"]),
    ("rss", RSS, ["/a?x=1&y=2", "/b", "/c"]),
    ("atom", ATOM, ["/a", "/b"]),
]


@pytest.mark.parametrize("step", [1, 7, 1 << 20])
@pytest.mark.parametrize(("kind", "body", "expected"), FORMATS)
def test_formats_plain_and_packed_in_pieces_of_any_size(kind: str, body: str, expected: list[str], step: int) -> None:
    for octets in (body.encode(), gzip.compress(body.encode())):
        reader, entries = read(octets, step=step)
        assert (reader.kind, paths(entries), kinds(reader)) == (kind, expected, {})
        assert reader.counts.entries == len(expected)


def test_what_an_entry_holds() -> None:
    body = urlset(
        A,
        f"<url>\n<loc> {SITE}/b?x=1&amp;y=2 </loc><lastmod>2026-02-03</lastmod><changefreq>daily</changefreq></url>",
        f"<url><lastmod>2026-02-03T04:05Z</lastmod><loc><![CDATA[{SITE}/c?x&y]]></loc><priority>1</priority></url>",
        B,
    )
    _, entries = read(body)
    assert entries == [
        SitemapEntry(SITE + "/a", None, "url", 3),
        SitemapEntry(SITE + "/b?x=1&y=2", "2026-02-03", "url", 5),
        SitemapEntry(SITE + "/c?x&y", "2026-02-03T04:05Z", "url", 6),
        SitemapEntry(SITE + "/b", None, "url", 7),
    ]


def test_extensions() -> None:
    video = "".join(f"<video:{n}>x</video:{n}>" for n in ("thumbnail_loc", "title", "description", "player_loc"))
    news = "<n:publication><n:name>Post</n:name><n:language>en</n:language></n:publication>"
    body = urlset(
        f"<url><loc>{SITE}/a</loc><image:image><image:loc>{SITE}/i.png</image:loc></image:image>"
        f"<video:video>{video}</video:video>"
        f'<xhtml:link rel="alternate" hreflang="en" href="{SITE}/a"/>'
        f'<xhtml:link rel="alternate" hreflang="de-AT" href="{SITE}/de"/>'
        f"<n:news>{news}<n:publication_date>2026-02-28</n:publication_date><n:title>T</n:title></n:news></url>"
    )
    reader, (entry,) = read(body)
    assert kinds(reader) == {}
    assert (entry.images, entry.videos) == (1, 1)
    assert entry.alternates == (("en", SITE + "/a"), ("de-AT", SITE + "/de"))
    assert entry.news == NewsFacts("Post", "en", "2026-02-28", "T")
    assert (reader.counts.images, reader.counts.videos, reader.counts.news, reader.counts.alternates) == (1, 1, 1, 2)


def entry(inside: str) -> str:
    return urlset(f"<url><loc>{SITE}/a</loc>{inside}</url>")


LINK = '<xhtml:link rel="alternate" hreflang="{}" href="{}"/>'
SELF = LINK.format("en", SITE + "/a")
FAULTY: list[tuple[str, dict[str, int]]] = [
    (entry("<lastmod>yesterday</lastmod>"), {"lastmod_invalid": 1}),
    (entry("<lastmod>2026-02-30</lastmod>"), {"lastmod_invalid": 1}),
    (entry("<lastmod>2026-02-01T10:00:00</lastmod>"), {"lastmod_invalid": 1}),
    (entry("<lastmod>2026-03-09</lastmod>"), {"lastmod_invalid": 1}),
    (entry("<lastmod>2026-03-02T01:00:00+02:00</lastmod>"), {}),
    (entry("<image:image/>"), {"image_news_video_invalid": 1}),
    (entry("<video:video><video:title>T</video:title></video:video>"), {"image_news_video_invalid": 1}),
    (entry("<n:news><n:title>T</n:title></n:news>"), {"image_news_video_invalid": 1}),
    (entry(SELF + LINK.format("de", "/de")), {"hreflang_invalid": 1}),
    (entry(SELF + LINK.format("deutsch", SITE + "/de")), {"hreflang_invalid": 1}),
    (entry(SELF + LINK.format("en", SITE + "/en")), {"hreflang_invalid": 1}),
    (entry(LINK.format("de", SITE + "/de")), {"hreflang_invalid": 1}),
    (entry(SELF + '<xhtml:link rel="alternate" hreflang="fr"/>'), {"hreflang_invalid": 1}),
    (urlset(A, A, B), {"duplicate_url": 1}),
    (urlset("<url><loc>http://shop.example/a</loc></url>"), {"http_urls": 1}),
    (urlset("<url><loc>https://other.example/a</loc></url>"), {"url_out_of_scope": 1}),
    (urlset("<url><loc>/a</loc></url>"), {"syntax": 1}),
    (urlset("<url><lastmod>2026-01-01</lastmod></url>"), {"syntax": 1}),
    (entry(f"<loc>{SITE}/b</loc>"), {"syntax": 1}),
    (urlset(f"<url><loc>{SITE}/{'a' * 2048}</loc></url>"), {"syntax": 1}),
    (urlset(A, attributes=""), {"syntax": 1}),
    (urlset(A, attributes=' xmlns="https://www.sitemaps.org/schemas/sitemap/0.9"'), {"syntax": 1}),
    ("<opml><body/></opml>", {"wrong_format": 1}),
    ("", {"wrong_format": 1}),
    ('{"urls": []}', {"wrong_format": 1}),
    ("<!DOCTYPE html><html><body>not here</body></html>", {"wrong_format": 1}),
    ("\n<html><head></head></html>", {"wrong_format": 1}),
]


@pytest.mark.parametrize(("body", "problems"), FAULTY)
def test_faults(body: str, problems: dict[str, int]) -> None:
    reader, _ = read(body)
    assert kinds(reader) == problems


def test_html_is_called_html() -> None:
    assert read("<!DOCTYPE html><html><body>not here</body></html>")[0].kind == "html"


BARE = f"<url><loc>{SITE}/c?x=1&y=2&copy=3</loc></url>"
BROKEN = [
    (urlset(A, BARE, B), ["/a", "/c?x=1&y=2&copy=3", "/b"], 4),
    (urlset(A, f"<url><loc>{SITE}/c</loc><lastmod></url>", B), ["/a", "/c", "/b"], 4),
    (urlset(A, f"<url><loc>{SITE}/c</lock></url>", B), ["/a", "/b"], 4),
    (urlset(A, B).replace("</urlset>", ""), ["/a", "/b"], 6),
    (urlset(A, B).removesuffix("</url>\n</urlset>\n"), ["/a", "/b"], 4),
    (urlset(A, f"<url><loc>{SITE}/cut"), ["/a"], 6),
    ("Warning: x in y.php\n" + urlset(A), ["/a"], 1),
    ("\n\n" + urlset(A), ["/a"], 1),
    ("<br />\n<b>Notice</b>: x\n" + urlset(A), ["/a"], 1),
    (urlset(A) + "<p>end", ["/a"], 5),
    (urlset(A, f"<url><loc>{SITE}/&eacute;</loc></url>"), ["/a", "/&eacute;"], 4),
]


@pytest.mark.parametrize("step", [5, 1 << 20])
@pytest.mark.parametrize(("body", "expected", "line"), BROKEN)
def test_broken_xml_still_gives_its_addresses(body: str, expected: list[str], line: int, step: int) -> None:
    reader, entries = read(body, step=step)
    assert paths(entries) == expected
    assert reader.problems[0].kind == "sitemap.syntax"
    assert reader.problems[0].line == line


def test_encodings() -> None:
    body = urlset(f"<url><loc>{SITE}/ä</loc></url>", B)
    latin = body.replace("UTF-8", "ISO-8859-1").encode("latin-1")
    for octets in (
        latin,
        body.encode("utf-16"),
        body.replace("UTF-8", "utf-16").encode("utf-16-le"),
        b"\xef\xbb\xbf" + body.encode(),
    ):
        reader, entries = read(octets)
        assert (paths(entries), kinds(reader)) == (["/ä", "/b"], {})
    reader, entries = read(body.encode("latin-1"))  # says UTF-8
    assert (paths(entries), kinds(reader)) == (["/ä", "/b"], {"syntax": 1})
    reader, entries = read(body.replace("UTF-8", "no-such").encode())
    assert (paths(entries), kinds(reader)) == (["/ä", "/b"], {"syntax": 1})


def test_what_a_comment_or_cdata_section_holds_is_no_entry() -> None:
    hidden = f"<!--\n{A}\n{A} -->"
    _, entries = read(urlset(B, hidden, A, f"<url><loc>{SITE}/c</loc><x><![CDATA[{A}{A}]]></x></url>"))
    assert paths(entries) == ["/b", "/a", "/c"]


def test_too_many() -> None:
    many = "".join(f"<url><loc>{SITE}/{n}</loc></url>" for n in range(50_001))
    reader, entries = read(urlset(many))
    assert (len(entries), kinds(reader)) == (50_001, {"too_many_urls": 1})
    reader, _ = read(f"<sitemapindex{NS}>" + many.replace("url>", "sitemap>") + "</sitemapindex>")
    assert kinds(reader) == {"index_too_many": 1}


def test_too_large() -> None:
    body = urlset(*(f"<url><loc>{SITE}/{n}</loc></url>" for n in range(1000))).encode()
    reader = SitemapReader(HERE, max_bytes=20_000, hard_bytes=30_000)
    entries = [entry for at in range(0, len(body), 1000) for entry in reader.feed(body[at : at + 1000])]
    assert reader.finished
    assert reader.feed(b"more") == []
    assert [problem.text for problem in reader.problems] == ["more than 20000 octets", "not read beyond 30000 octets"]
    assert 600 < len(entries) < 850


@pytest.mark.parametrize("cut", [1, 9, 30])
def test_a_gzip_file_that_ends_early(cut: int) -> None:
    reader, entries = read(gzip.compress(urlset(A, B).encode(), compresslevel=0)[:-cut])
    assert paths(entries) in (["/a"], ["/a", "/b"])
    assert kinds(reader)["syntax"] >= 1


def test_gzip_members_in_a_row_and_padding() -> None:
    body = urlset(A, B).encode()
    reader, entries = read(gzip.compress(body[:90]) + gzip.compress(body[90:]) + b"\0" * 512)
    assert (paths(entries), kinds(reader)) == (["/a", "/b"], {})


def test_problems_are_bounded_and_counted() -> None:
    reader, _ = read(urlset(*[A] * 500))
    assert len(reader.problems) == 20
    assert reader.problem_counts["sitemap.duplicate_url"] == 499
    assert reader.problems[0].ordinal == 2


def test_stale_news() -> None:
    news = "<n:news><n:publication><n:name>P</n:name><n:language>en</n:language></n:publication><n:title>T</n:title>"
    old = entry(news + "<n:publication_date>2026-02-20</n:publication_date></n:news>")
    assert kinds(read(old)[0]) == {"news_stale": 1}


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026", datetime(2026, 1, 1, tzinfo=UTC)),
        ("2026-02", datetime(2026, 2, 1, tzinfo=UTC)),
        ("2026-02-03", datetime(2026, 2, 3, tzinfo=UTC)),
        ("2026-02-03T04:05Z", datetime(2026, 2, 3, 4, 5, tzinfo=UTC)),
        ("2026-02-03T04:05:06+01:00", datetime(2026, 2, 3, 3, 5, 6, tzinfo=UTC)),
        ("2026-02-03T04:05:06.5-00:30", datetime(2026, 2, 3, 4, 35, 6, 500_000, tzinfo=UTC)),
        ("2026-02-03T04:05:06.123456789Z", datetime(2026, 2, 3, 4, 5, 6, 123_456, tzinfo=UTC)),
        *((text, None) for text in ("", "26", "2026-13", "2026-02-30", "2026-2-3", "2026-02-03T04:05", "2026-02-03 04:05Z",
                                    "2026-02-03T25:00Z", "2026-02-03T04Z", "20260203", "2026-W05-1", "0000", "\u0662026",
                                    "2026-02-03T04:05+99:00", "2026-02-03\n")),
    ],
)  # fmt: skip
def test_w3c_datetime(text: str, moment: datetime | None) -> None:
    assert parse_w3c_datetime(text) == moment


@pytest.mark.parametrize(
    ("sitemap", "loc", "submitted_by", "expected"),
    [
        (HERE, SITE + "/a", None, True),
        (HERE, SITE, None, True),
        (HERE, "https://SHOP.example:443/a", None, True),
        (HERE, "http://shop.example/a", None, False),
        (HERE, "https://www.shop.example/a", None, False),
        (HERE, "https://shop.example:8443/a", None, False),
        (HERE, "https://shop.example.evil.example/a", None, False),
        (HERE, "https://shop.example@evil.example/a", None, False),
        (SITE + "/news/sitemap.xml", SITE + "/news/1", None, True),
        (SITE + "/news/sitemap.xml", SITE + "/newsy", None, False),
        (SITE + "/news/sitemap.xml", SITE + "/a", None, False),
        (SITE + "/news/sitemap.xml", SITE + "/a", SITE, True),
        ("https://cdn.example/s.xml", SITE + "/a", SITE, True),
        ("https://cdn.example/s.xml", "https://third.example/a", SITE, False),
        (HERE, "ftp://shop.example/a", None, False),
        (HERE, "https://[x/a", None, False),
        (HERE, "https://shop.example:99999/a", None, False),
        (HERE, "", None, False),
    ],
)
def test_in_scope(sitemap: str, loc: str, submitted_by: str | None, expected: bool) -> None:
    assert in_scope(sitemap, loc, submitted_by) is expected


def test_candidates() -> None:
    named = parse(
        b"sitemap: https://shop.example/b.xml\nsitemap: /a.xml\nsitemap: https://shop.example/b.xml\nsitemap: x:y\n"
    )
    assert sitemap_candidates(named, SITE) == [SITE + "/b.xml", SITE + "/a.xml"]
    assert sitemap_candidates(parse(b""), SITE + "/") == [SITE + path for path in USUAL_PATHS]
    assert sitemap_candidates(parse(b"sitemap: http://[\n"), SITE) == [SITE + path for path in USUAL_PATHS]


@pytest.mark.parametrize("size", [1, 16, 32, 1000])
def test_the_format_is_the_same_however_the_network_cuts_the_file(size: int) -> None:
    body = b"<!DOCTYPE a [<!--<?xml version='1.0'?><lastmod>2026-01-01</lastmod>]]><rss>"
    reader = SitemapReader(HERE)
    for at in range(0, len(body), size):
        _ = reader.feed(body[at : at + size])
    _ = reader.close()
    assert reader.kind == "rss"
