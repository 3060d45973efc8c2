"""Entries with language alternates and images, as generators write them, without an XML parser.

Such an entry is a regular language too: ASCII (addresses are escaped, https://www.sitemaps.org/protocol.html#escaping),
the usual prefixes bound by the root, and alternates whose attributes stand in the order that
https://developers.google.com/search/docs/specialty/international/localized-versions#sitemap shows. What differs in
anything is left to the parser, and a property test holds the two against each other.
"""

import re
from typing import Final

from shared.sitemaps.target import Draft

MAX_OCTETS: Final = 32_768
"""Of one entry: fewer than 1,000 alternates and 65,536 characters fit in, so no limit of the parser's is met."""

_GAP = r"[ \t\r\n]"
_TEXT = r"[!-%'-;=?-~]++(?:&amp;[!-%'-;=?-~]*+)*+"
_VALUE = r"[!#-%'-;=?-~]++(?:&amp;[!#-%'-;=?-~]*+)*+"
_IMAGE = rf"<image:image>{_GAP}*+<image:loc>{_GAP}*+{_TEXT}{_GAP}*+</image:loc>{_GAP}*+</image:image>"
_FIELDS = (
    rf"(?:<lastmod>{_GAP}*+([0-9TZ:+.-]++){_GAP}*+</lastmod>{_GAP}*+)?+"
    rf"(?:<changefreq>[ \t\r\na-z]*+</changefreq>{_GAP}*+)?+(?:<priority>[ \t\r\n0-9.]*+</priority>{_GAP}*+)?+"
)


def _link(group: str) -> str:
    """An alternate; `group` opens the groups of its language and its address."""
    language, href = f"{group}[A-Za-z0-9-]++)", f"{group}{_VALUE})"
    return rf'<xhtml:link{_GAP}++rel="alternate"{_GAP}++hreflang="{language}"{_GAP}++href="{href}"{_GAP}*+/>'


_CHILDREN: Final = (
    (b'xmlns:xhtml="http://www.w3.org/1999/xhtml"', _link("(?:")),
    (b'xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"', _IMAGE),
)
_LINKS: Final = re.compile(_link("("))


def pattern_for(root: bytes) -> re.Pattern[bytes] | None:
    """What the entries below this start tag match, with the white space before them; None when it binds no prefix."""
    children = "|".join(child for binding, child in _CHILDREN if binding in root)
    if not children:
        return None
    loc = rf"{_GAP}*+<url>{_GAP}*+<loc>{_GAP}*+({_TEXT}){_GAP}*+</loc>{_GAP}*+"
    return re.compile(f"{loc}{_FIELDS}((?:(?:{children}){_GAP}*+)*+){_FIELDS}</url>".encode())


def draft_of(entry: re.Match[bytes]) -> Draft:
    """The same draft that the parser's events make of the entry."""
    loc, early, children, late = (part.decode("ascii") if part else "" for part in entry.groups())
    draft = Draft("url")
    draft.fields["loc"] = [loc.replace("&amp;", "&")]
    if early or late:
        draft.fields["lastmod"] = [early or late]
    draft.alternates = _LINKS.findall(children)
    if "&" in children:
        draft.alternates = [(language, href.replace("&amp;", "&")) for language, href in draft.alternates]
    draft.images = draft.image_locs = children.count("<image:image>")
    return draft
