"""The address under which the page wants to be indexed."""

import re
from collections.abc import Iterator

from shared.checks.base import Category, Fact, Finding, Limits, On, Severity, check
from shared.checks.sample import HOST, URL, sample
from shared.page import Canonical, Page, Previous
from shared.reading.url_pieces import path_of, query_of
from shared.urls import host_of, normalise

GOOGLE_CANONICAL = "https://developers.google.com/search/docs/crawling-indexing/consolidate-duplicate-urls"
RFC_6596 = "https://www.rfc-editor.org/rfc/rfc6596"

_OTHER = f"{HOST}/guides/sharpening"
_ABSOLUTE = re.compile(r"https?:[/\\]{2}", re.IGNORECASE)


def _link(href: str) -> str:
    return f'<link rel="canonical" href="{href}">'


def _header(*targets: str) -> dict[str, str | tuple[str, ...] | None]:
    return {"Link": tuple(f'<{target}>; rel="canonical"' for target in targets)}


def _read(page: Page, source: str = "") -> Iterator[Canonical]:
    """The declarations that search engines read: in the header or the head, with an address."""
    for one in page.canonicals:
        if one.in_head and one.href.strip() and (not source or one.source == source):
            yield one


@check(
    "canonical.missing",
    Category.INDEXING,
    Severity.LOW,
    bad=(sample(canonical=""), sample(canonical=f'<link rel="alternate" href="{URL}" hreflang="en">')),
    good=(
        sample(),
        sample(canonical="", headers=_header(URL)),
        sample(canonical=f'<LINK HREF="{URL}" REL="Canonical">'),
        sample(canonical="", robots='<meta name="robots" content="noindex">'),
        sample(canonical="", status=404),
    ),
    source=GOOGLE_CANONICAL,
    on=On.INDEXABLE,
    implies=("hreflang.x_default_missing",),
)
def missing(page: Page, limits: Limits) -> Iterator[Finding]:
    """The page names no canonical address.

    When the same page can be reached with parameters, another case or another host, search engines choose one address
    themselves.

    Fix: add `<link rel="canonical">` with the page's own address.
    """
    if not page.canonicals:
        yield Finding("no rel=canonical in the head or the Link header", "(//head)[1]")


@check(
    "canonical.multiple",
    Category.INDEXING,
    Severity.MEDIUM,
    bad=(sample(canonical=_link(URL) * 2), sample(canonical=_link(URL) + _link(_OTHER))),
    good=(sample(), sample(headers=_header(URL)), sample(head=f'<link rel="alternate" href="{_OTHER}">')),
    source=GOOGLE_CANONICAL,
    implies=("canonical.conflicting",),
)
def multiple(page: Page, limits: Limits) -> Iterator[Finding]:
    """The page has more than one canonical link.

    Usually two plugins write one each. As soon as they differ, search engines ignore both.

    Fix: keep one `<link rel="canonical">`.
    """
    found = [one for one in page.canonicals if one.source == "html" and one.in_head]
    if len(found) > 1:
        yield Finding(
            f"{len(found)} canonical links: " + ", ".join(one.href or "(empty)" for one in found[:5]), found[1].at
        )


@check(
    "canonical.conflicting",
    Category.INDEXING,
    Severity.HIGH,
    bad=(
        sample(canonical=_link(URL) + _link(_OTHER)),
        sample(headers=_header(_OTHER)),
        sample(canonical="", headers=_header(URL, _OTHER)),
    ),
    good=(
        sample(),
        sample(canonical=_link(URL) * 2),
        sample(canonical=_link("https://EXAMPLE.com:443/guides/sharpening-kitchen-knives"), headers=_header(URL)),
        sample(canonical=_link("/guides/sharpening-kitchen-knives"), headers=_header(URL)),
    ),
    source=GOOGLE_CANONICAL,
    implies=("canonical.multiple", "canonical.header_mismatch"),
)
def conflicting(page: Page, limits: Limits) -> Iterator[Finding]:
    """The page names different canonical addresses.

    Search engines ignore canonical declarations that contradict each other, so the page may be indexed under an
    address you did not choose.

    Fix: keep one declaration, in the head or in the Link header.
    """
    targets = {one.url: one for one in _read(page) if one.url}
    if len(targets) > 1:
        yield Finding(", ".join(url for url in list(targets)[:5] if url), list(targets.values())[1].at)


