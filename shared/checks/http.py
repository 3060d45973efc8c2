"""What the response carries besides the document: type, charset, compression, size."""

import codecs
from collections.abc import Iterator
from functools import lru_cache

from shared.checks.base import Category, Fact, Finding, Limits, On, Severity, check
from shared.checks.sample import HOST, sample
from shared.page import FetchError, Missing, Page
from shared.reading.challenge import refused
from shared.reading.refresh import meta_refresh_of, refresh_target
from shared.reading.soft_404 import says_missing, shell_says_missing
from shared.reading.url_pieces import path_of

GOOGLE_SOFT_404 = "https://developers.google.com/search/docs/crawling-indexing/http-network-errors#soft-404-errors"
GOOGLE_SIZES = "https://developers.google.com/search/docs/crawling-indexing/googlebot"
CONTENT_TYPE = "https://www.rfc-editor.org/rfc/rfc9110#section-8.3"
HTML_CHARSET = "https://html.spec.whatwg.org/multipage/semantics.html#charset"

_MISSING = "<p>Sorry, the page you are looking for could not be found.</p>"
_SAME = 0.9
"""Share of their texts that two answers have in common when they are one page."""
_BIG = "<!-- " + "x" * 2_200_000 + " -->"


@check(
    "http.soft_404",
    Category.INDEXING,
    Severity.MEDIUM,
    bad=(
        sample(title="<title>404 Not Found | Kitchen workshop</title>", h1="<h1>Page not found</h1>", content=_MISSING),
        sample(
            title="<title>Kitchen workshop, all about good knives</title>",
            h1="<h1>Oops, that went wrong</h1>",
            content=_MISSING,
        ),
        sample(html_attributes='lang="de"', h1="<h1>Seite nicht gefunden</h1>", content="<p>Das tut uns leid.</p>"),
    ),
    good=(
        sample(),
        sample(status=404, title="<title>404 Not Found</title>", h1="<h1>404</h1>", content=_MISSING),
        sample(title="<title>404 Not Found - HTTP status codes explained</title>", h1="<h1>404 Not Found</h1>"),
        sample(title="<title>How to fix a page not found error in your shop</title>", content="<p>Short.</p>"),
        sample(h1="<h1>Room 404</h1>", content="<p>A room with a view, bookable from May.</p>"),
    ),
    source=GOOGLE_SOFT_404,
    implies=("content.thin", "title.irrelevant", "description.irrelevant", "content.language_mismatch"),
)
def soft_404(page: Page, limits: Limits) -> Iterator[Finding]:
    """An error page is served with the status of success.

    Search engines waste visits on such pages and may index them; Google reports them as soft 404.

    Fix: answer 404 or 410 for pages that don't exist, or redirect to the page that took their place.
    """
    if refused(page):
        return
    missing = page.context.missing
    if missing is not None and _same_page(page, missing):
        yield Finding(f"status {page.status}, and the same page as for {missing.url}, which doesn't exist", "url")
        return
    if page.words >= limits["http.soft_404"]:
        return
    headings = [heading.text for heading in page.headings if heading.level == 1]
    said = next((text for text in (page.title, *headings) if says_missing(text)), None) or shell_says_missing(
        page.body_text
    )
    if said:
        yield Finding(f"status {page.status}, {page.words} words, and it says: {said}", "(//body)[1]")


def _same_page(page: Page, missing: Missing) -> bool:
    """Whether the page has the title and the text of the one for what doesn't exist."""
    if page.title[:500] != missing.title:
        return False
    if page.content_hash == missing.content_hash:
        return True
    from shared.minhash import signature, similarity  # noqa: PLC0415 - it loads numpy, and is needed for few pages

    return similarity(signature(page.main_text), missing.sketch) >= _SAME


@check(
    "http.content_type_missing",
    Category.INDEXING,
    Severity.MEDIUM,
    bad=(sample(headers={"Content-Type": None}), sample(headers={"Content-Type": " "})),
    good=(
        sample(),
        sample(headers={"Content-Type": None, "content-type": "text/html; charset=utf-8"}),
        sample(status=204, html="", headers={"Content-Type": None}),
    ),
    source=CONTENT_TYPE,
    on=On.OK,
    needs=(Fact.HEADERS,),
)
def content_type_missing(page: Page, limits: Limits) -> Iterator[Finding]:
    """The response does not say what it is.

    Without a Content-Type each client guesses, and some will download the page instead of showing it.

    Fix: send `Content-Type: text/html; charset=utf-8` with HTML pages.
    """
    if page.fetched.body and not (page.header("content-type") or "").strip():
        yield Finding("no Content-Type header", "header: Content-Type")


