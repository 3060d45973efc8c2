"""About the scan, not the site. Weighs nothing."""

from collections.abc import Iterator

from shared.checks.base import Category, Limits, Severity, site_check
from shared.checks.site import Site, SiteFinding


@site_check("scan.incomplete", Category.SCAN, Severity.INFO, source="heuristic")
def incomplete(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """The scan didn't see the whole site.

    What only a complete crawl can tell, such as pages without links, is left undecided.

    Fix: none needed; raise the limits to see more.
    """
    if site.inputs.reason:
        yield SiteFinding(site.inputs.reason, url=site.inputs.start_url)


@site_check("scan.start_moved", Category.SCAN, Severity.INFO, source="heuristic")
def start_moved(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """The start page redirects to another host, and that one was scanned.

    What is said of pages, robots.txt and sitemaps is about the host that visitors arrive at.

    Fix: none needed; start from that host the next time.
    """
    if site.inputs.moved_to:
        yield SiteFinding(f"scanned: {site.inputs.moved_to}", url=site.inputs.start_url)


@site_check("scan.skipped_urls", Category.SCAN, Severity.INFO, source="heuristic")
def skipped_urls(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """Some addresses were found and not fetched.

    They are counted by reason, such as robots.txt, an exclusion, or the page limit.

    Fix: none needed.
    """
    skipped = site.inputs.skipped
    least = "at least " if skipped.get("more") else ""
    for reason, count in sorted(skipped.items()):
        if count and reason != "more":
            yield SiteFinding(f"{least}{count} skipped: {reason}", url=site.inputs.start_url, count=count)


@site_check(
    "scan.rate_limited", Category.SCAN, Severity.INFO, source="https://www.rfc-editor.org/rfc/rfc6585#section-4"
)
def rate_limited(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """The server asked us to slow down.

    It answered 429 or named a Retry-After; the scan went on more slowly, and some pages may be missing.

    Fix: none needed; allow this scanner on your server for faster scans.
    """
    count = site.inputs.rate_limited
    if count:
        yield SiteFinding(f"asked {count} times", url=site.inputs.start_url, count=count)


@site_check("scan.issue_suppressed", Category.SCAN, Severity.INFO, source="heuristic")
def issue_suppressed(site: Site, limits: Limits) -> Iterator[SiteFinding]:
    """Some checks were switched off.

    What they would have found is neither shown nor scored.

    Fix: none needed.
    """
    for check in sorted(site.inputs.suppressed):
        yield SiteFinding(f"switched off: {check}", url=site.inputs.start_url)
