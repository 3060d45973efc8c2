"""From bytes to text, as browsers decode a document (https://html.spec.whatwg.org/#determining-the-character-encoding)."""

import codecs
import re
from functools import lru_cache

from msgspec import Struct

from workers.extract.labels import MULTI_BYTE, SINGLE_BYTE, encoding_for

PRESCAN_BYTES = 1024
"""How far the standard looks for `<meta charset>`; one that stands later is still reported, see `META_BYTES`."""
META_BYTES = 65_536

_BOMS = ((codecs.BOM_UTF8, "UTF-8"), (codecs.BOM_UTF16_BE, "UTF-16BE"), (codecs.BOM_UTF16_LE, "UTF-16LE"))
_BARE = {b"<\0": "UTF-16LE", b"\0<": "UTF-16BE"}
_HEADER = re.compile(r"charset\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s;,\"']+))", re.IGNORECASE)
# One alternative per thing that may hold something that only looks like a meta element.
_SCAN = re.compile(
    rb"<!--.*?(?:-->|\Z)|<(meta)(?=[\s/])([^>]*)>?|<(script|style|title|textarea|noframes|xmp)\b[^>]{0,1000}>.*?(?:</\3|\Z)|<body\b",
    re.IGNORECASE | re.DOTALL,
)
_ATTRIBUTE = re.compile(rb"([^\s/=>\"']+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>\"']+)))?")
_IN_CONTENT = re.compile(rb"charset\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s;\"']+))", re.IGNORECASE)


class Decoded(Struct, frozen=True, gc=False):
    """A document as text. `utf8` is the same in UTF-8, for the parser; `encoding` the standard's name."""

    source: str
    utf8: bytes
    encoding: str
    has_bom: bool
    charset_header: str | None
    charset_meta: str | None
    charset_meta_offset: int | None


def charset_of(content_type: str) -> str | None:
    """The charset parameter as written, None when there is none."""
    match = _HEADER.search(content_type)
    return (match[1] or match[2] or match[3] or "").strip() or None if match else None


def meta_charset(body: bytes) -> tuple[str, int] | None:
    """The first charset that a `<meta>` declares, as written, and the offset of its element."""
    for match in _SCAN.finditer(body, 0, META_BYTES):
        if match[1]:
            label = _label(match[2])
            if label:
                return label.decode("ascii", "replace"), match.start()
        elif match[0][:5].lower() == b"<body":
            return None
    return None


def _label(attributes: bytes) -> bytes | None:
    if b"charset" not in attributes.lower():
        return None
    values = {m[1].lower(): m[2] or m[3] or m[4] or b"" for m in reversed(list(_ATTRIBUTE.finditer(attributes)))}
    if values.get(b"charset"):
        return values[b"charset"].strip()
    if values.get(b"http-equiv", b"").strip().lower() == b"content-type":
        match = _IN_CONTENT.search(values.get(b"content", b""))
        if match:
            return (match[1] or match[2] or match[3] or b"").strip() or None
    return None


@lru_cache(maxsize=64)
def table(codec: str) -> str:
    """The 256 characters of a single-byte encoding; the gaps are C1 controls below 0xA0 and U+FFFD above."""
    characters = [bytes([byte]).decode(codec, "ignore") for byte in range(256)]
    return "".join(c or (chr(byte) if byte < 0xA0 else "\ufffd") for byte, c in enumerate(characters))  # noqa: PLR2004


_USER_DEFINED = "".join(chr(byte if byte < 0x80 else 0xF700 + byte) for byte in range(256))  # noqa: PLR2004


def decode_as(body: bytes, encoding: str) -> str:
    """Decode with an encoding of the standard; what is malformed becomes U+FFFD. Never raises."""
    if encoding == "replacement":
        return "\ufffd" if body else ""
    if encoding in MULTI_BYTE:
        return body.decode(MULTI_BYTE[encoding], "replace")
    characters = _USER_DEFINED if encoding == "x-user-defined" else table(SINGLE_BYTE[encoding])
    return codecs.charmap_decode(body, "strict", characters)[0]  # pyright: ignore[reportArgumentType]


def decode(body: bytes, content_type: str | None, *, truncated: bool = False) -> Decoded:
    """Decode a document: byte order mark, header, meta, else UTF-16 if it begins so, UTF-8 if valid, or windows-1252.

    Browsers don't guess UTF-16; here it lets the page be judged whose only fault is that it doesn't name it.
    """
    header = charset_of(content_type) if content_type else None
    meta = meta_charset(body)
    encoding, skip = next(((name, len(bom)) for bom, name in _BOMS if body.startswith(bom)), (None, 0))
    encoding = encoding or (encoding_for(header) if header else None) or _from_meta(meta) or _BARE.get(body[:2])
    data = body[skip:] if skip else body
    source: str | None = None
    if encoding is None or encoding == "UTF-8":
        source = _utf8(data, truncated=truncated)
        encoding = encoding or ("UTF-8" if source is not None else "windows-1252")
    valid = source is not None
    if source is None:
        source = decode_as(data, encoding)
    # The parser's own answer to NUL; Postgres refuses it. In octets the search is ten times faster.
    if b"\0" in data if valid else "\0" in source:
        source, valid = source.replace("\0", "\ufffd"), False
    return Decoded(
        source=source,
        utf8=data if valid else source.encode("utf-8", "replace"),
        encoding=encoding,
        has_bom=bool(skip),
        charset_header=header,
        charset_meta=meta[0] if meta else None,
        charset_meta_offset=meta[1] if meta else None,
    )


def _from_meta(meta: tuple[str, int] | None) -> str | None:
    if meta is None or meta[1] >= PRESCAN_BYTES:
        return None
    encoding = encoding_for(meta[0])
    if encoding in {"UTF-16BE", "UTF-16LE"}:
        return "UTF-8"  # the bytes were readable as ASCII, so they can't be UTF-16
    return "windows-1252" if encoding == "x-user-defined" else encoding


def _utf8(data: bytes, *, truncated: bool) -> str | None:
    """The text, or None when it isn't UTF-8. A cut body may end inside a character."""
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        if truncated and error.reason == "unexpected end of data":
            return data[: error.start].decode()
        return None
