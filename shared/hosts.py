"""Reading a URL's host: to ASCII by UTS 46, and IPv4 and IPv6 literals in every spelling that browsers take."""

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final
from urllib.parse import unquote_to_bytes

import idna

from shared.url_text import BadUrl

MAX_HOST: Final = 253
MAX_LABEL: Final = 63
_FORBIDDEN: Final = re.compile(r"[^a-z0-9._-]")
"""Narrower than WHATWG, which lets quotes and currency signs through to a resolver that can't know them."""
_HEX: Final = re.compile(r"0[xX][0-9a-fA-F]*\Z")
_OCTAL: Final = re.compile(r"[0-7]*\Z")
_BYTE: Final = 255
_MAX_PARTS: Final = 4


def ascii_host(host: str) -> str:
    """The host lower-cased and in ASCII: percent-decoded, mapped by UTS 46, non-ASCII labels as punycode.

    Source: WHATWG URL section 3.5 (host parser) with UTS 46 non-transitional processing and without the registries' own
    rules, since names with underscores and emoji are served in practice. Raises `BadUrl`.
    """
    if "%" in host:
        try:
            host = unquote_to_bytes(host).decode("utf-8")
        except UnicodeDecodeError as error:
            raise BadUrl("host", "the host's percent-encoding is not UTF-8") from error
    if not host.isascii():
        host = ".".join(map(_ascii_label, _mapped(host).split(".")))
    host = host.lower()
    if not host.strip("."):
        raise BadUrl("host", "the URL names no host")
    if _FORBIDDEN.search(host):
        raise BadUrl("host", "the host holds a character that no host may hold")
    name = host.removesuffix(".")
    if len(name) > MAX_HOST or not all(0 < len(label) <= MAX_LABEL for label in name.split(".")):
        raise BadUrl("host", "the host's name has an empty or over-long part")
    return host


def _mapped(host: str) -> str:
    try:
        return idna.uts46_remap(host, std3_rules=False, transitional=False)
    except (idna.IDNAError, UnicodeError, ValueError) as error:
        raise BadUrl("host", "the host holds a character that no host may hold") from error


def _ascii_label(label: str) -> str:
    if label.isascii():
        return label
    try:
        return "xn--" + label.encode("punycode").decode("ascii")
    except UnicodeError as error:
        raise BadUrl("host", "the host can't be written in ASCII") from error


def is_ipv4_like(host: str) -> bool:
    """Whether the last part is a number, so that the host is an IPv4 address or nothing (WHATWG "ends in a number")."""
    last = host.removesuffix(".").rpartition(".")[2]
    return (last.isascii() and last.isdigit()) or bool(_HEX.match(last))


def parse_ipv4(host: str) -> IPv4Address:
    """An IPv4 address of one to four decimal, octal or hexadecimal parts (WHATWG IPv4 parser). Raises `BadUrl`."""
    parts = host.removesuffix(".").split(".")
    if len(parts) > _MAX_PARTS:
        raise BadUrl("host", "the host ends in a number but is no IPv4 address")
    *heads, tail = [_ipv4_part(part) for part in parts]
    if any(head > _BYTE for head in heads) or tail >= 256 ** (5 - len(parts)):
        raise BadUrl("host", "a part of the IPv4 address is too large")
    for index, head in enumerate(heads):
        tail += head << (8 * (3 - index))
    return IPv4Address(tail)


def _ipv4_part(part: str) -> int:
    if _HEX.match(part):
        return int(part[2:] or "0", 16)
    if not part.isascii() or not part.isdigit():
        raise BadUrl("host", "the host ends in a number but is no IPv4 address")
    if part.startswith("0") and len(part) > 1:
        if not _OCTAL.match(part):
            raise BadUrl("host", "the host ends in a number but is no IPv4 address")
        return int(part, 8)
    return int(part)


def parse_ipv6(text: str) -> IPv6Address:
    """An IPv6 address as it stands between brackets, without a zone. Raises `BadUrl`."""
    try:
        if "%" in text:
            raise BadUrl("host", "an IPv6 address in a URL has no zone")
        return IPv6Address(text)
    except AddressValueError as error:
        raise BadUrl("host", "the host is no IPv6 address") from error
