"""The document's declared language."""

from collections.abc import Iterator

from shared.checks.base import Category, Finding, Limits, Severity, check
from shared.checks.sample import sample
from shared.page import Page
from shared.reading.language_tags import bcp47_fault

HTML_LANG = "https://html.spec.whatwg.org/multipage/dom.html#the-lang-and-xml:lang-attributes"


def _declared(page: Page) -> str:
    """The language that the root element declares, "" when none: `lang`, and `xml:lang` in a document parsed as XML."""
    lang = page.html_attributes.get("lang")
    if not lang and page.media_type == "application/xhtml+xml":
        lang = page.html_attributes.get("xml:lang")
    return lang or ""


@check(
    "lang.missing",
    Category.INTERNATIONAL,
    Severity.MEDIUM,
    bad=(sample(html_attributes=""), sample(html_attributes='lang=""'), sample(html_attributes='xml:lang="en"')),
    good=(
        sample(),
        sample(html_attributes='LANG="en-GB"'),
        sample(
            html_attributes='xmlns="http://www.w3.org/1999/xhtml" xml:lang="en"',
            headers={"Content-Type": "application/xhtml+xml; charset=utf-8"},
        ),
    ),
    source=HTML_LANG,
)
def missing(page: Page, limits: Limits) -> Iterator[Finding]:
    """The page doesn't declare its language.

    Screen readers choose their voice, and browsers their translation and hyphenation, by this declaration.

    Fix: write the language into the root element, e.g. `<html lang="en">`.
    """
    if not _declared(page).strip():
        given = page.html_attributes.get("lang")
        yield Finding("no lang attribute on <html>" if given is None else 'lang="" on <html>', "(//html)[1]")


@check(
    "lang.invalid",
    Category.INTERNATIONAL,
    Severity.MEDIUM,
    bad=(
        sample(html_attributes='lang="en_US"'),
        sample(html_attributes='lang="english"'),
        sample(html_attributes='lang="xx"'),
        sample(html_attributes='lang="en-UK"'),
        sample(html_attributes='lang="eng"'),
    ),
    good=(
        sample(),
        sample(html_attributes='lang="EN-us"'),
        sample(html_attributes='lang="zh-Hant-TW"'),
        sample(html_attributes='lang="es-419"'),
        sample(html_attributes='lang="i-klingon"'),
        sample(html_attributes='lang="sl-rozaj-biske"'),
        sample(html_attributes='lang="fil"'),
        sample(html_attributes='lang="en-GB-oxendict"'),
        sample(html_attributes=""),
    ),
    source="https://www.rfc-editor.org/rfc/rfc5646",
)
def invalid(page: Page, limits: Limits) -> Iterator[Finding]:
    """The declared language is not a valid language tag.

    Browsers and screen readers ignore a tag they can't read, as though none were there.

    Fix: use a tag of BCP 47, such as `en`, `en-GB` or `zh-Hant`, with hyphens and registered codes.
    """
    tag = _declared(page)
    if tag.strip() and (fault := bcp47_fault(tag)):
        yield Finding(f'lang="{tag}": {fault}', "(//html)[1]")
