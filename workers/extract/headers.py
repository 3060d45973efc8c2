"""What the response's header fields say about the page."""

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct

from shared.page import Directive
from workers.extract.clean import clean

MAX_VALUES = 200
"""Header values and links read per field."""

_LINK = re.compile(r"\s*<([^>]*)>((?:\s*;\s*[^\s=;,]+(?:\s*=\s*(?:\"(?:[^\"\\]|\\.)*\"|[^\s;,\"]*))?)*)\s*(?:,|$)")
_PARAMETER = re.compile(r";\s*([^\s=;,]+)(?:\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|([^\s;,\"]*)))?")
_AGENT = re.compile(r"\s*([A-Za-z][A-Za-z0-9_.\-]*)\s*:\s*(.*)", re.DOTALL)
_VALUED = frozenset({"unavailable_after", "max-snippet", "max-image-preview", "max-video-preview"})
_NEXT_DIRECTIVE = re.compile(
    r",\s*(?=(?:all|none|noindex|index|nofollow|follow|noarchive|nocache|nosnippet|notranslate|noimageindex"
    r"|nositelinkssearchbox|indexifembedded|max-snippet|max-image-preview|max-video-preview|unavailable_after|noai"
    r"|noimageai|noodp|noydir)\s*(?:[,:]|$))",
    re.IGNORECASE,
)


class HeaderLink(Struct, frozen=True, gc=False):
    """One link of a Link header (RFC 8288 section 3); `rel` lower-cased, `hreflang` as written."""

    href: str
    rel: frozenset[str]
    hreflangs: tuple[str, ...]
    anchored: bool


def by_name(headers: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    """Lower-cased name → values in order."""
    found: dict[str, tuple[str, ...]] = {}
    for name, content in headers:
        key = clean(name).lower()
        found[key] = (*found.get(key, ()), clean(content))
    return found


def parse_links(values: Iterable[str]) -> Iterator[HeaderLink]:
    """The links of all Link header values; reading a value ends at the first thing that isn't a link."""
    left = MAX_VALUES
    for text in values:
        position = 0
        while left and (match := _LINK.match(text, position)):
            left -= 1
            position = match.end()
            parameters: dict[str, list[str]] = {}
            for name, quoted, plain in _PARAMETER.findall(match[2]):
                parameters.setdefault(name.lower(), []).append(re.sub(r"\\(.)", r"\1", quoted) or plain)
            yield HeaderLink(
                href=match[1].strip(),
                rel=frozenset(parameters.get("rel", [""])[0].lower().split()),
                hreflangs=tuple(parameters.get("hreflang", ())),
                anchored="anchor" in parameters,
            )


def split_directives(content: str) -> Iterator[tuple[str, str | None]]:
    """Name and value of each directive of a robots meta or header, in lower case.

    A date after `unavailable_after` may hold commas and colons; it ends where another known directive begins
    (https://developers.google.com/search/docs/crawling-indexing/robots-meta-tag).
    """
    rest = content.strip().lower()
    for _ in range(MAX_VALUES):
        if not rest:
            return
        if rest.startswith("unavailable_after"):
            end = _NEXT_DIRECTIVE.search(rest, 1)
            part, rest = (rest[: end.start()], rest[end.end() :]) if end else (rest, "")
        else:
            part, _, rest = rest.partition(",")
        rest = rest.strip()
        name, colon, found = part.partition(":")
        if name.strip():
            yield name.strip(), found.strip() if colon else None


def robots_header(values: Iterable[str]) -> Iterator[Directive]:
    """Directives of X-Robots-Tag. `googlebot: noindex, nofollow` holds for one crawler up to the value's end."""
    for text in list(values)[:MAX_VALUES]:
        for agent, rules in _by_agent(text):
            for name, found in split_directives(rules):
                yield Directive(agent, name, found, "header", in_head=True, at="header: X-Robots-Tag")


_AGENT_START = re.compile(r"(?:^|,)\s*([A-Za-z][A-Za-z0-9_.\-]*)\s*:", re.ASCII)


def _by_agent(text: str) -> Iterator[tuple[str, str]]:
    """Split a value that was joined from several: each crawler's name starts its own part."""
    starts = [m for m in _AGENT_START.finditer(text) if m[1].lower() not in _VALUED and not _in_date(text, m.start())]
    if not starts or starts[0].start() > 0:
        yield "robots", text[: starts[0].start()] if starts else text
    for index, match in enumerate(starts):
        end = starts[index + 1].start() if index + 1 < len(starts) else len(text)
        yield match[1].lower(), text[match.end() : end]


def _in_date(text: str, position: int) -> bool:
    """Whether a comma belongs to the date of an unavailable_after before it (`25 jun, 2010 15:00`)."""
    tail = text[position + 1 : position + 40].lstrip()
    return tail[:1].isdigit()
