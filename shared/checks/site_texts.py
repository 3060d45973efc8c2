"""Titles, descriptions and headings that pages share."""

from collections.abc import Iterator

from shared.checks.base import Category, Limits, On, Severity, site_check
from shared.checks.site import Key, Site, SiteFinding

GOOGLE_TITLES = "https://developers.google.com/search/docs/appearance/title-link"
GOOGLE_SNIPPETS = "https://developers.google.com/search/docs/appearance/snippet"


def _shared(site: Site, key: Key, what: str) -> Iterator[SiteFinding]:
    for edge in site.same(key):
        yield SiteFinding(f"the same {what} on {edge.count} pages, such as {{0}}", edge.source, others=(edge.target,))


@site_check("title.duplicate", Category.ON_PAGE, Severity.MEDIUM, source=GOOGLE_TITLES, on=On.INDEXABLE)
def title_duplicate(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """Several pages have the same title.

    Readers can't tell them apart in search results, and search engines may take them for the same.

    Fix: say in each title what only this page offers.
    """
    yield from _shared(site, "title", "title")


@site_check("title.pattern_outlier", Category.ON_PAGE, Severity.LOW, source="heuristic", on=On.INDEXABLE)
def title_pattern_outlier(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """The title breaks the pattern of its siblings.

    When nearly all pages of a directory end their titles alike, one that doesn't has mostly been forgotten.

    Fix: give it the same ending, or leave it if it is meant.
    """
    for edge in site.outliers("title_end", limits["title.pattern_outlier"]):
        yield SiteFinding(f"{edge.label}, such as {{0}}", edge.source, others=(edge.target,))


@site_check("description.duplicate", Category.ON_PAGE, Severity.MEDIUM, source=GOOGLE_SNIPPETS, on=On.INDEXABLE)
def description_duplicate(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """Several pages have the same description.

    It then describes none of them, and search engines make up their own.

    Fix: write one for each page, or none.
    """
    yield from _shared(site, "description", "description")


@site_check("h1.duplicate", Category.ON_PAGE, Severity.LOW, source="heuristic", on=On.INDEXABLE)
def h1_duplicate(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """Several pages have the same main heading.

    Readers who come from a search can't tell where they are.

    Fix: say in the heading what only this page offers.
    """
    yield from _shared(site, "h1", "h1")


@site_check("content.thin_vs_site", Category.ON_PAGE, Severity.LOW, source="heuristic", on=On.INDEXABLE)
def thin_vs_site(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """The page has far less text than its siblings.

    Among pages of one kind, one with a fraction of the others' text is mostly unfinished.

    Fix: complete it, merge it with another, or remove it.
    """
    for edge in site.outliers("words", limits["content.thin_vs_site"]):
        yield SiteFinding(edge.label, edge.source)


@site_check("schema.coverage_outlier", Category.INTERNATIONAL, Severity.LOW, source="heuristic", on=On.INDEXABLE)
def schema_coverage_outlier(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """The page lacks structured data that its siblings carry.

    Its search result then looks plainer than theirs.

    Fix: add the type named, or leave it if the page is of another kind.
    """
    for edge in site.outliers("type", limits["schema.coverage_outlier"]):
        yield SiteFinding(edge.label, edge.source)


@site_check("url.convention_drift", Category.INDEXING, Severity.INFO, source="heuristic", on=On.INDEXABLE)
def url_convention_drift(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """The address joins words otherwise than the rest of the site.

    Mixed spellings make addresses hard to guess and to keep apart.

    Fix: use one style for new addresses; old ones need no change.
    """
    for edge in site.outliers("style", limits["url.convention_drift"]):
        yield SiteFinding(edge.label, edge.source)
