"""What is read from the source rather than from the tree."""

import re
from itertools import islice

from shared.holds import places
from workers.extract.clean import squash

_DOCTYPE = re.compile(r"(?:\s|\ufeff|<!--.*?-->|<\?[^>]*>)*<!doctype\b([^>]{0,1000})>", re.IGNORECASE | re.DOTALL)
_MARKUP = re.compile(
    rb"<!--.*?(?:-->|\Z)|<(script|style|textarea|title)\b[^>]{0,1000}>.*?(?:</\1|\Z)|<(head|body)(?=[\s/>])", re.DOTALL
)


def doctype_of(source: str) -> str | None:
    """The doctype's content such as "html", None when the document has none before its first element."""
    match = _DOCTYPE.match(source)
    return squash(match[1]) if match else None


def _once(lowered: bytes, tag: bytes) -> bool:
    return len(list(islice(places(lowered, tag), 2))) == 1


def start_tags(lowered: bytes, headers: int) -> tuple[int, int]:
    """How many `<head>` and `<body>` start tags the lower-case source holds outside of scripts and comments.

    `headers` is the number of `<header>` elements, whose tags begin alike.
    """
    if not headers and _once(lowered, b"<head") and _once(lowered, b"<body"):
        return 1, 1
    heads, bodies = lowered.count(b"<head") - headers, lowered.count(b"<body")
    if 0 <= heads <= 1 and bodies <= 1:
        return heads, bodies
    found = [match[2] for match in _MARKUP.finditer(lowered) if match[2]]
    return found.count(b"head"), found.count(b"body")
