"""The parser's numbers for element names, and which elements are what."""

from selectolax.lexbor import LexborHTMLParser

BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "br",
        "button",
        "caption",
        "center",
        "dd",
        "details",
        "dialog",
        "dir",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "frameset",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hgroup",
        "hr",
        "html",
        "legend",
        "li",
        "main",
        "menu",
        "nav",
        "ol",
        "optgroup",
        "option",
        "p",
        "pre",
        "search",
        "section",
        "select",
        "summary",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "ul",
    ]
)
"""Elements whose edges separate words (https://html.spec.whatwg.org/#the-css-user-agent-style-sheet-and-presentational-hints)."""

MUTED = frozenset(
    [
        "noscript",
        "template",
        "iframe",
        "noembed",
        "noframes",
        "datalist",
        "canvas",
        "audio",
        "video",
        "textarea",
        "desc",
    ]
)
"""Other elements whose text is not part of what a reader sees, besides head and title."""

HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
SECTIONING = frozenset({"article", "aside", "main", "nav", "section"})
LANDMARKS = frozenset({"nav", "header", "footer", "aside", "main"})
EMBEDS = frozenset({"iframe", "frame", "object", "embed", "applet", "video", "audio", "source", "track"})

PLAIN = EMBEDS | {"base", "link", "meta", "form", "input", "time", "script", "style"}
"""Elements without a part in the page's text whose attributes are asked for."""

DEPRECATED = frozenset(
    [
        "acronym",
        "applet",
        "basefont",
        "bgsound",
        "big",
        "blink",
        "center",
        "dir",
        "font",
        "frame",
        "frameset",
        "isindex",
        "keygen",
        "listing",
        "marquee",
        "multicol",
        "nextid",
        "nobr",
        "noembed",
        "noframes",
        "plaintext",
        "rb",
        "rtc",
        "spacer",
        "strike",
        "tt",
        "xmp",
    ]
)
"""Obsolete elements (https://html.spec.whatwg.org/#obsolete)."""

COUNTED_TAGS = (
    DEPRECATED
    | EMBEDS
    | SECTIONING
    | LANDMARKS
    | {*HEADINGS}
    | frozenset(
        [
            "a",
            "area",
            "base",
            "form",
            "head",
            "img",
            "input",
            "link",
            "meta",
            "picture",
            "script",
            "style",
            "svg",
            "table",
            "template",
            "time",
            "title",
            "noscript",
            "button",
            "select",
            "textarea",
            "label",
        ]
    )
)

_ALL = BLOCKS | MUTED | COUNTED_TAGS


def _ids() -> dict[str, int]:
    """Ask the parser: a document that holds each element once, outside of the contexts that would drop it."""
    found: dict[str, int] = {}
    parser = LexborHTMLParser("")
    for name in _ALL:
        found[name] = parser.create_node(name).tag_id
    return found


IDS = _ids()
NAMES = {number: name for name, number in IDS.items()}
BLOCK_IDS = frozenset(IDS[name] for name in BLOCKS)
MUTED_IDS = frozenset(IDS[name] for name in (*MUTED, "script", "style", "title"))
COMMENT = 4
