"""No HTML, header or context makes extraction, a check, the facts, the tally or the score fail, or the row unstorable."""

import time
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.page import Context, Fetched, FetchError, Hop, Timings
from workers.scan_page import PageJob, PageRow, Terms, judge_page

MOST_SECONDS = 5.0
"""What the parser gives a page; generated ones take milliseconds, the rest is for busy machines."""

_ODD = [
    "",
    " ",
    "\x00",
    "\ud800",
    "\u202e",
    "0",
    "-1",
    "9" * 400,
    "%",
    "%zz",
    "//",
    "?",
    "#",
    "é",
    "日本",
    "🙂",
    "&#0;",
    "&#xD800;",
]
_ADDRESSES = [
    "/", "#", "#x", "?", "//", "///", "http:", "http://", "https://[", "https://[::1]/", "https://a:b@example.com:99999/",
    "javascript:void(0)", "mailto:", "tel:+1", "data:text/html,x", "http://xn--/", "http://1.2.3", "HTTPS://EXAMPLE.com/%7E",
    "https://example.com/a b", "/a?b=c&d=%00", "https://www.example.com/", "http://example.com/", "\\\\x", "file:///x",
]  # fmt: skip
_TAGS = (
    "a p div span h1 h2 h6 ul ol li table tr td th img picture source video audio iframe script style noscript template svg "
    "math title meta link base form input button label select option textarea main article nav header footer section html "
    "head body frameset object embed amp-img time address blockquote code pre br hr canvas details dialog"
).split()
_NAMES = (
    "href src srcset sizes alt title lang hreflang dir rel type media name property content charset http-equiv id class style "
    "width height loading decoding fetchpriority target onclick role aria-label aria-hidden tabindex itemscope itemtype "
    "itemprop itemid itemref typeof vocab resource about datetime integrity crossorigin nonce async defer data-src action "
    "method autocomplete for value hidden viewport as poster xmlns srcdoc allow sandbox"
).split()
_VALUES = (
    "canonical alternate next prev nofollow noindex none amphtml icon manifest stylesheet preload x-default en de-DE zh_Hans "
    "og:title og:image og:url og:type twitter:card description robots googlebot keywords viewport refresh content-type "
    "width=device-width 0;url=/ 5 max-snippet:-1 unavailable_after:2020-13-45 text/html utf-8 punycode application/ld+json "
    "https://schema.org/Product Product price 1.0e400 2026-02-30 PT5M lazy _blank 100% 1x 2w"
).split()
_LD = [
    "{", "[]", "null", "[[[[]]]]", '{"@type":1}', '{"@context":"https://schema.org","@type":["Product",null,{}],"offers":[[]]}',
    '{"@context":{"@vocab":3},"@graph":[{"@type":"FAQPage","mainEntity":5}]}', '{"@type":"Event","startDate":"\\ud800"}',
    '{"@context":"https://schema.org","@type":"BreadcrumbList","itemListElement":[{"position":"x"},null,1]}',
    '{"@context":"https://schema.org","@type":"Recipe","aggregateRating":{"ratingValue":1e999,"ratingCount":-1}}',
]  # fmt: skip

_text = st.one_of(st.sampled_from(_ODD), st.text(max_size=30), st.sampled_from(_VALUES))
_value = st.one_of(st.sampled_from(_VALUES), st.sampled_from(_ADDRESSES), _text)
_quote = st.sampled_from(['"', "'", ""])
_attribute = st.builds(
    lambda name, quote, value: f" {name}={quote}{value}{quote}", st.sampled_from(_NAMES), _quote, _value
)
_open = st.builds(
    lambda tag, attributes: f"<{tag}{''.join(attributes)}>", st.sampled_from(_TAGS), st.lists(_attribute, max_size=5)
)
_close = st.sampled_from(_TAGS).map(lambda tag: f"</{tag}>")
_meta = st.builds(
    lambda key, name, content: f'<meta {key}="{name}" content="{content}">',
    st.sampled_from(["name", "property", "http-equiv"]), st.sampled_from(_VALUES), _value,
)  # fmt: skip
_link = st.builds(
    lambda rel, href, lang: f'<link rel="{rel}" href="{href}" hreflang="{lang}">',
    st.sampled_from(_VALUES), st.sampled_from(_ADDRESSES), st.sampled_from(_VALUES),
)  # fmt: skip
_data = st.one_of(st.sampled_from(_LD), _text).map(lambda text: f'<script type="application/ld+json">{text}</script>')
_loose = st.sampled_from(
    ["<!--", "-->", "<![CDATA[", "]]>", "<!doctype html>", "<", ">", "&", "<a", "</", "<?xml?>", "\x00", "\ufeff"]
)
_piece = st.one_of(_open, _open, _close, _meta, _link, _data, _loose, _text, st.text(max_size=200))
_html = st.lists(_piece, max_size=40).map("".join)

