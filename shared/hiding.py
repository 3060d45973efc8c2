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

_TAG = re.compile(r"<([a-z][a-z0-9]*)\b((?:[^>\"']|\"[^\"]*\"|'[^']*')*)>", re.IGNORECASE)
_STYLE = re.compile(r"""style\s*=\s*(?:"([^"]{3,2000})"|'([^']{3,2000})')""")
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
_CONTROLS = re.compile(r"<(?:button|form|input|select|textarea|iframe|svg|video|audio|dialog)\b", re.IGNORECASE)
_LINK = re.compile(r"<a\b[^>]*\bhref\s*=\s*[\"']?\s*[^#\s\"'>]", re.IGNORECASE)
_MARKUP = re.compile(r"<[^>]*>")
_REACH = 20_000
"""Characters after a hidden element's start tag that are searched for its end."""
_TAG_LENGTH = 5_000
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


@lru_cache(maxsize=2_048)
def _trick(style: str) -> str | None:
    if _OFF_SCREEN.search(style) and "position" in style:
        return "off-screen"
    if _INDENTED.search(style):
        return "indented out of sight"
    if _NO_SIZE.search(style):
        return "font size 0"
    if _HIDDEN.search(style):
        return "not displayed"
    colour, background = _COLOUR.search(style), _BACKGROUND.search(style)
    if colour and background and _same_colour(colour[1], background[1]):
        return "in the colour of its background"
    return None


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


def hidden_stretches(source: str) -> Iterator[Hidden]:
    """What inline styles hide in an HTML document and nothing on the page seems to open.

    One pass over the style attributes (about 1 µs each); bounded in every direction.
    """
    if "STYLE" in source:
        source = source.replace("STYLE", "style")
    judged = 0
    for match in islice(_STYLE.finditer(source), _MOST_STYLES):
        style = match[1] or match[2] or ""
        trick = _trick(style)
        if trick is None:
            continue
        judged += 1
        if judged > _MOST:
            return
        opening = source.rfind("<", max(0, match.start() - _TAG_LENGTH), match.start())
        tag = _TAG.match(source, opening, opening + _TAG_LENGTH) if opening >= 0 else None
        if tag and tag.end() > match.end() and tag[1].lower() not in _WITHOUT_TEXT:
            found = _judge(source, tag, style, trick)
            if found:
                yield found


def _judge(source: str, tag: re.Match[str], style: str, trick: str) -> Hidden | None:
    content = _content(source, tag[1], tag.end())
    if _is_legitimate(tag[2], style, content, source):
        return None
    text = " ".join(html.unescape(_MARKUP.sub(" ", content)).split())
    links = trick == "off-screen" and (_LINK.search(content) is not None or _LINK.match(tag[0]) is not None)
    return Hidden(trick, text, links) if text else None
