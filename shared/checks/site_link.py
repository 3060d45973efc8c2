"""Internal links, seen over the whole site."""

from collections.abc import Iterator

from shared.checks.base import Category, Limits, On, Severity, site_check
from shared.checks.site import Inlinks, Site, SiteFinding, State

GOOGLE_LINKS = "https://developers.google.com/search/docs/crawling-indexing/links-crawlable"
GOOGLE_NOFOLLOW = "https://developers.google.com/search/docs/crawling-indexing/qualify-outbound-links"


@site_check("link.broken_internal", Category.LINKS, Severity.HIGH, source=GOOGLE_LINKS, on=On.HTML)
def broken_internal(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """The page links to a page of this site that doesn't work.

    Readers end up in front of an error, and crawlers in a dead end.

    Fix: correct the link, restore the page, or redirect it to its successor.
    """
    for edge in site.edges("link", State.BROKEN):
        yield SiteFinding("links to {0}, which is broken", edge.source, others=(edge.target,), count=edge.count)


def _inlinked(site: Site, kind: Inlinks, words: str) -> Iterator[SiteFinding]:
    for edge in site.inlinks(kind):
        yield SiteFinding(words, edge.target, others=(edge.source,))


@site_check("link.orphan", Category.LINKS, Severity.MEDIUM, source=GOOGLE_LINKS, on=On.HTML, complete_only=True)
def orphan(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """No page links to this one.

    Readers can't find it, and search engines take it for unimportant.

    Fix: link to it from where it belongs, or remove it.
    """
    yield from _inlinked(site, "none", "no page links here")


@site_check("link.single_inlink", Category.LINKS, Severity.INFO, source="heuristic", on=On.HTML, complete_only=True)
def single_inlink(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """A single link leads to this page.

    When that one page changes, this one is lost.

    Fix: link to it from related pages as well, if it matters.
    """
    yield from _inlinked(site, "one", "only {0} links here")


@site_check("link.depth", Category.LINKS, Severity.LOW, source="heuristic", on=On.INDEXABLE)
def depth(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """The page is many clicks away from the start page.

    What takes long to reach is crawled less often and found by fewer readers.

    Fix: link to important pages from higher up.
    """
    for edge in site.deep(int(limits["link.depth"])):
        yield SiteFinding(f"{edge.label} clicks from the start page", edge.source)


@site_check("link.mixed_follow", Category.LINKS, Severity.LOW, source=GOOGLE_NOFOLLOW, on=On.HTML)
def mixed_follow(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """Some links to this page are nofollow, and others aren't.

    On your own pages nofollow rarely has a purpose, and used on some links only it has none.

    Fix: remove nofollow from internal links.
    """
    yield from _inlinked(site, "mixed", "linked with and without nofollow, for instance from {0}")


@site_check(
    "link.nofollow_only_inlinks",
    Category.LINKS,
    Severity.MEDIUM,
    source=GOOGLE_NOFOLLOW,
    on=On.HTML,
    complete_only=True,
)
def nofollow_only_inlinks(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """All links to this page are nofollow.

    Search engines may never follow one of them, so the page counts as unlinked.

    Fix: remove nofollow from at least one link, if the page should be found.
    """
    yield from _inlinked(site, "nofollow_only", "all links here are nofollow, for instance from {0}")


@site_check(
    "link.noindex_page_inlinks_only",
    Category.LINKS,
    Severity.LOW,
    source="heuristic",
    on=On.INDEXABLE,
    complete_only=True,
)
def noindex_page_inlinks_only(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """Only pages that are noindex link to this one.

    Search engines crawl such pages less and less, and their links lose weight with them.

    Fix: link to it from a page that is indexed.
    """
    yield from _inlinked(site, "noindex_only", "linked only from noindex pages, for instance {0}")


@site_check(
    "link.broken_fragment",
    Category.LINKS,
    Severity.LOW,
    source="https://html.spec.whatwg.org/#find-a-potential-indicated-element",
    on=On.HTML,
)
def broken_fragment(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """The page links to a place that the target page hasn't.

    Readers land at the top of the page and have to search.

    Fix: correct the part after #, or give the place that id.
    """
    for edge in site.fragments():
        yield SiteFinding("a link's # part names no id in {0}", edge.source, others=(edge.target,), count=edge.count)


@site_check(
    "link.low_link_score", Category.LINKS, Severity.INFO, source="heuristic", on=On.INDEXABLE, complete_only=True
)
def low_link_score(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """The site's own links favour this page least.

    Measured as PageRank over internal links: it stands in the bottom tenth, and far below the middle.

    Fix: link to it more often if it matters; there is always a bottom tenth.
    """
    for edge in site.weak():
        yield SiteFinding(f"link score in the lowest {edge.label} of all pages", edge.source)
