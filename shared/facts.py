"""`SiteFacts`: what the site-level analysis keeps of a page, about 500 octets and 9 for each link.

Addresses and texts are 64-bit hashes (BLAKE2b) of `shared.urls.normalise`d URLs and of case-folded texts: that two of a
million collide has a probability of 3 in 100 million. 0 stands for "none". Packed fields hold little-endian numbers one
after the other.
"""

import hashlib
import sys
from array import array
from collections.abc import Iterable
from enum import IntFlag
from functools import lru_cache
from urllib.parse import unquote

import msgspec
from msgspec import Struct

from shared.checks.base import On
from shared.facts_dates import modified_at, moment
from shared.minhash import signature
from shared.page import Asset, ErrorKind, Page
from shared.robots import Robots
from shared.url_forms import forms_of
from shared.urls import normalise

MAX_LINKS = 20_000
MAX_FRAGMENTS = 500
MAX_IDS = 2_000
MAX_ALTERNATES = 300
MAX_TYPES = 12
MAX_NAMED = 10
"""Assets named by their address in one list."""
MAX_NAME = 300


class Flag(IntFlag):
    """What is known about a page, in bits."""

    FETCHED = 1 << 0
    """An answer arrived that belongs to the site: not blocked, not given up by us."""
    FAILED = 1 << 1
    """It is the site's fault that there is no answer (refused, DNS, TLS, a redirect that leads nowhere)."""
    HTML = 1 << 2
    INDEXABLE = 1 << 3
    NOINDEX = 1 << 4
    NOFOLLOW = 1 << 5
    HTTPS = 1 << 6
    HOME = 1 << 7
    LISTED = 1 << 8
    """A sitemap names it."""
    LISTED_KNOWN = 1 << 9
    DISALLOWED = 1 << 10
    """robots.txt keeps Googlebot away."""
    ALLOWED = 1 << 11
    """robots.txt is known to let Googlebot in."""
    IDS_CUT = 1 << 12
    LINKS_CUT = 1 << 13
    HAS_LANG = 1 << 14
    PAGINATED = 1 << 15
    """The second or a later page of a series."""
    FIRST_CANONICAL = 1 << 16
    """A later page of a series whose canonical is the first."""
    OTHER_FORM = 1 << 17
    """Its canonical is the same address in another form (case, slash at the end, www, scheme)."""
    METHODS_DIFFER = 1 << 18
    """hreflang in HTML, header and sitemap don't say the same."""
    AMP = 1 << 19
    CONTACT = 1 << 20
    """It is, or links to, a page on who runs the site."""
    ALTERNATES_CUT = 1 << 21
    QUERY = 1 << 22


NONE = Flag(0)


class SiteFacts(Struct, array_like=True, gc=False, frozen=True):
    """One page. Encoded as a MessagePack array: fields are only ever appended."""

    seq: int
    """The page's number in the scan."""
    url: str
    flags: int = 0
    status: int = 0
    classes: int = 1
    """`On` of the page."""
    depth: int = -1
    """Clicks from the start as the crawl counted them, -1 unknown."""
    here: int = 0
    """Hash of `url`."""
    final: int = 0
    """Hash of the address that answered; equal to `here` unless redirected."""
    hops: bytes = b""
    """u64 hashes of the addresses in between."""
    canonical: int = 0
    links: bytes = b""
    """n u64 targets, then n octets: 1 some link is followed, 2 some isn't. Internal `<a>` only, without repetition."""
    fragments: bytes = b""
    """u64 target, then u32 fragment, for each link to a place in a page."""
    ids: bytes = b""
    """u32 of each id."""
    alternates: tuple[tuple[str, int, bool], ...] = ()
    """hreflang in lower case, target, whether the target is on the site; all sources together."""
    next: int = 0
    prev: int = 0
    amphtml: int = 0
    assets: bytes = b""
    """u64 of internal scripts, styles and images."""
    broken_assets: tuple[tuple[str, str, int], ...] = ()
    """(address, kind, status or 0) of internal assets that a probe found broken."""
    disallowed_assets: tuple[str, ...] | None = None
    """Scripts, styles and images that robots.txt keeps from Googlebot; None: not known."""
    title: int = 0
    description: int = 0
    h1: int = 0
    title_end: int = 0
    """The title's last part after a separator, where sites put their name."""
    content: int = 0
    """The text's hash."""
    sketch: bytes = b""
    """`shared.minhash.signature` of the main text."""
    words: int = 0
    language: str = ""
    """Primary subtag: of `<html lang>`, else as detected."""
    types: tuple[str, ...] = ()
    """Structured-data types."""
    bare: int = 0
    loose: int = 0
    looser: int = 0
    slashless: int = 0
    folded: int = 0
    directory: int = 0
    """See `shared.url_forms.Forms`."""
    style: int = 0
    lastmod: float = 0.0
    """Of the sitemap, seconds since the epoch; 0 none."""
    lastmod_day: bool = False
    """It names a day, not a time."""
    modified: float = 0.0
    """By the page itself."""
    sitemaps: int = 0
    """Sitemap files that list it, as far as known."""


