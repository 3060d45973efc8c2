"""Mending or mining XML that no parser takes."""

import re

_BARE_AMPERSAND = re.compile(
    rb"<!\[CDATA\[.*?(?:\]\]>|\Z)|&(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6});)", re.DOTALL
)
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_REFERENCE = re.compile(r"&(amp|lt|gt|quot|apos|#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6});")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_CDATA = re.compile(r"<!\[CDATA\[(.*?)(?:\]\]>|$)", re.DOTALL)
_COMMENT = re.compile(rb"<!--.*?(?:-->|\Z)", re.DOTALL)
_MAX_CHARACTER = 0x10FFFF


def decode(octets: bytes) -> str:
    """UTF-8, or else windows-1252, which is what mislabelled files are mostly in (heuristic)."""
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        return octets.decode("cp1252", "replace")


def escape_ampersands(piece: bytes) -> bytes:
    """The piece with an ampersand that begins no reference of XML's own escaped, but for CDATA sections."""
    return _BARE_AMPERSAND.sub(lambda found: b"&amp;" if found.group() == b"&" else found.group(), piece)


def mend(piece: bytes) -> bytes:
    """The piece with bare ampersands escaped, control characters dropped, and in UTF-8."""
    if not piece.isascii():
        piece = decode(piece).encode()
    return escape_ampersands(_CONTROL.sub(b"", piece))


def unescape(text: str) -> str:
    """The text with XML's own references replaced. HTML's are left: "&copy=1" is part of an address."""
    return _REFERENCE.sub(lambda found: _character(found.group(1), found.group()), text)


def _character(name: str, whole: str) -> str:
    if name[0] != "#":
        return _NAMED[name]
    number = int("0" + name[1:], 16) if name[1] in "xX" else int(name[1:])
    return chr(number) if number <= _MAX_CHARACTER and not 0xD800 <= number < 0xE000 else whole  # noqa: PLR2004


def locs(octets: bytes, prefix: bytes) -> list[tuple[int, str]]:
    """Offsets and texts of all complete loc elements outside comments, whatever surrounds them."""
    name = re.escape(prefix + b":" if prefix else b"") + b"loc"
    visible = _COMMENT.sub(lambda found: b" " * len(found.group()), octets)
    pattern = re.compile(
        rb"<" + name + rb"(?:\s[^<>]{0,500})?>((?:[^<]|<!\[CDATA\[[^<]*\]\]>){1,8192}?)</" + name + rb"\s*>"
    )
    return [(found.start(), _text(found.group(1))) for found in pattern.finditer(visible)]


def _text(octets: bytes) -> str:
    text = decode(_CONTROL.sub(b"", octets))
    if "<" in text:
        return _CDATA.sub(lambda found: found.group(1), text).strip()
    return unescape(text.strip())
