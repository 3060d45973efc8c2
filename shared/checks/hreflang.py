"""Language alternates, as far as one page alone can tell."""

from collections.abc import Iterator

from shared.checks.base import Category, Finding, Limits, On, Severity, check
from shared.checks.sample import HOST, URL, sample
from shared.page import Alternate, Page
from shared.reading.language_tags import hreflang_fault, split

GOOGLE_LOCALIZED = "https://developers.google.com/search/docs/specialty/international/localized-versions"

_GERMAN = f"{HOST}/de/kuechenmesser-schaerfen"


def _alternate(lang: str, href: str) -> str:
    return f'<link rel="alternate" hreflang="{lang}" href="{href}">'


_SELF = _alternate("en", URL)
_DE = _alternate("de", _GERMAN)
_DEFAULT = _alternate("x-default", URL)
_SET = _SELF + _DE + _DEFAULT


def _read(page: Page) -> list[Alternate]:
    """The alternates that search engines read: in the head, the HTTP header, or the sitemap."""
    return [alternate for alternate in page.alternates if alternate.in_head or alternate.source != "html"]


def _own(page: Page) -> list[Alternate]:
    """The alternates that point to this very page."""
    bare = page.final_url.count("/") == 2  # noqa: PLR2004 - https://example.com means https://example.com/
    own = {page.final_url + "/" * bare, page.canonical_url}
    return [alternate for alternate in _read(page) if alternate.url is not None and alternate.url in own]


@check(
    "hreflang.invalid",
    Category.INTERNATIONAL,
    Severity.HIGH,
    bad=(
        sample(head=_SET + _alternate("en-UK", f"{HOST}/uk/")),
        sample(head=_SET + _alternate("jp", f"{HOST}/jp/")),
        sample(head=_SET + _alternate("pt_BR", f"{HOST}/br/")),
        sample(head=_SET + _alternate("fr-FRA", f"{HOST}/fr/")),
        sample(head=_SET + _alternate("es-419", f"{HOST}/latam/")),
        sample(head=_SET + _alternate("", f"{HOST}/fr/")),
    ),
    good=(
        sample(),
        sample(head=_SET),
        sample(head=_SET + _alternate("uk", f"{HOST}/uk/") + _alternate("EN-gb", f"{HOST}/gb/")),
        sample(head=_SET + _alternate("zh-Hant", f"{HOST}/hant/") + _alternate("sr-Latn-RS", f"{HOST}/rs/")),
        sample(head='<link rel="alternate" type="application/rss+xml" href="/feed.xml">'),
    ),
    source=f"{GOOGLE_LOCALIZED}#language-codes",
)
def invalid(page: Page, limits: Limits) -> Iterator[Finding]:
    """An hreflang value is not a code that search engines read.

    Google takes a language of ISO 639-1, then optionally a script of ISO 15924 and a country of ISO 3166-1; it ignores
    anything else, and with it the alternate.

    Fix: correct the code: `en-GB` instead of `en-UK`, `ja` instead of `jp`, a hyphen instead of an underscore.
    """
    for alternate in page.alternates:
        if fault := hreflang_fault(alternate.lang):
            yield Finding(f'hreflang="{alternate.lang}": {fault}', alternate.at)


@check(
    "hreflang.relative_url",
    Category.INTERNATIONAL,
    Severity.HIGH,
    bad=(
        sample(head=_SELF + _DEFAULT + _alternate("de", "/de/kuechenmesser-schaerfen")),
        sample(head=_SELF + _DEFAULT + _alternate("de", "//example.com/de/kuechenmesser-schaerfen")),
        sample(head=_SELF + _DEFAULT + _alternate("de", "example.com/de")),
    ),
    good=(
        sample(),
        sample(head=_SET),
        sample(head=_SELF + _DEFAULT + _alternate("de", f" {_GERMAN.upper()} ")),
        sample(head='<link rel="alternate" type="application/rss+xml" hreflang="en" href="../feed.xml" title="News">'),
    ),
    source=f"{GOOGLE_LOCALIZED}#all-method-guidelines",
    implies=("link.protocol_relative",),
)
def relative_url(page: Page, limits: Limits) -> Iterator[Finding]:
    """An hreflang address is not absolute.

    Google asks for fully qualified addresses of alternates, with scheme and host.

    Fix: write the whole address, beginning with `https://`.
    """
    for alternate in page.alternates:
        if not alternate.href.strip().lower().startswith(("http://", "https://")):
            yield Finding(f'hreflang="{alternate.lang}" href="{alternate.href}"', alternate.at)


@check(
    "hreflang.self_missing",
    Category.INTERNATIONAL,
    Severity.MEDIUM,
    bad=(
        sample(head=_DE + _alternate("fr", f"{HOST}/fr/") + _alternate("x-default", f"{HOST}/")),
        sample(head=_alternate("en", f"{URL}/") + _DE + _alternate("x-default", f"{HOST}/")),
    ),
    good=(
        sample(),
        sample(head=_SET),
        sample(head=_alternate("en", "/guides/sharpening-kitchen-knives") + _DE + _alternate("x-default", f"{HOST}/")),
        sample(head=_alternate("en", URL.replace("https://example", "HTTPS://EXAMPLE")) + _DE + _DEFAULT),
        sample(canonical=f'<link rel="canonical" href="{HOST}/guides/">', head=_DE),
    ),
    source=f"{GOOGLE_LOCALIZED}#all-method-guidelines",
    on=On.INDEXABLE,
)
def self_missing(page: Page, limits: Limits) -> Iterator[Finding]:
    """The page's alternates don't include the page itself.

    Every version must list itself as well as all others, or search engines may ignore the set.

    Fix: add an alternate with this page's own language and address.
    """
    alternates = _read(page)
    if alternates and not _own(page):
        yield Finding(f"{len(alternates)} alternates, none with this page's address", alternates[0].at)