_codec = st.sampled_from(["utf-8", "utf-16", "utf-16-be", "latin-1", "shift_jis", "utf-7"])
_body = st.one_of(
    st.builds(lambda text, codec: text.encode(codec, "replace"), _html.map(lambda t: t.encode("utf-8", "replace").decode()), _codec),
    st.builds(lambda text, junk: text.encode("utf-8", "surrogatepass") + junk, _html, st.binary(max_size=20)),
    st.binary(max_size=300),
)  # fmt: skip
_HEADERS = (
    "Content-Type Content-Encoding Content-Language Link X-Robots-Tag Cache-Control Content-Security-Policy Set-Cookie Vary "
    "Strict-Transport-Security Last-Modified Date Expires ETag Refresh Location Referrer-Policy Permissions-Policy Alt-Svc "
    "Server X-Powered-By X-Frame-Options Content-Length Age Retry-After Access-Control-Allow-Origin"
).split()
_HEADER_VALUES = [
    "text/html; charset=utf-8", "text/html;charset=punycode", "application/json", "text/html; charset=", '</a>; rel="canonical"',
    '<https://[>; rel=alternate; hreflang="', "noindex", "googlebot: noindex, unavailable_after: x", "max-age=-1, max-age=x",
    "default-src 'none'; ;; script-src", "a=b; SameSite=None", "Wed, 99 Foo 2026 25:61:61 GMT", "0; url=", "max-age=1e9", "", "\xff",
]  # fmt: skip


def _clean(text: str) -> str:
    """As the fetcher decodes header bytes: never to surrogates."""
    return text.encode("utf-8", "replace").decode()


_headers = st.one_of(
    st.none(),
    st.lists(st.tuples(st.sampled_from(_HEADERS), st.one_of(st.sampled_from(_HEADER_VALUES), _value).map(_clean)), max_size=8).map(tuple),
    st.lists(st.tuples(st.sampled_from(_HEADERS), st.sampled_from(_HEADER_VALUES)), max_size=5).map(
        lambda more: (("Content-Type", "text/html"), *more)
    ),
)  # fmt: skip
_KINDS = ["timeout", "connection", "dns", "tls", "too_large", "decode", "redirect_loop", "too_many_redirects", "bad_redirect",
          "forbidden_address", "blocked_by_robots", "protocol", "parser_killed", "too_deep", "bad_url"]  # fmt: skip
_url = st.sampled_from(
    ["https://example.com/", "http://example.com:8080/a/%7E?x=1&x=2", "https://xn--bcher-kva.example/b;c"]
)
_hop = st.builds(Hop, _url, st.sampled_from([301, 302, 307, 308]), _url)
_fetched = st.builds(
    Fetched,
    _url, _url,
    status=st.one_of(st.none(), st.sampled_from([200, 200, 200, 204, 206, 304, 403, 404, 410, 429, 500, 503, 999])),
    headers=_headers, body=_body,
    redirects=st.one_of(st.none(), st.lists(_hop, max_size=4).map(tuple)),
    error=st.one_of(st.none(), st.none(), st.builds(FetchError, st.sampled_from(_KINDS), st.just("why"))),
    timings=st.one_of(st.none(), st.builds(Timings, st.one_of(st.none(), st.floats(0, 1e9)), st.floats(0, 1e9))),
    http_version=st.sampled_from([None, "1.0", "1.1", "2", "3"]),
    truncated=st.booleans(),
)  # fmt: skip
_context = st.builds(
    Context,
    now=st.sampled_from([0.0, 1.8e9]),
    is_home=st.booleans(),
    in_sitemap=st.sampled_from([None, True, False]),
    depth=st.sampled_from([None, 0, 3]),
    robots=st.sampled_from([None, {}, {"*": False, "Googlebot": True}]),
    site_host=st.sampled_from([None, "example.com"]),
    sitemap_alternates=st.lists(st.tuples(st.sampled_from(_VALUES), st.sampled_from(_ADDRESSES)), max_size=3).map(
        tuple
    ),
)


def row_of(fetched: Fetched, context: Context) -> PageRow:
    """The page through the parser's own job, encoded as on its way there and back."""
    job = PageJob(
        0, fetched, context, Terms("default-2026.11"), links=True, robots=(200, b"User-agent: *\nDisallow: /x")
    )
    return msgspec.msgpack.decode(judge_page(msgspec.msgpack.encode(job)), type=PageRow)


def storable(value: object) -> bool:
    """Whether Postgres takes the text: no NUL, no lone surrogate."""
    if isinstance(value, str):
        return "\x00" not in value and not any("\ud800" <= character <= "\udfff" for character in value)
    if isinstance(value, dict):
        return all(storable(key) and storable(one) for key, one in value.items())
    return all(storable(one) for one in value) if isinstance(value, (list, tuple)) else True


@pytest.fixture(scope="module")
def examples(request: pytest.FixtureRequest) -> int:
    """How many pages are tried."""
    return 30_000 if request.config.getoption("--long") else 300


def test_every_page_becomes_a_row(examples: int) -> None:
    def holds(fetched: Fetched, context: Context) -> None:
        began = time.process_time()
        row: Any = row_of(fetched, context)
        assert time.process_time() - began < MOST_SECONDS
        assert row.raised == []
        assert row.score is None or 0 <= row.score <= 100
        findings, facts = msgspec.json.decode(row.findings), msgspec.json.decode(row.facts)
        assert storable([row.url, row.final_url, row.title, row.links, findings, facts])
        assert "\\u0000" not in (row.findings + row.facts).decode()

    settings(
        max_examples=examples,
        deadline=None,
        derandomize=examples == 300,
        suppress_health_check=list(HealthCheck),
        database=None,
    )(given(_fetched, _context)(holds))()
