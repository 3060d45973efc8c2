"""Redirects and address variants, seen over the whole site."""

from collections.abc import Iterator

from shared.checks.base import Category, Limits, On, Severity, site_check
from shared.checks.site import Site, SiteFinding, State

GOOGLE_REDIRECTS = "https://developers.google.com/search/docs/crawling-indexing/301-redirects"
GOOGLE_DUPLICATES = "https://developers.google.com/search/docs/crawling-indexing/consolidate-duplicate-urls"


@site_check("redirect.page_linked", Category.INDEXING, Severity.LOW, source=GOOGLE_REDIRECTS, on=On.HTML)
def page_linked(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """The page links to an address of this site that redirects.

    Each such link costs readers a round trip and crawlers a request, and the redirect may one day be removed.

    Fix: link to the address that the redirect leads to.
    """
    for edge in site.edges("link", State.REDIRECT):
        yield SiteFinding("links to {0}, which redirects", edge.source, others=(edge.target,), count=edge.count)


@site_check(
    "redirect.trailing_slash_mix", Category.INDEXING, Severity.MEDIUM, source=GOOGLE_DUPLICATES, on=On.INDEXABLE
)
def trailing_slash_mix(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """The same page answers with and without a slash at the end.

    To search engines these are two addresses with the same content, so links to them don't add up.

    Fix: redirect one form to the other, and link only to that one.
    """
    for edge in site.same("slash"):
        yield SiteFinding("also answers as {0}", edge.source, others=(edge.target,))


@site_check("redirect.case_variant", Category.INDEXING, Severity.LOW, source=GOOGLE_DUPLICATES, on=On.INDEXABLE)
def case_variant(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """The same page answers in upper and in lower case.

    Paths are case-sensitive, so search engines see two addresses with the same content.

    Fix: redirect all spellings to the one in lower case.
    """
    for edge in site.same("case"):
        yield SiteFinding("also answers as {0}", edge.source, others=(edge.target,))