@lru_cache(maxsize=65_536)
def hash64(text: str) -> int:
    """BLAKE2b-64 of a text; never 0, which stands for "none"."""
    digest = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "little") or 1


def url_hash(url: str | None) -> int:
    """The hash under which an address is known; 0 for none or one that isn't http(s)."""
    return 0 if url is None else hash64(normalise(url) or url)


def _resolved(url: str | None) -> int:
    """Like `url_hash`, for addresses that extraction has normalised."""
    return 0 if url is None else hash64(url)


def _text_hash(text: str) -> int:
    text = " ".join(text.casefold().split())
    return hash64(text) if text else 0


def _pack(code: str, numbers: Iterable[int]) -> bytes:
    packed = array(code, numbers)
    if sys.byteorder == "big":
        packed.byteswap()
    return packed.tobytes()


_OURS: frozenset[ErrorKind] = frozenset((
    "timeout", "too_large", "decode", "forbidden_address", "blocked_by_robots", "blocked_by_server", "parser_killed",
    "too_deep", "bad_url", "protocol",
))  # fmt: skip
"""Failures that don't show that the address is broken: another client, or another day, may well get it."""
_GUARDED = frozenset({401, 403, 407, 429})
"""Statuses that say "not you", not "not here"."""


def _answered(page: Page) -> Flag:
    if page.error is not None:
        return NONE if page.error.kind in _OURS else Flag.FAILED
    return Flag.FETCHED if page.status is not None and page.status not in _GUARDED else NONE


def _knowledge(page: Page, classes: On) -> int:
    """The flags that follow from the page's state and the scan's context."""
    context, flags = page.context, _answered(page).value
    robots = context.robots
    allowed = None if robots is None else robots.get("Googlebot", robots.get("*"))
    if page.error is not None and page.error.kind == "blocked_by_robots" and allowed is None:
        allowed = False
    for true, flag in (
        (On.HTML in classes, Flag.HTML),
        (On.INDEXABLE in classes, Flag.INDEXABLE),
        (page.noindex, Flag.NOINDEX),
        (page.nofollow, Flag.NOFOLLOW),
        (page.is_https, Flag.HTTPS),
        (page.is_home, Flag.HOME),
        (context.in_sitemap, Flag.LISTED),
        (context.in_sitemap is not None, Flag.LISTED_KNOWN),
        (allowed is False, Flag.DISALLOWED),
        (allowed is True, Flag.ALLOWED),
        (bool(page.html_attributes.get("lang")), Flag.HAS_LANG),
        (not page.html_attributes.keys().isdisjoint({"amp", "\u26a1", "\u26a1\ufe0f"}), Flag.AMP),
        ("?" in page.url, Flag.QUERY),
    ):
        if true:
            flags |= flag.value
    return flags


def _links(page: Page) -> tuple[bytes, Flag]:
    known: dict[int, int] = {}
    for link in page.links:
        if link.internal and link.url is not None:
            target = hash64(link.url)
            kind = 1 if not page.nofollow and link.rel.isdisjoint(_NOFOLLOW) else 2
            known[target] = known.get(target, 0) | kind
            if len(known) >= MAX_LINKS:
                break
    cut = Flag.LINKS_CUT if len(known) >= MAX_LINKS else NONE
    return _pack("Q", known) + bytes(known.values()), cut


_NOFOLLOW = frozenset({"nofollow", "ugc", "sponsored"})
_CONTACT = (
    "contact",
    "kontakt",
    "about",
    "impress",
    "imprint",
    "privacy",
    "datenschutz",
    "legal",
    "contatt",
    "ueber-uns",
)
"""Words in addresses and link texts of pages that say who runs a site (heuristic)."""
_NO_PLACE = ("", "top")


