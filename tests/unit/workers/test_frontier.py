"""Which candidates belong to a scan, and what an address is known by."""

import time
from typing import Any
from uuid import UUID

import msgspec
import pytest

from shared.clock import utc
from shared.scans import Work
from workers.frontier import Candidate, Sieve, exclusion, trap

HOST = "https://example.com"


def sieve(mode: str = "crawl", url: str = HOST + "/", **options: Any) -> Sieve:
    values: dict[str, Any] = dict.fromkeys(("sealed", "stop_requested_at", "incomplete", "started_at"))
    values |= {"id": UUID(int=1), "owner": "o", "tier": "pro", "test": False, "url": url, "host": "example.com"}
    values |= {"mode": mode, "options": options, "profile": "p", "request_id": "r", "max_pages": 1, "status": "running"}
    values |= {"phase": "fetching", "chunks_total": 1, "found": 0, "skips": {}, "created_at": utc(0), "ends_at": utc(0)}
    return Sieve(msgspec.convert(values, Work))


def outcome(of: Sieve, url: str, *, depth: int | None = 1, in_sitemap: bool = False) -> tuple[str, str | None] | None:
    found = list(of([Candidate(url, depth, in_sitemap)]).values())
    return (found[0][0].url, found[0][1]) if found else None


@pytest.mark.parametrize(
    "url",
    [
        "https://EXAMPLE.com:443/~ann/",
        "https://example.com/%7Eann/#x",
        "https://example.com/a/../~ann/?utm_source=x",
        "https://example.com/~ann/;jsessionid=1",
    ],
)
def test_one_identity(url: str) -> None:
    known = sieve()
    assert outcome(known, url) == (HOST + "/~ann/", None)
    assert set(known([Candidate(url)])) == set(known([Candidate(HOST + "/~ann/")]))


@pytest.mark.parametrize(
    ("url", "options", "reason"),
    [
        ("/a", {}, None),
        ("/print/a", {"exclude": ["/print/"]}, "excluded"),
        ("/a.pdf", {"exclude": [r"/\.pdf$/"]}, "excluded"),
        ("/a.pdfs", {"exclude": [r"/\.pdf$/"]}, None),
        ("/x/x/x/x", {}, "trap"),
        ("/x/x/x", {}, None),
        ("/?" + "&".join(f"p{n}" for n in range(11)), {}, "trap"),
    ],
)
def test_reasons(url: str, options: dict[str, Any], reason: str | None) -> None:
    assert outcome(sieve(**options), HOST + url) == (HOST + url, reason)


@pytest.mark.parametrize(("limit", "within", "beyond"), [(None, 5, 6), (0, 0, 1), (2, 2, 3)])
def test_depth(limit: int | None, within: int, beyond: int) -> None:
    one = sieve() if limit is None else sieve(max_depth=limit)
    assert outcome(one, HOST + "/a", depth=within) == (HOST + "/a", None)
    assert outcome(one, HOST + "/a", depth=beyond) == (HOST + "/a", "depth")


@pytest.mark.parametrize(
    ("url", "subdomains", "belongs"),
    [
        ("https://www.example.com/", False, True),
        ("http://example.com:8080/", False, True),
        ("https://shop.example.com/", False, False),
        ("https://shop.example.com/", True, True),
        ("https://notexample.com/", True, False),
        ("https://example.com.evil.test/", True, False),
        ("mailto:a@example.com", True, False),
    ],
)
def test_scope(url: str, subdomains: bool, belongs: bool) -> None:
    one = sieve(include_subdomains=subdomains)
    assert (outcome(one, url) is not None) is belongs
    if not belongs:
        expected = "malformed" if url.startswith("mailto") else "out_of_scope"
        assert outcome(one, url, in_sitemap=True) == (url, expected)


def test_sitemaps_are_believed() -> None:
    """What a sitemap lists is no trap and has no depth; excluded is excluded."""
    assert outcome(sieve(), HOST + "/x/x/x/x/x", depth=None, in_sitemap=True) == (HOST + "/x/x/x/x/x", None)
    assert outcome(sieve(exclude=["/x"]), HOST + "/x", depth=None, in_sitemap=True) == (HOST + "/x", "excluded")


def test_tracking_parameters_belong_to_a_sitemaps_address() -> None:
    assert outcome(sieve("sitemap"), HOST + "/?utm_source=x", in_sitemap=True) == (HOST + "/?utm_source=x", None)


def test_traps() -> None:
    assert trap(HOST + "/" + "/".join(map(str, range(26))))
    assert not trap(HOST + "/" + "/".join(map(str, range(25))))


def test_an_expression_that_never_ends_freezes_nobody() -> None:
    excluded = exclusion([r"/^(\w+\s?)*\?$/"])
    began = time.monotonic()
    assert all(excluded("https://example.com/" + "word" * 60 + f"!{n}") in {True, False} for n in range(1_000))
    assert time.monotonic() - began < 2.0
    assert exclusion([r"/\/private\/\d+/"])("https://example.com/private/7")
    assert not exclusion([r"/\/private\/\d+/"])("https://example.com/private/x")


@pytest.mark.parametrize("site", ["https://example.com/", "https://example.com:8443/", "http://www.example.com/shop/"])
@pytest.mark.parametrize("mode", ["sitemap", "crawl"])
def test_the_quick_way_decides_as_the_long_one(site: str, mode: str) -> None:
    """An address below the scan's own origin is compared with the same one spelled so that it needs work."""
    scheme, _, rest = site.partition("://")
    host = rest.partition("/")[0]
    for path in ("/", "/a?b=1", "/a/b.html", "/a?sid=abcdef012345678", "/print/x", "/x/x/x/x/x", "/a?utm_source=b"):
        of = sieve(mode, site, exclude=["/print/"])
        long_way = f"{scheme.upper()}://{host.upper()}{path}"
        for in_sitemap in (True, False):
            quick = outcome(of, f"{scheme}://{host}{path}", in_sitemap=in_sitemap)
            assert quick == outcome(of, long_way, in_sitemap=in_sitemap)
            assert quick is not None


def test_a_port_that_only_begins_like_ours_is_another_address() -> None:
    of = sieve("sitemap", "http://127.0.0.1:8080/")
    assert outcome(of, "http://127.0.0.1:80801/a", in_sitemap=True) == ("http://127.0.0.1:80801/a", "malformed")
    assert outcome(of, "http://127.0.0.1.example/a", in_sitemap=True) == ("http://127.0.0.1.example/a", "out_of_scope")
