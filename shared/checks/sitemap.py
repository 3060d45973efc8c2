"""XML sitemaps: the files themselves."""

from collections.abc import Iterator

from shared.checks.base import Category, Fact, Limits, Severity, site_check
from shared.checks.site import Site, SiteFinding, SitemapFile

PROTOCOL = "https://www.sitemaps.org/protocol.html"
GOOGLE_SITEMAPS = "https://developers.google.com/search/docs/crawling-indexing/sitemaps/build-sitemap"
GOOGLE_NEWS = "https://developers.google.com/search/docs/crawling-indexing/sitemaps/news-sitemap"

_OK = range(200, 300)
_NOT_FOR_US = frozenset({401, 403, 407, 429})
_OURS = frozenset({"timeout", "forbidden_address", "blocked_by_robots", "blocked_by_server", "bad_url", "too_large"})
_NOT_A_SITEMAP = frozenset({"html", "unknown"})


def _files(site: Site) -> tuple[SitemapFile, ...]:
    return site.inputs.sitemaps or ()


def _read(file: SitemapFile) -> bool:
    return file.status in _OK and file.error is None


def _faults(site: Site, kind: str) -> Iterator[SiteFinding]:
    """What reading the files has found of one kind; the first stands for those that were only counted."""
    for file in _files(site):
        faults = [fault for fault in file.problems if fault.kind == kind]
        more = max(file.counts.get(kind, 0) - len(faults), 0)
        for fault in faults:
            yield SiteFinding(fault.text, url=file.url, at=f"line {fault.line}" if fault.line else "", count=1 + more)
            more = 0


