"""Pages that are the same, or nearly."""

from collections.abc import Iterator

from shared.checks.base import Category, Limits, On, Severity, site_check
from shared.checks.site import Site, SiteFinding

GOOGLE_DUPLICATES = "https://developers.google.com/search/docs/crawling-indexing/consolidate-duplicate-urls"
_SAME_TEXTS = ("title.duplicate", "description.duplicate", "h1.duplicate")


@site_check(
    "duplicate.exact",
    Category.ON_PAGE,
    Severity.HIGH,
    source=GOOGLE_DUPLICATES,
    on=On.INDEXABLE,
    implies=_SAME_TEXTS,
)
def exact(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """Several pages have the same text.

    Search engines show one of them, and you don't choose which; links to the others are spread thin.

    Fix: keep one, and redirect the others or name it as their canonical.
    """
    for edge in site.same("content"):
        yield SiteFinding(f"the same text on {edge.count} pages, such as {{0}}", edge.source, others=(edge.target,))


@site_check("duplicate.near", Category.ON_PAGE, Severity.MEDIUM, source="heuristic", on=On.INDEXABLE)
def near(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """The page is nearly the same as another.

    Search engines may treat them as duplicates and leave one out.

    Fix: merge them, tell them apart, or name one as canonical of the other.
    """
    for edge in site.near(limits["duplicate.near.similarity"], int(limits["duplicate.near.words"])):
        yield SiteFinding(f"about {edge.label} like {{0}}", edge.source, others=(edge.target,))


@site_check("duplicate.url_params", Category.ON_PAGE, Severity.MEDIUM, source=GOOGLE_DUPLICATES, on=On.INDEXABLE)
def url_params(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """The same page answers under different parameters.

    Each combination is an address of its own to search engines, and crawlers spend their time on copies.

    Fix: name the address without parameters as canonical, and link to that.
    """
    for edge in site.same("params"):
        yield SiteFinding(f"the same text at {edge.count} addresses, such as {{0}}", edge.source, others=(edge.target,))
