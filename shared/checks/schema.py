"""Structured data: schema.org's vocabulary and Google's rich results."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from html import unescape
from urllib.parse import urlsplit

from shared.checks.base import Category, Finding, Limits, On, Severity, check
from shared.checks.sample import Sample, sample
from shared.page import Item, Page
from shared.reading.item_values import checkable, fault, number, rating_fault
from shared.reading.items import Graph, Node, ancestors_of, graph_of, is_a, unmet
from shared.reading.vocabulary import Feature, features_of, retired_of, schemaorg

GOOGLE = "https://developers.google.com/search/docs/appearance/structured-data/"
POLICIES = f"{GOOGLE}sd-policies"
VALIDATION = "https://schema.org/docs/datamodel.html"


def _ld(text: str) -> str:
    return f'<script type="application/ld+json">{text}</script>'


def _item(item: Mapping[str, object]) -> str:
    return _ld(json.dumps({"@context": "https://schema.org", **item}))


def _with(item: Mapping[str, object], body: str = "") -> Sample:
    """The clean page with one more item, and what shows it."""
    return sample(head=_item(item), body=body)


PRODUCT = {
    "@type": "Product",
    "name": "Whetstone 1000",
    "image": "https://example.com/media/stone.jpg",
    "description": "A stone of medium grit",
}
OFFER = {"@type": "Offer", "price": "29.90", "priceCurrency": "EUR", "availability": "https://schema.org/InStock"}
RATING = {"@type": "AggregateRating", "ratingValue": 4.5, "reviewCount": 12}
STONE = "<p>Whetstone 1000, a stone of medium grit, for 29.90 EUR.</p>"
RATED = "<p>Whetstone 1000 for 29.90 EUR, rated 4.5 of 5 by 12 readers.</p>"
QUESTION = {"@type": "Question", "name": "Which grit comes first?", "answerCount": 1}


def _step(position: int, **more: str) -> dict[str, object]:
    return {"@type": "ListItem", "position": position, "name": f"Step {position}", **more}


def _name(item: Item) -> str:
    return "/".join(item.types) or "item"


@check(
    "schema.missing",
    Category.INTERNATIONAL,
    Severity.INFO,
    bad=(sample(schema=""), sample(schema='<script type="application/json">{"@type": "Article"}</script>')),
    good=(
        sample(),
        sample(schema='<div itemscope itemtype="https://schema.org/Person"><span itemprop="name">Ida</span></div>'),
        sample(schema=_ld("{broken")),
    ),
    source=f"{GOOGLE}intro-structured-data",
)
def missing(page: Page, limits: Limits) -> Iterator[Finding]:
    """The page has no structured data.

    Without it a result can't show ratings, prices, breadcrumbs or dates. It is optional; many pages need none.

    Fix: describe the page's main thing with a schema.org type that Google shows, as JSON-LD.
    """
    if not page.items and not page.item_problems:
        yield Finding("no JSON-LD, microdata or RDFa")


@check(
    "schema.parse_error",
    Category.INTERNATIONAL,
    Severity.HIGH,
    bad=(
        sample(head=_ld('{"@context": "https://schema.org", "@type": "WebPage", "name": "Knives",}')),
        sample(head=_ld("{'@context': 'https://schema.org', '@type': 'WebPage'}")),
        sample(head=_ld('{"@context": "https://schema.org", "@type": "WebPage"')),
        sample(head=_ld('{"@context": "https://schema.org", "@type": "WebPage", "name": "Kitchen\nknives"}')),
        sample(head=_ld('<!-- {"@context": "https://schema.org", "@type": "WebPage", "name": "Knives"} -->')),
    ),
    good=(
        sample(),
        sample(head=_ld('[{"@context": "https://schema.org", "@type": "WebPage", "name": "Knives &amp; \\u00e9"}]')),
        sample(head="<script type='text/template'>{broken</script>"),
    ),
    source=POLICIES,
)
def parse_error(page: Page, limits: Limits) -> Iterator[Finding]:
    """A block of structured data can't be read.

    One misplaced comma makes search engines drop the whole block. Line breaks inside a text and HTML comments around
    the block aren't JSON either. The CDATA markers of XHTML are left alone (heuristic).

    Fix: correct the syntax; a JSON validator shows the place.
    """
    for problem in page.item_problems:
        yield Finding(problem.what, problem.at)


@check(
    "schema.type_unknown",
    Category.INTERNATIONAL,
    Severity.MEDIUM,
    bad=(
        _with({"@type": "KnifeGuide", "name": "Knives"}),
        _with({"@type": "webpage", "name": "Knives"}),
        _with({"@type": "WebPage", "name": "Knives", "about": {"@type": "Blade", "name": "Blades"}}),
    ),
    good=(
        sample(),
        _with({"@type": ["WebPage", "http://www.productontology.org/id/Knife"], "name": "Knives"}),
        sample(head=_ld('{"@context": "https://example.org/terms", "@type": "KnifeGuide"}')),
        _with({"@graph": [{"@type": "https://schema.org/WebPage", "name": "Knives"}]}),
    ),
    source=VALIDATION,
)
def type_unknown(page: Page, limits: Limits) -> Iterator[Finding]:
    """Structured data has a type that schema.org doesn't know.

    Search engines ignore items whose type they can't place. Names are case-sensitive.

    Fix: use a type of schema.org, spelled as there.
    """
    if not page.items:
        return
    vocabulary = schemaorg()
    for node in graph_of(page).nodes:
        for name in node.item.types:
            if name and ":" not in name and "/" not in name and not vocabulary.knows(name):
                yield Finding(name[:100], node.item.at)


def _foreign(name: str) -> bool:
    """Properties of other vocabularies, JSON-LD keywords, and the -input and -output of actions."""
    return ":" in name or "/" in name or name.startswith("@") or name.endswith(("-input", "-output"))


@lru_cache(maxsize=2_048)
def _undefined(types: tuple[str, ...], names: tuple[str, ...]) -> tuple[str, ...]:
    """Properties that schema.org defines for none of the types; none when a type is unknown or a Role.

    A Role has the property that it is a value of. A site's pages repeat a few shapes, hence the cache.
    """
    vocabulary = schemaorg()
    if not types or not all(vocabulary.knows(one) for one in types) or "Role" in ancestors_of(types):
        return ()
    return tuple(
        name for name in names if not _foreign(name) and not any(vocabulary.defines(one, name) for one in types)
    )


@check(
    "schema.property_unknown",
    Category.INTERNATIONAL,
    Severity.LOW,
    bad=(
        _with({"@type": "WebPage", "name": "Knives", "titel": "Knives"}),
        _with({"@type": "WebPage", "name": "Knives", "recipeYield": "4"}),
    ),
    good=(
        sample(),
        _with({"@type": "WebPage", "name": "Knives", "datePublished": "2026-11-02", "breadcrumb": "Guides"}),
        _with(
            {
                "@type": ["WebPage", "Recipe"],
                "name": "Soup",
                "image": "/a.jpg",
                "recipeYield": "4",
                "recipeIngredient": "Leek",
                "recipeInstructions": "Boil.",
                "author": "Ida",
                "totalTime": "PT1H",
            },
            body="<p>Soup with leek</p>",
        ),
        _with(
            {
                "@type": "WebPage",
                "name": "Knives",
                "author": {"@type": "Role", "author": {"@type": "Person", "name": "Ida"}},
            }
        ),
        _with({"@type": "WebSite", "name": "Knives", "gr:note": "x"}),
    ),
    source=VALIDATION,
)
def property_unknown(page: Page, limits: Limits) -> Iterator[Finding]:
    """Structured data has a property that its type doesn't have.

    Unknown properties are ignored; mostly it is a misspelling, or the property belongs to another item.

    Fix: use the properties that schema.org lists for the type.
    """
    if not page.items:
        return
    for node in graph_of(page).nodes:
        item = node.item
        for name in _undefined(item.types, tuple(item.properties)):
            yield Finding(f"{_name(item)}.{name}"[:200], item.at)


@lru_cache(maxsize=4_096)
def _features(types: tuple[str, ...], parent: tuple[str, ...], via: str, *, main: bool) -> tuple[Feature, ...]:
    """The features an item may be meant for, by its types and where it stands."""
    own, around = ancestors_of(types), ancestors_of(parent)
    found = {id(feature): feature for name in types for feature in features_of(name)}
    return tuple(
        feature
        for feature in found.values()
        if own.isdisjoint(feature.except_types)
        and (main or not feature.top)
        and (not feature.via or via in feature.via)
        and not (feature.inside and around.isdisjoint(feature.inside))
    )


def _meant(page: Page) -> Iterator[tuple[Graph, Item, Feature]]:
    """Items with the features whose requirements they have to meet."""
    graph = graph_of(page)
    for node in graph.nodes:
        item = node.item
        parent = node.parent.types if node.parent is not None else ()
        for feature in _features(item.types, parent, node.via, main=node.main):
            if item.properties.keys().isdisjoint(feature.unless):
                yield graph, item, feature


@check(
    "schema.required_property",
    Category.INTERNATIONAL,
    Severity.HIGH,
    bad=(
        _with({**PRODUCT}, body=STONE),
        _with({**PRODUCT, "offers": {"@type": "Offer", "price": "29.90", "availability": "InStock"}}, body=STONE),
        _with(
            {
                "@type": "Recipe",
                "name": "Leek soup",
                "recipeIngredient": "Leek",
                "recipeInstructions": "Boil.",
                "author": "Ida",
                "totalTime": "PT1H",
            },
            body="<p>Leek soup</p>",
        ),
        _with(
            {
                "@graph": [
                    {
                        "@type": "Event",
                        "name": "Sharpening course",
                        "startDate": "2026-12-01",
                        "image": "/a.jpg",
                        "endDate": "2026-12-01",
                        "description": "Bring a knife",
                    }
                ]
            },
            body="<p>Sharpening course</p>",
        ),
        _with(
            {
                "@type": "VideoObject",
                "name": "Sharpening",
                "uploadDate": "2026-11-02",
                "description": "A knife",
                "contentUrl": "/a.mp4",
                "thumbnailUrl": "",
            }
        ),
        _with({"@type": "BreadcrumbList", "itemListElement": [_step(1), _step(2, item="/guides/"), _step(3)]}),
        _with({"@type": "BreadcrumbList", "itemListElement": [_step(1), _step(2)]}),
        _with({"@type": "QAPage", "mainEntity": QUESTION}),
    ),
    good=(
        sample(),
        _with({**PRODUCT, "offers": OFFER}, body=STONE),
        _with(
            {
                "@graph": [
                    {
                        "@type": "Product",
                        "@id": "#p",
                        "name": "Whetstone 1000",
                        "image": "/a.jpg",
                        "description": "A stone",
                        "offers": {"@id": "#o"},
                    },
                    {**OFFER, "@id": "#o"},
                ]
            },
            body=STONE,
        ),
        _with(
            {
                "@type": "NewsArticle",
                "headline": "How to sharpen kitchen knives",
                "image": "/a.jpg",
                "datePublished": "2026-11-02",
                "author": "Ida Stone",
            }
        ),
        _with(
            {"@type": "WebPage", "name": "Knives", "mentions": {"@type": "Product", "name": "Whetstone 1000"}},
            body=STONE,
        ),
        _with({"@type": "BreadcrumbList", "itemListElement": [_step(2), _step(1, item="/guides/")]}),
        _with({"@type": "QAPage", "mainEntity": {**QUESTION, "answerCount": 0}}),
    ),
    source=POLICIES,
    implies=("schema.recommended_property",),
)
def required_property(page: Page, limits: Limits) -> Iterator[Finding]:
    """Structured data lacks a property that Google requires.

    The item is then not eligible for the rich result that its type could have. In a breadcrumb only the last ListItem
    may lack its item, and a question of a QAPage needs an answer unless its answerCount is 0.

    Fix: add the property, with a value that the page shows as well.
    """
    if not page.items:
        return
    for graph, item, feature in _meant(page):
        for path in feature.required:
            if not graph.has(item, path):
                yield Finding(f"{_name(item)} without {path.replace('|', ' or ')} ({feature.name})", item.at)
    graph = graph_of(page)
    for node in graph.nodes:
        for what in unmet(graph, node.item):
            yield Finding(what, node.item.at)


@check(
    "schema.recommended_property",
    Category.INTERNATIONAL,
    Severity.INFO,
    bad=(
        _with(
            {"@type": "NewsArticle", "headline": "How to sharpen kitchen knives", "image": "/a.jpg", "author": "Ida"}
        ),
        _with({"@type": "Product", "name": "Whetstone 1000", "description": "A stone", "offers": OFFER}, body=STONE),
    ),
    good=(
        sample(),
        _with(
            {
                "@type": "BlogPosting",
                "headline": "How to sharpen kitchen knives",
                "image": "/a.jpg",
                "datePublished": "2026-11-02",
                "author": {"@type": "Person", "name": "Ida Stone"},
            }
        ),
        _with({**PRODUCT, "offers": OFFER}, body=STONE),
    ),
    source=POLICIES,
)
def recommended_property(page: Page, limits: Limits) -> Iterator[Finding]:
    """Structured data lacks properties that Google recommends.

    The rich result works without them, and shows less.

    Fix: add those that apply.
    """
    if not page.items:
        return
    for graph, item, feature in _meant(page):
        absent = [path.replace("|", " or ") for path in feature.recommended if not graph.has(item, path)]
        if absent:
            yield Finding(f"{_name(item)} without {', '.join(absent)} ({feature.name})", item.at)


@check(
    "schema.value_invalid",
    Category.INTERNATIONAL,
    Severity.MEDIUM,
    bad=(
        _with({"@type": "WebPage", "name": "Knives", "datePublished": "2nd of November"}),
        _with({"@type": "WebPage", "name": "Knives", "dateModified": "2026-13-41"}),
        _with(
            {
                **PRODUCT,
                "offers": {"@type": "Offer", "price": "€29,90", "priceCurrency": "EUR", "availability": "InStock"},
            },
            body=STONE,
        ),
        _with(
            {
                **PRODUCT,
                "offers": {"@type": "Offer", "price": 29.9, "priceCurrency": "EUR", "availability": "In stock"},
            },
            body=STONE,
        ),
        _with(
            {**PRODUCT, "aggregateRating": {"@type": "AggregateRating", "ratingValue": 9, "reviewCount": 12}},
            body="<p>Whetstone 1000, rated 9 by 12 readers</p>",
        ),
        _with({"@type": "Organization", "name": "Knives", "url": "not an address"}),
        _with({**PRODUCT, "offers": {**OFFER, "priceCurrency": "EURO"}}, body=STONE),
    ),
    good=(
        sample(),
        _with(
            {
                "@type": "WebPage",
                "name": "Knives",
                "datePublished": "2026-11-02T08:00:00+01:00",
                "dateModified": "2026-11",
                "url": "/guides/",
                "author": "Ida Stone",
                "isAccessibleForFree": "True",
            }
        ),
        _with({**PRODUCT, "offers": OFFER}, body=STONE),
        _with(
            {**PRODUCT, "aggregateRating": {"@type": "AggregateRating", "ratingValue": "87%", "reviewCount": "12"}},
            body="<p>Whetstone 1000: 87 % of 12 readers</p>",
        ),
        _with(
            {
                **PRODUCT,
                "aggregateRating": {"@type": "AggregateRating", "ratingValue": 9, "bestRating": 10, "reviewCount": 12},
            },
            body="<p>Whetstone 1000, rated 9 of 10 by 12 readers</p>",
        ),
    ),
    source=VALIDATION,
)
def value_invalid(page: Page, limits: Limits) -> Iterator[Finding]:
    """Structured data has a value of the wrong kind.

    A date, price, address or choice that can't be understood is dropped, and with it often the rich result.

    Fix: use ISO 8601 dates, plain numbers, full addresses, and the members that schema.org lists.
    """
    if not page.items:
        return
    for node in graph_of(page).nodes:
        item = node.item
        rated = "ratingValue" in item.properties
        if rated:
            wrong = rating_fault(item, measured=node.via == "reviewRating" or is_a(item, "AggregateRating"))
            if wrong:
                yield Finding(f"{_name(item)}.ratingValue: {wrong}", item.at)
        for name, values in item.properties.items():
            if not checkable(name) or (rated and name == "ratingValue"):
                continue
            for value in values:
                if isinstance(value, Item):
                    continue
                wanted = fault(name, value)
                if wanted:
                    yield Finding(f"{_name(item)}.{name} is {str(value)[:80]!r}, not {wanted}", item.at)


@check(
    "schema.retired_feature",
    Category.INTERNATIONAL,
    Severity.INFO,
    bad=(
        _with({"@type": "HowTo", "name": "How to sharpen kitchen knives", "step": "Start with a stone of medium grit"}),
        _with(
            {
                "@type": "WebSite",
                "name": "Knives",
                "url": "https://example.com/",
                "potentialAction": {
                    "@type": "SearchAction",
                    "target": "https://example.com/?q={q}",
                    "query-input": "required name=q",
                },
            }
        ),
    ),
    good=(
        sample(),
        _with({"@type": "WebSite", "name": "Knives", "url": "https://example.com/"}),
        _with(
            {
                "@type": "WebSite",
                "name": "Knives",
                "potentialAction": {"@type": "ReadAction", "target": "https://example.com/"},
            }
        ),
    ),
    source="https://developers.google.com/search/blog/2025/06/simplifying-search-results",
)
def retired_feature(page: Page, limits: Limits) -> Iterator[Finding]:
    """Structured data is for a rich result that Google no longer shows.

    It does no harm, other programs may use it, and it brings nothing in Google Search any more.

    Fix: remove it if it was only for Google, or keep it and expect nothing.
    """
    if not page.items:
        return
    for node in graph_of(page).nodes:
        for name in node.item.types:
            for one in retired_of(name):
                values = node.item.properties.get(one.with_property, ()) if one.with_property else ()
                if one.with_type:
                    values = tuple(v for v in values if isinstance(v, Item) and is_a(v, one.with_type))
                if values or not one.with_property:
                    yield Finding(f"{name}: {one.name}, retired {one.since}", node.item.at)


_WORD = re.compile(r"\w+")
_TAGS = re.compile(r"<[^<>]*>")
_LATE_REVIEWS = (
    "trustpilot",
    "yotpo",
    "judge.me",
    "bazaarvoice",
    "stamped.io",
    "reviews.io",
    "feefo",
    "okendo",
    "loox",
    "powerreviews",
)
_FEW_WORDS = 30
_NAMED = {
    "Article": "headline",
    "Product": "name",
    "Recipe": "name",
    "Event": "name",
    "JobPosting": "title",
    "Course": "name",
}


_LONGEST_TEXT = 2_000
_SHORTEST_TEXT = 8
_FEWEST_WORDS = 4
_SOME_PRICE = re.compile(
    r"(?:[$€£¥₹₽₩₺]|\b(?:USD|EUR|GBP|CHF|JPY|CAD|AUD|PLN|SEK|NOK|DKK|CZK|INR|BRL|kr|zł)\b)\s?\d"
    r"|\d\s?(?:[$€£¥₹₽₩₺]|(?:USD|EUR|GBP|CHF|JPY|CAD|AUD|PLN|SEK|NOK|DKK|CZK|INR|BRL|kr|zł)\b)"
)
"""A page that shows no price at all may show it later, by script; one that shows another contradicts itself."""
_MAX_COMPARED = 60
"""Values of one page that are looked for in its text, 50 us each on a page of 100 KB."""


def _visible(page: Page, shown: str, text: str) -> bool:
    """Whether the page shows a text, or at least half of its words (60 % of its characters without spaces)."""
    wanted = " ".join(_TAGS.sub(" ", unescape(text[:_LONGEST_TEXT])).casefold().split())
    if wanted in shown:
        return True
    words = _WORD.findall(wanted)[:200]
    if len(wanted) < _SHORTEST_TEXT or (len(words) < _FEWEST_WORDS and wanted.isascii()):
        return True  # a short name says too little to be missed
    if len(words) * 12 < len(wanted):  # a script that puts no blanks between words
        letters = set(shown)
        return sum(one in letters for one in wanted) >= 0.6 * len(wanted)
    return sum(word in page.vocabulary or word in shown for word in words) * 2 >= len(words)


def _shows_number(page: Page, value: object) -> bool:
    """Whether the page shows a number, in any usual spelling (1299.5: "1,299.50", "1.299,50", "1 299,5")."""
    amount = number(value)
    if amount is None:
        return True
    whole, _, rest = f"{amount:.2f}".partition(".")
    grouped = re.sub(r"(?<=\d)(?=(?:\d{3})+$)", r"[.,'\\s\\u2019]?", whole)
    tail = rf"[.,]{rest.rstrip('0')}0?(?!\d)" if rest.strip("0") else r"(?:[.,]0{1,2}|[.,][-\u2013]+)?(?![.,]?\d)"
    pattern = re.compile(rf"(?<![\d.,]){grouped}{tail}")
    return pattern.search(page.body_text) is not None or any(
        image.alt and pattern.search(image.alt) for image in page.images
    )


@lru_cache(maxsize=1_024)
def _shown_of(types: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for kind, name in _NAMED.items() if kind in ancestors_of(types))


def _may_come_later(page: Page, what: str) -> bool:
    """Whether a script may show the rating or price after loading."""
    if what.startswith("AggregateRating"):
        return any(one in page.source for one in _LATE_REVIEWS)
    return _SOME_PRICE.search(page.body_text) is None


def _texts(graph: Graph, node: Node) -> Iterator[tuple[str, object]]:
    """Names and headlines of what the page is about."""
    item = node.item
    wanted = [*_shown_of(item.types)] if node.main else []
    if node.via == "mainEntity" and is_a(item, "Question"):
        wanted.append("name")
    for name in wanted:
        for value in graph.values(item, name)[:1]:
            if isinstance(value, str):
                yield f"{_name(item)}.{name} {value[:80]!r}", value


def _numbers(graph: Graph, node: Node) -> Iterator[tuple[str, tuple[object, ...]]]:
    """Ratings and prices; one of the numbers of each must be seen."""
    item = node.item
    own = node.parent is not None and is_a(node.parent, "Organization")
    if is_a(item, "AggregateRating") and not own and not rating_fault(item, measured=True):
        facts = [v for name in ("ratingValue", "reviewCount", "ratingCount") for v in graph.values(item, name)[:1]]
        if facts:
            yield f"AggregateRating {facts[0]}", tuple(facts)
    if node.via == "offers" and node.parent is not None and is_a(item, "Offer") and is_a(node.parent, "Product"):
        for value in graph.values(item, "price")[:1]:
            if number(value):
                yield f"Offer.price {value}", (value,)


@check(
    "schema.content_mismatch",
    Category.INTERNATIONAL,
    Severity.MEDIUM,
    bad=(
        _with(
            {
                **PRODUCT,
                "offers": {"@type": "Offer", "price": "19.90", "priceCurrency": "EUR", "availability": "InStock"},
            },
            body=STONE,
        ),
        _with({**PRODUCT, "offers": OFFER, "aggregateRating": RATING}, body=STONE),
        _with(
            {
                "@type": "Article",
                "headline": "Cheap flights to Lisbon this winter",
                "image": "/a.jpg",
                "author": "Ida",
                "datePublished": "2026-11-02",
            }
        ),
    ),
    good=(
        sample(),
        _with({**PRODUCT, "offers": OFFER, "aggregateRating": RATING}, body=RATED),
        _with(
            {
                **PRODUCT,
                "offers": {"@type": "Offer", "price": 1299.5, "priceCurrency": "EUR", "availability": "InStock"},
            },
            body="<p>Whetstone 1000: 1.299,50 €</p>",
        ),
        _with(
            {
                **PRODUCT,
                "offers": {"@type": "Offer", "price": "1299.00", "priceCurrency": "EUR", "availability": "InStock"},
            },
            body="<p>Whetstone 1000: € 1 299</p>",
        ),
        _with(
            {
                "@type": "Article",
                "headline": "Sharpening kitchen knives, step by step &amp; at home",
                "image": "/a.jpg",
                "author": "Ida",
                "datePublished": "2026-11-02",
            }
        ),
    ),
    source=POLICIES,
)
def content_mismatch(page: Page, limits: Limits) -> Iterator[Finding]:
    """Structured data says something that the page doesn't show.

    Google requires marked-up content to be visible; a hidden rating or another price can bring a manual action.

    Fix: show the value on the page, or take it out of the markup.
    """
    if not page.items or page.words < _FEW_WORDS:
        return
    graph = graph_of(page)
    shown = page.body_text.casefold()
    compared = 0
    for node in graph.nodes:
        missing_here = [what for what, text in _texts(graph, node) if not _visible(page, shown, str(text))]
        numbers = [*_numbers(graph, node)]
        for what, facts in numbers:
            if not any(_shows_number(page, one) for one in facts) and not _may_come_later(page, what):
                missing_here.append(what)
        compared += len(numbers) + node.main
        for what in missing_here:
            yield Finding(f"{what} is not on the page", node.item.at)
        if compared > _MAX_COMPARED:
            return


SHOP = {
    "@type": "LocalBusiness",
    "name": "Stone and Steel",
    "address": "1 Mill Lane",
    "telephone": "1",
    "openingHours": "Mo 9-17",
}


def _belongs_to_others(page: Page, graph: Graph, item: Item) -> bool:
    """Whether the site says that the rated business is somebody else's."""
    own = urlsplit(page.final_url).netloc.lower().removeprefix("www.")
    for value in graph.values(item, "url"):
        if isinstance(value, str) and value.lower().startswith("http"):
            return urlsplit(value).netloc.lower().removeprefix("www.") != own
    names = {one.casefold().strip() for one in graph.values(item, "name") if isinstance(one, str)}
    site = page.meta("og:site_name")
    others = {site.casefold().strip()} if site else set[str]()
    for node in graph.nodes:
        if is_a(node.item, "WebSite") or (node.via == "publisher"):
            others.update(one.casefold().strip() for one in graph.values(node.item, "name") if isinstance(one, str))
    return bool(names and others) and not any(a in b or b in a for a in names for b in others)