_MARKUP = frozenset({"text/html", "application/xhtml+xml"})
_PAGE_EXTENSIONS = frozenset({"", "html", "htm", "php", "asp", "aspx", "jsp", "xhtml"})
_RAW_EXTENSIONS = frozenset({"css", "js", "mjs", "json", "csv", "txt"})


def _extension(page: Page) -> str:
    name = path_of(page.final_url).rpartition("/")[2]
    return name.rpartition(".")[2].lower() if "." in name else ""


def _mismatch(page: Page, declared: str) -> str | None:
    """What the body is instead of the declared type, None when they can go together."""
    sniffed = page.sniffed
    if "/" not in declared:
        return sniffed
    if declared in _MARKUP:
        if sniffed in {"json", "pdf", "image"}:
            return sniffed
        raw = _extension(page)
        return f"a .{raw} file" if raw in _RAW_EXTENSIONS and sniffed == "text" else None
    if sniffed == "html":
        if declared == "text/plain":
            return sniffed if _extension(page) in _PAGE_EXTENSIONS else None
        markup = declared.endswith(("+xml", "/xml")) or declared.startswith(("multipart/", "text/vnd."))
        return None if markup else sniffed
    if declared == "application/pdf" and sniffed in {"xml", "json", "text", "image"}:
        return sniffed
    return sniffed if declared.startswith("image/") and sniffed in {"json", "pdf"} else None


@check(
    "http.content_type_wrong",
    Category.INDEXING,
    Severity.MEDIUM,
    bad=(
        sample(headers={"Content-Type": "text/plain; charset=utf-8"}),
        sample(headers={"Content-Type": "application/json"}),
        sample(html='{"items": [1, 2, 3], "total": 3}'),
        sample(html=b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n"),
    ),
    good=(
        sample(),
        sample(headers={"Content-Type": "TEXT/HTML;charset=UTF-8"}),
        sample(headers={"Content-Type": "application/xhtml+xml; charset=utf-8"}),
        sample(url=f"{HOST}/robots.txt", html="User-agent: *\n", headers={"Content-Type": "text/plain"}),
        sample(html='<?xml version="1.0"?><a/>', headers={"Content-Type": "application/xml"}),
        sample(headers={"Content-Type": None}),
    ),
    source="https://mimesniff.spec.whatwg.org/",
    on=On.OK,
    needs=(Fact.HEADERS,),
    implies=("http.charset_missing",),
)
def content_type_wrong(page: Page, limits: Limits) -> Iterator[Finding]:
    """The Content-Type doesn't match what is sent.

    Browsers and search engines believe the header: a page sent as plain text or as a download isn't shown or indexed.

    Fix: let the server send the type of the file that it really serves.
    """
    declared = page.media_type
    if declared and page.fetched.body:
        actual = _mismatch(page, declared)
        if actual:
            yield Finding(f"declared {declared}, but it is {actual}", "header: Content-Type")


_ALIASES = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "tis-620": "cp874",
    "iso8859-11": "cp874",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "gb2312": "gbk",
}


@lru_cache(maxsize=256)
def _encoding(label: str) -> str:
    """One name for the labels that browsers take for the same (https://encoding.spec.whatwg.org/#names-and-labels)."""
    try:
        name = codecs.lookup(label.strip()).name
    except (LookupError, ValueError):
        name = label.strip().lower()
    return _ALIASES.get(name, name)


@check(
    "http.charset_missing",
    Category.INDEXING,
    Severity.MEDIUM,
    bad=sample(charset="", headers={"Content-Type": "text/html"}),
    good=(
        sample(charset=""),
        sample(headers={"Content-Type": "text/html"}),
        sample(
            charset='<META HTTP-EQUIV="content-type" CONTENT="text/html; charset=utf-8">',
            headers={"Content-Type": "text/html"},
        ),
        sample(html=b"\xef\xbb\xbf<!doctype html><title>x</title>", headers={"Content-Type": "text/html"}),
    ),
    source=HTML_CHARSET,
    needs=(Fact.HEADERS,),
)
def charset_missing(page: Page, limits: Limits) -> Iterator[Finding]:
    """The page doesn't declare its character encoding.

    Browsers then guess, and letters beyond ASCII may come out garbled, in search results too.

    Fix: put `<meta charset="utf-8">` first in the head, or add `charset=utf-8` to the Content-Type.
    """
    declared = page.charset_header or page.charset_meta or page.has_bom
    if not declared and page.media_type != "application/xhtml+xml":
        yield Finding("no charset in the Content-Type, no <meta charset>, no byte order mark", "(//head)[1]")


