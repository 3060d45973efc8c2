"""The document's skeleton."""

import re
from collections.abc import Iterator

from shared.checks.base import Category, Finding, Limits, Severity, check
from shared.checks.sample import HOST, sample
from shared.page import Asset, Page
from shared.reading.addresses import addresses_of
from shared.reading.markup import may_have_errors, start_tag_of, tag_errors
from shared.urls import Resolver

HTML = "https://html.spec.whatwg.org/multipage/"
VALID_HEAD = "https://developers.google.com/search/docs/crawling-indexing/valid-page-metadata"
FAVICON = "https://developers.google.com/search/docs/appearance/favicon-in-search"


@check(
    "html.doctype_missing",
    Category.PERFORMANCE,
    Severity.LOW,
    bad=(sample(doctype=""), sample(doctype="<!-- doctype html -->")),
    good=(
        sample(),
        sample(doctype="\n<!-- a note -->\n<!DOCTYPE HTML>"),
        sample(
            doctype='<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd">'
        ),
    ),
    source=f"{HTML}syntax.html#the-doctype",
)
def doctype_missing(page: Page, limits: Limits) -> Iterator[Finding]:
    """The document has no doctype.

    Browsers then lay the page out as they did in 1998 (quirks mode).

    Fix: begin the document with `<!doctype html>`.
    """
    if page.doctype is None:
        yield Finding("no doctype", "line 1")


@check(
    "html.invalid_head",
    Category.PERFORMANCE,
    Severity.HIGH,
    bad=(
        sample(head="<div>Welcome to the workshop</div>"),
        sample(head='<img src="https://example.com/pixel.gif" alt="" width="1" height="1">'),
        sample(
            charset='<meta charset="utf-8"><iframe src="/login"></iframe>', robots='<meta name="robots" content="all">'
        ),
    ),
    good=(
        sample(),
        sample(head='<noscript><link rel="stylesheet" href="/plain.css"></noscript><template><div></div></template>'),
        sample(head="<!-- <div> --><script>document.write('<div>')</script><style>a > b {color: red}</style>"),
    ),
    source=VALID_HEAD,
    implies=(
        "html.meta_in_body",
        "title.outside_head",
        "description.outside_head",
        "canonical.outside_head",
        "hreflang.outside_head",
        "index.directive_outside_head",
    ),
)
def invalid_head(page: Page, limits: Limits) -> Iterator[Finding]:
    """An element that doesn't belong there ends the head early.

    Everything after it counts as body, and Google ignores canonical links, robots and hreflang in the body.

    Fix: move the element into the body, and keep metas and links before anything doubtful.
    """
    if page.head_broken_by is not None:
        what = "text" if page.head_broken_by == "#text" else f"<{page.head_broken_by}>"
        yield Finding(f"{what} in the head", "(//head)[1]")


_SHARED = ("og:", "fb:", "article:", "twitter:", "product:")


@check(
    "html.meta_in_body",
    Category.PERFORMANCE,
    Severity.MEDIUM,
    bad=(
        sample(body='<meta name="author" content="Ida Stone">'),
        sample(body='<p>Knives</p><META http-equiv="content-language" content="en">'),
    ),
    good=(
        sample(),
        sample(
            body='<div itemscope itemtype="https://schema.org/Rating"><meta itemprop="ratingValue" content="4">'
            '<meta itemprop="author" content="Ida"></div>'
        ),
        sample(body='<div typeof="ListItem" vocab="https://schema.org/"><meta property="position" content="1"></div>'),
        sample(head='<meta name="author" content="Ida Stone">'),
    ),
    source=f"{HTML}semantics.html#the-meta-element",
)
def meta_in_body(page: Page, limits: Limits) -> Iterator[Finding]:
    """A meta stands in the body.

    Search engines read metas in the head; those in the body are ignored or, worse, obeyed by some and not by others.

    Fix: move it into the head.
    """
    if page.head_broken_by is not None:
        return  # then the head is what is wrong, and html.invalid_head says so
    for meta in page.metas:
        if not meta.in_head and (
            meta.name or meta.http_equiv or meta.charset is not None or meta.property_.startswith(_SHARED)
        ):
            yield Finding(meta.name or meta.http_equiv or meta.property_ or "charset", meta.at)


