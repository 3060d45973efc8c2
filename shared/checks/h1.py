"""Main headings."""

from collections.abc import Iterator

from shared.checks.base import Category, Finding, Limits, Severity, check
from shared.checks.sample import sample
from shared.page import Heading, Page
from shared.reading.graphemes import graphemes
from shared.reading.terms import is_unspaced

HTML_HEADINGS = "https://html.spec.whatwg.org/multipage/sections.html#the-h1,-h2,-h3,-h4,-h5,-and-h6-elements"
ACCESSIBLE_HEADINGS = "https://www.w3.org/WAI/tutorials/page-structure/headings/"

_LOGO = '<img src="/media/knife.webp" alt="Sharpening kitchen knives" width="400" height="300">'


def _main_headings(page: Page) -> list[Heading]:
    return [heading for heading in page.headings if heading.level == 1]


@check(
    "h1.missing",
    Category.ON_PAGE,
    Severity.MEDIUM,
    bad=(
        sample(h1=""),
        sample(h1="<h1> &nbsp; </h1>"),
        sample(h1='<h1><img src="/k.webp" alt="" width="40" height="30"></h1>'),
    ),
    good=(
        sample(),
        sample(h1="<H1>包丁の研ぎ方</H1>"),
        sample(h1=f"<h1>{_LOGO}</h1>"),
        sample(h1="<h1></h1><h1>Sharpening kitchen knives step by step</h1>"),
    ),
    source=ACCESSIBLE_HEADINGS,
    implies=("heading.empty",),
)
def missing(page: Page, limits: Limits) -> Iterator[Finding]:
    """The page has no main heading.

    The main heading tells readers, screen readers and search engines at once what the page is about.

    Fix: put the page's subject into one `<h1>`.
    """
    found = _main_headings(page)
    if not any(heading.text.strip() for heading in found):
        yield Finding("an empty <h1>" if found else "no <h1> element", found[0].at if found else "(//body)[1]")


@check(
    "h1.multiple",
    Category.ON_PAGE,
    Severity.INFO,
    bad=sample(body="<h1>Storing the blade in a rack</h1>"),
    good=(sample(), sample(h1="<h1></h1><h1>Sharpening kitchen knives step by step</h1>")),
    source=HTML_HEADINGS,
)
def multiple(page: Page, limits: Limits) -> Iterator[Finding]:
    """The page has several main headings.

    Google copes with that, and HTML allows it; for people who navigate by headings one is clearer.

    Fix: keep the `<h1>` that names the page's subject, and make the others `<h2>`.
    """
    found = [heading for heading in _main_headings(page) if heading.text.strip()]
    if len(found) > 1:
        yield Finding(f"{len(found)} main headings: " + " | ".join(h.text for h in found[:4]), found[1].at)


@check(
    "h1.too_long",
    Category.ON_PAGE,
    Severity.INFO,
    bad=sample(
        h1="<h1>Sharpening kitchen knives step by step: stone, water, angle, patience, and what comes after</h1>"
    ),
    good=(sample(), sample(h1="<h1>Как правильно и безопасно точить кухонные ножи на водном камне</h1>")),
    source="heuristic",
)
def too_long(page: Page, limits: Limits) -> Iterator[Finding]:
    """The main heading is very long.

    A heading is there to be grasped at a glance.

    Fix: keep the subject in the `<h1>` and move the rest into the text below.
    """
    for heading in _main_headings(page):
        if (length := graphemes(heading.text)) > limits["h1.too_long"]:
            yield Finding(f"{length} characters: {heading.text}", heading.at)


@check(
    "h1.too_short",
    Category.ON_PAGE,
    Severity.INFO,
    bad=(sample(h1="<h1>Knives</h1>"), sample(h1="<h1>Scharfe Messer</h1>")),
    good=(sample(), sample(h1="<h1>包丁の研ぎ方</h1>"), sample(h1="<h1></h1>"), sample(h1="<h1>How knives work</h1>")),
    source="heuristic",
)
def too_short(page: Page, limits: Limits) -> Iterator[Finding]:
    """The main heading has only a word or two.

    So short a heading seldom tells this page from others of the site.

    Fix: say in the `<h1>` what exactly the page offers.
    """
    for heading in _main_headings(page):
        words = heading.text.split()
        if words and len(words) < limits["h1.too_short"] and not is_unspaced(heading.text):
            yield Finding(heading.text, heading.at)


@check(
    "h1.only_image_alt",
    Category.ON_PAGE,
    Severity.LOW,
    bad=(sample(h1=f"<h1>{_LOGO}</h1>"), sample(h1=f'<h1><a href="/guides/"><span>{_LOGO}</span></a></h1>')),
    good=(sample(), sample(h1=f"<h1>{_LOGO} Sharpening kitchen knives step by step</h1>")),
    source="https://developers.google.com/search/docs/appearance/google-images",
)
def only_image_alt(page: Page, limits: Limits) -> Iterator[Finding]:
    """The main heading's text is only an image's alternative text.

    Search engines prefer text to images for headings, and an image can't be selected, enlarged or translated.

    Fix: write the heading as text; an image may stand beside it.
    """
    for heading in _main_headings(page):
        if heading.only_image and heading.text.strip():
            yield Finding(heading.text, heading.at)