@check(
    "canonical.header_mismatch",
    Category.INDEXING,
    Severity.HIGH,
    bad=(
        sample(headers=_header(_OTHER)),
        sample(headers={"Link": f'</app.css>; rel=preload; as=style, <{_OTHER}>; rel="canonical"'}),
    ),
    good=(
        sample(),
        sample(headers=_header(URL)),
        sample(headers={"Link": f'<{_OTHER}>; rel="next"'}),
        sample(canonical=_link(URL) + _link(_OTHER)),
    ),
    source=GOOGLE_CANONICAL,
    needs=(Fact.HEADERS,),
    implies=("canonical.conflicting",),
)
def header_mismatch(page: Page, limits: Limits) -> Iterator[Finding]:
    """The Link header names another canonical address than the page.

    Search engines ignore canonical declarations that contradict each other.

    Fix: remove the header's canonical, or make it name the same address.
    """
    header = {one.url for one in _read(page, "header") if one.url}
    document = {one.url for one in _read(page, "html") if one.url}
    if header and document and header != document and not header < document:
        shown = ", ".join(sorted(filter(None, header))), ", ".join(sorted(filter(None, document)))
        yield Finding(f"header: {shown[0]}; page: {shown[1]}", "header: Link")


@check(
    "canonical.relative",
    Category.INDEXING,
    Severity.MEDIUM,
    bad=(
        sample(canonical=_link("/guides/sharpening-kitchen-knives")),
        sample(canonical=_link("sharpening-kitchen-knives")),
        sample(canonical=_link("//example.com/guides/sharpening-kitchen-knives")),
        sample(canonical="", headers=_header("/guides/sharpening-kitchen-knives")),
    ),
    good=(
        sample(),
        sample(canonical=_link(f" {URL} ")),
        sample(canonical=_link("HTTPS://example.com/guides/sharpening-kitchen-knives")),
        sample(canonical=""),
    ),
    source=GOOGLE_CANONICAL,
    implies=("link.protocol_relative",),
)
def relative(page: Page, limits: Limits) -> Iterator[Finding]:
    """The canonical address is relative.

    Google advises absolute addresses: a relative one goes wrong with a `<base>`, on a test host, or over http.

    Fix: write the whole address, beginning with https://.
    """
    for one in _read(page):
        if one.url and not _ABSOLUTE.match(one.href.strip()):
            yield Finding(one.href, one.at)


@check(
    "canonical.invalid",
    Category.INDEXING,
    Severity.HIGH,
    bad=(
        sample(canonical=_link("https://")),
        sample(canonical=_link("javascript:void(0)")),
        sample(canonical=_link("ftp://example.com/guides/")),
        sample(canonical=_link("https://exa mple.com/guides/")),
    ),
    good=(sample(), sample(canonical=_link("/guides/sharpening-kitchen-knives")), sample(canonical=_link(""))),
    source=RFC_6596,
)
def invalid(page: Page, limits: Limits) -> Iterator[Finding]:
    """The canonical address is not a web address.

    Search engines ignore it and choose an address themselves.

    Fix: write the page's whole address, beginning with https://.
    """
    for one in _read(page):
        if one.url is None:
            yield Finding(one.href, one.at)


@check(
    "canonical.fragment",
    Category.INDEXING,
    Severity.LOW,
    bad=(sample(canonical=_link(f"{URL}#grit")), sample(canonical="", headers=_header(f"{URL}#top"))),
    good=(sample(), sample(canonical=_link(f"{URL}?colour=%23fff"))),
    source=GOOGLE_CANONICAL,
)
def fragment(page: Page, limits: Limits) -> Iterator[Finding]:
    """The canonical address holds a fragment.

    Search engines index whole pages and ignore what follows the #.

    Fix: remove the # and what follows.
    """
    for one in _read(page):
        if "#" in one.href and one.url:
            yield Finding(one.href, one.at)