def _place(fragment: str) -> int:
    return hash64(unquote(fragment)) & 0xFFFF_FFFF


def _fragments(page: Page, final: int) -> bytes:
    """Links to a place in a page. Not text fragments, routes of scripts (`#/`, `#!`) or the top of the page.

    https://html.spec.whatwg.org/#find-a-potential-indicated-element
    """
    known: dict[tuple[int, int], None] = {}
    for link in page.links:
        fragment = link.fragment
        if not fragment or not link.internal or link.url is None or fragment.lower() in _NO_PLACE or link.onclick:
            continue
        if fragment[0] in "/!" or ":~:" in fragment or "=" in fragment or "role" in link.rel:
            continue
        target = hash64(link.url)
        known[final if link.href and link.href.lstrip()[:1] == "#" else target, _place(fragment)] = None
        if len(known) >= MAX_FRAGMENTS:
            break
    return b"".join(_pack("Q", [target]) + _pack("I", [place]) for target, place in known)


def _contact(page: Page) -> bool:
    said = "\n".join([f"{link.href} {link.name[:80]}" for link in page.links if link.internal]).lower()
    return any(word in said for word in _CONTACT)


def _alternates(page: Page) -> tuple[tuple[tuple[str, int, bool], ...], Flag]:
    known: dict[tuple[str, int, bool], None] = {}
    by_source: dict[str, set[tuple[str, int]]] = {}
    site = page.context.site_host or ""
    for one in page.alternates:
        if one.url is None or not one.in_head:
            continue
        lang, target = one.lang.lower().replace("_", "-")[:20], hash64(one.url)
        by_source.setdefault(one.source, set()).add((lang, target))
        known[lang, target, _host(one.url) == site.removeprefix("www.")] = None
    flags = (
        Flag.METHODS_DIFFER if any(one != other for one in by_source.values() for other in by_source.values()) else 0
    )
    if len(known) > MAX_ALTERNATES:
        flags |= Flag.ALTERNATES_CUT
    return tuple(known)[:MAX_ALTERNATES], Flag(flags)


def _host(url: str) -> str:
    return url.split("/", 3)[2].partition(":")[0].removeprefix("www.")


_SEPARATORS = (" | ", " - ", " – ", " — ", " · ", " » ", " :: ", ": ")


def _title_end(title: str) -> int:
    at, mark = max((title.rfind(mark), mark) for mark in _SEPARATORS)
    return _text_hash(title[at + len(mark) :]) if at > 0 else 0


def _series(page: Page) -> Flag:
    """What the address and rel=prev say about the page's place in a series."""
    forms = forms_of(page.final_url)
    later = forms.page > 1 or any("prev" in tag.rel and tag.url for tag in page.link_tags)
    canonical = page.canonical_url
    if canonical is None:
        return Flag.PAGINATED if later else NONE
    flags = Flag.PAGINATED if later else NONE
    other = forms_of(canonical)
    if canonical != page.final_url and other.loose == forms.loose:
        flags |= Flag.OTHER_FORM
    if forms.page > 1 and (other.loose == forms.first or (other.page == 1 and other.first == forms.first)):
        flags |= Flag.FIRST_CANONICAL
    return flags


def _rel(page: Page, name: str) -> int:
    return next((_resolved(tag.url) for tag in page.link_tags if name in tag.rel and tag.url and tag.in_head), 0)


def _broken(asset: Asset) -> bool:
    """Broken for everybody; a probe that was refused or gave up says nothing."""
    if asset.error is not None:
        return asset.error not in _OURS
    return asset.status is not None and asset.status >= 400 and asset.status not in _GUARDED  # noqa: PLR2004


def _assets(page: Page, robots: Robots | None) -> tuple[bytes, tuple[str, ...] | None]:
    urls: dict[str, None] = {}
    host = _host(page.final_url) if page.final_url.startswith("http") else ""
    sources = [script.url for script in page.scripts]
    sources += [tag.url for tag in page.link_tags if "stylesheet" in tag.rel]
    sources += [image.url for image in page.images]
    for url in sources:
        if url and url.startswith("http") and _host(url) == host:
            urls[url] = None
            if len(urls) >= MAX_FRAGMENTS:
                break
    refused = None
    if robots is not None:
        refused = tuple(url[:MAX_NAME] for url in urls if not robots.allowed(url, "Googlebot"))[:MAX_NAMED]
    return _pack("Q", (hash64(url) for url in urls)), refused


