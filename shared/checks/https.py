"""Whether the page is served securely."""

from collections.abc import Iterator

from shared.checks.base import Category, Finding, Limits, On, Severity, check
from shared.checks.sample import HOST, URL, sample
from shared.page import Hop, Page


@check(
    "https.page_http",
    Category.SECURITY,
    Severity.HIGH,
    bad=(
        sample(url=URL.replace("https:", "http:")),
        sample(url="http://example.com/", canonical=f'<link rel="canonical" href="{HOST}/">'),
    ),
    good=(
        sample(),
        sample(
            url="http://example.com/guides/",
            redirects=(Hop(url="http://example.com/guides/", status=301, location=f"{HOST}/guides/"),),
            final_url=f"{HOST}/guides/",
        ),
    ),
    source="https://developers.google.com/search/docs/appearance/page-experience",
    on=On.OK,
    implies=("canonical.scheme_mismatch", "social.og_url_mismatch"),
)
def page_http(page: Page, limits: Limits) -> Iterator[Finding]:
    """The page is served over http.

    Anybody on the way can read and change it, browsers call it not secure, and search engines prefer https.

    Fix: serve the site over https and redirect every http address to it.
    """
    if not page.is_https:
        yield Finding(page.final_url, "url")
