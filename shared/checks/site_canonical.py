"""Where canonical addresses lead."""

from collections.abc import Iterator

from shared.checks.base import Category, Fact, Limits, On, Severity, site_check
from shared.checks.site import Site, SiteFinding, State
from shared.facts_record import Flag

GOOGLE_CANONICAL = "https://developers.google.com/search/docs/crawling-indexing/consolidate-duplicate-urls"
GOOGLE_PAGES = "https://developers.google.com/search/docs/specialty/ecommerce/pagination-and-incremental-page-loading"


def _to(site: Site, state: State, what: str) -> Iterator[SiteFinding]:
    for edge in site.edges("canonical", state):
        yield SiteFinding(f"the canonical {{0}} {what}", edge.source, others=(edge.target,))


@site_check("canonical.to_redirect", Category.INDEXING, Severity.HIGH, source=GOOGLE_CANONICAL, on=On.HTML)
def to_redirect(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """The canonical address redirects.

    The two signals name different addresses, so search engines decide for themselves.

    Fix: name the address that the redirect leads to.
    """
    yield from _to(site, State.REDIRECT, "redirects")


@site_check("canonical.to_broken", Category.INDEXING, Severity.HIGH, source=GOOGLE_CANONICAL, on=On.HTML)
def to_broken(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """The canonical address doesn't work.

    Search engines can't index a page that isn't there, and ignore the hint at best.

    Fix: name an address that answers 200, mostly the page's own.
    """
    yield from _to(site, State.BROKEN, "is broken")


@site_check("canonical.to_noindex", Category.INDEXING, Severity.HIGH, source=GOOGLE_CANONICAL, on=On.HTML)
def to_noindex(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """The canonical page forbids to be indexed.

    The page asks to be represented by one that refuses: both may disappear from search.

    Fix: remove the noindex there, or the canonical here.
    """
    yield from _to(site, State.NOINDEX, "is noindex")


@site_check(
    "canonical.to_blocked",
    Category.INDEXING,
    Severity.HIGH,
    source=GOOGLE_CANONICAL,
    on=On.HTML,
    needs=(Fact.ROBOTS,),
)
def to_blocked(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """The canonical page is disallowed in robots.txt.

    Crawlers can't read the page that should stand for this one.

    Fix: allow it in robots.txt, or name another canonical.
    """
    yield from _to(site, State.BLOCKED, "is disallowed in robots.txt")


@site_check("canonical.to_noncanonical", Category.INDEXING, Severity.HIGH, source=GOOGLE_CANONICAL, on=On.HTML)
def to_noncanonical(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """The canonical page names yet another page as its canonical.

    Such a chain is a weak hint; search engines may stop at any link of it.

    Fix: name the last page of the chain.
    """
    looped = {seq for cycle in site.cycles("canonical") for seq in cycle}
    for edge in site.edges("canonical", State.NONCANONICAL):
        if edge.target not in looped:
            yield SiteFinding("the canonical {0} has a canonical of its own", edge.source, others=(edge.target,))


@site_check("canonical.loop", Category.INDEXING, Severity.HIGH, source=GOOGLE_CANONICAL, on=On.HTML)
def loop(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """Pages name each other as canonical, in a circle.

    No page of the circle says that it is the one to be indexed.

    Fix: let one page name itself and the others name that one.
    """
    for cycle in site.cycles("canonical"):
        for seq, following in zip(cycle, (*cycle[1:], cycle[0]), strict=True):
            yield SiteFinding(f"in a circle of {len(cycle)} canonicals, next {{0}}", seq, others=(following,))


@site_check(
    "canonical.unlinked",
    Category.INDEXING,
    Severity.LOW,
    source="heuristic",
    on=On.HTML,
    complete_only=True,
    implies=("link.orphan", "sitemap.orphan_url"),
)
def unlinked(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """No page links to the canonical page.

    You ask search engines to index an address that the site itself doesn't use.

    Fix: link to the canonical address in place of its variants.
    """
    for edge in site.unlinked("canonical"):
        yield SiteFinding("no link leads to the canonical {0}", edge.source, others=(edge.target,))


@site_check("canonical.pagination_to_first", Category.INDEXING, Severity.MEDIUM, source=GOOGLE_PAGES, on=On.HTML)
def pagination_to_first(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """A later page of a series names the first one as canonical.

    Its content differs from the first page's, so what is listed only there may not be found.

    Fix: let each page of a series name itself.
    """
    for seq in site.pages(Flag.FETCHED | Flag.HTML | Flag.FIRST_CANONICAL):
        yield SiteFinding("its canonical is the first page of the series", seq)


@site_check("canonical.form_drift", Category.INDEXING, Severity.LOW, source=GOOGLE_CANONICAL, on=On.HTML)
def form_drift(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """Links or the sitemap use another form of the address than the page's canonical.

    The forms differ in case, in a slash at the end, in www or scheme only, and weaken each other as signals.

    Fix: use the canonical form everywhere, and redirect the others to it.
    """
    have = Flag.FETCHED | Flag.HTML | Flag.OTHER_FORM
    listed = set(site.pages(have | Flag.LISTED))
    linked = {edge.target for edge in site.linked(have)}
    for seq in sorted(listed | linked):
        yield SiteFinding("linked or listed in a form that its canonical isn't", seq)
