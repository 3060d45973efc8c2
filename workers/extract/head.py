"""Titles, metas, links, canonicals, hreflang and robots directives."""

import re
from collections.abc import Iterable, Iterator

from shared.page import Alternate, Canonical, Context, Directive, LinkTag, Meta, Text
from shared.urls import Resolver
from workers.extract.clean import clean, squash, tokens, value
from workers.extract.headers import parse_links, robots_header, split_directives
from workers.extract.raw import RawTag
from workers.extract.walk import Walk, within

ROBOTS_NAMES = frozenset(
    [
        "robots",
        "googlebot",
        "googlebot-news",
        "googlebot-image",
        "googlebot-video",
        "google-extended",
        "bingbot",
        "msnbot",
        "slurp",
        "duckduckbot",
        "yandex",
        "yandexbot",
        "baiduspider",
        "applebot",
        "teoma",
        "naverbot",
        "yeti",
        "seznambot",
        "petalbot",
        "gptbot",
        "oai-searchbot",
        "chatgpt-user",
        "ccbot",
        "claudebot",
        "anthropic-ai",
        "perplexitybot",
        "bytespider",
        "amazonbot",
        "facebookbot",
        "otherbot",
    ]
)
"""Meta names that carry robots directives."""

MAX_TITLE = 20_000
MAX_TITLES = 100
_ALLOWED = frozenset(b"base basefont bgsound link meta title noscript noframes style script template head html".split())
_OPAQUE = frozenset(b"title style script noframes template".split())
_COMMENT = rb"<!--.*?(?:-->|\Z)"
_TAG = rb"<(/?)([a-z][^\s/>]*)(?:[^>\"']++|\"[^\"]*+\"|'[^']*+')*+>?"
_IN_HEAD = re.compile(_COMMENT + rb"|<!\[CDATA\[|" + _TAG + rb"|[^<\s]", re.DOTALL)
_TAGS = re.compile(_COMMENT + rb"|" + _TAG, re.DOTALL)
HEAD_BYTES = 200_000
"""How much of the source is searched for what breaks the head."""


def titles(walk: Walk) -> tuple[Text, ...]:
    """The document's titles: not those of inline SVG."""
    svgs = [(start, end) for start, end, _ in walk.svgs]
    starts = [start for start, _ in svgs]
    return tuple(
        Text(clean(squash(walk.nodes[index].text()[:MAX_TITLE])), index < walk.head_end, f"(//title)[{n}]")
        for n, index in enumerate(walk.of("title"), 1)
        if within(svgs, starts, index) < 0
    )[:MAX_TITLES]


def _name(text: str | None) -> str:
    return clean(text.strip().lower()) if text else ""


def metas(raw: Iterable[RawTag]) -> tuple[Meta, ...]:
    """All `<meta>` elements."""
    found: list[Meta] = []
    for tag in raw:
        attributes = tag.attributes
        content, charset = value(attributes, "content"), value(attributes, "charset")
        found.append(
            Meta(
                _name(attributes.get("name")),
                _name(attributes.get("property")),
                _name(attributes.get("http-equiv")),
                None if charset is None else clean(charset),
                None if content is None else clean(content),
                tag.in_head,
                tag.n,
            )
        )
    return tuple(found)


def link_tags(raw: Iterable[RawTag], resolver: Resolver) -> tuple[LinkTag, ...]:
    """All `<link>` elements."""
    found: list[LinkTag] = []
    for tag in raw:
        get = {name: clean(content or "") for name, content in tag.attributes.items()}.get
        href = get("href")
        found.append(
            LinkTag(
                rel=tokens(get("rel")),
                href=href,
                url=resolver(href) if href and href.strip() else None,
                hreflang=get("hreflang"),
                type=get("type"),
                media=get("media"),
                sizes=get("sizes"),
                as_=get("as"),
                integrity=get("integrity"),
                crossorigin=get("crossorigin"),
                in_head=tag.in_head,
                n=tag.n,
            )
        )
    return tuple(found)


