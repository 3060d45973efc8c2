"""Series of pages and AMP versions, seen over the whole site."""

from collections.abc import Iterator
from typing import Literal

from shared.checks.base import Category, Limits, On, Severity, site_check
from shared.checks.site import Site, SiteFinding, State
from shared.facts_record import Flag

GOOGLE_PAGES = "https://developers.google.com/search/docs/specialty/ecommerce/pagination-and-incremental-page-loading"
AMP = "https://amp.dev/documentation/guides-and-tutorials/optimize-and-measure/discovery"
_BOTH: tuple[Literal["next", "prev"], ...] = ("next", "prev")


@site_check("pagination.broken", Category.LINKS, Severity.MEDIUM, source=GOOGLE_PAGES, on=On.HTML)
def broken(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """The page's rel=next or rel=prev leads to an error.

    Whoever follows the series ends there.

    Fix: correct the address, or remove the link element at the end of the series.
    """
    for relation in _BOTH:
        for edge in site.edges(relation, State.BROKEN):
            yield SiteFinding(f"rel={relation} leads to {{0}}, which is broken", edge.source, others=(edge.target,))


@site_check("pagination.loop", Category.LINKS, Severity.MEDIUM, source="heuristic", on=On.HTML)
def loop(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """A series leads back to a page that it has passed.

    Crawlers that follow it never arrive.

    Fix: leave out rel=next on the last page.
    """
    for cycle in site.cycles("next"):
        for seq, following in zip(cycle, (*cycle[1:], cycle[0]), strict=True):
            yield SiteFinding(f"in a circle of {len(cycle)} pages, next {{0}}", seq, others=(following,))


@site_check("pagination.sequence_error", Category.LINKS, Severity.LOW, source="heuristic", on=On.HTML)
def sequence_error(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """rel=next and rel=prev of neighbouring pages don't agree.

    The page that this one names as its neighbour names another one, or none.

    Fix: let next and prev mirror each other.
    """
    looped = {seq for cycle in site.cycles("next") for seq in cycle}
    for edge in site.mismatches("sequence"):
        if edge.source not in looped:
            yield SiteFinding(f"rel={edge.label} {{0}} doesn't point back", edge.source, others=(edge.target,))


@site_check("pagination.noindex", Category.LINKS, Severity.LOW, source=GOOGLE_PAGES, on=On.HTML)
def noindex(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """A later page of a series is noindex.

    After a while its links aren't followed any more, and what is listed only there isn't found.

    Fix: let later pages be indexed; search engines rarely show them anyway.
    """
    for seq in site.pages(Flag.FETCHED | Flag.HTML | Flag.PAGINATED | Flag.NOINDEX):
        yield SiteFinding("a later page of a series, and noindex", seq)


@site_check("amp.no_return_link", Category.PERFORMANCE, Severity.MEDIUM, source=AMP, on=On.HTML)
def amp_no_return_link(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """The canonical page of an AMP page doesn't name it.

    Without `rel=amphtml` there search engines don't find the AMP version.

    Fix: add `<link rel="amphtml">` to the canonical page.
    """
    for edge in site.mismatches("amp_return"):
        yield SiteFinding("the canonical {0} has no rel=amphtml for this page", edge.source, others=(edge.target,))


@site_check("amp.non_200", Category.PERFORMANCE, Severity.MEDIUM, source=AMP, on=On.HTML)
def amp_non_200(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """The page's AMP version can't be used.

    It redirects, is broken, or forbids to be indexed, so search engines ignore it.

    Fix: let the address in rel=amphtml answer 200 with an AMP page, or remove it.
    """
    states = ((State.BROKEN, "is broken"), (State.REDIRECT, "redirects"), (State.NOINDEX, "is noindex"))
    for state, what in states:
        for edge in site.edges("amphtml", state):
            yield SiteFinding(f"the AMP version {{0}} {what}", edge.source, others=(edge.target,))
