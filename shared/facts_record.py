"""`SiteFacts`: what the site-level analysis keeps of a page, about 500 octets and 9 for each link.

Addresses and texts are 64-bit hashes (BLAKE2b) of `shared.urls.normalise`d URLs and of case-folded texts: that two of a
million collide has a probability of 3 in 100 million. 0 stands for "none". Packed fields hold little-endian numbers one
after the other.
"""

import hashlib
from enum import IntFlag
from functools import lru_cache

import msgspec
from msgspec import Struct

from shared.urls import normalise


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


@lru_cache(maxsize=16_384)
def hash64(text: str) -> int:
    """BLAKE2b-64 of a text; never 0, which stands for "none"."""
    digest = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest()
    return int.from_bytes(digest, "little") or 1


def url_hash(url: str | None) -> int:
    """The hash under which an address is known; 0 for none or one that isn't http(s)."""
    return 0 if url is None else hash64(normalise(url) or url)


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(SiteFacts)


def encode(facts: SiteFacts) -> bytes:
    """The record as stored."""
    return _encoder.encode(facts)


def decode(stored: bytes) -> SiteFacts:
    """The record from its stored form."""
    return _decoder.decode(stored)