@check(
    "http.charset_conflict",
    Category.INDEXING,
    Severity.MEDIUM,
    bad=(
        sample(charset='<meta charset="iso-8859-1">'),
        sample(headers={"Content-Type": "text/html; charset=windows-1251"}),
    ),
    good=(
        sample(),
        sample(charset='<meta charset="UTF8">'),
        sample(headers={"Content-Type": 'text/html; charset="latin1"'}, charset='<meta charset="windows-1252">'),
        sample(headers={"Content-Type": "text/html"}, charset='<meta charset="iso-8859-1">'),
    ),
    source="https://html.spec.whatwg.org/multipage/parsing.html#determining-the-character-encoding",
    needs=(Fact.HEADERS,),
    implies=(
        "content.mojibake",
        "content.thin",
        "description.too_long",
        "title.too_long",
        "title.pixel_width",
    ),
)
def charset_conflict(page: Page, limits: Limits) -> Iterator[Finding]:
    """Header and document name different character encodings.

    The header wins. If the document was right, its letters beyond ASCII come out garbled.

    Fix: name the same encoding in both places, UTF-8 at best.
    """
    header, meta = page.charset_header, page.charset_meta
    if header and meta and _encoding(header) != _encoding(meta):
        yield Finding(f"header: {header}, meta: {meta}", "header: Content-Type")


_PRESCAN_BYTES = 1024


@check(
    "http.charset_late",
    Category.INDEXING,
    Severity.LOW,
    bad=(
        sample(charset="<!-- " + "x" * 1100 + ' --><meta charset="utf-8">'),
        sample(charset="<!-- " + "x" * 1100 + ' --><meta charset="utf-8">', headers={"Content-Type": "text/html"}),
    ),
    good=(sample(), sample(charset=""), sample(head="<!-- " + "x" * 1100 + " -->")),
    source=HTML_CHARSET,
    severities=(Severity.INFO,),
)
def charset_late(page: Page, limits: Limits) -> Iterator[Finding]:
    """The character encoding is declared too late in the document.

    Browsers look for it in the first 1024 bytes only. It does no harm as long as the header names the encoding too.

    Fix: make `<meta charset="utf-8">` the first element of the head.
    """
    offset = page.charset_meta_offset
    if offset is not None and offset + len('<meta charset="">') + len(page.charset_meta or "") > _PRESCAN_BYTES:
        severity = Severity.INFO if page.charset_header or page.has_bom else None
        yield Finding(f"<meta charset> at byte {offset}", "(//meta)[1]", severity)


_CODINGS = frozenset({"gzip", "x-gzip", "br", "zstd", "deflate", "compress", "x-compress", "dcb", "dcz"})
_TEXTUAL = ("text/", "application/json", "application/javascript", "application/xml", "application/xhtml", "image/svg")


@check(
    "http.no_compression",
    Category.PERFORMANCE,
    Severity.MEDIUM,
    bad=(sample(headers={"Content-Encoding": None}), sample(headers={"Content-Encoding": "identity"})),
    good=(
        sample(),
        sample(headers={"Content-Encoding": "BR"}),
        sample(headers={"Content-Encoding": None, "content-encoding": "zstd"}),
        sample(headers={"Content-Encoding": None}, html="<!doctype html><title>Small</title><p>Small page."),
        sample(
            headers={"Content-Encoding": None, "Content-Type": "image/png"}, html=b"\x89PNG\r\n\x1a\n" + b"x" * 5000
        ),
    ),
    source="https://developer.chrome.com/docs/lighthouse/performance/uses-text-compression",
    on=On.OK,
    needs=(Fact.HEADERS,),
)
def no_compression(page: Page, limits: Limits) -> Iterator[Finding]:
    """The page is sent uncompressed.

    Compressed text takes a third of the bytes or less and arrives sooner.

    Fix: switch on gzip, Brotli or Zstandard for text on the server or the CDN.
    """
    size = len(page.fetched.body)
    if size <= limits["http.no_compression"] or not (page.media_type or "").startswith(_TEXTUAL):
        return
    codings = {coding.strip().lower() for coding in (page.header("content-encoding") or "").split(",")}
    if codings.isdisjoint(_CODINGS):
        yield Finding(f"{size:,} bytes without Content-Encoding", "header: Content-Encoding")


