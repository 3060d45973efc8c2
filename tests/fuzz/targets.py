"""What is fuzzed: functions of bytes that must not raise, hang or swell. Shared by atheris and the kept crashes."""

from collections.abc import Callable, Mapping

from shared.checks import catalogue
from shared.checks.limits import load_profile
from shared.page import Context, Fetched
from shared.robots import parse
from shared.scoring import Scorer, tally_of
from shared.sitemaps import SitemapReader
from shared.urls import normalise
from workers.extract import TooDeep, extract
from workers.judge import Judge

Target = Callable[[bytes], None]

_PROFILE = load_profile()
_JUDGE = Judge(_PROFILE.limits())
_SCORER = Scorer(_PROFILE, catalogue())
_PAGE = "https://example.com/a"


def robots(data: bytes) -> None:
    """A robots.txt, then what it says of an address that it holds itself."""
    file = parse(data)
    url = data[-200:].decode("utf-8", "replace")
    verdict = file.verdict(url, "Googlebot")
    assert verdict.allowed or verdict.line is not None
    assert file.problem_count >= len(file.problems)
    file.crawl_delay("*")


def sitemap(data: bytes) -> None:
    """A sitemap, whole and in pieces: the same entries."""
    whole = SitemapReader("https://example.com/sitemap.xml")
    entries = [*whole.feed(data), *whole.close()]
    cut = SitemapReader("https://example.com/sitemap.xml")
    same = [entry for at in range(0, len(data), 7) for entry in cut.feed(data[at : at + 7])]
    same += cut.close()
    assert same == entries
    assert all(entry.loc.lower().startswith(("http:", "https:")) for entry in entries)


def url(data: bytes) -> None:
    """An address: its normal form is its own normal form."""
    text = data.decode("utf-8", "surrogateescape")
    once = normalise(text)
    assert once is None or normalise(once) == once


def page(data: bytes) -> None:
    """A document whose first octet chooses what the server says of it: read, judged, scored."""
    kinds = (None, "text/html", "text/html; charset=utf-8", "text/html; charset=shift_jis", "application/xhtml+xml")
    kind = kinds[(data[0] if data else 0) % len(kinds)]
    headers = None if kind is None else (("Content-Type", kind), ("Link", data[1:80].decode("latin-1")))
    fetched = Fetched(_PAGE, _PAGE, 200, headers, data[1:])
    try:
        read = extract(fetched, Context(now=1.8e9, site_host="example.com"))
    except TooDeep:
        return
    verdict = _JUDGE(read)
    assert verdict.raised == (), verdict.raised
    score = _SCORER.page_score(verdict, read)
    assert score is None or 0 <= score <= 100
    tally_of(verdict, read, catalogue())


TARGETS: Mapping[str, Target] = {one.__name__: one for one in (robots, sitemap, url, page)}
SEEDS: Mapping[str, tuple[bytes, ...]] = {
    "robots": (b"User-agent: *\nDisallow: /a*b$\nAllow: /%C3%A4\nCrawl-delay: 1\nSitemap: https://a.example/s.xml\n",),
    "sitemap": (
        (
            b'<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url>'
            b"<loc>https://example.com/a?b=1&amp;c=2</loc><lastmod>2026-01-01</lastmod></url></urlset>"
        ),
        b"https://example.com/a\nhttps://example.com/b\n",
        b"<rss><channel><item><link>https://example.com/a</link></item></channel></rss>",
    ),
    "url": (b"https://user@ex\xc3\xa4mple.com:443/a/../b?utm_source=x#y", b"http://0x7f.1/%7E"),
    "page": (
        (
            b"\x01<!doctype html><html lang=en><head><title>A</title><meta name=robots content=noindex><link rel=canonical"
            b' href=/b><script type="application/ld+json">{"@context":"https://schema.org","@type":"Product","name":"A"}'
            b"</script></head><body><h1>A</h1><p>B <a href=/c>d</a><img src=/e.jpg></body></html>"
        ),
    ),
}
