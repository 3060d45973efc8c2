"""Elements whose attributes change how their subtree reads: hidden ones, and landmarks made with `role`.

Looking at every element's attributes would cost as much as parsing, so the bytes are asked first whether there is
anything to find, and only then the tree.
"""

import re

from msgspec import Struct
from selectolax.lexbor import LexborHTMLParser

from workers.extract.clean import Attributes

HIDDEN = "hidden"

_ROLES = {
    "navigation": "nav",
    "banner": "header",
    "contentinfo": "footer",
    "complementary": "aside",
    "main": "main",
}
_ROLE_WORDS = tuple(quote + role.encode() for role in _ROLES for quote in (b'"', b"'", b"="))
_HIDDEN_WORDS = (b" hidden>", b" hidden ", b" hidden=", b" hidden/", b" hidden\n", b" hidden\t", b" hidden\r")
_STYLE_WORDS = (b"display", b"visibility", b"text-indent", b"left:", b"top:", b"left :", b"top :")
_HIDING = re.compile(
    r"(?:^|[;\s])(?:display\s*:\s*none|visibility\s*:\s*hidden)"
    r"|(?:^|[;\s])(?:text-indent|left|top)\s*:\s*-\s*(?:\d{4,}|999)(?:\.\d+)?\s*(?:px|em|rem|pt|vw|%|;|$|!)",
    re.IGNORECASE,
)


class Marks(Struct, frozen=True, gc=False):
    """Node number → "hidden" or the landmark's name."""

    nodes: dict[int, str]


def hides(attributes: Attributes) -> bool:
    """Whether inline attributes take the element out of sight (hidden="until-found" stays searchable)."""
    if "hidden" in attributes and (attributes["hidden"] or "").lower() != "until-found":
        return True
    style = attributes.get("style")
    return bool(style) and _HIDING.search(style or "") is not None


def find_marks(parser: LexborHTMLParser, lowered: bytes) -> Marks:
    """Ask the tree for hidden elements and landmark roles, if the lower-case source hints at any."""
    nodes: dict[int, str] = {}
    if b"role=" in lowered and any(role in lowered for role in _ROLE_WORDS):
        for node in parser.css("[role]"):
            roles = (node.attributes.get("role") or "").lower().split()
            landmark = _ROLES.get(roles[0]) if roles else None
            if landmark and landmark != node.tag:
                nodes[node.mem_id] = landmark
    queries: list[str] = []
    if b" hidden" in lowered and any(one in lowered for one in _HIDDEN_WORDS):
        queries.append("[hidden]")
    if b"style=" in lowered and any(one in lowered for one in _STYLE_WORDS):
        queries.append("[style]")
    if queries:
        for node in parser.css(",".join(queries)):
            if hides(node.attributes):
                nodes[node.mem_id] = HIDDEN
    return Marks(nodes)