@check(
    "canonical.outside_head",
    Category.INDEXING,
    Severity.HIGH,
    bad=(sample(canonical="", body=_link(URL)), sample(canonical="", footer=f"<footer>{_link(URL)}</footer>")),
    good=(sample(), sample(canonical="", headers=_header(URL))),
    source=GOOGLE_CANONICAL,
)
def outside_head(page: Page, limits: Limits) -> Iterator[Finding]:
    """A canonical link stands in the body.

    Search engines only accept it in the head, because anybody who may write into the body could hijack the page.

    Fix: move it into the head, before any element that isn't allowed there.
    """
    for one in page.canonicals:
        if one.source == "html" and not one.in_head:
            yield Finding(one.href or "href is empty", one.at)


@check(
    "canonical.empty",
    Category.INDEXING,
    Severity.MEDIUM,
    bad=(sample(canonical=_link("")), sample(canonical=_link(" ")), sample(canonical='<link rel="canonical">')),
    good=(sample(), sample(canonical="")),
    source=RFC_6596,
)
def empty(page: Page, limits: Limits) -> Iterator[Finding]:
    """The canonical link has no address.

    Search engines ignore it; a template probably failed to fill it in.

    Fix: put the page's own address into href.
    """
    for one in page.canonicals:
        if one.in_head and not one.href.strip():
            yield Finding("href is empty", one.at)


_INDEX_PATH = re.compile(
    r"/(?:(?:index|default|home|main|start)(?:\.\w{1,5})?|amp|[a-z]{2}(?:[-_][a-z]{2})?)?/?", re.IGNORECASE
)
"""Other spellings of a home page: index files, its AMP and language versions."""


@check(
    "canonical.to_root",
    Category.INDEXING,
    Severity.HIGH,
    bad=(
        sample(canonical=_link(f"{HOST}/")),
        sample(canonical=_link(HOST)),
        sample(canonical=_link("https://www.example.com/")),
        sample(canonical="", headers=_header(f"{HOST}/")),
    ),
    good=(
        sample(),
        sample(url=f"{HOST}/", is_home=True),
        sample(url=HOST, canonical=_link(f"{HOST}/")),
        sample(url=f"{HOST}/index.html", canonical=_link(f"{HOST}/")),
        sample(url=f"{HOST}/amp", canonical=_link(f"{HOST}/")),
        sample(url=f"{HOST}/?utm_source=mail", canonical=_link(f"{HOST}/")),
        sample(url=f"{HOST}/en/", canonical=_link(f"{HOST}/")),
        sample(canonical=_link(_OTHER)),
        sample(canonical=_link("https://example.net/")),
    ),
    source=GOOGLE_CANONICAL,
    implies=("canonical.off_host", "social.og_url_mismatch"),
)
def to_root(page: Page, limits: Limits) -> Iterator[Finding]:
    """The page names the home page as its canonical.

    Search engines may drop the page as a copy of the home page. It is usually a fixed value in a template.

    Fix: let each page name its own address.
    """
    target = page.canonical_url
    if not target or page.is_home or _INDEX_PATH.fullmatch(path_of(page.final_url)):
        return
    root = path_of(target) == "/" and not query_of(target)
    if root and _bare(host_of(target)) == _bare(host_of(page.final_url)):
        yield Finding(target, _position(page))


def _bare(host: str | None) -> str:
    return (host or "").removeprefix("www.")


def _position(page: Page) -> str:
    return next((one.at for one in page.canonicals if one.in_head and one.url), "(//head)[1]")


_VERSIONS = ("m.", "mobile.", "amp.", "touch.")
"""Hosts of a site's mobile or AMP version, which Google wants to name the desktop page as canonical."""


@check(
    "canonical.off_host",
    Category.INDEXING,
    Severity.MEDIUM,
    bad=(
        sample(canonical=_link("https://example.net/guides/sharpening-kitchen-knives")),
        sample(canonical=_link("https://staging.example.com/guides/sharpening-kitchen-knives")),
    ),
    good=(
        sample(),
        sample(canonical=_link("https://www.example.com/guides/sharpening-kitchen-knives")),
        sample(url="https://m.example.com/guides/", canonical=_link("https://www.example.com/guides/")),
    ),
    source=GOOGLE_CANONICAL,
    implies=("canonical.to_root", "social.og_url_mismatch"),
)
def off_host(page: Page, limits: Limits) -> Iterator[Finding]:
    """The canonical address is on another host.

    The page gives itself up for a page elsewhere. That is right for a text taken over from another site, and a mistake
    when a test host's name was left in a template.

    Fix: nothing, if the page is a copy; otherwise name the page's own address.
    """
    target = page.canonical_url
    if not target or target == page.final_url:
        return
    here, there = host_of(page.final_url) or "", host_of(target) or ""
    if _bare(there) == _bare(here):
        return
    prefix = next((one for one in _VERSIONS if here.startswith(one)), "")
    if not prefix or here.removeprefix(prefix) != _bare(there):
        yield Finding(target, _position(page))


