"""A sample page as a set of slots; a defect is a slot that says something else."""

import hashlib
import json
from html import escape

from msgspec import Struct

_SENTENCES = (
    "Good {t} last for decades when they are cleaned after use, oiled twice a year and kept in a dry place.",
    "We tried {t} for a full season in our own beds before we wrote these lines, in clay as well as in sand.",
    "Handles are made of ash from managed woods nearby, and can be replaced without sending anything to us.",
    "Steel that is forged keeps its edge much longer than pressed sheet, although it costs a little more at first.",
    "Left-handed gardeners find a version in every group, marked with a small blue ring on the handle.",
    "If something breaks within ten years we repair or replace it, and you pay nothing but the postage.",
    "Before the first frost, drain hoses and cans, sharpen blades with a fine file and hang everything up.",
    "Beginners need no more than five things: a spade, a fork, a rake, secateurs and a solid can.",
    "Ask the forge when you are unsure about size or weight; every letter is answered within two days.",
    "The best time to plant a hedge is late autumn, when the soil is still warm and rain does the watering.",
    "A narrow hoe between rows saves hours of weeding, provided that it is drawn often and never deep.",
    "Compost that smells of forest is ready; compost that smells of anything else wants air and patience.",
    "Mulch keeps moisture where roots can use it, and spares you the can on all but the hottest evenings.",
    "Whoever digs in winter lets frost do the crumbling; in spring a rake is then enough for a fine bed.",
    "Potatoes want ridges, carrots want depth, and peas want nothing but a few twigs to climb on.",
    "An old apple tree is pruned little and often, since every large wound is a door for fungi.",
    "Rain from a clean roof is softer than any tap, and tomatoes repay it with thinner skins.",
    "For {t} we keep a list of spare parts that reaches back to the year in which the forge was built.",
    "Sand the grip lightly each March, rub linseed oil into it, and let it dry for a night before use.",
    "Slugs shun wool pellets for about three weeks, after which the birds have usually found them anyway.",
    "Two light tools beat a heavy one on slopes, where each step counts and the back tires first.",
    "Roses forgive a late cut but not a blunt one: crushed stems dry out from the tip downwards.",
    "In heavy loam a fork with four flat tines breaks clods that would only bend a round one.",
    "Children's sizes are no toys: they have the same steel, merely on a shorter and thinner shaft.",
    "Whoever borrows {t} from us for a weekend may set the fee against the price later.",
    "Moss in the lawn is a sign of shade and hunger; sand and a little lime help more than any rake.",
    "A kneeling board spreads your weight, so that wet soil between the rows stays loose and airy.",
    "Cut chives an inch above the ground, and they will be back before you have missed them.",
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
    """One page. Slots hold text or, where named so, HTML; None leaves the element out.

    `text_of` is the page whose text this one copies.
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
    paragraphs: int = 9
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    text_of: str = ""


HEADERS = (
    ("Content-Type", "text/html; charset=utf-8"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "SAMEORIGIN"),
    ("Content-Security-Policy", "default-src 'self'; frame-ancestors 'self'"),
    ("Permissions-Policy", "geolocation=()"),
)


def _text(doc: Doc) -> str:
    """Paragraphs that are the page's own: which sentences stand there, and in what order, follows from its path."""
    seed = hashlib.sha256((doc.text_of or doc.path).encode()).digest()
    order = sorted(range(len(_SENTENCES)), key=lambda number: hashlib.sha256(seed + bytes([number])).digest())
    return "\n".join(
        f"<p>{_SENTENCES[number].format(t=escape(doc.topic.lower()))} {_ASIDES[(seed[step] + step) % len(_ASIDES)]}</p>"
        for step, number in enumerate(order[: doc.paragraphs])
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
        f"<main><article>{h1}\n<h2>What matters about {escape(doc.topic.lower())}</h2>\n"
        f"<p>{escape(doc.topic)}: what we have learnt.</p>\n{_text(doc)}\n{doc.body}"
        f'</article></main>\n{aside}<footer><a href="/about">About our workshop</a> <a href="/contact">Write to us</a> '
        '<a href="/privacy">Privacy notice</a></footer></body></html>\n'
    ).encode()
