"""Language alternates, seen over the whole site."""

from collections.abc import Iterator

from shared.checks.base import Category, Fact, Limits, On, Severity, site_check
from shared.checks.site import Site, SiteFinding, State
from shared.facts_record import Flag

GOOGLE_HREFLANG = "https://developers.google.com/search/docs/specialty/international/localized-versions"
_MANY = 2


def _to(site: Site, state: State, what: str) -> Iterator[SiteFinding]:
    for edge in site.edges("hreflang", state):
        yield SiteFinding(f"the alternate {{0}} {what}", edge.source, others=(edge.target,), count=edge.count)


@site_check("hreflang.return_missing", Category.INTERNATIONAL, Severity.HIGH, source=GOOGLE_HREFLANG, on=On.INDEXABLE)
def return_missing(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """An alternate doesn't link back.

    Both pages must name each other, or search engines ignore the pair.

    Fix: put the same complete set of alternates on all versions.
    """
    for edge in site.mismatches("hreflang_return"):
        yield SiteFinding(f"{{0}} ({edge.label}) doesn't name this page", edge.source, others=(edge.target,))


@site_check(
    "hreflang.return_lang_inconsistent", Category.INTERNATIONAL, Severity.HIGH, source=GOOGLE_HREFLANG, on=On.INDEXABLE
)
def return_lang_inconsistent(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """The page names an alternate in another language than that one names itself.

    The two contradict each other, so search engines can't trust either.

    Fix: use the same language code for a page everywhere.
    """
    for edge in site.mismatches("hreflang_return_lang"):
        yield SiteFinding(f"calls {{0}} {edge.label}, which it isn't to itself", edge.source, others=(edge.target,))


@site_check("hreflang.to_noncanonical", Category.INTERNATIONAL, Severity.HIGH, source=GOOGLE_HREFLANG, on=On.INDEXABLE)
def to_noncanonical(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """An alternate names another page as its canonical.

    Only canonical pages take part in a set; the others are ignored.

    Fix: name the canonical address, or let the alternate be its own.
    """
    yield from _to(site, State.NONCANONICAL, "has another page as canonical")


@site_check("hreflang.to_noindex", Category.INTERNATIONAL, Severity.HIGH, source=GOOGLE_HREFLANG, on=On.INDEXABLE)
def to_noindex(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """An alternate forbids to be indexed.

    It can't be shown to the readers it is meant for.

    Fix: remove its noindex, or the alternate.
    """
    yield from _to(site, State.NOINDEX, "is noindex")


@site_check("hreflang.to_redirect", Category.INTERNATIONAL, Severity.HIGH, source=GOOGLE_HREFLANG, on=On.INDEXABLE)
def to_redirect(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """An alternate redirects.

    Search engines expect the final address and may ignore the alternate.

    Fix: name the address that the redirect leads to.
    """
    yield from _to(site, State.REDIRECT, "redirects")


@site_check("hreflang.to_broken", Category.INTERNATIONAL, Severity.HIGH, source=GOOGLE_HREFLANG, on=On.INDEXABLE)
def to_broken(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """An alternate doesn't work.

    Readers of that language would be sent to an error.

    Fix: correct the address, or remove the alternate.
    """
    yield from _to(site, State.BROKEN, "is broken")


@site_check(
    "hreflang.to_blocked",
    Category.INTERNATIONAL,
    Severity.HIGH,
    source=GOOGLE_HREFLANG,
    on=On.INDEXABLE,
    needs=(Fact.ROBOTS,),
)
def to_blocked(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """An alternate is disallowed in robots.txt.

    Crawlers can't read that it links back, so the pair doesn't count.

    Fix: allow it in robots.txt, or remove the alternate.
    """
    yield from _to(site, State.BLOCKED, "is disallowed in robots.txt")


@site_check("hreflang.url_multi_lang", Category.INTERNATIONAL, Severity.MEDIUM, source="heuristic", on=On.INDEXABLE)
def url_multi_lang(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """One address is given to several languages.

    A page is written in one language; one of the entries is a mistake. Several regions of a language are fine.

    Fix: give each language its own address, and use x-default for the rest of the world.
    """
    for edge in site.languages_of_one():
        yield SiteFinding(f"{{0}} stands for {edge.label}", edge.source, others=(edge.target,))


@site_check(
    "hreflang.multiple_methods", Category.INTERNATIONAL, Severity.MEDIUM, source=GOOGLE_HREFLANG, on=On.INDEXABLE
)
def multiple_methods(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """HTML, header and sitemap name different alternates.

    Search engines join what they find, contradictions included.

    Fix: use one method, or keep them the same.
    """
    for seq in site.pages(Flag.INDEXABLE | Flag.METHODS_DIFFER):
        yield SiteFinding("the sets of HTML, Link header and sitemap differ", seq)


@site_check(
    "hreflang.unlinked",
    Category.INTERNATIONAL,
    Severity.INFO,
    source="heuristic",
    on=On.INDEXABLE,
    complete_only=True,
    implies=("link.orphan", "sitemap.orphan_url"),
)
def unlinked(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """No link leads to an alternate.

    Readers who land on the wrong language can't switch.

    Fix: link the versions of a page to each other visibly.
    """
    for edge in site.unlinked("hreflang"):
        yield SiteFinding("no link leads to the alternate {0}", edge.source, others=(edge.target,), count=edge.count)


@site_check("hreflang.group_incomplete", Category.INTERNATIONAL, Severity.INFO, source="heuristic", on=On.INDEXABLE)
def group_incomplete(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """Some alternates of the page were not fetched.

    What they say about this page is not known, so nothing is claimed about them.

    Fix: none needed; a larger crawl would settle it.
    """
    for edge in site.uncrawled_alternates():
        yield SiteFinding(f"{edge.count} alternates on this site were not fetched", edge.source)


@site_check(
    "hreflang.missing_on_multilingual", Category.INTERNATIONAL, Severity.LOW, source=GOOGLE_HREFLANG, on=On.INDEXABLE
)
def missing_on_multilingual(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """The site has several languages, and this page doesn't say which is its own.

    It has neither a lang attribute nor alternates, so readers of another language may be sent there.

    Fix: set lang on `<html>`, and name the alternates.
    """
    languages = site.languages()
    whole = sum(languages.values())
    least = limits["hreflang.missing_on_multilingual"] * whole
    spoken = [name for name, pages in languages.items() if pages >= max(_MANY, least)]
    if len(spoken) >= _MANY:
        for seq in site.without_language():
            yield SiteFinding(f"no lang and no hreflang, on a site in {', '.join(sorted(spoken)[:5])}", seq)