_START = re.compile(r"<(html|head|body)(?=[\s/>])", re.IGNORECASE)


@check(
    "html.multiple_head_body",
    Category.PERFORMANCE,
    Severity.MEDIUM,
    bad=(
        sample(body="<body><p>Another page was pasted in here.</p>"),
        sample(body="<head></head><p>Another page was pasted in here.</p>"),
    ),
    good=(
        sample(),
        sample(body="<header><h2>Tools you need</h2><p>A stone.</p></header>"),
        sample(head="<script>const page = '<head><body><html>'</script><!-- <body> -->"),
        sample(doctype="<!doctype html><!--[if IE]><html class='ie'><![endif]-->"),
    ),
    source=f"{HTML}parsing.html#parsing-main-inbody",
)
def multiple_head_body(page: Page, limits: Limits) -> Iterator[Finding]:
    """The document has more than one head or body, or a body before its html.

    The parser merges them as it sees fit; metas of the second head count as body.

    Fix: look for templates that are included as whole documents.
    """
    if page.head_tags > 1 or page.body_tags > 1:
        yield Finding(f"{page.head_tags} <head>, {page.body_tags} <body>")
        return
    first = _START.search(page.source)
    if first is not None and first.group(1).lower() != "html":
        order = list(start_tag_of(page.source, ("html", "head", "body")))
        if "html" in order[1:]:
            yield Finding(f"<{order[0]}> before <html>")


@check(
    "html.base_invalid",
    Category.PERFORMANCE,
    Severity.MEDIUM,
    bad=(
        sample(head='<base href="">'),
        sample(head='<base href="https://example.com/"><base href="https://example.com/guides/">'),
        sample(head="<base>"),
        sample(head='<base href="data:text/plain,x">'),
        sample(head='<base href="https://">'),
        sample(head='<base href="https://exa mple.com/">'),
    ),
    good=(
        sample(),
        sample(head='<base href="/guides/">'),
        sample(head='<base target="_blank">'),
        sample(head='<BASE HREF="https://example.com/guides/">'),
    ),
    source=f"{HTML}semantics.html#the-base-element",
)
def base_invalid(page: Page, limits: Limits) -> Iterator[Finding]:
    """The base address of the document is missing, invalid or given twice.

    All relative links of the page hang on it; browsers ignore an address that the URL Standard can't parse.

    Fix: keep one `<base>` with a full address, or none.
    """
    for n, (href, target) in enumerate(page.bases, 1):
        at = f"(//base)[{n}]"
        if n > 1:
            yield Finding(f"another <base>: {(href or target or '')[:100]}", at)
        elif href is None and target is None:
            yield Finding("<base> without href", at)
        elif href is not None and not _resolves(page.final_url, href):
            yield Finding(f"<base href={href[:100]!r}>", at)


def _resolves(url: str, href: str) -> bool:
    return bool(href.strip()) and Resolver(url)(href) is not None


@check(
    "html.duplicate_id",
    Category.PERFORMANCE,
    Severity.LOW,
    bad=sample(body='<p id="grit">Grit</p><p id="grit">Grit again</p>'),
    good=(
        sample(),
        sample(body='<p id="grit">Grit</p><p id="Grit">Grit again</p>'),
        sample(body='<p id="grit">Grit</p><!-- <p id="grit"> --><label for="grit">Grit</label>'),
    ),
    source=f"{HTML}dom.html#the-id-attribute",
)
def duplicate_id(page: Page, limits: Limits) -> Iterator[Finding]:
    """An id is used twice.

    Links, labels and scripts reach the first element only.

    Fix: make every id unique.
    """
    for name, count in page.duplicate_ids:
        yield Finding(f"id={name[:100]!r}, {count} times")


