"""What a page would have us ask besides itself: the things it loads, and its links to other sites."""

from collections.abc import Iterator
from typing import Literal
from urllib.parse import urljoin

from msgspec import Struct

from shared.minhash import signature
from shared.page import Page
from shared.urls import host_of, normalise, same_host

MAX_ASSETS = 50
MAX_EXTERNAL = 100
_MAX_URL = 2_000

AssetKind = Literal["image", "script", "style", "font", "icon"]


class Wanted(Struct, frozen=True, gc=False):
    """Something that the page loads. `url` as the checks know it, `key` normalised: the URL's identity.

    `named` False: browsers ask for it unbidden (/favicon.ico). `shown` False: others load it, not the page (og:image).
    """

    url: str
    key: str
    kind: AssetKind
    internal: bool
    named: bool = True
    shown: bool = True


class Look(Struct, frozen=True):
    """A page at a glance, from the same extraction as its verdict."""

    assets: tuple[Wanted, ...] = ()
    external: tuple[str, ...] = ()
    is_html: bool = False
    title: str = ""
    canonical: str | None = None
    words: int = 0
    content_hash: str = ""
    sketch: bytes = b""


def look_at(page: Page) -> Look:
    """Everything that may be asked for the page's sake, and what its text is like."""
    if not page.is_html:
        return Look()
    return Look(
        assets=assets_of(page),
        external=external_of(page),
        is_html=True,
        title=page.title[:500],
        canonical=page.canonical_url,
        words=page.words,
        content_hash=page.content_hash,
        sketch=signature(page.main_text),
    )


def assets_of(page: Page) -> tuple[Wanted, ...]:
    """At most `MAX_ASSETS`, what matters most first: style sheets, scripts, preview image, icons, fonts, images."""
    found: dict[tuple[str, bool], Wanted] = {}
    site = page.context.site_host or host_of(page.final_url) or ""
    for url, kind, named, shown in _named(page):
        key = normalise(url) if len(url) <= _MAX_URL else None
        if key is None or (key, shown) in found:
            continue
        internal = same_host(host_of(key) or "", site, page.context.include_subdomains)
        found[key, shown] = Wanted(url, key, kind, internal, named, shown)
    return tuple(found.values())[:MAX_ASSETS]


def _named(page: Page) -> Iterator[tuple[str, AssetKind, bool, bool]]:
    """(url, kind, named, shown) in the order of their weight."""
    for tag in page.link_tags:
        if tag.url and "stylesheet" in tag.rel and "alternate" not in tag.rel:
            yield tag.url, "style", True, True
    for script in page.scripts:
        if script.url:
            yield script.url, "script", True, True
    preview = (page.meta("og:image") or page.meta("og:image:url") or page.meta("og:image:secure_url") or "").strip()
    if preview and (url := _joined(page.final_url, preview)):
        yield url, "image", True, any(image.url == url for image in page.images)
    icons = [tag.url for tag in page.link_tags if tag.url and not tag.rel.isdisjoint(_ICONS)]
    for url in icons:
        yield url, "icon", True, True
    if not icons and (url := _joined(page.final_url, "/favicon.ico")):
        yield url, "icon", False, True
    for tag in page.link_tags:
        if tag.url and "preload" in tag.rel and (tag.as_ or "").lower() == "font":
            yield tag.url, "font", True, True
    for image in page.images:
        if image.url:
            yield image.url, "image", True, True


_ICONS = frozenset({"icon", "apple-touch-icon", "apple-touch-icon-precomposed", "mask-icon"})


def _joined(base: str, address: str) -> str | None:
    """As the checks join it."""
    try:
        return urljoin(base, address)
    except ValueError:
        return None


def external_of(page: Page) -> tuple[str, ...]:
    """At most `MAX_EXTERNAL` targets on other sites, in the page's order."""
    urls = (link.url for link in page.links if link.url and not link.internal and len(link.url) <= _MAX_URL)
    return tuple(dict.fromkeys(urls))[:MAX_EXTERNAL]
