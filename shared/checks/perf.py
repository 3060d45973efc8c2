"""Speed, as far as it shows without a browser."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from shared.checks.base import Category, Fact, Finding, Limits, Severity, check
from shared.checks.sample import HOST, sample
from shared.page import Asset, Image, Page, Timings
from shared.reading.markup import text_between

WEB_DEV = "https://web.dev/articles/"
LIGHTHOUSE = "https://developer.chrome.com/docs/lighthouse/performance/"
APP, CSS = f"{HOST}/app.js", f"{HOST}/site.css"


@check(
    "perf.ttfb_slow",
    Category.PERFORMANCE,
    Severity.MEDIUM,
    bad=sample(timings=Timings(ttfb=1_200.0, total=1_300.0)),
    good=(sample(), sample(timings=Timings(ttfb=790.0, total=900.0)), sample(timings=Timings(total=900.0))),
    source=f"{WEB_DEV}ttfb",
    needs=(Fact.TIMINGS,),
)
def ttfb_slow(page: Page, limits: Limits) -> Iterator[Finding]:
    """The server takes long to answer.

    Nothing can be shown before the first byte. One measurement from one place is a hint, not a verdict.

    Fix: cache pages, speed up the slowest queries, or serve from closer to your visitors.
    """
    timings = page.fetched.timings
    if timings is not None and timings.ttfb is not None and timings.ttfb > limits["perf.ttfb_slow"]:
        yield Finding(f"{timings.ttfb:.0f} ms to the first byte")


@check(
    "perf.slow_page",
    Category.PERFORMANCE,
    Severity.MEDIUM,
    bad=sample(timings=Timings(ttfb=90.0, total=3_400.0)),
    good=(sample(), sample(timings=Timings(ttfb=90.0, total=2_900.0)), sample(timings=Timings(ttfb=90.0))),
    source="heuristic",
    needs=(Fact.TIMINGS,),
)
def slow_page(page: Page, limits: Limits) -> Iterator[Finding]:
    """The document takes long to arrive.

    Scripts, styles and images are asked for only after it, so everything else waits.

    Fix: send less HTML, compress it, and speed up the server.
    """
    timings = page.fetched.timings
    if timings is not None and timings.total is not None and timings.total > limits["perf.slow_page"]:
        yield Finding(f"{timings.total:.0f} ms to the last byte")


@check(
    "perf.dom_size",
    Category.PERFORMANCE,
    Severity.LOW,
    bad=(
        sample(body=f"<div>{'<p><i></i></p>' * 25}</div>" * 40),
        sample(body="<div>" * 40 + "Grit" + "</div>" * 40),
    ),
    good=(
        sample(),
        sample(body=f"<ul>{'<li>A line about grit</li>' * 200}</ul>"),
        sample(body="<div>" * 20 + "Grit" + "</div>" * 20),
    ),
    source=f"{LIGHTHOUSE}dom-size",
    implies=("content.text_ratio_low",),
)
def dom_size(page: Page, limits: Limits) -> Iterator[Finding]:
    """The document has very many elements, or nests them deeply.

    Each change of the page then costs more memory and time, above all on phones.

    Fix: load long lists in parts and drop wrappers that only wrap.
    """
    if page.dom_nodes > limits["perf.dom_size.nodes"]:
        yield Finding(f"{page.dom_nodes} elements")
    if page.dom_depth > limits["perf.dom_size.depth"]:
        yield Finding(f"{page.dom_depth} levels deep")
    if page.dom_max_children > limits["perf.dom_size.children"]:
        yield Finding(f"{page.dom_max_children} children of one element", page.dom_max_children_at)


_CLASSIC = frozenset({"", "text/javascript", "application/javascript", "application/x-javascript", "text/ecmascript"})


def _blocking_sheets(page: Page) -> int:
    return sum(
        1
        for tag in page.link_tags
        if "stylesheet" in tag.rel
        and tag.in_head
        and tag.href
        and "alternate" not in tag.rel
        and (tag.media or "all").strip().lower() in {"all", "screen", ""}
    )


@check(
    "perf.render_blocking",
    Category.PERFORMANCE,
    Severity.LOW,
    bad=(
        sample(head='<script src="/app.js"></script>'),
        sample(head="".join(f'<link rel="stylesheet" href="/{n}.css">' for n in range(5))),
    ),
    good=(
        sample(),
        sample(
            head="<script src=/a.js async></script><script defer src=/b.js></script><script type=module src=c></script>"
        ),
        sample(head='<link rel="stylesheet" href="/site.css"><link rel="stylesheet" href="/print.css" media="print">'),
        sample(body='<script src="/app.js"></script>'),
        sample(head="<script>document.documentElement.className = 'js'</script>"),
    ),
    source=f"{LIGHTHOUSE}render-blocking-resources",
)
def render_blocking(page: Page, limits: Limits) -> Iterator[Finding]:
    """Scripts or many style sheets in the head hold up the first view.

    The browser shows nothing until they have arrived and run.

    Fix: give scripts `defer` or `async`, and join style sheets or load the less important ones later.
    """
    for script in page.scripts:
        if script.in_head and script.src and not script.async_ and not script.defer and script.type in _CLASSIC:
            yield Finding(f"<script src={script.src[:120]!r}>", script.at)
    sheets = _blocking_sheets(page)
    if sheets > limits["perf.render_blocking"]:
        yield Finding(f"{sheets} style sheets in the head")


@check(
    "perf.too_many_assets",
    Category.PERFORMANCE,
    Severity.LOW,
    bad=sample(body="".join(f'<script src="/{n}.js" defer></script>' for n in range(101))),
    good=(sample(), sample(body='<script src="/one.js" defer></script>' * 120)),
    source="heuristic",
)
def too_many_assets(page: Page, limits: Limits) -> Iterator[Finding]:
    """The page loads very many scripts and style sheets.

    Each is a request with its own overhead and its own chance to be late.

    Fix: bundle them and drop what the page doesn't use.
    """
    most = limits["perf.too_many_assets"]
    if len(page.scripts) + len(page.link_tags) <= most:
        return
    found = {script.url for script in page.scripts if script.url}
    found.update(tag.url for tag in page.link_tags if tag.url and "stylesheet" in tag.rel)
    if len(found) > most:
        yield Finding(f"{len(found)} scripts and style sheets")


def _weight(asset: Asset) -> int:
    return asset.wire_bytes if asset.wire_bytes is not None else asset.bytes or 0


def _code(page: Page) -> list[Asset]:
    return [one for one in page.context.assets or () if one.kind in {"script", "style"} and one.status == 200]  # noqa: PLR2004


def _asset(
    url: str,
    *,
    size: int = 20_000,
    wire: int | None = 6_000,
    encoding: str | None = "br",
    cache: str | None = "max-age=31536000, immutable",
    minified: bool | None = True,
    internal: bool = True,
) -> Asset:
    return Asset(
        url,
        "script" if url.endswith(".js") else "style" if url.endswith(".css") else "image",
        internal=internal,
        status=200,
        bytes=size,
        wire_bytes=wire,
        content_type="text/javascript" if url.endswith(".js") else "text/css" if url.endswith(".css") else "image/jpeg",
        content_encoding=encoding,
        cache_control=cache,
        minified=minified,
    )


@check(
    "perf.asset_weight",
    Category.PERFORMANCE,
    Severity.MEDIUM,
    bad=sample(assets=(_asset(APP, size=9_000_000, wire=1_500_000), _asset(CSS, size=900_000, wire=600_000))),
    good=(
        sample(),
        sample(assets=(_asset(APP), _asset(CSS))),
        sample(assets=(_asset(APP, size=9_000_000, wire=1_900_000),)),
    ),
    source=f"{LIGHTHOUSE}total-byte-weight",
    needs=(Fact.ASSETS,),
    network="assets",
)
def asset_weight(page: Page, limits: Limits) -> Iterator[Finding]:
    """Scripts and style sheets are heavy.

    They must be loaded, unpacked and run before the page answers to a tap.

    Fix: drop unused code, split it by page, compress it.
    """
    total = sum(_weight(one) for one in _code(page))
    if total > limits["perf.asset_weight"]:
        yield Finding(f"{total / 1e6:.1f} MB of scripts and style sheets")


@check(
    "perf.page_weight",
    Category.PERFORMANCE,
    Severity.MEDIUM,
    bad=sample(
        assets=tuple(
            _asset(f"{HOST}/{n}.jpg", size=90_000, wire=90_000, encoding=None, minified=None) for n in range(40)
        )
    ),
    good=(
        sample(),
        sample(
            assets=tuple(
                _asset(f"{HOST}/{n}.jpg", size=90_000, wire=90_000, encoding=None, minified=None) for n in range(9)
            )
        ),
    ),
    source=f"{LIGHTHOUSE}total-byte-weight",
    needs=(Fact.ASSETS,),
    network="assets",
)
def page_weight(page: Page, limits: Limits) -> Iterator[Finding]:
    """The page is heavy as a whole.

    On a slow or metered connection it takes long and costs money.

    Fix: compress and resize images, load what is below the fold later.
    """
    own = page.fetched.wire_bytes if page.fetched.wire_bytes is not None else len(page.fetched.body)
    total = own + sum(_weight(one) for one in page.context.assets or ())
    if total > limits["perf.page_weight"]:
        yield Finding(f"{total / 1e6:.1f} MB with everything it loads")


@check(
    "perf.uncompressed_assets",
    Category.PERFORMANCE,
    Severity.LOW,
    bad=(
        sample(assets=(_asset(APP, wire=20_000, encoding=None),)),
        sample(assets=(_asset(CSS, wire=20_000, encoding="identity"),)),
    ),
    good=(
        sample(assets=(_asset(APP, encoding="GZIP"),)),
        sample(assets=(_asset(CSS, size=900, wire=900, encoding=None),)),
        sample(assets=(_asset("https://cdn.example/x.js", wire=20_000, encoding=None, internal=False),)),
    ),
    source=f"{LIGHTHOUSE}uses-text-compression",
    needs=(Fact.ASSETS,),
    network="assets",
)
def uncompressed_assets(page: Page, limits: Limits) -> Iterator[Finding]:
    """A script or style sheet is sent uncompressed.

    Compression makes them three to five times smaller.

    Fix: switch on gzip, brotli or zstd in the server.
    """
    for one in _code(page):
        encoded = (one.content_encoding or "identity").strip().lower() not in {"", "identity"}
        if one.internal and not encoded and (one.bytes or 0) > limits["perf.uncompressed_assets"]:
            yield Finding(f"{one.url}: {one.bytes} bytes")


@check(
    "perf.unminified_js",
    Category.PERFORMANCE,
    Severity.INFO,
    bad=sample(assets=(_asset(APP, minified=False),)),
    good=(
        sample(assets=(_asset(APP), _asset(CSS, minified=None))),
        sample(assets=(_asset("https://cdn.example/x.js", minified=False, internal=False),)),
    ),
    source=f"{LIGHTHOUSE}unminified-javascript",
    needs=(Fact.ASSETS,),
    network="assets",
)
def unminified_js(page: Page, limits: Limits) -> Iterator[Finding]:
    """A script or style sheet isn't minified.

    Comments and blanks are sent to every visitor.

    Fix: minify in the build.
    """
    for one in _code(page):
        if one.internal and one.minified is False:
            yield Finding(one.url)


_LASTING = frozenset({"script", "style", "font"})
"""Kinds whose name changes with their content; images are often replaced under their name."""
_MAX_AGE = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?(\d{1,10})", re.IGNORECASE)
_NO_CACHE = re.compile(r"(?:^|[\s,])no-(?:store|cache)\b", re.IGNORECASE)


@check(
    "perf.cache_headers",
    Category.PERFORMANCE,
    Severity.LOW,
    bad=(
        sample(assets=(_asset(APP, cache=None),)),
        sample(assets=(_asset(CSS, cache="public, max-age=600"),)),
        sample(assets=(_asset(APP, cache="no-cache, max-age=31536000"),)),
    ),
    good=(
        sample(assets=(_asset(APP), _asset(CSS, cache="Public, Max-Age=86400"))),
        sample(assets=(_asset("https://cdn.example/x.js", cache=None, internal=False),)),
        sample(),
    ),
    source="https://www.rfc-editor.org/rfc/rfc9111#section-5.2.2.1",
    needs=(Fact.ASSETS,),
    network="assets",
)
def cache_headers(page: Page, limits: Limits) -> Iterator[Finding]:
    """A script, style sheet or font may be kept for less than a day, or not at all.

    Returning visitors load it again.

    Fix: put a hash into the file's name and send `Cache-Control: max-age=31536000, immutable`.
    """
    for one in page.context.assets or ():
        if not one.internal or one.status != 200 or one.kind not in _LASTING:  # noqa: PLR2004
            continue
        given = one.cache_control or ""
        age = _MAX_AGE.search(given)
        if not given and one.content_type is None:
            continue  # the answer's headers weren't seen
        if _NO_CACHE.search(given) or age is None or int(age.group(1)) < limits["perf.cache_headers"]:
            yield Finding(f"{one.url}: {given[:80] or 'no Cache-Control'}")


_SLICE = 20_000


def _pixels(text: str | None) -> float:
    found = re.match(r"\s*(\d{1,5})(?:px)?\s*$", text) if text else None
    return float(found.group(1)) if found else 0.0


def _text_before(page: Page, image: Image, most: float) -> bool:
    """Whether less than `most` characters of text stand before the image: then it is in the first view, most likely."""
    needle = image.src or image.srcset or ""
    source = page.source
    body = max(0, source.find("<body"))
    offset = source.find(needle.replace("&", "&amp;"), body) if needle else -1
    if offset < 0:
        offset = source.find(needle, body) if needle else -1
    if offset < 0 or offset - body > _SLICE:
        return False
    start = source.rfind("<", body, offset)
    return len(text_between(source, body, max(start, body))) < most


def _hero(page: Page, limits: Limits) -> Image | None:
    """The first image that is large by its attributes, if it stands among the first three and near the top."""
    least = limits["perf.lcp_hints"]
    for image in page.images[:3]:
        if (image.src or "").lstrip()[:5].lower() == "data:":
            return None  # a placeholder that a script replaces: what it loads, and when, isn't known
        if _pixels(image.width) * _pixels(image.height) >= least:
            return image if _text_before(page, image, limits["perf.lazy_above_fold"]) else None
    return None


_HERO = (
    '<img src="/media/hero.webp" srcset="/media/hero.webp 1600w" sizes="100vw" alt="A whetstone" '
    'width="1600" height="900"{}>'
)


@check(
    "perf.lcp_hints",
    Category.PERFORMANCE,
    Severity.LOW,
    bad=(
        sample(h1="<h1>Sharpening kitchen knives</h1>" + _HERO.format("")),
        sample(h1=f"<h1>Sharpening kitchen knives</h1>{_HERO.format(' fetchpriority=low')}"),
    ),
    good=(
        sample(),
        sample(h1="<h1>Sharpening kitchen knives</h1>" + _HERO.format(' fetchpriority="high"')),
        sample(
            head='<link rel="preload" as="image" href="/media/hero.webp">',
            h1="<h1>Sharpening kitchen knives</h1>" + _HERO.format(""),
        ),
        sample(body=_HERO.format("")),
        sample(
            h1='<h1>Sharpening kitchen knives</h1><img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" '
            'data-src="/media/hero.webp" alt="A whetstone" width="1600" height="900">'
        ),
        sample(h1='<h1>Sharpening kitchen knives</h1><img src="/dot.webp" alt="Dot" width="40" height="40">'),
    ),
    source=f"{WEB_DEV}optimize-lcp",
)
def lcp_hints(page: Page, limits: Limits) -> Iterator[Finding]:
    """The page's first large image isn't announced as important.

    It is probably what visitors wait for, and the browser finds out late.

    Fix: give it `fetchpriority="high"`, or preload it.
    """
    image = _hero(page, limits) if page.images else None
    if image is None or (image.fetchpriority or "").lower() == "high":
        return
    if not any("preload" in tag.rel and (tag.as_ or "").lower() == "image" for tag in page.link_tags):
        yield Finding((image.src or image.srcset or "")[:200], image.at)


@check(
    "perf.lazy_above_fold",
    Category.PERFORMANCE,
    Severity.MEDIUM,
    bad=(
        sample(h1="<h1>Sharpening kitchen knives</h1>" + _HERO.format(' loading="lazy"')),
        sample(
            h1='<img src="/top.webp" alt="A stone" width=600 height=400 loading=LAZY><h1>Sharpening kitchen knives</h1>'
        ),
    ),
    good=(
        sample(),
        sample(h1="<h1>Sharpening kitchen knives</h1>" + _HERO.format(' loading="eager" fetchpriority="high"')),
        sample(body=_HERO.format(' loading="lazy"')),
        sample(h1='<h1>Knives</h1><img src="/flag.webp" alt="English" width="24" height="16" loading="lazy">'),
    ),
    source=f"{WEB_DEV}browser-level-image-lazy-loading",
    implies=("perf.lcp_hints",),
)
def lazy_above_fold(page: Page, limits: Limits) -> Iterator[Finding]:
    """An image at the top of the page is loaded lazily.

    The browser waits with it until the layout is known, although it is needed at once.

    Fix: remove `loading="lazy"` from images of the first view.
    """
    for image in page.images[:1]:
        large = _pixels(image.width) >= 200 and _pixels(image.height) >= 150  # noqa: PLR2004
        if (
            large
            and not (image.src or "").startswith("data:")
            and (image.loading or "").lower() == "lazy"
            and _text_before(page, image, limits["perf.lazy_above_fold"])
        ):
            yield Finding((image.src or image.srcset or "")[:200], image.at)


_FACE = re.compile(r"@font-face\s*\{([^{}]*)\}", re.IGNORECASE)
_DISPLAY = re.compile(r"font-display\s*:\s*(?:swap|fallback|optional)", re.IGNORECASE)
_REMOTE = re.compile(r"url\(\s*[\"']?\s*(?!data:)[^\s\"')]", re.IGNORECASE)
_GOOGLE_FONTS = "fonts.googleapis.com"
_ICON_FONT = re.compile(r"Material[+ %20]*(?:Icons|Symbols)", re.IGNORECASE)
_SHOWN = re.compile(r"[?&]display=(?:swap|fallback|optional)\b", re.IGNORECASE)
_PRE = '<link rel="preconnect" href="https://fonts.gstatic.com" crossorigin>'


def _google_sheets(page: Page) -> list[str]:
    return [tag.url for tag in page.link_tags if tag.url and _GOOGLE_FONTS in tag.url[:40] and "stylesheet" in tag.rel]


@check(
    "perf.font_display",
    Category.PERFORMANCE,
    Severity.INFO,
    bad=(
        sample(head="<style>@font-face { font-family: Stone; src: url(/stone.woff2) format('woff2') }</style>"),
        sample(head=_PRE + '<link rel="stylesheet" href="https://fonts.googleapis.com/css2?family=Inter">'),
    ),
    good=(
        sample(),
        sample(head="<style>@FONT-FACE{font-family:Stone;src:url(/stone.woff2);font-display: SWAP}</style>"),
        sample(head="<style>@font-face{font-family:Stone;src:local('Stone Sans')}</style>"),
        sample(
            head=_PRE + '<link rel="stylesheet" href="https://fonts.googleapis.com/css2?family=Inter&amp;display=swap">'
        ),
        sample(head=_PRE + '<link rel="stylesheet" href="https://fonts.googleapis.com/icon?family=Material+Icons">'),
    ),
    source=f"{LIGHTHOUSE}font-display",
)
def font_display(page: Page, limits: Limits) -> Iterator[Finding]:
    """A web font hides the text until it has arrived.

    For up to three seconds visitors see blanks where words should be.

    Fix: set `font-display: swap`, or `&display=swap` at Google Fonts.
    """
    for text in page.style_texts:
        if "@font-face" in text or "@FONT-FACE" in text:
            for block in _FACE.findall(text):
                if _REMOTE.search(block) and not _DISPLAY.search(block):
                    yield Finding(" ".join(block.split())[:160])
    for url in _google_sheets(page):
        if not _SHOWN.search(url) and not _ICON_FONT.search(url):
            yield Finding(url[:200])


@check(
    "perf.preconnect",
    Category.PERFORMANCE,
    Severity.INFO,
    bad=sample(head='<link rel="stylesheet" href="https://fonts.googleapis.com/css2?family=Inter&amp;display=swap">'),
    good=(
        sample(),
        sample(
            head=_PRE + '<link rel="stylesheet" href="https://fonts.googleapis.com/css2?family=Inter&amp;display=swap">'
        ),
        sample(head='<link rel="stylesheet" href="https://cdn.example/site.css">'),
    ),
    source=f"{WEB_DEV}preconnect-and-dns-prefetch",
)
def preconnect(page: Page, limits: Limits) -> Iterator[Finding]:
    """The browser learns late which other server holds the fonts.

    The style sheet of Google Fonts names files on fonts.gstatic.com, so that connection starts only after it is read.

    Fix: add `<link rel="preconnect" href="https://fonts.gstatic.com" crossorigin>`.
    """
    if not _google_sheets(page):
        return
    for tag in page.link_tags:
        if (
            not tag.rel.isdisjoint({"preconnect", "dns-prefetch"})
            and tag.url
            and urlsplit(tag.url).hostname == "fonts.gstatic.com"
        ):
            return
    yield Finding("fonts.gstatic.com")
