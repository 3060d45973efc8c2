"""Splitting an http(s) URL the way browsers do, without judging where it points (WHATWG URL, section 4.4)."""

import re
from typing import Final, Literal, NamedTuple
from urllib.parse import quote_from_bytes

MAX_URL: Final = 8_192
"""Characters (heuristic: what common servers take in a request line)."""
MAX_PORT: Final = 65_535

UrlFault = Literal["syntax", "scheme", "userinfo", "host", "port", "address", "too_long"]

_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_DROPPED: Final = str.maketrans("", "", "\t\r\n")
_STRIPPED: Final = "".join(map(chr, range(0x21)))
_DIGITS: Final = re.compile(r"[0-9]{1,10}\Z")
# Everything printable but the characters of the WHATWG path and query percent-encode sets.
_PATH_SAFE: Final = "!$%&'()*+,-./:;=@[\\]^_|~"
_QUERY_SAFE: Final = "!$%&()*+,-./:;=?@[\\]^_`{|}~"


_PLAIN_PATH: Final = re.compile(r"/[A-Za-z0-9._~/-]*", re.ASCII)
"""Needs no work unless a segment begins with a dot; most paths are such."""
_PLAIN_QUERY: Final = re.compile(r"(?:\?[A-Za-z0-9._~/&=%+-]*)?", re.ASCII)


class BadUrl(ValueError):  # noqa: N818 - what it is called by those who raise and catch it
    """A URL that is not fetched. `str()` is for people; `fault` is the part at fault, `reason` a bounded label."""

    def __init__(self, fault: UrlFault, message: str, reason: str | None = None) -> None:
        """`reason` is that of `shared.network.forbidden_address` where an address is at fault."""
        super().__init__(message)
        self.fault: Final[UrlFault] = fault
        self.reason: Final[str] = reason or fault


class Parts(NamedTuple):
    """A URL's parts as written; `host` without brackets, `query` with its question mark, no fragment."""

    scheme: Literal["http", "https"]
    host: str
    bracketed: bool
    port: int | None
    path: str
    query: str


def split_url(text: str) -> Parts:
    """Take an absolute http(s) URL apart. Raises `BadUrl`."""
    if len(text) > MAX_URL:
        raise BadUrl("too_long", f"the URL is longer than {MAX_URL} characters")
    text = text.strip(_STRIPPED).translate(_DROPPED)
    found = _SCHEME.match(text)
    if not found:
        raise BadUrl("scheme", "the URL does not begin with http:// or https://")
    scheme = found[1].lower()
    if scheme not in {"http", "https"}:
        raise BadUrl("scheme", f"the scheme {scheme[:20]} is not fetched, only http and https")
    rest, _, _ = text[found.end() :].partition("#")
    location, mark, query = rest.partition("?")
    location = location.replace("\\", "/")
    if not location.startswith("//"):
        raise BadUrl("syntax", "two slashes are missing after the scheme")
    authority, slash, path = location.lstrip("/").partition("/")
    host, bracketed, port = _split_authority(authority)
    return Parts("https" if scheme == "https" else "http", host, bracketed, port, slash + path, mark + query)


def _split_authority(authority: str) -> tuple[str, bool, int | None]:
    if "@" in authority:
        raise BadUrl("userinfo", "the URL holds a user name or password")
    if authority.startswith("["):
        host, bracket, rest = authority[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise BadUrl("host", "the host is no IPv6 address")
        return host, True, _port(rest[1:])
    host, colon, port = authority.rpartition(":")
    if not colon:
        host, port = authority, ""
    if ":" in host:
        raise BadUrl("host", "the host holds a colon")
    if not host:
        raise BadUrl("host", "the URL names no host")
    return host, False, _port(port)


def _port(text: str) -> int | None:
    if not text:
        return None
    if not _DIGITS.match(text) or not 0 < int(text) <= MAX_PORT:
        raise BadUrl("port", "the port is not a number between 1 and 65535")
    return int(text)


def clean_path(path: str) -> str:
    """The path with dot segments removed and what may not stand in a request line percent-encoded; "/" when empty."""
    if _PLAIN_PATH.fullmatch(path) and "/." not in path:
        return path
    kept: list[str] = []
    segments = path.split("/")[1:] or [""]
    for index, segment in enumerate(segments):
        dots = segment.lower().replace("%2e", ".") if len(segment) <= len("%2e%2e") else segment
        if dots not in {".", ".."}:
            kept.append(segment)
            continue
        if dots == ".." and kept:
            del kept[-1]
        if index == len(segments) - 1:
            kept.append("")
    return "/" + _encode("/".join(kept), _PATH_SAFE)


def clean_query(query: str) -> str:
    """The query, with its question mark, with what may not stand in a request line percent-encoded."""
    return query if _PLAIN_QUERY.fullmatch(query) else _encode(query, _QUERY_SAFE)


def _encode(text: str, safe: str) -> str:
    try:
        return quote_from_bytes(text.encode("utf-8"), safe)
    except UnicodeEncodeError as error:
        raise BadUrl("syntax", "the URL holds half a character") from error
