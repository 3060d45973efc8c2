"""Meta elements in general."""

from collections.abc import Iterator

from shared.checks.base import Category, Finding, Limits, Severity, check
from shared.checks.sample import sample
from shared.page import Page

_REPEATABLE = frozenset(
    {
        # The HTML standard allows several: an author each, a colour per media query.
        "author",
        "creator",
        "contributor",
        "theme-color",
        "color-scheme",
        "generator",
        "format-detection",
        "supported-color-schemes",
        # Directives are combined (developers.google.com/search/docs/crawling-indexing/robots-meta-tag).
        "robots",
        "googlebot",
        "googlebot-news",
        "bingbot",
        "google",
        # Checks of their own look at these.
        "description",
        "viewport",
        # One for each owner of the site.
        "msvalidate.01",
        "p:domain_verify",
        "fb:admins",
        "fediverse:creator",
        "twitter:creator",
        "monetization",
        "next-head-count",
        "msapplication-task",
    }
)
_REPEATABLE_PREFIXES = (
    "citation_",
    "dc.",
    "dcterms.",
    "dc:",
    "og:",
    "article:",
    "book:",
    "music:",
    "video:",
    "product:",
    "al:",
)
_REPEATABLE_SUFFIXES = ("verification", "-verify", "_verify", "domain-verification")


def _is_repeatable(name: str) -> bool:
    return name in _REPEATABLE or name.startswith(_REPEATABLE_PREFIXES) or name.endswith(_REPEATABLE_SUFFIXES)


@check(
    "meta.duplicate_tags",
    Category.ON_PAGE,
    Severity.LOW,
    bad=(
        sample(head='<meta name="application-name" content="Stone"><meta name="Application-Name" content="Steel">'),
        sample(head='<meta name="keywords" content="knives, whetstone"><meta name="keywords" content="burr, edge">'),
        sample(head='<meta name="referrer" content="origin"><meta name="referrer" content="no-referrer">'),
    ),
    good=(
        sample(),
        sample(head='<meta name="referrer" content="origin"><meta name="referrer" content="origin">'),
        sample(head='<meta name="author" content="Ida Stone"><meta name="author" content="Ben Steel">'),
        sample(
            head='<meta name="theme-color" content="#fff" media="(prefers-color-scheme: light)">'
            '<meta name="theme-color" content="#000" media="(prefers-color-scheme: dark)">'
        ),
        sample(
            head='<meta name="google-site-verification" content="1"><meta name="google-site-verification" content="2">'
        ),
        sample(head='<meta property="article:tag" content="knives"><meta property="article:tag" content="stones">'),
        sample(
            head='<meta name="robots" content="max-snippet:-1"><meta name="robots" content="max-image-preview:large">'
        ),
    ),
    source="https://html.spec.whatwg.org/multipage/semantics.html#standard-metadata-names",
)
def duplicate_tags(page: Page, limits: Limits) -> Iterator[Finding]:
    """A meta name stands in the page twice, with different content.

    Only one of the two can hold, and which one depends on the program that reads the page. Left out are names
    that may be repeated: author, creator, contributor, generator, theme-color, color-scheme, format-detection; robots
    and the crawlers' own names, whose directives add up; site verifications; fb:admins, fediverse:creator,
    twitter:creator, monetization and msapplication-task; all that begin with og:, article:, book:, music:, video:,
    product:, al:, dc., dc:, dcterms. or citation_. Description and viewport have checks of their own.

    Fix: keep the one that is meant; look for a plugin or template that adds the other.
    """
    first: dict[str, str] = {}
    reported: set[str] = set()
    for meta in page.metas:
        if not meta.name or meta.content is None:
            continue
        content = " ".join(meta.content.split())
        before = first.setdefault(meta.name, content)
        if before != content and meta.name not in reported and not _is_repeatable(meta.name):
            reported.add(meta.name)
            yield Finding(f"{meta.name}: {before} | {content}", meta.at)