def _primary(page: Page) -> str:
    declared = (page.html_attributes.get("lang") or "").strip().lower().replace("_", "-").partition("-")[0]
    return (declared or page.language or "")[:8]


def facts_of(
    page: Page,
    *,
    seq: int,
    classes: On,
    robots: Robots | None = None,
    lastmod: str | None = None,
    sitemaps: int = 0,
) -> SiteFacts:
    """The record of a judged page.

    `robots` is the site's file (without it nobody knows which assets are disallowed), `lastmod` the sitemap's word on
    the page, `sitemaps` how many sitemap files list it.
    """
    flags = _knowledge(page, classes)
    here, final = url_hash(page.url), url_hash(page.final_url)
    forms = forms_of(page.final_url)
    listed = moment(lastmod)
    if On.HTML not in classes:
        return SiteFacts(
            seq=seq, url=page.url, flags=flags, status=page.status or 0, classes=int(classes),
            depth=-1 if page.context.depth is None else page.context.depth, here=here, final=final, hops=_hops(page),
            canonical=_resolved(page.canonical_url), bare=hash64(forms.bare), loose=hash64(forms.loose),
            looser=hash64(forms.looser), slashless=hash64(forms.slashless), folded=hash64(forms.folded),
            directory=hash64(forms.directory), lastmod=listed,
            lastmod_day=_is_day(lastmod), sitemaps=sitemaps,
        )  # fmt: skip
    links, cut = _links(page)
    alternates, differ = _alternates(page)
    assets, refused = _assets(page, robots)
    ids = [_place(one) for one in sorted(page.ids)[:MAX_IDS]]
    flags |= (cut | differ | _series(page)).value
    if len(page.ids) > MAX_IDS:
        flags |= Flag.IDS_CUT.value
    if _contact(page):
        flags |= Flag.CONTACT.value
    broken = [asset for asset in page.context.assets or () if asset.internal and _broken(asset)]
    return SiteFacts(
        seq=seq,
        url=page.url,
        flags=flags,
        status=page.status or 0,
        classes=int(classes),
        depth=-1 if page.context.depth is None else page.context.depth,
        here=here,
        final=final,
        hops=_hops(page),
        canonical=_resolved(page.canonical_url),
        links=links,
        fragments=_fragments(page, final),
        ids=_pack("I", ids),
        alternates=alternates,
        next=_rel(page, "next"),
        prev=_rel(page, "prev"),
        amphtml=_rel(page, "amphtml"),
        assets=assets,
        broken_assets=tuple((one.url[:MAX_NAME], one.kind, one.status or 0) for one in broken[:MAX_NAMED]),
        disallowed_assets=refused,
        title=_text_hash(page.title),
        description=_text_hash(page.meta("description") or ""),
        h1=_text_hash(next((heading.text for heading in page.headings if heading.level == 1), "")),
        title_end=_title_end(page.title),
        content=hash64(page.content_hash) if page.content_hash else 0,
        sketch=signature(page.main_text),
        words=page.words,
        language=_primary(page),
        types=tuple(dict.fromkeys(name[:40] for item in page.items if item.schema_org for name in item.types))[
            :MAX_TYPES
        ],
        bare=hash64(forms.bare),
        loose=hash64(forms.loose),
        looser=hash64(forms.looser),
        slashless=hash64(forms.slashless),
        folded=hash64(forms.folded),
        directory=hash64(forms.directory),
        style=forms.style,
        lastmod=listed,
        lastmod_day=_is_day(lastmod),
        modified=modified_at(page),
        sitemaps=sitemaps,
    )


def _is_day(lastmod: str | None) -> bool:
    return lastmod is not None and "T" not in lastmod


def _hops(page: Page) -> bytes:
    return _pack("Q", (url_hash(hop.location) for hop in (page.redirects or ())[:-1]))


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(SiteFacts)


def encode(facts: SiteFacts) -> bytes:
    """The record as stored."""
    return _encoder.encode(facts)


def decode(stored: bytes) -> SiteFacts:
    """The record from its stored form."""
    return _decoder.decode(stored)