@check(
    "http.no_http2",
    Category.PERFORMANCE,
    Severity.LOW,
    bad=(sample(http_version="1.1"), sample(http_version="HTTP/1.0")),
    good=(
        sample(),
        sample(http_version="HTTP/2"),
        sample(http_version="3"),
        sample(http_version="1.1", headers={"Alt-Svc": 'h3=":443"; ma=86400'}),
    ),
    source="https://developer.chrome.com/docs/lighthouse/best-practices/uses-http2",
    on=On.SECURE,
    needs=(Fact.HTTP_VERSION, Fact.HEADERS),
)
def no_http2(page: Page, limits: Limits) -> Iterator[Finding]:
    """The site is served over HTTP/1.1 only.

    HTTP/2 and HTTP/3 load a page's many files over one connection, which makes pages with many files faster.

    Fix: switch on HTTP/2 on the server or the CDN.
    """
    version = (page.fetched.http_version or "").upper().removeprefix("HTTP/")
    if version.startswith(("0.", "1")) and not (page.header("alt-svc") or "").lower().startswith(("h2", "h3")):
        yield Finding(f"HTTP/{version}", "url")


@check(
    "http.html_over_2mb",
    Category.INDEXING,
    Severity.HIGH,
    bad=(sample(head=_BIG), sample(body="<script>/* " + "x" * 2_200_000 + " */</script>")),
    good=(sample(), sample(headers={"Content-Type": "application/pdf"}, html=b"%PDF-1.7\n" + b"x" * 2_200_000)),
    source=GOOGLE_SIZES,
    on=On.RESPONSE,
    implies=("perf.page_weight", "content.text_ratio_low", "html.malformed"),
)
def html_over_2mb(page: Page, limits: Limits) -> Iterator[Finding]:
    """The HTML is longer than what Googlebot reads.

    Google indexes the first 2 MB of a page, uncompressed; what comes later doesn't exist for it.

    Fix: move inline images, styles and data into files of their own, and split endless lists.
    """
    size = len(page.fetched.body)
    cut = _too_long(page)
    most = limits["http.html_over_2mb"]
    if cut or (page.is_html and size > most):
        whole = not cut and not page.fetched.truncated
        yield Finding(f"{'' if whole else 'more than '}{max(size, int(most)):,} bytes of HTML", "url")


def _too_long(page: Page) -> bool:
    """Whether the fetch of an HTML document was given up for its size, which is far above Google's limit."""
    too_large = page.error is not None and page.error.kind == "too_large"
    return too_large and (page.is_html or page.media_type in _MARKUP)


@check(
    "http.pdf_over_64mb",
    Category.INDEXING,
    Severity.MEDIUM,
    bad=sample(
        html=b"%PDF-1.7\n",
        headers={"Content-Type": "application/pdf", "Content-Length": "70000000", "Content-Encoding": None},
    ),
    good=(
        sample(),
        sample(html=b"%PDF-1.7\n", headers={"Content-Type": "application/pdf", "Content-Length": "7000000"}),
        sample(headers={"Content-Length": "70000000"}),
    ),
    source=GOOGLE_SIZES,
    on=On.RESPONSE,
    needs=(Fact.HEADERS,),
)
def pdf_over_64mb(page: Page, limits: Limits) -> Iterator[Finding]:
    """The PDF is longer than what Googlebot reads.

    Google indexes the first 64 MB of a PDF file; what comes later doesn't exist for it.

    Fix: shrink the images in the file, or split it into parts.
    """
    if page.media_type == "application/pdf" or page.sniffed == "pdf":
        declared = (page.header("content-length") or "").strip()
        size = max(len(page.fetched.body), int(declared) if declared.isdigit() and len(declared) < 16 else 0)  # noqa: PLR2004
        if size > limits["http.pdf_over_64mb"]:
            yield Finding(f"{size:,} bytes of PDF", "url")


_DRAWN = frozenset({"input", "button", "select", "textarea"})