@check(
    "canonical.scheme_mismatch",
    Category.INDEXING,
    Severity.MEDIUM,
    bad=(
        sample(canonical=_link(URL.replace("https:", "http:"))),
        sample(url=URL.replace("https:", "http:"), canonical=_link(URL)),
    ),
    good=(
        sample(),
        sample(canonical=_link("HTTPS://example.com/guides/sharpening-kitchen-knives")),
        sample(canonical=_link("//example.com/guides/sharpening-kitchen-knives")),
        sample(url=URL.replace("https:", "http:")),
    ),
    source=GOOGLE_CANONICAL,
    severities=(Severity.INFO,),
    implies=("https.page_http", "social.og_url_mismatch", "link.https_to_http"),
)
def scheme_mismatch(page: Page, limits: Limits) -> Iterator[Finding]:
    """The canonical address has another scheme than the page.

    An https page that names its http address sends search engines to the insecure copy. An http page that names its
    https address does right, but should redirect there; that case weighs nothing.

    Fix: name the https address, and redirect http to it.
    """
    target = page.canonical_url
    if target and (target[:6] == "https:") != page.is_https:
        yield Finding(target, _position(page), None if page.is_https else Severity.INFO)


def _alternates(own: str) -> str:
    return (
        f'<link rel="alternate" hreflang="en" href="{own}"><link rel="alternate" hreflang="de" href="{HOST}/de/messer">'
        f'<link rel="alternate" hreflang="x-default" href="{own}">'
    )


@check(
    "canonical.hreflang_conflict",
    Category.INDEXING,
    Severity.HIGH,
    bad=(
        sample(canonical=_link(f"{HOST}/de/messer"), head=_alternates(URL)),
        sample(
            canonical="",
            headers=_header(f"{HOST}/de/messer"),
            head=_alternates(URL),
        ),
    ),
    good=(
        sample(),
        sample(head=_alternates(URL)),
        sample(url=f"{URL}?sort=name", canonical=_link(URL), head=_alternates(URL)),
        sample(canonical=_link(_OTHER), head=_alternates(URL)),
    ),
    source="https://developers.google.com/search/docs/specialty/international/localized-versions",
    implies=("social.og_url_mismatch",),
)
def hreflang_conflict(page: Page, limits: Limits) -> Iterator[Finding]:
    """The canonical is another language version of the page.

    hreflang says that both versions should be found, the canonical says that only the other one should.

    Fix: let each language version name itself as canonical.
    """
    target = page.canonical_url
    own = normalise(page.final_url)
    if page.alternates and target and target != own:
        versions = {one.url for one in page.alternates}
        if own in versions and target in versions:
            langs = ", ".join(sorted({one.lang for one in page.alternates if one.url == target}))
            yield Finding(f"{target} is the alternate for {langs}", _position(page))


@check(
    "canonical.changed",
    Category.INDEXING,
    Severity.INFO,
    bad=(
        sample(previous=Previous(canonical=_OTHER)),
        sample(canonical=_link(_OTHER), previous=Previous(canonical=URL)),
    ),
    good=(
        sample(previous=Previous(canonical=URL)),
        sample(previous=Previous(canonical="https://EXAMPLE.com:443" + URL[19:])),
    ),
    source="heuristic",
    needs=(Fact.PREVIOUS,),
    implies=("canonical.missing", "social.og_url_mismatch"),
)
def changed(page: Page, limits: Limits) -> Iterator[Finding]:
    """The canonical address differs from the last scan.

    Search engines will move the page to the new address in time.

    Fix: nothing, if the change was meant; otherwise restore the old address.
    """
    before = page.context.previous.canonical if page.context.previous else None
    if before and normalise(before) != page.canonical_url:
        yield Finding(f"was {before}, now {page.canonical_url or 'none'}", _position(page))
