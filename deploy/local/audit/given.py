"""A page as it is given: a saved file with options, or one line of JSON. What isn't given is not known."""

import re
from typing import Annotated, Final, NamedTuple

import msgspec
from msgspec import UNSET, Meta, Raw, Struct, UnsetType, field
from msgspec.structs import replace

from deploy.local.audit.hops import GivenHops, way
from shared.page import (
    Asset,
    Context,
    ErrorKind,
    ExternalLink,
    Fetched,
    FetchError,
    Previous,
    Timings,
    Tls,
)
from shared.urls import normalise, origin
from workers.extract.charset import PRESCAN_BYTES, decode
from workers.extract.labels import MULTI_BYTE, SINGLE_BYTE

MAX_BODY: Final = 10_000_000
"""Octets of a document. Like a fetch this takes no half pages: a larger one counts as not read."""
_OK: Final = 200
_NULL: Final = b"null"
_DECLARED_IN: Final = 4 * PRESCAN_BYTES
_ESCAPE: Final = re.compile(rb"\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|(u[dD][89a-fA-F]..)|.)", re.DOTALL)

Headers = list[tuple[str, str]] | dict[str, str | list[str]]


class GivenError(Struct, frozen=True):
    """Why there was no complete answer."""

    kind: ErrorKind
    message: str = ""


class GivenTls(Struct, frozen=True):
    """What is known of the TLS connection; `not_after` in seconds since the epoch."""

    version: str
    cipher: str = ""
    not_after: float | None = None
    issuer: str | None = None
    names: tuple[str, ...] = ()
    accepts: tuple[str, ...] = ()


class Given(Struct, kw_only=True, frozen=True):
    """One page. `html` is the text of the document, `body_base64` its octets; either, or none.

    `now` is the time to judge at, seconds since the epoch. Unknown members are ignored.
    """

    id: Raw = field(default_factory=lambda: Raw(_NULL))
    url: str
    final_url: str | None = None
    status: Annotated[int, Meta(ge=100, le=999)] | UnsetType | None = UNSET
    headers: Headers | None = None
    html: str | None = None
    body_base64: bytes | None = None
    redirects: GivenHops | None = None
    error: GivenError | ErrorKind | None = None
    timings_ms: Timings | None = None
    http_version: str | None = None
    wire_bytes: Annotated[int, Meta(ge=0)] | None = None
    truncated: bool = False
    tls: GivenTls | None = None
    fetched_at: float | None = None
    now: float | None = None
    in_sitemap: bool | None = None
    is_home: bool | None = None
    depth: Annotated[int, Meta(ge=0)] | None = None
    robots: dict[str, bool] | None = None
    site_host: str | None = None
    include_subdomains: bool = False
    sitemap_alternates: tuple[tuple[str, str], ...] = ()
    assets: tuple[Asset, ...] | None = None
    external: tuple[ExternalLink, ...] | None = None
    previous: Previous | None = None


class Material(NamedTuple):
    """What the extractor takes. `as_html`: the document is HTML by the giver's word. `written`: addresses as given.

    `is_file`: it was saved, or built, as a file, whose headers say nothing but what a server adds to any file.
    """

    fetched: Fetched
    context: Context
    as_html: bool
    has_body: bool
    written: tuple[str, str]
    is_file: bool = False


class NotAPageError(ValueError):
    """A line, or a file, that can't be understood as a page; the message says why."""


_DECODER: Final = msgspec.json.Decoder(Given)


class _Id(Struct):
    id: Raw = field(default_factory=lambda: Raw(_NULL))


_ID: Final = msgspec.json.Decoder(_Id)