@check(
    "hreflang.x_default_missing",
    Category.INTERNATIONAL,
    Severity.INFO,
    bad=sample(head=_SELF + _DE),
    good=(sample(), sample(head=_SET), sample(head=_SELF), sample(head=_SELF + _DE + _DEFAULT.replace("x-d", "X-D"))),
    source=f"{GOOGLE_LOCALIZED}#xdefault",
)
def x_default_missing(page: Page, limits: Limits) -> Iterator[Finding]:
    """The alternates name no default for other languages.

    `x-default` tells search engines which version to show to people whose language isn't listed.

    Fix: add an alternate with `hreflang="x-default"`.
    """
    alternates = _read(page)
    languages = {alternate.lang.lower() for alternate in alternates}
    if len(languages) > 1 and "x-default" not in languages:
        yield Finding(f"{', '.join(sorted(languages)[:20])}, no x-default", alternates[0].at)


@check(
    "hreflang.duplicate_lang",
    Category.INTERNATIONAL,
    Severity.HIGH,
    bad=(
        sample(head=_SET + _alternate("de", f"{HOST}/at/kuechenmesser-schaerfen")),
        sample(head=_SET + _alternate("DE", f"{HOST}/at/kuechenmesser-schaerfen")),
    ),
    good=(
        sample(),
        sample(head=_SET + _DE),
        sample(head=_SET + _alternate("de-AT", _GERMAN)),
        sample(head=_SET + _alternate("de-AT", f"{HOST}/at/")),
    ),
    source=GOOGLE_LOCALIZED,
)
def duplicate_lang(page: Page, limits: Limits) -> Iterator[Finding]:
    """One language code points to several addresses.

    Search engines can't tell which of them is meant, and may ignore them all.

    Fix: keep one address for each code; tell regions apart with codes such as `de-AT`.
    """
    first: dict[tuple[str, str], Alternate] = {}
    for alternate in _read(page):
        if alternate.url is None:
            continue
        before = first.setdefault((alternate.source, alternate.lang.lower()), alternate)
        if before.url != alternate.url:
            yield Finding(f"{alternate.lang}: {before.url} and {alternate.url}", alternate.at)


def _agree(one: tuple[str, str, str], other: tuple[str, str, str]) -> bool:
    """Whether two tags can describe the same text: equal language, and no script or region that contradicts."""
    return one[0] == other[0] and all(a == b or not a or not b for a, b in zip(one[1:], other[1:], strict=True))


@check(
    "hreflang.lang_mismatch",
    Category.INTERNATIONAL,
    Severity.MEDIUM,
    bad=(
        sample(head=_alternate("fr", URL) + _DE + _alternate("x-default", f"{HOST}/")),
        sample(
            html_attributes='lang="en-US"',
            head=_alternate("en-GB", URL) + _DE + _alternate("x-default", f"{HOST}/"),
        ),
    ),
    good=(
        sample(),
        sample(head=_SET),
        sample(head=_alternate("en-GB", URL) + _DE + _DEFAULT),
        sample(
            html_attributes='lang="en-US"', head=_alternate("en-GB", URL) + _alternate("en-US", URL) + _DE + _DEFAULT
        ),
        sample(html_attributes="", head=_SET),
        sample(html_attributes='lang="EN"', head=_SET),
    ),
    source="heuristic",
)
def lang_mismatch(page: Page, limits: Limits) -> Iterator[Finding]:
    """The page's own hreflang contradicts its declared language.

    One of the two is wrong, and browsers, screen readers or search engines are misled by it.

    Fix: make the `lang` of the root element and the hreflang of this page agree.
    """
    declared = split(page.html_attributes.get("lang") or "")
    own = [alternate for alternate in _own(page) if split(alternate.lang)[0]]
    if declared[0] and own and not any(_agree(split(alternate.lang), declared) for alternate in own):
        codes = ", ".join(dict.fromkeys(alternate.lang for alternate in own))
        yield Finding(f'hreflang="{codes}", <html lang="{page.html_attributes["lang"]}">', own[0].at)


@check(
    "hreflang.outside_head",
    Category.INTERNATIONAL,
    Severity.HIGH,
    bad=sample(body=_SET),
    good=(
        sample(),
        sample(head=_SET),
        sample(headers={"Link": f'<{URL}>; rel="alternate"; hreflang="en"'}),
        sample(body=f'<a rel="alternate" hreflang="de" href="{_GERMAN}">Auf Deutsch: Küchenmesser schärfen</a>'),
    ),
    source=f"{GOOGLE_LOCALIZED}#html",
)
def outside_head(page: Page, limits: Limits) -> Iterator[Finding]:
    """An hreflang link stands outside the head.

    Google reads these links in the head only.

    Fix: move them into `<head>`, and look for an element that closes the head too early.
    """
    for alternate in page.alternates:
        if alternate.source == "html" and not alternate.in_head:
            yield Finding(f'hreflang="{alternate.lang}" href="{alternate.href}"', alternate.at)
