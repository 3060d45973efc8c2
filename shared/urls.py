"""Addresses: resolving what a page says, and the one spelling under which a URL is known to us.

Parsing follows the URL Standard (https://url.spec.whatwg.org/#concept-basic-url-parser) for the schemes http and https;
everything else is None. `normalise` adds what RFC 3986 section 6.2.2 allows on top: unreserved characters are not
percent-encoded, and hex digits are upper-case. Every address that leaves this module is ASCII, without fragment.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import quote

from msgspec import Struct

from shared.hosts import ascii_host, is_ipv4_like, parse_ipv4, parse_ipv6
from shared.url_text import BadUrl

MAX_URL = 16_384
"""Longer addresses are not resolved: no crawler follows them, and costs stay bounded."""

_PORTS = {"http": "80", "https": "443"}
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):", re.ASCII)
_EDGES = "".join(map(chr, range(0x21)))
_BLANKS = str.maketrans("", "", "\t\n\r")
# Left as they are; quote() keeps letters, digits and "_.-~" by itself. Percent signs too: they are never repaired.
_PATH_SAFE = "!$%&'()*+,/:;=@[\\]|"
_QUERY_SAFE = "!$%&()*+,/:;=?@[\\]^`{|}"
_USER_SAFE = "!$%&'()*+,"
_DOT = re.compile(r"/(?:\.|%2[eE])")
_ONE_DOT = frozenset({".", "%2e", "%2E"})
_TWO_DOTS = frozenset(a + b for a in _ONE_DOT for b in _ONE_DOT)
_PERCENT = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_PLAIN_PATH = re.compile(r"[A-Za-z0-9\-_~!$&'()*+,;=@/.]*", re.ASCII)
MAX_PLAIN = 2_048
"""Longer ones are left to `normalise`."""
_PLAIN_QUERY = re.compile(r"[A-Za-z0-9\-_~!$&()*+,;=@/.:?\[\]]*", re.ASCII)
_PLAIN = re.compile(rf"/{_PLAIN_PATH.pattern}(?:\?{_PLAIN_QUERY.pattern})?", re.ASCII)

_OPAQUE = re.compile(r"[\x00-\x20]*[hH][tT\t\r\n]+[pP\t\r\n]+[sS\t\r\n]*:(?![/\\]{2})", re.ASCII)
"""A scheme without "//": relative to a base of the same scheme, query and all."""

TRACKING = re.compile(
    r"(?:utm_[a-z_]+|gclid|gclsrc|dclid|gbraid|wbraid|fbclid|msclkid|yclid|ysclid|twclid|ttclid|li_fat_id|igshid|igsh"
    r"|mc_cid|mc_eid|_hsenc|_hsmi|__hssc|__hstc|hsctatracking|mkt_tok|_ga|_gl|oly_anon_id|oly_enc_id|vero_id|wickedid"
    r"|rb_clickid|s_cid|srsltid|_openstat|epik|sccid|_kx)",
    re.IGNORECASE,
)
"""Query parameters that advertising and mail systems add and that don't change the page (heuristic)."""


_PLAIN_HOST = re.compile(r"[a-z0-9]+(?:[.-][a-z0-9]+)*\.[a-z][a-z0-9]*", re.ASCII)
"""Names that need no work: lower case, no empty label, no `xn--` (no double hyphen matches), no number at the end."""


@lru_cache(maxsize=4096)
def parse_host(text: str) -> str | None:
    """The serialised ASCII host that `text` means in an http(s) URL, or None when it can't be one."""
    if _PLAIN_HOST.fullmatch(text) and len(text) < 64:  # noqa: PLR2004 - no label can be too long
        return text
    try:
        if text.startswith("["):
            return f"[{parse_ipv6(text[1:-1]).compressed}]" if text.endswith("]") else None
        name = ascii_host(text)
        if is_ipv4_like(name):
            return str(parse_ipv4(name))
        if "xn--" in name:
            name.encode("ascii").decode("idna")
    except (BadUrl, UnicodeError):
        return None
    return name


class Parts(Struct, frozen=True, gc=False):
    """A parsed http(s) URL. `port` is "" when it is the scheme's default; `query` None when there is no "?"."""

    scheme: str
    user: str
    host: str
    port: str
    path: str
    query: str | None

    @property
    def netloc(self) -> str:
        """Credentials, host and port as they stand in the address."""
        host = f"{self.user}@{self.host}" if self.user else self.host
        return f"{host}:{self.port}" if self.port else host

    @property
    def url(self) -> str:
        """The address without fragment."""
        tail = "" if self.query is None else f"?{self.query}"
        return f"{self.scheme}://{self.netloc}{self.path}{tail}"