@check(
    "html.malformed",
    Category.PERFORMANCE,
    Severity.LOW,
    bad=(
        sample(body="<div><p>The grit of a stone.</p>"),
        sample(body="<p>The grit of a stone.</p></div>"),
        sample(body='<p><a href="/guides/grit>Grit sizes</a> and <a href="/guides/">guides</a></p>'),
        sample(footer='<footer><a href="/about">About us</a></footer><!-- the end'),
        sample(body="<p>The <em>grit</em></em> of a stone.</p>"),
        sample(body='<p class="a" class="b">The grit of a stone.</p>'),
    ),
    good=(
        sample(),
        sample(body="<ul><li>One<li>Two</ul><p>No end<p>tag<br><hr><img src='/a.webp' alt='a > b' width=4 height=3>"),
        sample(body="<script>const a = '<div>'</script><!-- <div> --><template><div></template><DIV>Upper case</DIV>"),
        sample(body='<svg viewBox="0 0 1 1"><path d="M0 0"/></svg><div title="a <div> in a title">Grit</div>'),
        sample(title="<title>How to sharpen <b> and <strong> kitchen knives at home</title>"),
    ),
    source=f"{HTML}parsing.html#parse-errors",
)
def malformed(page: Page, limits: Limits) -> Iterator[Finding]:
    """The markup has errors that the parser has to guess around.

    A tag or comment that isn't closed swallows what follows it, other than its author meant. Looked for are elements
    without their end tag, stray end tags, tags and comments that never end, and attributes given twice; a slash doesn't
    close an element such as `<div/>`. Elements whose tags may be left out are not counted, and neither are wrong
    nesting, content misplaced in tables and errors of single characters. Long pages are looked through only when a
    quick test finds a sign of such errors.

    Fix: run the page through an HTML validator and correct what it names.
    """
    if page.fetched.truncated or len(page.source) > _LONG or not _suspicious(page):
        return
    errors = tag_errors(page.source)
    if page.source.rfind("<!--") > page.source.rfind("-->") and _open_comment(page.source):
        errors.append("a comment that never ends")
    if len(errors) > limits["html.malformed"]:
        yield Finding("; ".join(errors[:5]))


_LONG = 500_000
"""Characters beyond which a document isn't looked at: 0.6 s in the worst case that was found."""
_SHORT = 8_000
"""Characters of a document whose tags are all counted."""


def _suspicious(page: Page) -> bool:
    """A quick test: all tags cost ten times as much, so long pages are asked for the commonest signs only."""
    octets = page.octets
    return (
        octets.count(b"<div") != octets.count(b"</div")
        or "<" in addresses_of(page).hrefs
        or any(image.src is not None and "<" in image.src for image in page.images)
        or (page.mentions(b"<!--") and octets.rfind(b"<!--") > octets.rfind(b"-->"))
        or (len(page.source) <= _SHORT and may_have_errors(page.source))
    )


def _open_comment(source: str) -> bool:
    """Whether the last `<!--` is markup, not part of a script or another raw text."""
    tail = source.rfind("<!--")
    return "</script" not in source[tail:].lower() and "</style" not in source[tail:].lower()


_OBSOLETE = tuple(
    "acronym basefont bgsound big blink center dir font isindex listing marquee multicol nextid nobr plaintext spacer "
    "strike tt xmp".split()
)


@check(
    "html.deprecated_tags",
    Category.PERFORMANCE,
    Severity.INFO,
    bad=(sample(body="<center><p>Grit</p></center>"), sample(body='<p><FONT color="red">Grit</FONT> of the stone</p>')),
    good=(sample(), sample(body="<p><s>Old</s> <b>bold</b> <i>Ferrum</i> <small>note</small> <u>name</u></p>")),
    source=f"{HTML}obsolete.html#non-conforming-features",
)
def deprecated_tags(page: Page, limits: Limits) -> Iterator[Finding]:
    """The page uses elements that HTML has dropped.

    Browsers still show them, by habit and not by promise.

    Fix: use CSS instead.
    """
    counts = page.tag_counts
    found = [f"<{name}> {counts[name]}" for name in _OBSOLETE if name in counts]
    if found:
        yield Finding(", ".join(found))