def canonicals(
    links: Iterable[LinkTag], header_values: Iterable[str], header_resolver: Resolver
) -> Iterator[Canonical]:
    """Canonical declarations of the document, then of the Link header (RFC 6596, RFC 8288)."""
    for link in links:
        if "canonical" in link.rel:
            yield Canonical(link.href or "", link.url, "html", link.in_head, link.at)
    for one in parse_links(header_values):
        if "canonical" in one.rel and not one.anchored:
            url = header_resolver(one.href) if one.href else None
            yield Canonical(one.href, url, "header", in_head=True, at="header: Link")


_FEEDS = frozenset({"application/rss+xml", "application/atom+xml", "application/feed+json", "application/json"})
"""An alternate of such a type is the page's feed, whose language hreflang tells (HTML standard, section 4.6.7.1)."""


def alternates(
    links: Iterable[LinkTag], header_values: Iterable[str], header_resolver: Resolver, context: Context
) -> Iterator[Alternate]:
    """Hreflang declarations of the document, the Link header and the sitemap."""
    for link in links:
        if link.hreflang is not None and "alternate" in link.rel and link.type not in _FEEDS:
            yield Alternate(link.hreflang.strip(), link.href or "", link.url, "html", link.in_head, link.at)
    for one in parse_links(header_values):
        if "alternate" in one.rel and one.hreflangs and not one.anchored:
            url = header_resolver(one.href) if one.href else None
            for lang in one.hreflangs:
                yield Alternate(lang.strip(), one.href, url, "header", in_head=True, at="header: Link")
    for lang, href in context.sitemap_alternates:
        yield Alternate(lang.strip(), href, header_resolver(href), "sitemap", in_head=True, at="sitemap")


def directives(found: Iterable[Meta], header_values: Iterable[str]) -> Iterator[Directive]:
    """Robots directives of the metas, then of the header."""
    for meta in found:
        if meta.name in ROBOTS_NAMES and meta.content:
            for name, content in split_directives(meta.content):
                yield Directive(meta.name, name, content, "meta", meta.in_head, meta.at)
    yield from robots_header(header_values)


def forbids(found: Iterable[Directive], what: str) -> bool:
    """Whether Google obeys a `what` or "none" here: the most restrictive wins, its own name or "robots" count.

    Google reads robots metas wherever they stand in the document
    (https://developers.google.com/search/docs/crawling-indexing/robots-meta-tag).
    """
    return any(one.name in {what, "none"} and one.agent in {"robots", "googlebot", "*"} for one in found)


_START = re.compile(rb"<[a-z]")


def is_whole(lowered: bytes, in_head: int) -> bool:
    """Whether every start tag before `</head>` became an element of the head, which is the quick way to tell."""
    end = lowered.find(b"</head")
    return 0 < end < HEAD_BYTES and len(_START.findall(lowered[:end])) == in_head + 2


def head_broken_by(lowered: bytes) -> str | None:
    """The element (or "#text") that ends the source's head before its own end tag or the body's start tag.

    Rules of https://html.spec.whatwg.org/#parsing-main-inhead: only a few elements keep the head open. `lowered` is the
    source in lower case.
    """
    head = lowered[:HEAD_BYTES]
    start = _HEAD_START.search(head)
    position = start.end() if start else -1
    culprit: str | None = None
    pattern = _IN_HEAD
    while position >= 0 and (match := pattern.search(head, position)):
        position = match.end()
        name = match[2]
        if name is None:
            if culprit is None and not match[0].startswith(b"<!--"):
                culprit = "#text"
        elif (match[1] and name == b"head") or (name == b"body" and not match[1]):
            return culprit
        elif not match[1] and name in _OPAQUE:
            position = _end_of(head, name, position)
        elif culprit is None and ((name in {b"br", b"html"}) if match[1] else name not in _ALLOWED):
            culprit = clean(name.decode("utf-8", "replace"))
        if culprit is not None:
            pattern = _TAGS
    return None


def _end_of(head: bytes, name: bytes, position: int) -> int:
    """Where the end tag of an element begins that holds text only, -1 when there is none."""
    tag = b"</" + name
    while (position := head.find(tag, position)) >= 0 and head[position + len(tag) : position + len(tag) + 1].strip(
        b"\t\n\f\r />"
    ):
        position += len(tag)
    return position


_HEAD_START = re.compile(rb"<head(?=[\s/>])[^>]*>")