@check(
    "http.empty_body",
    Category.INDEXING,
    Severity.HIGH,
    bad=(
        sample(html=""),
        sample(html=" \n\n", headers={"Content-Type": "text/html"}),
        sample(nav="", byline="", h1="", content="", h2="", footer=""),
    ),
    good=(
        sample(),
        sample(status=301, html="", headers={"Location": "/"}),
        sample(html='<!doctype html><title>Shop</title><div id="app"></div><script src="/app.js"></script>'),
        sample(html='<!doctype html><title>Poster</title><img src="/poster.png" alt="">'),
        sample(html='<!doctype html><title>x</title><meta http-equiv="refresh" content="0; url=/guides/">'),
    ),
    source=GOOGLE_SOFT_404,
    on=On.OK,
    implies=("content.thin", "h1.missing", "link.dead_end", "http.charset_missing", "ai.semantic_html_low"),
)
def empty_body(page: Page, limits: Limits) -> Iterator[Finding]:
    """The page is empty.

    A response of success without content gives search engines nothing to index; Google treats it as a soft 404.

    Fix: find out why the server sends nothing here, or answer 404 or 410 if there is nothing to show.
    """
    if page.fetched.truncated or refused(page):
        return
    if not page.fetched.body.strip():
        yield Finding(f"status {page.status} with {len(page.fetched.body)} bytes", "url")
    elif page.is_html and not page.body_text:
        runs = any("json" not in script.type for script in page.scripts)
        drawn = runs or page.images or page.embeds or page.inline_svgs or page.forms
        if (
            not drawn
            and not meta_refresh_of(page)
            and _DRAWN.isdisjoint(page.tag_counts)
            and "<canvas" not in page.source
        ):
            yield Finding("HTML without text, images or scripts", "(//body)[1]")


@check(
    "http.refresh_header",
    Category.INDEXING,
    Severity.MEDIUM,
    bad=(
        sample(headers={"Refresh": "0; url=/guides/"}),
        sample(headers={"refresh": "5;URL='https://example.com/guides/'"}),
    ),
    good=(sample(), sample(headers={"Refresh": "300"}), sample(headers={"Refresh": "300; url="})),
    source=f"{GOOGLE_SOFT_404.partition('#')[0].rpartition('/')[0]}/301-redirects",
    on=On.RESPONSE,
    needs=(Fact.HEADERS,),
)
def refresh_header(page: Page, limits: Limits) -> Iterator[Finding]:
    """The page redirects with a Refresh header.

    It is slower than a redirect by status, breaks the back button, and is understood less well by search engines.

    Fix: answer 301 or 308 with a Location header.
    """
    value = page.header("refresh")
    if value and refresh_target(page, value):
        yield Finding(value, "header: Refresh")


@check(
    "http.undecodable",
    Category.INDEXING,
    Severity.HIGH,
    bad=sample(html="", error=FetchError(kind="decode", message="the body is not valid gzip")),
    good=(sample(), sample(headers={"Content-Encoding": "br"})),
    source="https://www.rfc-editor.org/rfc/rfc9110#section-8.4",
    on=On.ANY,
)
def undecodable(page: Page, limits: Limits) -> Iterator[Finding]:
    """The body isn't encoded as the response says.

    Browsers show an error instead of the page, and crawlers read nothing.

    Fix: let only one of application, server and CDN compress, and let it set Content-Encoding.
    """
    if page.error is not None and page.error.kind == "decode":
        yield Finding(page.error.message or "the body can't be decoded", "header: Content-Encoding")


@check(
    "http.not_read",
    Category.SCAN,
    Severity.INFO,
    bad=(
        sample(error=FetchError(kind="too_deep", message="more than 512 elements are open at once")),
        sample(error=FetchError(kind="parser_killed", message="the parser ran out of time three times")),
    ),
    good=(sample(), sample(status=None, html="", error=FetchError(kind="dns", message="no such name"))),
    source="heuristic",
    on=On.ANY,
)
def not_read(page: Page, limits: Limits) -> Iterator[Finding]:
    """The document could not be read, so its content was not checked.

    It is nested too deeply or too large, or our parser gave up on it. Browsers may fail on such a page too.

    Fix: look for markup that a template repeats inside itself, then scan again.
    """
    if page.error is not None and page.error.kind in {"too_deep", "parser_killed", "too_large"} and not _too_long(page):
        yield Finding(page.error.message or page.error.kind, "url")