@check(
    "schema.rating_scope",
    Category.INTERNATIONAL,
    Severity.MEDIUM,
    bad=(
        _with({**SHOP, "url": "https://example.com/", "aggregateRating": RATING}, body=RATED),
        _with(
            {
                "@type": "Organization",
                "name": "Stone and Steel",
                "url": "https://www.example.com",
                "review": {"@type": "Review", "author": "Max", "reviewRating": {"@type": "Rating", "ratingValue": 5}},
            }
        ),
    ),
    good=(
        sample(),
        _with({**PRODUCT, "offers": OFFER, "aggregateRating": RATING}, body=RATED),
        _with({**SHOP, "url": "https://stone-and-steel.example/", "aggregateRating": RATING}, body=RATED),
        _with(
            {
                "@graph": [
                    {"@type": "WebSite", "name": "All the shops", "url": "https://example.com/"},
                    {**SHOP, "aggregateRating": RATING},
                ]
            },
            body=RATED,
        ),
    ),
    source=f"{GOOGLE}review-snippet",
)
def rating_scope(page: Page, limits: Limits) -> Iterator[Finding]:
    """A business marks up reviews of itself.

    Google shows no stars for a LocalBusiness or Organization on that business's own site, whoever wrote the reviews.

    Fix: rate products, courses or recipes instead, and leave the business's own ratings unmarked.
    """
    if not page.items:
        return
    graph = graph_of(page)
    rated = [
        node.item
        for node in graph.nodes
        if node.main
        and is_a(node.item, "LocalBusiness", "Organization")
        and graph.has(node.item, "aggregateRating|review|reviews")
    ]
    if len(rated) == 1 and not _belongs_to_others(page, graph, rated[0]):
        yield Finding(f"{_name(rated[0])} with ratings of itself", rated[0].at)


