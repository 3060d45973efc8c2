"""An address that is remembered as plain is one that no check of addresses finds anything in."""

import re

from hypothesis import example, given
from hypothesis import strategies as st

from shared.checks.sample import sample
from shared.reading import addresses, hrefs
from workers.extract import extract

_PIECES = (
    "http:", "https:", "//", "/", "..", "#", "?", "%", "%2", "localhost", "127.0.0.1", "10.", "own.de", "a b", " ", "\n",
    "javascript:", "mailto:", "x", ".jpg", ".html", "<b", "\\", "{{", "file:", "c:", "é", "[::1]", "Ā", "=", "&",
)  # fmt: skip
_hrefs = st.lists(st.sampled_from(_PIECES), min_size=1, max_size=6).map("".join)
_FILE = re.compile(
    r"/[^/?#:\0]+\.(?:jpe?g|png|gif|webp|avif|svg|bmp|tiff?|ico|css|woff2?|ttf|eot)(?=[?\0])", re.IGNORECASE
)


@given(_hrefs)
@example("own.de/a")
@example("/a%2")
def test_plain_addresses_have_no_fault(href: str) -> None:
    if not addresses._odd([href], set(), pages=False):  # pyright: ignore[reportPrivateUsage]
        assert hrefs.fault(href, "https://own.de/", "own.de") == ""
        assert not hrefs.is_local(href)
        assert href == href.strip()
        assert not href.startswith("//")
        assert "javascript:" not in href.lower()
        assert "<" not in href


@given(_hrefs.map("https://own.de/".__add__))
@example("https://own.de/a.jpg?b.html")
def test_addresses_of_pages_are_no_files(url: str) -> None:
    if not addresses._odd([url], set(), pages=True):  # pyright: ignore[reportPrivateUsage]
        assert _FILE.search(f"{url.partition('?')[0]}\0") is None


def test_the_second_page_with_an_odd_link_tells_of_it_again() -> None:
    for _ in range(2):
        one = sample(body='<p><a href="//other.example/a.jpg">A</a> <a href="/guides/">B</a></p>')
        found = addresses.addresses_of(extract(one.fetched, one.context))
        assert "\0//other.example/a.jpg\0" in found.hrefs
        assert "/guides/\0" not in found.hrefs
        assert "\0https://other.example/a.jpg\0" in found.urls


def test_what_is_remembered_is_bounded() -> None:
    known = {str(number) for number in range(addresses.MAX_KNOWN)}
    assert addresses._odd(["/a", "/b" * 400], known, pages=False) == []  # pyright: ignore[reportPrivateUsage]
    assert known == {"/a"}
