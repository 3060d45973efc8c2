"""Sitemaps against what was crawled."""

from collections.abc import Iterator

from shared.checks.base import Category, Fact, Limits, On, Severity, site_check
from shared.checks.site import Site, SiteFinding, State
from shared.facts_record import Flag

PROTOCOL = "https://www.sitemaps.org/protocol.html"
GOOGLE_SITEMAPS = "https://developers.google.com/search/docs/crawling-indexing/sitemaps/build-sitemap"

_OK = range(200, 300)


@site_check(
    "sitemap.redirect_url",
    Category.INDEXING,
    Severity.HIGH,
    source=GOOGLE_SITEMAPS,
    on=On.RESPONSE,
    needs=(Fact.IN_SITEMAP,),
)
def redirect_url(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """The sitemap lists an address that redirects.

    It should list the addresses that you want in search results, and a redirect can't be there.

    Fix: list the address that the redirect leads to.
    """
    for seq in site.listed(State.REDIRECT):
        yield SiteFinding("listed in a sitemap, and redirects", seq)


@site_check(
    "sitemap.broken_url",
    Category.INDEXING,
    Severity.HIGH,
    source=GOOGLE_SITEMAPS,
    on=On.RESPONSE,
    needs=(Fact.IN_SITEMAP,),
)
def broken_url(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """The sitemap lists an address that doesn't work.

    Search engines waste requests on it and trust the sitemap less.

    Fix: remove the address, or repair the page.
    """
    for seq in site.listed(State.BROKEN):
        yield SiteFinding("listed in a sitemap, and broken", seq)


@site_check(
    "sitemap.noindex_url",
    Category.INDEXING,
    Severity.HIGH,
    source=GOOGLE_SITEMAPS,
    on=On.HTML,
    needs=(Fact.IN_SITEMAP,),
)
def noindex_url(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """The sitemap lists a page that forbids to be indexed.

    One of the two is a mistake: the sitemap asks for what the page refuses.

    Fix: remove the noindex, or the address from the sitemap.
    """
    for seq in site.listed(State.NOINDEX):
        yield SiteFinding("listed in a sitemap, and noindex", seq)


@site_check(
    "sitemap.blocked_url",
    Category.INDEXING,
    Severity.HIGH,
    source=GOOGLE_SITEMAPS,
    on=On.RESPONSE,
    needs=(Fact.IN_SITEMAP, Fact.ROBOTS),
)
def blocked_url(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """The sitemap lists a page that robots.txt disallows.

    One of the two is a mistake: the sitemap asks for what robots.txt refuses.

    Fix: allow the page, or remove its address from the sitemap.
    """
    if site.inputs.robots is not None and site.inputs.robots.robots.blocks_everything("Googlebot"):
        return
    for seq in site.listed(State.BLOCKED):
        yield SiteFinding("listed in a sitemap, and disallowed in robots.txt", seq)


@site_check(
    "sitemap.noncanonical_url",
    Category.INDEXING,
    Severity.HIGH,
    source=GOOGLE_SITEMAPS,
    on=On.HTML,
    needs=(Fact.IN_SITEMAP,),
)
def noncanonical_url(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """The sitemap lists a page that names another one as canonical.

    A sitemap is itself a hint at the canonical address, and here it contradicts the page's own.

    Fix: list only canonical addresses.
    """
    for seq in site.listed(State.NONCANONICAL):
        yield SiteFinding("listed in a sitemap, with another page as canonical", seq)


@site_check(
    "sitemap.in_multiple",
    Category.INDEXING,
    Severity.INFO,
    source="heuristic",
    on=On.RESPONSE,
    needs=(Fact.IN_SITEMAP,),
)
def in_multiple(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """An address stands in several sitemaps.

    It does no harm as long as they agree; different dates make both doubtful.

    Fix: none needed.
    """
    for seq, files in site.listed_often():
        yield SiteFinding(f"in {files} sitemaps", seq)


@site_check(
    "sitemap.orphan_url",
    Category.INDEXING,
    Severity.MEDIUM,
    source="https://developers.google.com/search/docs/crawling-indexing/links-crawlable",
    on=On.HTML,
    needs=(Fact.IN_SITEMAP,),
    complete_only=True,
    implies=("link.orphan",),
)
def orphan_url(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """The sitemap lists a page to which no page links.

    Readers can't find it, and search engines take it for unimportant.

    Fix: link to it from where it belongs, or remove it.
    """
    listed = set(site.pages(Flag.LISTED))
    for edge in site.inlinks("none"):
        if edge.target in listed:
            yield SiteFinding("listed in a sitemap, linked from nowhere", edge.target)


@site_check(
    "sitemap.coverage",
    Category.INDEXING,
    Severity.LOW,
    source=GOOGLE_SITEMAPS,
    on=On.INDEXABLE,
    needs=(Fact.IN_SITEMAP,),
)
def coverage(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """A page that can be indexed stands in no sitemap.

    A sitemap that leaves pages out tells nothing about when those change.

    Fix: list every page that should be found.
    """
    if not any(file.status in _OK and file.urls for file in site.inputs.sitemaps or ()):
        return
    for seq in site.pages(Flag.INDEXABLE | Flag.LISTED_KNOWN, Flag.LISTED | Flag.PAGINATED | Flag.AMP):
        yield SiteFinding("in no sitemap", seq)


@site_check("sitemap.lastmod_churn", Category.INDEXING, Severity.LOW, source=GOOGLE_SITEMAPS, needs=(Fact.IN_SITEMAP,))
def lastmod_churn(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """All addresses in the sitemaps carry the same date.

    It is the time at which the file was made, and not when the pages changed, so search engines stop using it.

    Fix: write when each page's content last changed, or leave lastmod out.
    """
    pages = site.lastmod_uniform()
    if pages:
        yield SiteFinding(f"the same lastmod on {pages} addresses", url=site.inputs.start_url, count=pages)


@site_check(
    "sitemap.lastmod_drift",
    Category.INDEXING,
    Severity.LOW,
    source=GOOGLE_SITEMAPS,
    on=On.HTML,
    needs=(Fact.IN_SITEMAP,),
)
def lastmod_drift(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """The sitemap's date and the page's own are far apart.

    Search engines use lastmod only while it proves right.

    Fix: take both dates from the same source.
    """
    for seq, days in site.lastmod_drift(limits["sitemap.lastmod_drift"]):
        yield SiteFinding(f"{days} days between the sitemap's lastmod and the page's own date", seq)
