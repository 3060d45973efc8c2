"""Elements whose attributes change how their subtree reads: hidden ones, landmarks made with `role`, languages.

Looking at every element's attributes would cost as much as parsing, so the bytes are asked first whether there is
anything to find, and only then the tree.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

from msgspec import Struct
from selectolax.lexbor import LexborNode

from shared.holds import places
from workers.extract.clean import Attributes, select, unique

HIDDEN = "hidden"
MAX_STYLE = 2_000
"""Octets of a style that are looked at."""
MAX_HINTS = 1_000
"""Places looked at where the source may say `hidden`."""

_ROLES = {
    "navigation": "nav",
    "banner": "header",
    "contentinfo": "footer",
    "complementary": "aside",
    "main": "main",
}
_ROLE_HINT = re.compile(rb"role=[\"']?\s*(?:navigation|banner|contentinfo|complementary|main)")
_STYLE_HINT = re.compile(rb"none|hidden|-\s*\d{3}|&")
_QUOTES = frozenset({b'"', b"'"})
_ENDS = frozenset({b">", b" ", b"=", b"/", b"\n", b"\t", b"\r", b"\f"})
_HIDING = re.compile(
    r"(?:^|[;\s])(?:display\s*:\s*none|visibility\s*:\s*hidden)"
    r"|(?:^|[;\s])(?:text-indent|left|top)\s*:\s*-\s*(?:\d{4,}|999)(?:\.\d+)?\s*(?:px|em|rem|pt|vw|%|;|$|!)",
    re.IGNORECASE,
)


class Marks(Struct, frozen=True, gc=False):
    """Elements in document order with "hidden" or the landmark's name, and with their `lang`."""

    nodes: list[tuple[LexborNode, str]]
    languages: list[tuple[LexborNode, str]]


def hides(attributes: Attributes) -> bool:
    """Whether inline attributes take the element out of sight (hidden="until-found" stays searchable)."""
    if "hidden" in attributes and (attributes["hidden"] or "").lower() != "until-found":
        return True
    style = attributes.get("style")
    return bool(style) and _takes_out_of_sight(style or "")


@lru_cache(maxsize=2_048)
def _takes_out_of_sight(style: str) -> bool:
    return _HIDING.search(style) is not None


@lru_cache(maxsize=2_048)
def _may_hide(style: bytes) -> bool:
    """Whether a style in lower case, as written in the source, may hide: False is certain."""
    if _STYLE_HINT.search(style) is None:
        return False
    return b"&" in style or _HIDING.search(style.decode("utf-8", "replace")) is not None


def _some_style_may_hide(lowered: bytes) -> bool:
    """Whether a style attribute may hide its element; one whose end isn't near is left to the tree."""
    for at in places(lowered, b"style="):
        quote = lowered[at + 6 : at + 7]
        if quote in _QUOTES:
            end = lowered.find(quote, at + 7, at + 7 + MAX_STYLE)
            if end < 0 or _may_hide(lowered[at + 7 : end]):
                return True
    return False


def _queries(lowered: bytes) -> Iterator[str]:
    """What to ask the tree for, going by the lower-case source."""
    if any(_ROLE_HINT.match(lowered, at) for at in places(lowered, b"role=")):
        yield "[role]"
    if any(
        lowered[at - 1 : at].isspace() and lowered[at + 6 : at + 7] in _ENDS
        for at in islice(places(lowered, b"hidden"), MAX_HINTS)
    ):
        yield "[hidden]"
    if _some_style_may_hide(lowered):
        yield "[style]"
    # Most documents name one language, on their root, and others only for what they link to.
    if len(list(islice((at for at in places(lowered, b"lang=") if not lowered.endswith(b"href", 0, at)), 2))) > 1:
        yield "[lang]"


def find_marks(root: LexborNode, lowered: bytes) -> Marks:
    """Ask the tree for hidden elements, landmark roles and languages, if the lower-case source hints at any."""
    marks = Marks([], [])
    queries = set(_queries(lowered))
    if not queries:
        return marks
    hiding = not queries.isdisjoint({"[hidden]", "[style]"})
    for node in unique(select(root, ",".join(sorted(queries)))):
        attributes = node.attributes
        if "lang" in attributes and "[lang]" in queries:
            marks.languages.append((node, attributes["lang"] or ""))
        if hiding and hides(attributes):
            marks.nodes.append((node, HIDDEN))
        elif "role" in attributes and "[role]" in queries:
            roles = (attributes["role"] or "").lower().split()
            landmark = _ROLES.get(roles[0]) if roles else None
            if landmark and landmark != node.tag:
                marks.nodes.append((node, landmark))
    return marks