def read_line(line: bytes) -> Given:
    """The page on a line of JSON. Raises `NotAPageError`."""
    try:
        return _decoded(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise NotAPageError(str(error)) from error


def _decoded(line: bytes) -> Given:
    try:
        return _DECODER.decode(line)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        # Half a surrogate pair is no text, but JSON's grammar lets it through, and other programs write it.
        whole = _ESCAPE.sub(lambda found: rb"\ufffd" if found[1] else found[0], line)
        if whole == line:
            raise
        return _DECODER.decode(whole)


def id_of(line: bytes) -> Raw:
    """The id on a line that may be no page, as written; null when it can't be read."""
    try:
        return _ID.decode(line).id
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return Raw(_NULL)


def material(given: Given, now: float) -> Material:
    """The page for the extractor, judged at `now` unless it says otherwise. Raises `NotAPageError`."""
    headers = _headers(given.headers)
    body, has_body = _body(given, headers)
    error = given.error if isinstance(given.error, GivenError) or given.error is None else GivenError(given.error)
    if len(body) > MAX_BODY and error is None:
        error, body = GivenError("too_large", f"the body is larger than {MAX_BODY} bytes"), b""
    try:
        found = way(given.url, given.final_url, given.redirects)
    except ValueError as fault:
        raise NotAPageError(str(fault)) from fault
    written = (found.url, found.final_url)
    url, final = _address(written[0]), _address(written[1])
    fetched = Fetched(
        url=url,
        final_url=final,
        status=(_OK if given.error is None else None) if given.status is UNSET else given.status,
        headers=headers,
        body=body,
        redirects=found.hops,
        error=FetchError(error.kind, error.message) if error else None,
        timings=given.timings_ms,
        http_version=given.http_version,
        wire_bytes=given.wire_bytes,
        truncated=given.truncated,
        tls=Tls(**msgspec.structs.asdict(given.tls)) if given.tls else None,
        fetched_at=given.fetched_at,
    )
    return Material(fetched, _context(given, final, now), given.html is not None, has_body, written)


def saved_page(url: str, body: bytes, status: int | None, headers: list[tuple[str, str]] | None) -> Given:
    """A page that was saved to a file. It answered 200 unless the caller knows better."""
    return Given(url=url, body_base64=body, status=_OK if status is None else status, headers=headers)


def _address(url: str) -> str:
    known = normalise(url)
    if known is None:
        message = f"{url[:200]!r} is not an http or https URL"
        raise NotAPageError(message)
    return known


def _headers(headers: Headers | None) -> tuple[tuple[str, str], ...] | None:
    if headers is None:
        return None
    if isinstance(headers, list):
        return tuple(headers)
    return tuple(
        (name, one) for name, value in headers.items() for one in ([value] if isinstance(value, str) else value)
    )


def _context(given: Given, final: str, now: float) -> Context:
    """A page whose path is / is the home page unless the giver says otherwise."""
    is_home = given.is_home
    return Context(
        now=now if given.now is None else given.now,
        is_home=final == f"{origin(final)}/" if is_home is None else is_home,
        in_sitemap=given.in_sitemap,
        depth=given.depth,
        robots=given.robots,
        site_host=given.site_host,
        include_subdomains=given.include_subdomains,
        sitemap_alternates=given.sitemap_alternates,
        assets=given.assets,
        external=given.external,
        previous=given.previous,
    )


def _body(given: Given, headers: tuple[tuple[str, str], ...] | None) -> tuple[bytes, bool]:
    """(octets, whether there were any to give)."""
    if given.body_base64 is not None:
        return given.body_base64, True
    if given.html is not None:
        content_type = next((value for name, value in headers or () if name.lower() == "content-type"), None)
        return octets(given.html, content_type), True
    return b"", False


def octets(html: str, content_type: str | None) -> bytes:
    """The document in the encoding that it declares itself, so that reading it gives the same text again."""
    plain = html.encode("utf-8", "replace")
    declared = decode(plain[:_DECLARED_IN], content_type, truncated=True).encoding
    codec = MULTI_BYTE.get(declared) or SINGLE_BYTE.get(declared)
    if codec is None or declared == "UTF-8" or (html.isascii() and not declared.startswith("UTF-16")):
        return plain
    # Decoding takes the byte order mark away, without which UTF-16 can't be told from binary data.
    mark = "\ufeff" if declared.startswith("UTF-16") and not html.startswith("\ufeff") else ""
    return (mark + html).encode(codec, "xmlcharrefreplace")


def without_document(given: Given, kind: ErrorKind, message: str) -> Given:
    """The same page as one whose document couldn't be read."""
    return replace(given, html=None, body_base64=None, error=GivenError(kind, message))