@check(
    "html.frames",
    Category.PERFORMANCE,
    Severity.MEDIUM,
    bad='<!doctype html><html lang="en"><head><meta charset="utf-8"><title>How to sharpen kitchen knives</title>'
    '</head><frameset cols="20%,80%"><frame src="/nav"><frame src="/main"></frameset></html>',
    good=(sample(), sample(body='<iframe src="/video" title="Sharpening on video" width="300" height="200"></iframe>')),
    source=f"{HTML}obsolete.html#frames",
    implies=(
        "ai.semantic_html_low",
        "canonical.missing",
        "content.thin",
        "description.missing",
        "h1.missing",
        "html.favicon_missing",
        "link.dead_end",
        "mobile.viewport_missing",
        "schema.missing",
        "social.og_missing",
        "social.twitter_card_missing",
    ),
)
def frames(page: Page, limits: Limits) -> Iterator[Finding]:
    """The page is made of frames.

    Frames have been dropped from HTML; each frame is a page of its own in the index, without the others.

    Fix: build the page as one document.
    """
    count = page.tag_counts.get("frame", 0) + page.tag_counts.get("frameset", 0)
    if count:
        yield Finding(f"{count} <frameset> and <frame>")


_PLUGIN_FILE = re.compile(r"\.(?:swf|flv|class|jar|xap|dcr|spl)(?:[?#]|$)", re.IGNORECASE)
_PLUGIN_TYPE = re.compile(
    r"application/(?:x-(?:shockwave|java|silverlight|director|futuresplash)|java|futuresplash)", re.IGNORECASE
)


@check(
    "html.plugins",
    Category.PERFORMANCE,
    Severity.MEDIUM,
    bad=(
        sample(body='<object data="/intro.swf" type="application/x-shockwave-flash" width="9" height="9"></object>'),
        sample(body='<embed src="/intro.SWF?x=1" width="9" height="9">'),
        sample(body='<applet code="Grit.class" width="9" height="9"></applet>'),
    ),
    good=(
        sample(),
        sample(body='<object data="/guide.pdf" type="application/pdf" width="9" height="9"><p>As PDF</p></object>'),
        sample(body='<embed src="/grit.svg" type="image/svg+xml" width="9" height="9">'),
    ),
    source=f"{HTML}obsolete.html#non-conforming-features",
)
def plugins(page: Page, limits: Limits) -> Iterator[Finding]:
    """The page needs a plug-in that no browser has any more.

    Flash, Java and Silverlight content is shown to nobody and read by no search engine.

    Fix: replace it with HTML, video or a script.
    """
    for one in page.embeds:
        if one.tag == "applet" or (
            one.tag in {"object", "embed"}
            and (
                _PLUGIN_FILE.search(one.src or "") or _PLUGIN_TYPE.match(one.type or "") or "classid" in one.attributes
            )
        ):
            yield Finding(f"<{one.tag}> {(one.src or one.type or '')[:120]}", one.at)


_ICONS = frozenset({"icon", "apple-touch-icon", "apple-touch-icon-precomposed", "mask-icon"})


@check(
    "html.favicon_missing",
    Category.PERFORMANCE,
    Severity.INFO,
    bad=(sample(icon=""), sample(icon='<link rel="icon">')),
    good=(
        sample(),
        sample(icon='<link rel="SHORTCUT ICON" href="/favicon.ico">'),
        sample(icon='<link rel="apple-touch-icon" href="/touch.png">'),
        sample(icon="", assets=(Asset(f"{HOST}/favicon.ico", "icon", internal=True, status=200),)),
    ),
    source=FAVICON,
)
def favicon_missing(page: Page, limits: Limits) -> Iterator[Finding]:
    """The page names no icon.

    Tabs, bookmarks and search results show a blank sheet, unless the browser finds a /favicon.ico by itself.

    Fix: add `<link rel="icon" href="/favicon.svg">`.
    """
    if any(tag.href and not tag.rel.isdisjoint(_ICONS) for tag in page.link_tags):
        return
    assets = page.context.assets or ()
    if not any(one.kind == "icon" and one.status == 200 for one in assets):  # noqa: PLR2004
        yield Finding("no icon link", "(//head)[1]")
