"""Looking at the source of a document where the parsed tree has lost what a check asks about.

All functions are linear in the length of the source and bounded in what they return.
"""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator

from msgspec import Struct

_OPENERS = re.compile(r"<(?:!--|script\b|style\b|textarea\b|title(?=[\s>])|template\b|xmp\b)", re.IGNORECASE)
_TAG = re.compile(r"<([a-zA-Z][a-zA-Z0-9-]*)")
_ATTRIBUTE = re.compile(r"""[\s/]*([^\s"'<>/=]+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"'=<>`]+))?""")
_WHOLE_TAG = re.compile(r"""<(/?)([a-zA-Z][^\s/>]*)((?:[^>"']++|"[^"]*"|'[^']*')*+)>""")
_REPEATED = re.compile(r"""\s([^\s"'<>/=]+)(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'=<>`]+))?""")
_NO_END_TAG = frozenset(
    "area base basefont bgsound br col embed frame hr img input keygen link meta param source track wbr "
    "html head body p li dt dd option optgroup thead tbody tfoot tr td th colgroup caption rt rp rb rtc "
    "image isindex nextid spacer svg path g circle rect line polygon polyline ellipse use defs stop".split()
)
"""Elements without an end tag, whose end tag may be left out, or that may close themselves."""
_TAG_START = re.compile(r"</?[a-zA-Z]")
_LOWER_TAG = re.compile(r"<(/?[a-z][a-z0-9]*)")
_TWICE = tuple(
    re.compile(rf' {name}="[^"<>]*"[^<>]*? {name}=', re.IGNORECASE)
    for name in ("class", "id", "style", "href", "src", "alt")
)
_MAX_BROKEN = 10
_ANY_TAG = re.compile(r"<[^<>]*>")
_MAX_TAGS = 200
_MAX_TAG_LENGTH = 8_000
_MAX_ATTRIBUTES = 100


class Tag(Struct, frozen=True, gc=False):
    """A start tag as written; names lower-cased, the first of repeated attributes counts."""

    name: str
    attributes: dict[str, str]
    offset: int


def hidden_spans(source: str) -> tuple[list[int], list[int]]:
    """Starts and ends of what isn't markup of the page: comments, scripts, styles, titles, text areas, templates."""
    starts: list[int] = []
    ends: list[int] = []
    lowered = source.lower()
    if len(lowered) != len(source):
        lowered = source  # a few letters change their length in lower case; offsets matter more than upper-case tags
    position = 0
    while (opener := _OPENERS.search(source, position)) is not None:
        name = opener.group()[1:].lower()
        end = lowered.find("-->" if name == "!--" else f"</{name}", opener.end())
        end = lowered.find(">", end) if end >= 0 else -1
        starts.append(opener.start())
        position = len(source) if end < 0 else end + 1
        ends.append(position)
    return starts, ends


def _parsed(source: str, start: int) -> Tag | None:
    window = source[start : start + _MAX_TAG_LENGTH]
    tag = _TAG.match(window)
    if tag is None:
        return None
    attributes: dict[str, str] = {}
    position = tag.end()
    for _ in range(_MAX_ATTRIBUTES):
        found = _ATTRIBUTE.match(window, position)
        if found is None:
            break
        attributes.setdefault(found.group(1).lower(), (found.group(2) or "").strip("\"'"))
        position = found.end()
    return Tag(tag.group(1).lower(), attributes, start)


def tags_with(source: str, attribute: str) -> Iterator[Tag]:
    """Start tags that have an attribute (lower-case name), outside comments and scripts, at most 200."""
    lowered = source.lower()
    if len(lowered) != len(source) or attribute not in lowered:
        return
    starts, ends = hidden_spans(source)
    position = -1
    for _ in range(_MAX_TAGS):
        position = lowered.find(attribute, position + 1)
        if position < 0:
            return
        span = bisect_right(starts, position) - 1
        if span >= 0 and position < ends[span]:
            position = ends[span] - 1
            continue
        start = source.rfind("<", max(0, position - _MAX_TAG_LENGTH), position)
        tag = _parsed(source, start) if start >= 0 else None
        if tag is not None and attribute in tag.attributes:
            yield tag


def text_between(source: str, start: int, end: int) -> str:
    """Text of a part of the source, without tags, comments and scripts, whitespace-normalised."""
    pieces: list[str] = []
    position = start
    for begin, finish in zip(*hidden_spans(source[:end]), strict=True):
        if begin >= position:
            pieces.append(source[position:begin])
        position = max(position, finish)
    pieces.append(source[position:end])
    return " ".join(_ANY_TAG.sub(" ", " ".join(pieces)).split())


def start_tag_of(source: str, names: tuple[str, ...]) -> Iterator[str]:
    """Those of `names` (lower-case) whose start tags stand in the source, in order, outside comments and scripts."""
    starts, ends = hidden_spans(source)
    for found in re.finditer(rf"<({'|'.join(names)})(?=[\s/>])", source, re.IGNORECASE):
        span = bisect_right(starts, found.start()) - 1
        if span < 0 or found.start() >= ends[span]:
            yield found.group(1).lower()


def may_have_errors(source: str) -> bool:
    """A quick look at whether `tag_errors` might find something, 10 us per 1,000 characters; False is not certain."""
    counts = Counter(_LOWER_TAG.findall(source))
    for name, count in counts.items():
        bare = name.lstrip("/")
        if bare not in _NO_END_TAG and count != counts[f"/{bare}" if bare == name else bare]:
            return True
    return any(found.search(source) for found in _TWICE)


def tag_errors(source: str) -> list[str]:
    """Definite errors of the tags: unclosed, stray, never finished, or with an attribute twice, as short sentences.

    Elements whose tags the HTML standard lets an author leave out are not looked at.
    """
    spans = list(zip(*hidden_spans(source), strict=True))
    opened: Counter[str] = Counter()
    repeated: Counter[str] = Counter()
    position = broken = 0
    index = 0
    while broken < _MAX_BROKEN and (found := _TAG_START.search(source, position)) is not None:
        position = found.start()
        while index < len(spans) and spans[index][1] <= position:
            index += 1
        if index < len(spans) and spans[index][0] <= position:
            position = spans[index][1]
            continue
        tag = _WHOLE_TAG.match(source, position)
        if tag is None:
            broken += not found.group().startswith("</")
            position += 1
            continue
        position = tag.end()
        closing, name, rest = tag.groups()
        name = name.lower()
        foreign = ":" in name or opened["svg"] > 0 or opened["math"] > 0
        if name not in _NO_END_TAG and not (rest.endswith("/") and foreign):
            opened[name] += -1 if closing else 1
        if not closing and rest.count(" ") > 1:
            names = [one.lower() for one in _REPEATED.findall(rest)]
            if len(set(names)) < len(names):
                repeated[f"<{name}> with {max(names, key=names.count)} twice"] += 1
    errors = [f"{count} <{name}> without an end tag" for name, count in opened.items() if count > 0]
    errors += [f"{-count} stray </{name}>" for name, count in opened.items() if count < 0]
    errors += [f"{count} {what}" for what, count in repeated.items()]
    return errors + ([f"{broken} tags that never end"] if broken else [])