def _authority(scheme: str, rest: str) -> Parts | None:
    """Parse what follows the slashes: `user@host:port/path?query`, backslashes already being slashes in the path."""
    end = len(rest)
    for mark in ("/", "?"):
        at = rest.find(mark)
        if 0 <= at < end:
            end = at
    netloc, tail = rest[:end], rest[end:]
    user, _, address = netloc.rpartition("@")
    if address.startswith("["):
        close = address.find("]") + 1
        name, port = address[:close], address[close:]
    else:
        name, colon, digits = address.partition(":")
        port = colon + digits
    host = parse_host(name) if name else None
    if host is None or (port and not (port[0] == ":" and (port[1:].isdigit() or port == ":") and port.isascii())):
        return None
    port = port[1:].lstrip("0") or ("0" if len(port) > 1 else "")
    if len(port) > 5 or (port and int(port) > 65_535):  # noqa: PLR2004 - the largest port
        return None
    if user:
        name_part, colon, secret = user.partition(":")
        user = quote(name_part, safe=_USER_SAFE) + (":" + quote(secret, safe=_USER_SAFE) if secret else "")
    path, question, query = tail.partition("?")
    return Parts(
        scheme, user, host, "" if port == _PORTS[scheme] else port, _path(path or "/"), _query(question, query)
    )


def _query(question: str, query: str) -> str | None:
    if not question:
        return None
    return query if _PLAIN_QUERY.fullmatch(query) else quote(query, safe=_QUERY_SAFE)


def _path(path: str) -> str:
    """Percent-encode what must be and remove dot segments; `path` begins with a slash."""
    if not _PLAIN_PATH.fullmatch(path):
        path = quote(path, safe=_PATH_SAFE)
    if not _DOT.search(path):
        return path
    kept: list[str] = []
    segments = path.split("/")[1:]
    last = len(segments) - 1
    for index, segment in enumerate(segments):
        if segment in _TWO_DOTS:
            if kept:
                kept.pop()
        elif segment not in _ONE_DOT:
            kept.append(segment)
            continue
        if index == last:
            kept.append("")
    return "/" + "/".join(kept)


def _tidy(text: str) -> str:
    """Strip what parsers ignore: blanks and controls at the ends, tabs and newlines anywhere, the fragment."""
    text = text.strip(_EDGES).translate(_BLANKS).partition("#")[0]
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _slashes(text: str) -> str:
    """Backslashes are slashes up to the query."""
    if "\\" not in text:
        return text
    head, question, query = text.partition("?")
    return head.replace("\\", "/") + question + query


def parse(text: str, base: Parts | None = None) -> Parts | None:
    """Parse `text`, relative to `base` if given. None when it isn't an http(s) URL, or longer than `MAX_URL`."""
    if len(text) > MAX_URL:
        return None
    text = _tidy(text)
    match = _SCHEME.match(text)
    if match:
        scheme = match[1].lower()
        if scheme not in _PORTS:
            return None
        rest = _slashes(text[match.end() :])
        if base is None or scheme != base.scheme or rest.startswith("//"):
            return _authority(scheme, rest.lstrip("/"))
        text = rest
    elif base is None:
        return None
    else:
        text = _slashes(text)
    if text.startswith("//"):
        return _authority(base.scheme, text.lstrip("/"))
    return _relative(text, base)


def _relative(text: str, base: Parts) -> Parts:
    path, question, query = text.partition("?")
    if path.startswith("/"):
        path = _path(path)
    elif path:
        path = _path(base.path[: base.path.rindex("/") + 1] + path)
    else:
        path = base.path
        if not question:
            return base
    return Parts(base.scheme, base.user, base.host, base.port, path, _query(question, query))


def resolve(base: str, href: str) -> str | None:
    """The address that `href` means on a page at `base`, as browsers serialise it, less the fragment."""
    start = parse(base)
    found = parse(href, start)
    return found.url if found else None


def _unescape(match: re.Match[str]) -> str:
    character = chr(int(match[1], 16))
    return character if character in _UNRESERVED else match[0].upper()


def canonical_spelling(url: str) -> str:
    """Normalise the percent-encoding of an address that `parse` serialised."""
    return _PERCENT.sub(_unescape, url) if "%" in url else url


def is_plain(path: str) -> bool:
    """Whether path and query, from the slash on, are spelled as `normalise` would: most are, and this costs a tenth."""
    return _PLAIN.fullmatch(path) is not None and "/." not in path and len(path) <= MAX_PLAIN


@lru_cache(maxsize=8192)
def normalise(url: str) -> str | None:
    """The spelling under which we know an absolute URL, or None when it isn't http(s).

    RFC 3986 section 6.2.2 and 6.2.3 and the URL Standard: scheme and host in lower case, default port dropped,
    percent-encoding normalised, dot segments removed, an empty path is "/", the fragment dropped.
    """
    parts = parse(url)
    return canonical_spelling(parts.url) if parts else None


