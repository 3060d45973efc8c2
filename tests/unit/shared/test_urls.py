"""Addresses: the URL Standard's odd cases, and agreement with urllib and yarl where they should agree."""

from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from yarl import URL

from shared.urls import Resolver, is_plain, normalise, origin, resolve, resolver_for, same_site, strip_tracking

BASE = "https://Example.com:443/a/b?x#y"

RESOLVED = [
    ("c", "https://example.com/a/c"),
    ("../d", "https://example.com/d"),
    ("../../../d", "https://example.com/d"),
    ("/e", "https://example.com/e"),
    ("//F.com/x", "https://f.com/x"),
    ("?q", "https://example.com/a/b?q"),
    ("#f", "https://example.com/a/b?x"),
    ("", "https://example.com/a/b?x"),
    (" \t g\n", "https://example.com/a/g"),
    ("/\tx\ny", "https://example.com/xy"),
    ("\\\\h.com\\y", "https://h.com/y"),
    ("https:foo", "https://example.com/a/foo"),
    ("https:?q", "https://example.com/a/b?q"),
    ("http:foo", "http://foo/"),
    ("HTTP://EX.com:80", "http://ex.com/"),
    ("https:///h.com//x", "https://h.com//x"),
    ("a b/ü?ü'", "https://example.com/a/a%20b/%C3%BC?%C3%BC%27"),
    ("/%2e%2E/x/%2e", "https://example.com/x/"),
    ("x/..", "https://example.com/a/"),
    ("./a:b", "https://example.com/a/a:b"),
    ("http://münchen.de/", "http://xn--mnchen-3ya.de/"),
    ("http://☃.net/", "http://xn--n3h.net/"),
    ("http://0x7f.1/", "http://127.0.0.1/"),
    ("http://[::1]:80/", "http://[::1]/"),
    ("https://h.com/?", "https://h.com/?"),
    ("mailto:a@b.c", None),
    ("javascript:void(0)", None),
    ("a:b", None),
    ("ftp://h.com/", None),
    ("//", None),
    ("http://", None),
    ("http://a b/", None),
    ("http://h.com:99999/", None),
    ("http://1.2.3.4.5/", None),
    ("http://[::g]/", None),
    ("x" * 20_000, None),
]


@pytest.mark.parametrize(("href", "expected"), RESOLVED)
def test_odd_addresses_resolve_as_in_browsers(href: str, expected: str | None) -> None:
    assert resolve(BASE, href) == expected
    normal = None if expected is None else normalise(expected)
    resolver = Resolver(BASE)
    assert resolver(href) == normal
    assert resolver(href) == normal, "the second answer comes from the cache"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("HTTP://EXAMPLE.com", "http://example.com/"),
        ("http://example.com:80/%7Eu/%e2%82%ac?a=%2f#x", "http://example.com/~u/%E2%82%AC?a=%2F"),
        ("https://example.com/a/./b/../c", "https://example.com/a/c"),
        ("https://example.com:8443/", "https://example.com:8443/"),
        ("https://example.com/%zz", "https://example.com/%zz"),
        ("example.com", None),
        ("/x", None),
        ("", None),
    ],
)
def test_one_spelling_for_one_address(url: str, expected: str | None) -> None:
    assert normalise(url) == expected


def test_pages_of_a_directory_share_a_cache_but_not_what_depends_on_the_page() -> None:
    one, two = resolver_for("https://e.com/d/one?a"), resolver_for("https://e.com/d/two?b")
    assert one("x") == two("x") == "https://e.com/d/x"
    assert (one("?q"), two("?q")) == ("https://e.com/d/one?q", "https://e.com/d/two?q")
    assert (one(""), two("")) == ("https://e.com/d/one?a", "https://e.com/d/two?b")
    assert (one("https:"), two("https:")) == ("https://e.com/d/one?a", "https://e.com/d/two?b")


