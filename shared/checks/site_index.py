"""Indexability over the whole site."""

from collections.abc import Iterator

from shared.checks.base import Category, Fact, Limits, On, Severity, site_check
from shared.checks.site import Site, SiteFinding
from shared.facts_record import Flag

GOOGLE_NOINDEX = "https://developers.google.com/search/docs/crawling-indexing/block-indexing"


@site_check("index.noindex_sitewide", Category.INDEXING, Severity.CRITICAL, source="heuristic", on=On.ANY)
def noindex_sitewide(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """Nearly all pages forbid to be indexed.

    This is what a setting for a test server looks like when it goes live: the site disappears from search results.

    Fix: remove the `noindex` from the template or the server's configuration, unless the site is meant to stay hidden.
    """
    pages = site.number(Flag.FETCHED | Flag.HTML)
    hidden = site.number(Flag.FETCHED | Flag.HTML | Flag.NOINDEX)
    if pages >= limits["index.noindex_sitewide.pages"] and hidden >= limits["index.noindex_sitewide.share"] * pages:
        yield SiteFinding(f"{hidden} of {pages} pages are noindex", count=hidden)


@site_check(
    "index.robots_block_and_noindex",
    Category.INDEXING,
    Severity.HIGH,
    source=GOOGLE_NOINDEX,
    on=On.HTML,
    needs=(Fact.ROBOTS,),
)
def robots_block_and_noindex(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """The page says noindex, but robots.txt keeps crawlers from reading that.

    A page that crawlers may not fetch can still be indexed from its links; the noindex is never seen.

    Fix: allow the page in robots.txt, so that its noindex works.
    """
    for seq in site.pages(Flag.FETCHED | Flag.NOINDEX | Flag.DISALLOWED):
        yield SiteFinding("noindex on an address that robots.txt disallows", seq)