def origin(url: str) -> str | None:
    """`scheme://host[:port]` (RFC 6454), or None when it isn't http(s)."""
    parts = parse(url)
    if parts is None:
        return None
    return f"{parts.scheme}://{parts.host}:{parts.port}" if parts.port else f"{parts.scheme}://{parts.host}"


@lru_cache(maxsize=8192)
def host_of(url: str) -> str | None:
    """The host in ASCII, without port, or None when it isn't an http(s) URL."""
    parts = parse(url)
    return parts.host if parts else None


def strip_tracking(url: str) -> str:
    """`url` without the query parameters in `TRACKING`; the order and spelling of the others stay."""
    head, question, query = url.partition("?")
    if not question:
        return url
    query, sharp, fragment = query.partition("#")
    kept = [pair for pair in query.split("&") if not TRACKING.fullmatch(pair.partition("=")[0])]
    if len(kept) == query.count("&") + 1:
        return url
    return head + ("?" + "&".join(kept) if kept else "") + sharp + fragment


def same_host(host: str, site_host: str, include_subdomains: bool = False) -> bool:
    """Whether `host` belongs to the site: equal but for "www.", or below it when subdomains count. Both lower-case."""
    host = host.removeprefix("www.")
    site_host = site_host.removeprefix("www.")
    return host == site_host or (include_subdomains and host.endswith("." + site_host))


def same_site(a: str, b: str, include_subdomains: bool = False) -> bool:
    """Whether the URL `a` belongs to the site of the URL `b`; False when either isn't http(s)."""
    ours, theirs = host_of(a), host_of(b)
    return ours is not None and theirs is not None and same_host(ours, theirs, include_subdomains)


class Resolver:
    """Resolves one page's addresses and remembers them. Results are `normalise`d; None is not http(s).

    The cache may be shared by all pages below one directory; `resolver_for` does that.
    """

    __slots__ = ("_cache", "_directory", "_origin", "base")

    MAX_CACHED = 4096

    def __init__(self, base: str, cache: dict[str, str | None] | None = None) -> None:
        """Resolve relative to `base`, an absolute URL; with an invalid one only absolute addresses are found."""
        self.base = parse(base)
        self._cache: dict[str, str | None] = {} if cache is None else cache
        self._origin = ""
        self._directory = ""
        if self.base:
            self._origin = f"{self.base.scheme}://{self.base.netloc}"
            self._directory = canonical_spelling(self._origin + self.base.path[: self.base.path.rindex("/") + 1])

    @property
    def directory(self) -> str:
        """Up to the last slash of the base's path: what the meaning of most addresses depends on."""
        return self._directory

    @property
    def known(self) -> Mapping[str, str | None]:
        """What was resolved before, for loops that can't afford a call; what isn't in it has to be asked for."""
        return self._cache

    def __call__(self, href: str) -> str | None:
        """The normalised address that `href` means here."""
        found = self._cache.get(href, "")
        if found != "":
            return found
        if not href.lstrip(_EDGES)[:1].strip("#?") or _OPAQUE.match(href):
            return self._full(href)  # depends on the whole base, so never shared
        if len(self._cache) >= self.MAX_CACHED:
            self._cache.clear()
        found = self._cache[href] = self._quick(href)
        return found

    def _quick(self, href: str) -> str | None:
        """The common shapes without a parse: plain characters, no dot segments, no scheme."""
        plain = href.partition("#")[0]
        if plain and self.base and len(href) <= MAX_URL and _PLAIN_PATH.fullmatch(plain) and "./" not in plain:
            if plain[0] == "/":
                if plain[1:2] != "/" and "/." not in plain:
                    return self._origin + plain
            elif plain[0] != "." and "/." not in plain:
                return self._directory + plain
        return self._full(href)

    def _full(self, href: str) -> str | None:
        parts = parse(href, self.base)
        return canonical_spelling(parts.url) if parts else None


_caches: dict[str, dict[str, str | None]] = {}
_MAX_DIRECTORIES = 256


def resolver_for(base: str) -> Resolver:
    """A resolver for a page at `base` that shares its cache with the pages of the same directory.

    Navigation repeats on every page of a site: 60-90 % of a page's links are in the cache of its neighbours.
    """
    directory = base.partition("#")[0].partition("?")[0]
    directory = directory[: directory.rfind("/") + 1]
    cache = _caches.get(directory)
    if cache is None:
        if len(_caches) >= _MAX_DIRECTORIES:
            _caches.clear()
        cache = _caches[directory] = {}
    return Resolver(base, cache)
