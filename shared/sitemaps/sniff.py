"""What kind of file this is, from its first octets."""

import re
from typing import NamedTuple

from shared.sitemaps.facts import SitemapKind

HEAD = 65_536
"""Octets within which the root element has to begin."""
_ROOTS: dict[bytes, SitemapKind] = {
    b"urlset": "urlset",
    b"sitemapindex": "index",
    b"rss": "rss",
    b"rdf": "rss",
    b"feed": "atom",
    b"html": "html",
    b"head": "html",
    b"body": "html",
}
_NAMESPACES = (b"http://www.sitemaps.org/schemas/sitemap/0.9", b"http://www.google.com/schemas/sitemap/0.84")
_SPACE = re.compile(rb"\s*")
_MISC = re.compile(rb"<\?.*?\?>|<!--.*?-->|<!doctype\b[^>\[]*+(?:\[.*?\]\s*)?>", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(rb"""<(?:([\w.-]+):)?([\w.-]+)((?:[^<>"']++|"[^"]*+"|'[^']*+')*+)>""")
_ROOT_SOMEWHERE = re.compile(rb"<\?xml\b|<(?:[\w.-]+:)?(?:urlset|sitemapindex|rss|rdf|feed)[\s>]", re.IGNORECASE)
_HTML_SOMEWHERE = re.compile(rb"<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_XMLNS = re.compile(rb"""\bxmlns(?::([\w.-]+))?\s*=\s*["']([^"']*)""")
_ENCODING = re.compile(rb"""<\?xml\b[^>]*?\bencoding\s*=\s*["']([\w.:-]{1,40})["']""")
_URL_LINE = re.compile(rb"\s*https?://[^\s<>]+[^\S\r\n]*(?:[\r\n]|$)", re.IGNORECASE)


class Start(NamedTuple):
    """How a file begins: `root` is the root's start tag, `size` the octets up to its end, `faults` what was odd."""

    kind: SitemapKind
    size: int = 0
    prefix: bytes = b""
    root: bytes = b""
    encoding: bytes = b""
    faults: tuple[str, ...] = ()


def sniff(head: bytes) -> Start:
    """The kind of a file by its first `HEAD` octets, or by all of a shorter one."""
    if not head.strip():
        return Start("unknown")
    if _URL_LINE.match(head):
        return Start("text")
    start = _walk(head, 0, ())
    if start is not None and start.kind != "unknown":
        return start
    junk = _ROOT_SOMEWHERE.search(head, len(head) - len(head.lstrip()) + 1)
    if junk is not None and not _HTML_SOMEWHERE.search(head, 0, junk.start()):
        start = _walk(head, junk.start(), (f"{junk.start()} octets before the XML begins",))
        if start is not None:
            return start
    return Start("html" if _HTML_SOMEWHERE.search(head) else "unknown")


def _walk(head: bytes, at: int, faults: tuple[str, ...]) -> Start | None:
    """Passes declarations and comments up to the root element; None when its end isn't there yet."""
    encoding = _ENCODING.match(head, _skip(head, at))
    if encoding is not None and _skip(head, at) > at:
        faults = (*faults, "white space before the XML declaration")
    at = _skip(head, at)
    while (misc := _MISC.match(head, at)) is not None:
        if misc.group()[:9].lower() == b"<!doctype":
            if re.match(rb"<!doctype\s+html\b", misc.group(), re.IGNORECASE):
                return Start("html")
            if b"[" in misc.group():
                faults = (*faults, "document type with declarations of its own: they are ignored")
        at = _skip(head, misc.end())
    tag = _TAG.match(head, at)
    if tag is None:
        return None
    kind = _ROOTS.get(tag.group(2).lower(), "unknown")
    prefix = tag.group(1) or b""
    if kind in {"urlset", "index"}:
        faults = (*faults, *_namespace_faults(tag.group(3), prefix))
    return Start(kind, tag.end(), prefix, tag.group(), encoding.group(1) if encoding else b"", faults)


def _skip(head: bytes, at: int) -> int:
    found = _SPACE.match(head, at)
    return found.end() if found else at


def _namespace_faults(attributes: bytes, prefix: bytes) -> tuple[str, ...]:
    declared: dict[bytes, bytes] = {found[1] or b"": found[2].strip() for found in _XMLNS.finditer(attributes)}
    namespace = declared.get(prefix)
    if namespace in _NAMESPACES:
        return ()
    return ("no namespace" if not namespace else f"namespace {namespace.decode('utf-8', 'replace')}",)
