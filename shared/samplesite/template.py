"""A sample page as a set of slots; a defect is a slot that says something else."""

import json
from html import escape

from msgspec import Struct

_SENTENCES = (
    "Good tools last for decades when they are cleaned after use, oiled twice a year and kept in a dry place.",
    "We test every tool for a full season in our own beds before it goes on sale, in clay as well as in sand.",
    "Handles are made of ash from managed woods nearby, and can be replaced without sending the tool to us.",
    "Steel that is forged keeps its edge much longer than pressed sheet, although it costs a little more at first.",
    "Left-handed gardeners find a version for them in every group, marked with a small blue ring on the handle.",
    "If something breaks within ten years we repair or replace it, and you pay nothing but the postage to us.",
    "Before the first frost, drain hoses and cans, sharpen blades with a fine file and hang everything up.",
    "Beginners need no more than five tools: a spade, a fork, a rake, secateurs and a solid watering can.",
    "Ask our workshop when you are unsure about size or weight; we answer every letter within two days.",
    "The best time to plant a hedge is late autumn, when the soil is still warm and rain does the watering.",
    "A narrow hoe between rows saves hours of weeding, provided that it is drawn often and never deep.",
    "Compost that smells of forest is ready; compost that smells of anything else wants air and patience.",
)
_ASIDES = (
    "Our grandmother wrote that down in a notebook which still hangs beside the forge.",
    "Neighbours who garden on the hill above us say the same, though their ground is stony.",
    "Children learn it in a single afternoon and never forget it afterwards.",
    "There are exceptions, of course, and the weather always has the last word.",
    "Whoever hurries here pays twice, once in spring and again before winter.",
    "Read the small leaflet that comes with every parcel before you begin.",
    "Two of us have argued about this for years without either giving way.",
)


class Doc(Struct, frozen=True, kw_only=True):
    """One page. Slots hold text or, where named so, HTML; None leaves the element out; `text_of` is the page whose
    text this one copies.
    """

    path: str
    title: str | None
    h1: str | None
    description: str | None
    topic: str
    lang: str | None = "en"
    canonical: str | None = ""
    robots: str | None = None
    viewport: bool = True
    charset: bool = True
    head: str = ""
    body: str = ""
    schema: str | None = ""
    paragraphs: int = 12
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    text_of: str = ""


HEADERS = (
    ("Content-Type", "text/html; charset=utf-8"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "SAMEORIGIN"),
    ("Referrer-Policy", "strict-origin-when-cross-origin"),
    ("Content-Security-Policy", "default-src 'self'; frame-ancestors 'self'"),
    ("Permissions-Policy", "geolocation=()"),
)


def _text(doc: Doc) -> str:
    start = sum((doc.text_of or doc.path).encode()) % len(_SENTENCES)
    chosen = [_SENTENCES[(start + step) % len(_SENTENCES)] for step in range(doc.paragraphs)]
    return "\n".join(
        f"<p>{sentence} {_ASIDES[(start + number) % len(_ASIDES)]}</p>"
        for number, sentence in enumerate(chosen, 1)
    )


def _schema(doc: Doc, base: str) -> str:
    if doc.schema is None:
        return ""
    if doc.schema:
        return f'<script type="application/ld+json">{doc.schema}</script>'
    items = [
        {"@type": "ListItem", "position": 1, "name": "Garden tools", "item": base + "/"},
        {"@type": "ListItem", "position": 2, "name": doc.h1 or doc.topic},
    ]
    value = {"@context": "https://schema.org", "@type": "BreadcrumbList", "itemListElement": items}
    return f'<script type="application/ld+json">{json.dumps(value)}</script>'


def render(doc: Doc, base: str, menu: str, aside: str) -> bytes:
    """The page's HTML; `menu` and `aside` are HTML; `base` is the site's origin, without a slash at the end."""
    url = base + doc.path
    head = [
        '<meta charset="utf-8">' if doc.charset else "",
        '<meta name="viewport" content="width=device-width, initial-scale=1">' if doc.viewport else "",
        f"<title>{escape(doc.title)}</title>" if doc.title is not None else "",
        f'<meta name="description" content="{escape(doc.description)}">' if doc.description is not None else "",
        f'<link rel="canonical" href="{escape(doc.canonical or url)}">' if doc.canonical is not None else "",
        f'<meta name="robots" content="{doc.robots}">' if doc.robots else "",
        '<link rel="icon" href="/favicon.svg" type="image/svg+xml">',
        f'<meta property="og:title" content="{escape(doc.h1 or doc.topic)}">',
        f'<meta property="og:description" content="{escape(doc.topic)} from the workshop.">',
        f'<meta property="og:url" content="{url}"><meta property="og:type" content="website">',
        f'<meta property="og:image" content="{base}/tools.svg">',
        '<meta name="twitter:card" content="summary">',
        _schema(doc, base),
        doc.head,
    ]
    lang = f' lang="{doc.lang}"' if doc.lang else ""
    h1 = f"<h1>{escape(doc.h1)}</h1>" if doc.h1 is not None else ""
    return (
        f"<!doctype html><html{lang}><head>{''.join(head)}</head>\n<body><header><nav>{menu}</nav></header>\n"
        f"<main><article>{h1}\n<h2>What matters about {escape(doc.topic.lower())}</h2>\n<p>{escape(doc.topic)}: what we have learnt.</p>\n{_text(doc)}\n{doc.body}"
        f'</article></main>\n{aside}<footer><a href="/about">About our workshop</a> <a href="/contact">Write to us</a> '
        '<a href="/privacy">Privacy notice</a></footer></body></html>\n'
    ).encode()