@check(
    "schema.breadcrumb_missing",
    Category.INTERNATIONAL,
    Severity.INFO,
    bad=sample(
        url="https://example.com/guides/knives/sharpening",
        schema=_item({"@type": "WebPage", "name": "Sharpening"}),
    ),
    good=(
        sample(),
        sample(url="https://example.com/guides/knives/sharpening"),
        sample(schema=_item({"@type": "WebPage", "name": "Sharpening"})),
        sample(
            url="https://example.com/guides/knives/sharpening",
            schema=_item(
                {
                    "@type": "WebPage",
                    "name": "Sharpening",
                    "breadcrumb": {
                        "@type": "BreadcrumbList",
                        "itemListElement": [{"@type": "ListItem", "position": 1, "name": "Guides"}],
                    },
                }
            ),
        ),
    ),
    source=f"{GOOGLE}breadcrumb",
    on=On.INDEXABLE,
)
def breadcrumb_missing(page: Page, limits: Limits) -> Iterator[Finding]:
    """A page deep in the site has no breadcrumb markup.

    With it, the result shows the page's place in the site instead of a bare address.

    Fix: add a BreadcrumbList from the start page down to this one.
    """
    path = page.final_url.partition("?")[0].partition("#")[0].split("/")[3:]
    levels = sum(1 for part in path if part)
    if page.is_home or levels < limits["schema.breadcrumb_missing"]:
        return
    if not any("BreadcrumbList" in node.item.types for node in graph_of(page).nodes):
        yield Finding(f"{levels} levels deep, no BreadcrumbList")
