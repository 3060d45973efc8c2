"""Text that inline styles take out of sight, told apart from the parts that a page opens on demand (heuristic).

https://developers.google.com/search/docs/essentials/spam-policies#hidden-text-and-links names both: text in the
colour of its background, off the screen or of size zero is spam; accordions, tabs, sliders, tooltips and text for
screen readers are not.
"""

import html
import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

from msgspec import Struct

from shared.holds import places

_TAG = re.compile(r"<([a-z][a-z0-9]*)\b((?:[^>\"']|\"[^\"]*\"|'[^']*')*)>", re.IGNORECASE)
_ID = re.compile(r"""(?:^|\s)id\s*=\s*["']?([^\s"'>]+)""", re.IGNORECASE)
_HIDDEN = re.compile(r"(?:^|[;\s])(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
_OFF_SCREEN = re.compile(
    r"(?:^|[;\s])(?:left|top)\s*:\s*-\s*(?:\d{4,}|999)(?:\.\d+)?\s*(?:px|em|rem|pt)", re.IGNORECASE
)
_INDENTED = re.compile(r"(?:^|[;\s])text-indent\s*:\s*-\s*(?:\d{4,}|999)", re.IGNORECASE)
_NO_SIZE = re.compile(r"(?:^|[;\s])font-size\s*:\s*0(?:\.0+)?(?:px|em|rem|pt|%)?\s*(?:;|$|!)", re.IGNORECASE)
_COLOUR = re.compile(r"(?:^|[;\s])color\s*:\s*([^;!]+)", re.IGNORECASE)
_BACKGROUND = re.compile(r"(?:^|[;\s])background(?:-color)?\s*:\s*([^;!]+)", re.IGNORECASE)
_FOR_SCREEN_READERS = re.compile(r"clip(?:-path)?\s*:|(?:width|height)\s*:\s*1px", re.IGNORECASE)
_OPENED_ON_DEMAND = re.compile(
    r"modal|popup|pop-up|dialog|tab|accordion|collaps|dropdown|drop-down|menu|nav|tooltip|popover|carousel|slide|swiper|"
    r"drawer|overlay|cookie|consent|gdpr|sr-only|visually-?hidden|screen-reader|skip|template|lightbox|toggle|banner|notif|"
    r"alert|error|success|message|status|answer|faq|spoiler|expand|more|panel|step|print|loader|loading|offcanvas|"
    r"role\s*=|aria-hidden|aria-label|x-show|v-show|ng-show|data-",
    re.IGNORECASE,
)
_CONTROLS = re.compile(r"<(?:button|form|input|select|textarea|iframe|svg|video|audio|dialog|math)\b", re.IGNORECASE)
_LINK = re.compile(r"<a\b[^<>]{0,1000}\bhref\s*=\s*[\"']?\s*[^#\s\"'>]", re.IGNORECASE)
_MARKUP = re.compile(r"<(/?)([a-z][a-z0-9]*)?[^<>]*>", re.IGNORECASE)
_SILENT = frozenset({"script", "style", "template"})
_HANDLE = re.compile(r"(?:^|\s)(?:class|id)\s*=", re.IGNORECASE)
_SCRIPT = re.compile(
    r"<script\b(?![^<>]{0,1000}\btype\s*=\s*[\"']?application/(?:ld\+)?json)|\son[a-z]+\s*=", re.IGNORECASE
)
_REACH = 20_000
"""Characters after a hidden element's start tag that are searched for its end."""
_TAG_LENGTH = 5_000
_STYLE_LENGTH = 2_000
_STYLE_OCTETS = 4 * _STYLE_LENGTH
_QUOTES = frozenset({b'"', b"'"})
_MOST_STYLES = 5_000
_MOST = 50
"""Elements with a suspicious style that are looked at per page."""
_WITHOUT_TEXT = frozenset(
    {"img", "input", "script", "style", "body", "html", "svg", "option", "head", "link", "meta", "br"}
)


class Hidden(Struct, frozen=True, gc=False):
    """A hidden stretch: how it is hidden, its text, whether it links to another page."""

    trick: str
    text: str
    links: bool


def _trick(style: str) -> str | None:
    if _OFF_SCREEN.search(style) and "position" in style:
        return "off-screen"
    if _INDENTED.search(style):
        return "indented out of sight"
    if _NO_SIZE.search(style):
        return "font size 0"
    if _HIDDEN.search(style):
        return _NOT_DISPLAYED
    colour, background = _COLOUR.search(style), _BACKGROUND.search(style)
    if colour and background and _same_colour(colour[1], background[1]):
        return "in the colour of its background"
    return None


_NOT_DISPLAYED = "not displayed"
_COLOURS = {"white": "#ffffff", "black": "#000000", "#fff": "#ffffff", "#000": "#000000"}


def _same_colour(one: str, other: str) -> bool:
    first, second = one.strip().lower(), other.strip().lower()
    return _COLOURS.get(first, first) == _COLOURS.get(second, second) and first not in {
        "inherit",
        "transparent",
        "currentcolor",
    }


def _content(source: str, tag: str, start: int) -> str:
    """The source of an element from after its start tag to its end tag, nested elements of the same name counted."""
    reach = source[start : start + _REACH]
    level = 1
    for match in re.finditer(rf"<(/?){tag}\b", reach, re.IGNORECASE):
        level += -1 if match[1] else 1
        if level == 0:
            return reach[: match.start()]
    return reach


def _is_legitimate(attributes: str, style: str, content: str, source: str) -> bool:
    """Whether a script opens the element, it serves screen readers, or it holds controls instead of text."""
    rest = attributes.replace(style, "")
    if _FOR_SCREEN_READERS.search(style) or _OPENED_ON_DEMAND.search(rest) or _CONTROLS.search(content):
        return True
    identifier = _ID.search(rest)
    return identifier is not None and source.count(identifier[1]) > 1


@lru_cache(maxsize=2_048)
def _suspect(style: bytes) -> tuple[str, str] | None:
    """The text of a style attribute's value and its trick, None when it has none or is too long."""
    text = style.decode("utf-8", "replace")
    trick = _trick(text) if len(text) < _STYLE_LENGTH else None
    return None if trick is None else (text, trick)


def _styles(octets: bytes) -> Iterator[tuple[int, bytes]]:
    """Start and value of each quoted style attribute."""
    start = 0
    for at in places(octets, b"style="):
        if at >= start:
            start = at + len(b"style=") + 1
            quote = octets[start - 1 : start]
            end = octets.find(quote, start, start + _STYLE_OCTETS) if quote in _QUOTES else -1
            if end >= 0:
                yield start, octets[start:end]


def _suspects(octets: bytes) -> Iterator[tuple[int, str, str]]:
    """Where style attributes that may hide begin their values, in characters, with these values and their tricks.

    The source is searched as UTF-8, which takes a quarter of the time, and decoded no further than to the last suspect.
    """
    decoded = characters = 0
    for start, style in islice(_styles(octets), _MOST_STYLES):
        suspect = _suspect(style)
        if suspect is not None:
            characters += len(octets[decoded:start].decode("utf-8", "replace"))
            decoded = start
            yield characters, *suspect


def hidden_stretches(source: str, octets: bytes, *, any_case: bool = True) -> Iterator[Hidden]:
    """What inline styles hide in an HTML document and nothing on the page seems to open.

    `octets` are the source in UTF-8. `any_case` also finds attributes in capitals, for one more pass over them. Bounded
    in every direction.
    """
    if any_case and "STYLE" in source:
        source, octets = source.replace("STYLE", "style"), octets.replace(b"STYLE", b"style")
    scripted: bool | None = None
    for at, style, trick in islice(_suspects(octets), _MOST):
        end = at + len(style)
        opening = source.rfind("<", max(0, at - _TAG_LENGTH), at)
        tag = _TAG.match(source, opening, opening + _TAG_LENGTH) if opening >= 0 else None
        if tag and tag.end() > end and tag[1].lower() not in _WITHOUT_TEXT:
            if trick == _NOT_DISPLAYED and _HANDLE.search(tag[2]):
                scripted = _SCRIPT.search(source) is not None if scripted is None else scripted
                if scripted:
                    continue  # a script can find the element and show it
            found = _judge(source, tag, style, trick)
            if found:
                yield found


def _text(content: str) -> str:
    """The text of a stretch of source, without scripts, styles and templates."""
    pieces: list[str] = []
    position, silent = 0, ""
    for match in _MARKUP.finditer(content):
        name = (match[2] or "").lower()
        if not silent:
            pieces.append(content[position : match.start()])
            if name in _SILENT and not match[1]:
                silent = name
        elif name == silent and match[1]:
            silent = ""
        position = match.end()
    if not silent:
        pieces.append(content[position:])
    return " ".join(html.unescape(" ".join(pieces)).split())


def _judge(source: str, tag: re.Match[str], style: str, trick: str) -> Hidden | None:
    content = _content(source, tag[1], tag.end())
    if _is_legitimate(tag[2], style, content, source):
        return None
    text = _text(content)
    links = trick == "off-screen" and (_LINK.search(content) is not None or _LINK.match(tag[0]) is not None)
    return Hidden(trick, text, links) if text else None
