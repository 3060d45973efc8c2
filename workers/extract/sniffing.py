"""What bytes look like, whatever the server calls them (after https://mimesniff.spec.whatwg.org/)."""

import re

SNIFFED_BYTES = 1445
"""The resource header of the standard."""

BARE_UTF_16 = {b"<\0": "utf-16-le", b"\0<": "utf-16-be"}
"""How markup in UTF-16 begins that has no byte order mark."""

_IMAGES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"\x00\x00\x01\x00", b"\x00\x00\x02\x00")
_BINARY = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
_HTML = re.compile(
    rb"<(?:!doctype\s+html|(?:html|head|body|title|meta|link|base|script|style|noscript|iframe|h[1-6]|div|span|font|table"
    rb"|tr|td|a|b|i|br|p|ul|ol|dl|li|main|article|section|header|footer|nav|aside|img|form|center|strong|em|pre|hr|button"
    rb"|blockquote|details|dialog|fieldset|figure|input|label|small|template|video|audio|picture|search|address|code|svg"
    rb"|[a-z][a-z0-9]*-[a-z0-9-]*)"
    rb"(?=[\s/>]))",
    re.IGNORECASE,
)
_PROLOG = re.compile(rb"(?:<\?[^>]*>|<!--.*?-->|\s)+", re.DOTALL)
_XML = re.compile(rb"<(?:[A-Za-z_][\w.:-]*|!doctype)[\s/>]", re.IGNORECASE)
_JSON = re.compile(rb"(?:\{\s*(?:\"|\})|\[\s*(?:[\[{\"\]\d]|true|false|null|-))")


def sniff(body: bytes) -> str:
    """One of html, xml, json, pdf, image, text, binary, empty."""
    if not body:
        return "empty"
    head = body[:SNIFFED_BYTES]
    if head[:2] in BARE_UTF_16:
        head = head.decode(BARE_UTF_16[head[:2]], "replace").encode("utf-8", "replace")
    if head.startswith((b"\xfe\xff", b"\xff\xfe")):
        codec = "utf-16-be" if head[0] == 0xFE else "utf-16-le"  # noqa: PLR2004
        head = head[2:].decode(codec, "replace").encode("utf-8", "replace")
    head = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not head:
        return "empty"
    if head.startswith(b"%PDF-"):
        return "pdf"
    if (
        head.startswith(_IMAGES)
        or (head[:4] == b"RIFF" and head[8:12] == b"WEBP")
        or head[4:12] in {b"ftypavif", b"ftypheic"}
    ):
        return "image"
    return _text(head)


def _text(head: bytes) -> str:
    if _HTML.match(head):
        return "html"
    prolog = _PROLOG.match(head)
    if _JSON.match(head):
        return "json"
    rest = head[prolog.end() :] if prolog else head
    if _HTML.match(rest):
        return "html"
    if head.startswith(b"<?xml") or _XML.match(rest):
        return "xml"
    if head.startswith(b"<!--"):
        return "html"
    return "binary" if _BINARY.search(head) else "text"
