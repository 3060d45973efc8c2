"""rel=next and rel=prev."""

from collections.abc import Iterator

from shared.checks.base import Category, Finding, Limits, Severity, check
from shared.checks.sample import sample
from shared.page import LinkTag, Page

GOOGLE = "https://developers.google.com/search/docs/specialty/ecommerce/pagination-and-incremental-page-loading"
_DIRECTIONS = (("next", frozenset({"next"})), ("prev", frozenset({"prev", "previous"})))


def _series(page: Page) -> Iterator[tuple[str, list[LinkTag]]]:
    for name, tokens in _DIRECTIONS:
        found = [tag for tag in page.link_tags if tag.url and not tokens.isdisjoint(tag.rel)]
        if found:
            yield name, found


@check(
    "pagination.url_not_linked",
    Category.LINKS,
    Severity.LOW,
    bad=(
        sample(head='<link rel="next" href="/guides/sharpening-kitchen-knives?page=2">'),
        sample(
            head='<link rel="prev" href="/guides/1">', body='<p><a href="/guides/3">Third part of the guide</a></p>'
        ),
    ),
    good=(
        sample(),
        sample(
            head='<link rel="NEXT" href="?page=2">',
            body='<p><a href="https://example.com/guides/sharpening-kitchen-knives?page=2#more">Second part</a></p>',
        ),
        sample(body='<p><a rel="next" href="/guides/2">Second part of the guide</a></p>'),
    ),
    source=GOOGLE,
)
def url_not_linked(page: Page, limits: Limits) -> Iterator[Finding]:
    """The next or previous page of a series is declared but not linked.

    Google no longer reads rel=next and rel=prev and finds the parts of a series through links only.

    Fix: link the parts of the series with `<a href>`.
    """
    series = list(_series(page))
    if not series:
        return
    linked = {link.url for link in page.links}
    for name, tags in series:
        for tag in tags:
            if (tag.url or "").partition("#")[0] not in linked:
                yield Finding(f"rel={name}: {tag.url}", tag.at)


@check(
    "pagination.multiple",
    Category.LINKS,
    Severity.LOW,
    bad=sample(
        head='<link rel="next" href="/guides/2"><link rel="next" href="/guides/3">',
        body='<p><a href="/guides/2">Second part</a> <a href="/guides/3">Third part</a></p>',
    ),
    good=(
        sample(),
        sample(
            head='<link rel="prev" href="/guides/1"><link rel="next" href="/guides/3">',
            body='<p><a href="/guides/1">First part</a> <a href="/guides/3">Third part</a></p>',
        ),
        sample(
            head='<link rel="next" href="/guides/3"><link rel="next" href="https://example.com/guides/3">',
            body='<p><a href="/guides/3">Third part</a></p>',
        ),
    ),
    source="https://html.spec.whatwg.org/multipage/links.html#sequential-link-types",
)
def multiple(page: Page, limits: Limits) -> Iterator[Finding]:
    """The page declares several next or several previous pages.

    A page of a series has one successor and one predecessor; programs that read the declaration pick one at random.

    Fix: keep one `<link rel="next">` and one `<link rel="prev">`.
    """
    for name, tags in _series(page):
        addresses = sorted({tag.url or "" for tag in tags})
        if len(addresses) > 1:
            yield Finding(f"rel={name}: {', '.join(addresses)}", tags[1].at)
