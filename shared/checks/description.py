"""Meta descriptions."""

from collections.abc import Iterator

from shared.checks.base import Category, Finding, Limits, On, Severity, check
from shared.checks.sample import sample
from shared.page import Meta, Page
from shared.reading.graphemes import graphemes
from shared.reading.pixels import columns
from shared.reading.terms import shared_terms

GOOGLE_SNIPPETS = "https://developers.google.com/search/docs/appearance/snippet"
HTML_DESCRIPTION = "https://html.spec.whatwg.org/multipage/semantics.html#meta-description"

_OTHER = (
    '<meta name="description" content="Grit, angle and burr: how a whetstone brings a kitchen knife back to life.">'
)
_LONG = (
    "A patient guide to sharpening kitchen knives with a whetstone: which grit to buy, how to soak the stone, how to "
    "hold the angle, how to feel for the burr and remove it, how to test the edge on paper or on a ripe tomato, and "
    "how to store the blade."
)
_LEAST_BODY = 200
"""Characters of body text below which nothing is said about whether a description fits it."""
_LEAST_TERMS = 4
_MOST = 10_000
"""Characters of a description that are read."""


def _meta(content: str) -> str:
    return f'<meta name="description" content="{content}">'


def _all(page: Page) -> list[tuple[Meta, str]]:
    """Every description with its whitespace-normalised content."""
    return [(meta, " ".join((meta.content or "")[:_MOST].split())) for meta in page.metas if meta.name == "description"]


def _first(page: Page) -> tuple[Meta, str] | None:
    """The description that a search engine would take: the first with content in the head."""
    return next(((meta, text) for meta, text in _all(page) if text and meta.in_head), None)


@check(
    "description.missing",
    Category.ON_PAGE,
    Severity.MEDIUM,
    bad=(sample(description=""), sample(description=_meta("  ")), sample(description='<meta name="description">')),
    good=(sample(), sample(description=_OTHER.replace('name="description"', 'name=" Description "'))),
    source=GOOGLE_SNIPPETS,
    on=On.INDEXABLE,
)
def missing(page: Page, limits: Limits) -> Iterator[Finding]:
    """The page has no meta description.

    Google may show the description below the title; without one it picks a passage of its own from the page.

    Fix: write one or two sentences that sum up what this page offers, unlike those of other pages.
    """
    found = _all(page)
    if not any(text for _, text in found):
        yield Finding(
            "an empty meta description" if found else "no meta description", found[0][0].at if found else "(//head)[1]"
        )


@check(
    "description.multiple",
    Category.ON_PAGE,
    Severity.MEDIUM,
    bad=(sample(head=_OTHER), sample(head=_OTHER.replace("name=", "NAME="))),
    good=(sample(), sample(head='<meta property="og:description" content="Which grit, which angle.">')),
    source=HTML_DESCRIPTION,
)
def multiple(page: Page, limits: Limits) -> Iterator[Finding]:
    """The page has more than one meta description.

    HTML allows one; with several, search engines may show the one you did not mean, or join them.

    Fix: keep one description and remove the others, which plugins and templates often add.
    """
    found = [meta for meta, _ in _all(page)]
    if len(found) > 1:
        yield Finding(f"{len(found)} meta descriptions: " + " | ".join(m.content or "" for m in found[:3]), found[1].at)


@check(
    "description.too_short",
    Category.ON_PAGE,
    Severity.LOW,
    bad=(
        sample(description=_meta("Sharpening kitchen knives.")),
        sample(description=_meta("Messer schärfen: so geht’s")),
    ),
    good=(
        sample(),
        sample(description=_meta("家庭で包丁をきれいに研ぐための砥石の選び方、角度の保ち方、刃の確かめ方。")),
    ),
    source="heuristic",
    on=On.INDEXABLE,
)
def too_short(page: Page, limits: Limits) -> Iterator[Finding]:
    """The meta description is very short.

    A few words leave most of the room in a result unused, and Google then prefers a passage from the page.

    Fix: describe in one or two sentences what the reader finds here.
    """
    first = _first(page)
    if first and columns(first[1]) < limits["description.too_short"]:
        yield Finding(f"{graphemes(first[1])} characters: {first[1]}", first[0].at)


@check(
    "description.too_long",
    Category.ON_PAGE,
    Severity.LOW,
    bad=sample(description=_meta(_LONG)),
    good=(
        sample(),
        sample(
            description=_meta(
                "Терпеливое руководство по заточке кухонных ножей на камне: какую зернистость купить, "
                "как держать угол, как снять заусенец и проверить кромку."
            )
        ),
        sample(
            description=_meta("Sharpening kitchen knives with a whetstone:" + " " * 150 + "grit, angle, burr, edge.")
        ),
    ),
    source="heuristic",
    on=On.INDEXABLE,
)
def too_long(page: Page, limits: Limits) -> Iterator[Finding]:
    """The meta description is too long to be shown whole.

    Google states no limit, but a result shows about 160 characters and cuts the rest.

    Fix: put what matters first and shorten the description.
    """
    first = _first(page)
    most = limits["description.too_long"]
    if first and len(first[1]) > most and (length := graphemes(first[1])) > most:
        yield Finding(f"{length} characters: {first[1]}", first[0].at)


@check(
    "description.irrelevant",
    Category.ON_PAGE,
    Severity.LOW,
    bad=sample(
        description=_meta("Compare cheap motor insurance quotes from dozens of trusted providers and save money today.")
    ),
    good=(
        sample(),
        sample(description=_meta("Терпеливое руководство по заточке кухонных ножей на водном камне для начинающих.")),
        sample(
            description=_meta("Whetstones, grits and angles explained by a knife sharpener for impatient home cooks.")
        ),
    ),
    source="heuristic",
    on=On.INDEXABLE,
)
def irrelevant(page: Page, limits: Limits) -> Iterator[Finding]:
    """The meta description's words hardly occur on the page.

    Google shows a description only when it describes the page better than a passage of the text would.

    Fix: describe this very page, in the words it uses.
    """
    first = _first(page)
    if first is None or len(page.body_text) < _LEAST_BODY:
        return
    share = shared_terms(first[1], page.body_text, least=_LEAST_TERMS)
    if share and share.ratio < limits["description.irrelevant"]:
        yield Finding(f"{share.found} of {share.total} words occur in the text: {first[1]}", first[0].at)


@check(
    "description.outside_head",
    Category.ON_PAGE,
    Severity.MEDIUM,
    bad=sample(description="", body=_OTHER),
    good=(sample(), sample(body='<p itemprop="description">Which grit, which angle.</p>')),
    source=HTML_DESCRIPTION,
    implies=("html.meta_in_body",),
)
def outside_head(page: Page, limits: Limits) -> Iterator[Finding]:
    """The meta description stands outside the head.

    Search engines read a page's metadata from the head; a description in the body may be overlooked.

    Fix: move it into `<head>`, and look for an element that closes the head too early.
    """
    for meta, text in _all(page):
        if not meta.in_head:
            yield Finding(text or "an empty meta description", meta.at)
