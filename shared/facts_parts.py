"""The parts of a page's record, each derived from the page."""

import sys
from array import array
from collections.abc import Iterable
from itertools import compress
from urllib.parse import unquote

from shared.checks.base import On
from shared.facts_record import NONE, Flag, hash64, url_hash
from shared.page import Asset, ErrorKind, Page
from shared.robots import Robots
from shared.url_forms import forms_of

MAX_LINKS = 20_000
MAX_FRAGMENTS = 500
MAX_IDS = 2_000
MAX_ALTERNATES = 300
MAX_TYPES = 12
MAX_NAMED = 10
"""Assets named by their address in one list."""
MAX_NAME = 300


def resolved(url: str | None) -> int:
    """Like `url_hash`, for addresses that extraction has normalised."""
    return 0 if url is None else hash64(url)


def text_hash(text: str) -> int:
    """Hash of a text, without regard to case and blanks; 0 for none."""
    text = " ".join(text.casefold().split())
    return hash64(text) if text else 0


def pack(code: str, numbers: Iterable[int]) -> bytes:
    """Numbers as little-endian octets of the array type `code`."""
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


def state_of(page: Page, classes: On) -> int:
    """The flags that follow from the page's state and the scan's context."""
    context = page.context
    robots = context.robots
    allowed = None if robots is None else robots.get("Googlebot", robots.get("*"))
    if page.error is not None and page.error.kind == "blocked_by_robots" and allowed is None:
        allowed = False
    bits = classes.value
    holds = (
        bits & _HTML,
        bits & _INDEXABLE,
        page.noindex,
        page.nofollow,
        page.is_https,
        page.is_home,
        context.in_sitemap,
        context.in_sitemap is not None,
        allowed is False,
        allowed is True,
        page.html_attributes.get("lang"),
        not page.html_attributes.keys().isdisjoint(_AMP),
        "?" in page.url,
    )
    return _answered(page).value | sum(compress(_STATE, holds))


_HTML, _INDEXABLE = On.HTML.value, On.INDEXABLE.value
_AMP = ("amp", "\u26a1", "\u26a1\ufe0f")
_STATE = tuple(
    flag.value
    for flag in (
        Flag.HTML,
        Flag.INDEXABLE,
        Flag.NOINDEX,
        Flag.NOFOLLOW,
        Flag.HTTPS,
        Flag.HOME,
        Flag.LISTED,
        Flag.LISTED_KNOWN,
        Flag.DISALLOWED,
        Flag.ALLOWED,
        Flag.HAS_LANG,
        Flag.AMP,
        Flag.QUERY,
    )
)
"""In the order of `state_of`. Plain numbers: an enum takes 0.3 us to tell its value, and 1 us to be added up."""


def links_of(page: Page) -> tuple[bytes, Flag]:
    """Internal links, and whether some were left out."""
    known: dict[int, int] = {}
    plain = 2 if page.nofollow else 1
    for link in page.links:
        if link.internal and link.url is not None:
            target, rel = hash64(link.url), link.rel
            kind = 2 if rel and not rel.isdisjoint(_NOFOLLOW) else plain
            known[target] = known.get(target, 0) | kind
            if len(known) >= MAX_LINKS:
                break
    cut = Flag.LINKS_CUT if len(known) >= MAX_LINKS else NONE
    return pack("Q", known) + bytes(known.values()), cut


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
_NO_CONTACTS: set[str] = set()
"""Addresses and texts of links that name none of these: a site's menus are asked once."""
_MAX_KNOWN = 20_000
_NO_PLACE = ("", "top")


def place(fragment: str) -> int:
    """Hash of a fragment or an id."""
    return hash64(unquote(fragment)) & 0xFFFF_FFFF


def fragments_of(page: Page, final: int) -> bytes:
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
        known[final if link.href and link.href.lstrip()[:1] == "#" else target, place(fragment)] = None
        if len(known) >= MAX_FRAGMENTS:
            break
    return b"".join(pack("Q", [target]) + pack("I", [place]) for target, place in known)


def names_contact(page: Page) -> bool:
    """Whether a link leads to a page on who runs the site."""
    ours = [link for link in page.links if link.internal]
    told = {link.href or "" for link in ours}.union([link.name[:80] for link in ours]) - _NO_CONTACTS
    said = "\n".join(told).lower()
    if any(word in said for word in _CONTACT):
        return True
    if len(_NO_CONTACTS) + len(told) > _MAX_KNOWN:
        _NO_CONTACTS.clear()
    if len(told) <= _MAX_KNOWN:
        _NO_CONTACTS.update([one for one in told if len(one) <= MAX_NAME])
    return False


def alternates_of(page: Page) -> tuple[tuple[tuple[str, int, bool], ...], Flag]:
    """Language alternates of every method, and what is odd about them."""
    known: dict[tuple[str, int, bool], None] = {}
    by_source: dict[str, set[tuple[str, int]]] = {}
    site = page.context.site_host or ""
    for one in page.alternates:
        if one.url is None or not one.in_head:
            continue
        lang, target = one.lang.lower().replace("_", "-")[:20], hash64(one.url)
        by_source.setdefault(one.source, set()).add((lang, target))
        known[lang, target, _host(one.url) == site.removeprefix("www.")] = None
    sets = list(by_source.values())
    flags = Flag.METHODS_DIFFER if any(one != sets[0] for one in sets) else NONE
    if len(known) > MAX_ALTERNATES:
        flags |= Flag.ALTERNATES_CUT
    return tuple(known)[:MAX_ALTERNATES], flags


def _host(url: str) -> str:
    return url.split("/", 3)[2].partition(":")[0].removeprefix("www.")


_SEPARATORS = (" | ", " - ", " – ", " — ", " · ", " » ", " :: ", ": ")


def title_end(title: str) -> int:
    """Hash of what stands after the title's last separator; 0 for none."""
    at, mark = max((title.rfind(mark), mark) for mark in _SEPARATORS)
    return text_hash(title[at + len(mark) :]) if at > 0 else 0


def series_of(page: Page) -> Flag:
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


def rel_of(page: Page, name: str) -> int:
    """The first `<link>` of that relation in the head; 0 for none."""
    return next((resolved(tag.url) for tag in page.link_tags if name in tag.rel and tag.url and tag.in_head), 0)


def is_broken(asset: Asset) -> bool:
    """Broken for everybody; a probe that was refused or gave up says nothing."""
    if asset.error is not None:
        return asset.error not in _OURS
    return asset.status is not None and asset.status >= 400 and asset.status not in _GUARDED  # noqa: PLR2004


def assets_of(page: Page, robots: Robots | None) -> tuple[bytes, tuple[str, ...] | None]:
    """Internal scripts, styles and images, and those that robots.txt keeps from Googlebot."""
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
    return pack("Q", (hash64(url) for url in urls)), refused


def language_of(page: Page) -> str:
    """Primary subtag of the declared language, else the detected one."""
    declared = (page.html_attributes.get("lang") or "").strip().lower().replace("_", "-").partition("-")[0]
    return (declared or page.language or "")[:8]


def is_day(lastmod: str | None) -> bool:
    """Whether a date has no time."""
    return lastmod is not None and "T" not in lastmod


def hops_of(page: Page) -> bytes:
    """The addresses between the first and the last."""
    return pack("Q", (url_hash(hop.location) for hop in (page.redirects or ())[:-1]))