@site_check(
    "sitemap.missing", Category.INDEXING, Severity.MEDIUM, source=GOOGLE_SITEMAPS, needs=(Fact.IN_SITEMAP, Fact.ROBOTS)
)
def missing(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """The site has no sitemap.

    Pages that few links lead to are then found late or never, and changes go unnoticed for longer.

    Fix: generate a sitemap and name it in robots.txt.
    """
    files = _files(site)
    if any(_read(file) or file.declared for file in files):
        return
    if any(file.status in _NOT_FOR_US or file.error in _OURS for file in files):
        return
    yield SiteFinding("none in robots.txt, none at the usual addresses", url=site.inputs.start_url)


@site_check("sitemap.unreachable", Category.INDEXING, Severity.HIGH, source=PROTOCOL, needs=(Fact.IN_SITEMAP,))
def unreachable(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """A sitemap that robots.txt or an index names can't be had.

    Search engines get nothing from it, and stop trusting it after a while.

    Fix: let it answer 200, or remove its name.
    """
    for file in _files(site):
        if not file.declared or file.error in _OURS or file.status in _NOT_FOR_US:
            continue
        if file.error is not None:
            yield SiteFinding(f"no answer ({file.error})", url=file.url)
        elif file.status is not None and file.status not in _OK:
            yield SiteFinding(f"answers {file.status}", url=file.url)


@site_check("sitemap.syntax", Category.INDEXING, Severity.HIGH, source=PROTOCOL, needs=(Fact.IN_SITEMAP,))
def syntax(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """A sitemap breaks the rules of XML or of the protocol.

    Strict readers drop the whole file at the first fault; we read on and count what can be saved.

    Fix: correct the places named; write XML with a library, not by joining text.
    """
    yield from _faults(site, "sitemap.syntax")


@site_check("sitemap.wrong_format", Category.INDEXING, Severity.MEDIUM, source=PROTOCOL, needs=(Fact.IN_SITEMAP,))
def wrong_format(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """What should be a sitemap is something else.

    Mostly it is an error page that answers 200; crawlers find no address in it.

    Fix: serve the sitemap there, or remove its name.
    """
    for finding in _faults(site, "sitemap.wrong_format"):
        if any(file.url == finding.url and file.declared for file in _files(site)):
            yield finding


@site_check("sitemap.too_many_urls", Category.INDEXING, Severity.HIGH, source=PROTOCOL, needs=(Fact.IN_SITEMAP,))
def too_many_urls(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """A sitemap lists more than 50,000 addresses.

    That is the protocol's limit; search engines refuse the file or ignore the rest.

    Fix: split it and list the parts in a sitemap index.
    """
    yield from _faults(site, "sitemap.too_many_urls")


@site_check("sitemap.too_large", Category.INDEXING, Severity.HIGH, source=PROTOCOL, needs=(Fact.IN_SITEMAP,))
def too_large(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """A sitemap is larger than 50 MB uncompressed.

    That is the protocol's limit; search engines refuse the file or ignore the rest.

    Fix: split it and list the parts in a sitemap index.
    """
    yield from _faults(site, "sitemap.too_large")


@site_check("sitemap.index_too_many", Category.INDEXING, Severity.MEDIUM, source=PROTOCOL, needs=(Fact.IN_SITEMAP,))
def index_too_many(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """A sitemap index lists more than 50,000 sitemaps, or another index.

    Search engines read the limit's worth and don't descend into an index within an index.

    Fix: list sitemaps only, and use several indexes beside each other.
    """
    yield from _faults(site, "sitemap.index_too_many")


@site_check(
    "sitemap.url_out_of_scope",
    Category.INDEXING,
    Severity.MEDIUM,
    source=f"{PROTOCOL}#location",
    needs=(Fact.IN_SITEMAP,),
)
def url_out_of_scope(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """A sitemap lists addresses it may not speak for.

    It counts for its own host and for what lies below its directory, unless the other host's robots.txt names it.

    Fix: move the sitemap up, or list the addresses in a sitemap of their own host.
    """
    yield from _faults(site, "sitemap.url_out_of_scope")


@site_check("sitemap.http_urls", Category.INDEXING, Severity.MEDIUM, source=PROTOCOL, needs=(Fact.IN_SITEMAP,))
def http_urls(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """A sitemap on https lists addresses on http.

    Each of them is at best a redirect, so the sitemap names no page that can be indexed.

    Fix: write https into the sitemap's addresses.
    """
    yield from _faults(site, "sitemap.http_urls")


@site_check("sitemap.duplicate_url", Category.INDEXING, Severity.LOW, source=PROTOCOL, needs=(Fact.IN_SITEMAP,))
def duplicate_url(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """A sitemap lists an address twice.

    It does no harm by itself, but it uses up the file's limit and often hides two different dates.

    Fix: list each address once.
    """
    yield from _faults(site, "sitemap.duplicate_url")


@site_check("sitemap.lastmod_invalid", Category.INDEXING, Severity.LOW, source=PROTOCOL, needs=(Fact.IN_SITEMAP,))
def lastmod_invalid(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """A sitemap gives a date that is none, or lies in the future.

    Search engines ignore it, and the good ones of the file with it when it happens often.

    Fix: write dates such as 2026-11-18 or 2026-11-18T09:30:00+00:00.
    """
    yield from _faults(site, "sitemap.lastmod_invalid")


@site_check(
    "sitemap.image_news_video_invalid", Category.INDEXING, Severity.MEDIUM, source=GOOGLE_NEWS, needs=(Fact.IN_SITEMAP,)
)
def image_news_video_invalid(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """A sitemap's image, news or video entry lacks something required.

    Google ignores the whole entry.

    Fix: add the elements named.
    """
    yield from _faults(site, "sitemap.image_news_video_invalid")


@site_check("sitemap.news_stale", Category.INDEXING, Severity.MEDIUM, source=GOOGLE_NEWS, needs=(Fact.IN_SITEMAP,))
def news_stale(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """A news sitemap lists articles older than two days, or more than 1,000.

    Google wants recent articles there and ignores the others.

    Fix: remove the news element from older articles.
    """
    yield from _faults(site, "sitemap.news_stale")


@site_check(
    "sitemap.hreflang_invalid",
    Category.INDEXING,
    Severity.MEDIUM,
    source="https://developers.google.com/search/docs/specialty/international/localized-versions#sitemap",
    needs=(Fact.IN_SITEMAP,),
)
def hreflang_invalid(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """A sitemap's language alternates have a fault.

    Google ignores alternates with an unknown language, without a full address, or in a set that leaves out the page.

    Fix: give each address the complete set of its versions, itself among them.
    """
    yield from _faults(site, "sitemap.hreflang_invalid")


@site_check(
    "sitemap.count_dropped",
    Category.INDEXING,
    Severity.MEDIUM,
    source="heuristic",
    needs=(Fact.IN_SITEMAP, Fact.PREVIOUS),
)
def count_dropped(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """The sitemaps list far fewer addresses than in the scan before.

    A generator that stops half-way is the usual reason, and nobody notices until pages drop out of the index.

    Fix: none if you removed pages; otherwise look at how the sitemap is made.
    """
    before = site.inputs.previous.sitemap_urls if site.inputs.previous else None
    now = sum(file.urls for file in _files(site) if _read(file) and file.kind != "index")
    if before and before - now > limits["sitemap.count_dropped"] * before:
        yield SiteFinding(f"{now} addresses, before {before}", url=site.inputs.start_url)