def test_tracking_parameters_go_and_the_rest_stays_as_it_was() -> None:
    assert strip_tracking("https://e.com/?b=1&utm_source=x&a=%2F&GCLID=y#f") == "https://e.com/?b=1&a=%2F#f"
    assert strip_tracking("https://e.com/?utm_source=x") == "https://e.com/"
    assert strip_tracking("https://e.com/?utm=1&source=2") == "https://e.com/?utm=1&source=2"


def test_sites() -> None:
    assert same_site("https://www.e.com/x", "http://E.com/")
    assert not same_site("https://shop.e.com/", "https://e.com/")
    assert same_site("https://shop.e.com/", "https://e.com/", include_subdomains=True)
    assert not same_site("https://note.com/", "https://e.com/", include_subdomains=True)
    assert not same_site("mailto:x@e.com", "https://e.com/")
    assert origin("HTTPS://e.com:8443/x") == "https://e.com:8443"
    assert origin("data:,x") is None


segments = st.text(st.sampled_from("ab.%2eE_-~:@!$&'()*+,;="), max_size=6)
paths = st.lists(segments, max_size=6).map("/".join)
queries = st.text(st.sampled_from("ab=&.-_~"), min_size=1, max_size=8)


@given(st.booleans(), paths, st.none() | queries)
def test_agrees_with_urljoin_on_plain_references(absolute: bool, path: str, query: str | None) -> None:
    href = ("/" if absolute else "") + path + ("" if query is None else f"?{query}")
    assume("%" not in href and "//" not in href)  # urljoin drops empty segments
    assume(":" not in href.partition("/")[0])
    assume(not path.startswith(";") and not path.endswith(";"))  # urljoin still knows RFC 1808's parameters
    joined = urlsplit(urljoin("https://e.com/x/y/z", href))
    ours = resolve("https://e.com/x/y/z", href)
    assert ours is not None
    got = urlsplit(ours)
    assert (got.netloc, got.query) == (joined.netloc, joined.query)
    if "'" not in href:
        assert got.path == (joined.path or "/")


@given(paths, st.none() | queries)
def test_agrees_with_yarl_on_what_is_already_absolute(path: str, query: str | None) -> None:
    text = f"https://e.com/{path}" + ("" if query is None else f"?{query}")
    assume("%" not in text)
    ours = normalise(text)
    assert ours is not None
    assert URL(ours).path == URL(text).path
    assert URL(ours).query_string == URL(text).query_string


@given(st.text(max_size=60), st.text(max_size=60))
def test_nothing_raises_and_every_answer_is_stable(base: str, href: str) -> None:
    for found in (resolve(base, href), resolve("https://e.com/a/b?c", href), normalise(href)):
        if found is not None:
            assert found.isascii()
            assert found.startswith(("http://", "https://"))
            assert "#" not in found
            again = normalise(found)
            assert again is not None
            assert normalise(again) == again
    assert Resolver("https://e.com/a/b?c")(href) == (
        None if (one := resolve("https://e.com/a/b?c", href)) is None else normalise(one)
    )


pieces = st.sampled_from(
    ("/", ".", "..", "a", "~", "%41", "%2e", "?", "&", "=", ":", "@", "#", "\\", " ", "ü", "'", "[", "|", "\n", "//")
)


@given(st.lists(pieces, max_size=9).map("".join))
@settings(max_examples=500)
def test_what_is_plain_is_normal_already(tail: str) -> None:
    if is_plain("/" + tail):
        assert normalise(f"https://example.com:8443/{tail}") == f"https://example.com:8443/{tail}"


def test_most_addresses_are_plain() -> None:
    for path in ("/", "/a/b-c.html", "/a?b=c&d=1", "/?", "/~x/;p=1"):
        assert is_plain(path), path
    for path in ("", "a", "/a#b", "/./a", "/a/..", "/%41", "/a b", "/ü", "/a?b|c", "/" + "a" * 20_000):
        assert not is_plain(path), path
