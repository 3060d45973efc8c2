"""Images."""

import html
import re
from collections.abc import Iterator
from functools import lru_cache

from shared.checks.base import Category, Fact, Finding, Limits, On, Severity, check
from shared.checks.sample import HOST, sample
from shared.page import Asset, ErrorKind, Image, Page
from shared.reading.alt_text import is_meaningless
from shared.reading.graphemes import graphemes

GOOGLE_IMAGES = "https://developers.google.com/search/docs/appearance/google-images"
HTML_ALT = "https://html.spec.whatwg.org/multipage/images.html#alt"
WEB_SIZES = "https://web.dev/articles/optimize-cls#images-without-dimensions"

_SMALL = 64
"""Images of at most so many pixels a side are icons: formats, lazy loading and the like don't matter for them."""
_MOST = 5_000
"""Characters of an alternative text that are read."""
_NUMBER = re.compile(r"\s*\+?(\d+(?:\.\d+)?)\s*(%?)")
_TAG_LENGTH = 5_000
_SRC = re.compile(r"""[\s"']src\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)
_STYLE = re.compile(r"""\bstyle\s*=\s*(?:"([^"]*)"|'([^']*)')""", re.IGNORECASE)
_STYLED_WIDTH = re.compile(r"(?:^|[;\s])width\s*:\s*\d", re.IGNORECASE)
_STYLED_HEIGHT = re.compile(r"(?:^|[;\s])(?:height\s*:\s*\d|aspect-ratio\s*:\s*\d)", re.IGNORECASE)


def _img(src: str = "/media/knife.webp", alt: str = 'alt="A knife on a whetstone"', more: str = "") -> str:
    return f'<img src="{src}" {alt} width="400" height="300" {more}>'


@lru_cache(maxsize=2_048)
def _pixels(value: str | None) -> float | None:
    """A width or height attribute in pixels; None when absent, a percentage, or not a number."""
    match = _NUMBER.match(value or "")
    return float(match[1]) if match and not match[2] else None


@lru_cache(maxsize=2_048)
def _is_number(value: str | None) -> bool:
    return _NUMBER.match(value or "") is not None


def _is_small(image: Image, most: int = _SMALL) -> bool:
    width, height = _pixels(image.width), _pixels(image.height)
    return width is not None and height is not None and width <= most and height <= most


def _is_inline(image: Image) -> bool:
    return (image.src or "").lstrip()[:5].lower() == "data:"


def _name(image: Image) -> str:
    return (image.src or image.srcset or "no src")[:200]


def _styles(page: Page) -> dict[str, str]:
    """Inline styles of images by the src attribute as written."""
    source = page.source
    found: dict[str, str] = {}
    at = source.find("<img")
    if at < 0:
        source = source.replace("<IMG", "<img")
        at = source.find("<img")
    while at >= 0:
        end = source.find(">", at, at + _TAG_LENGTH)
        tag = source[at:end]
        if end >= 0 and "style" in tag.lower():
            style, src = _STYLE.search(tag), _SRC.search(tag)
            if style and src:
                found[html.unescape(src[1] or src[2] or src[3] or "")] = style[1] or style[2] or ""
        at = source.find("<img", at + 4)
    return found


@check(
    "image.alt_missing",
    Category.ON_PAGE,
    Severity.MEDIUM,
    bad=(
        sample(body=_img(alt="")),
        sample(body=_img(alt='title="A knife"')),
        sample(body=f'<a href="/media/">{_img(alt="")} Enlarge the picture</a>'),
        sample(body=f'<a href="/media/">{_img(alt="")}</a>'),
    ),
    good=(
        sample(),
        sample(body=_img(alt='alt=""')),
        sample(body=_img(alt="alt")),
        sample(body=_img(alt='ALT="Нож на камне"')),
        sample(body=_img(alt='role="presentation"')),
        sample(body='<noscript><img src="https://stats.example.net/p?id=1" width="1" height="1"></noscript>'),
    ),
    source=HTML_ALT,
    implies=("link.empty_anchor",),
)
def alt_missing(page: Page, limits: Limits) -> Iterator[Finding]:
    """An image has no alternative text attribute.

    Screen readers then read out the file name, and search engines learn nothing of what the image shows.

    Fix: describe the image in `alt`; for one that only decorates, write `alt=""`.
    """
    for image in page.images:
        if image.alt is None and not image.presentational and not _is_small(image, 1):
            yield Finding(_name(image), image.at)


@check(
    "image.alt_empty_on_link",
    Category.ON_PAGE,
    Severity.MEDIUM,
    bad=(
        sample(body=f'<a href="/media/">{_img(alt="alt")}</a>'),
        sample(body=f'<a href="/media/"><span>{_img(alt="alt")}</span></a>'),
    ),
    good=(
        sample(),
        sample(body=f'<a href="/media/">{_img(alt="alt")} Enlarge the picture</a>'),
        sample(body=f'<a href="/media/" aria-label="Enlarge the picture">{_img(alt="alt")}</a>'),
        sample(body=f'<a href="/media/">{_img(alt="alt")}{_img(src="/media/stone.webp")}</a>'),
        sample(body=_img(alt="alt")),
    ),
    source="https://www.w3.org/WAI/WCAG22/Techniques/failures/F89",
    implies=("link.empty_anchor",),
)
def alt_empty_on_link(page: Page, limits: Limits) -> Iterator[Finding]:
    """A link consists of an image without a description.

    The alternative text is all that such a link has to say; without it nobody who can't see it knows where it leads.

    Fix: say in `alt` where the link leads, or add text to the link.
    """
    for image in page.images:
        if image.in_link and not image.link_name and image.alt is not None and not image.alt.strip():
            yield Finding(_name(image), image.at)


@check(
    "image.alt_too_long",
    Category.ON_PAGE,
    Severity.INFO,
    bad=sample(body=_img(alt=f'alt="{"A cook draws the blade over the wet stone " * 4}"')),
    good=(
        sample(),
        sample(body=_img(alt='alt="Повар ведёт клинок по мокрому камню, держа его под углом в пятнадцать градусов"')),
    ),
    source="heuristic",
)
def alt_too_long(page: Page, limits: Limits) -> Iterator[Finding]:
    """An image's alternative text is very long.

    Screen readers read it in one go and can't skip parts of it.

    Fix: say in a phrase what the image shows, and put the rest into a caption or the text.
    """
    most = limits["image.alt_too_long"]
    for image in page.images:
        if image.alt and len(image.alt) > most and (length := graphemes(" ".join(image.alt[:_MOST].split()))) > most:
            yield Finding(f"{length} characters: {image.alt}", image.at)


@check(
    "image.alt_quality",
    Category.ON_PAGE,
    Severity.INFO,
    bad=(
        sample(body=_img(alt='alt="knife-on-stone.webp"')),
        sample(body=_img(alt='alt="IMG_2041"')),
        sample(body=_img(alt='alt="Image"')),
        sample(body=_img(src="/media/knife_v2_final.webp", alt='alt="knife_v2_final"')),
    ),
    good=(
        sample(),
        sample(body=_img(alt='alt="knife"')),
        sample(body=_img(alt='alt="Photo of a whetstone"')),
        sample(body=_img(alt='alt="Image 3: a burr under the microscope"')),
        sample(body=_img(src="/media/santoku-knife.webp", alt='alt="Santoku-Knife"')),
        sample(body=_img(alt='alt=""')),
    ),
    source=HTML_ALT,
)
def alt_quality(page: Page, limits: Limits) -> Iterator[Finding]:
    """An image's alternative text is a file name or says only "image".

    It takes a reader's time and tells neither people nor search engines what there is to see.

    Fix: describe what the image shows; for one that only decorates, write `alt=""`.
    """
    for image in page.images:
        alt = " ".join((image.alt or "")[:_MOST].split())
        if alt and is_meaningless(alt, image.src or ""):
            yield Finding(alt, image.at)


def _images(page: Page) -> list[Asset]:
    return [asset for asset in page.context.assets or () if asset.kind == "image"]


def _place(page: Page, url: str) -> str:
    return next((image.at for image in page.images if image.url == url), "")


_NOT_CHECKED = frozenset({401, 403, 407, 408, 425, 429, 451, 503, 999})
"""Answers that may mean "not you" or "not now" instead of "there is no such image"."""
_GONE = frozenset({"connection", "dns", "tls", "redirect_loop", "too_many_redirects", "bad_redirect"})


def _broken(asset: Asset) -> str | None:
    """Why visitors can't see the image; None when they can, or when only this scan was turned away."""
    if asset.error is not None:
        return asset.error.replace("_", " ") if asset.error in _GONE else None
    if asset.status is not None and asset.status >= 400 and asset.status not in _NOT_CHECKED:  # noqa: PLR2004
        return f"status {asset.status}"
    return None


def _asset(
    path: str = "/media/knife.webp",
    status: int | None = 200,
    *,
    internal: bool = True,
    size: int = 40_000,
    error: ErrorKind | None = None,
) -> Asset:
    return Asset(
        path if "://" in path else HOST + path,
        "image",
        internal,
        status,
        error=error,
        bytes=size,
        content_type="image/webp",
        cache_control="max-age=31536000",
        width=800,
        height=600,
    )


_ELSEWHERE = "https://cdn.example.net/knife.webp"


@check(
    "image.broken_internal",
    Category.ON_PAGE,
    Severity.HIGH,
    bad=(
        sample(body=_img(), assets=(_asset(status=404),)),
        sample(body=_img(), assets=(_asset(status=None, error="redirect_loop"),)),
    ),
    good=(
        sample(body=_img(), assets=(_asset(),)),
        sample(body=_img(), assets=(_asset(status=403),)),
        sample(body=_img(), assets=(_asset(status=None, error="timeout"),)),
    ),
    source=GOOGLE_IMAGES,
    needs=(Fact.ASSETS,),
    network="assets",
)
def broken_internal(page: Page, limits: Limits) -> Iterator[Finding]:
    """An image of this site can't be loaded.

    Visitors see a gap or a broken-image sign, and image search can't show it.

    Fix: put the file back, or correct the address.
    """
    for asset in _images(page):
        if asset.internal and (why := _broken(asset)):
            yield Finding(f"{why}: {asset.url}", _place(page, asset.url))


@check(
    "image.broken_external",
    Category.ON_PAGE,
    Severity.LOW,
    bad=sample(body=_img(_ELSEWHERE), assets=(_asset(_ELSEWHERE, 404, internal=False),)),
    good=(
        sample(body=_img(_ELSEWHERE), assets=(_asset(_ELSEWHERE, internal=False),)),
        sample(body=_img(_ELSEWHERE), assets=(_asset(_ELSEWHERE, 429, internal=False),)),
    ),
    source=GOOGLE_IMAGES,
    needs=(Fact.ASSETS,),
    network="assets",
)
def broken_external(page: Page, limits: Limits) -> Iterator[Finding]:
    """An image from another site can't be loaded.

    Visitors see a gap or a broken-image sign in its place.

    Fix: host the image yourself, or remove it.
    """
    for asset in _images(page):
        if not asset.internal and (why := _broken(asset)):
            yield Finding(f"{why}: {asset.url}", _place(page, asset.url))


@check(
    "image.too_large",
    Category.ON_PAGE,
    Severity.LOW,
    bad=sample(
        body=_img(),
        assets=(_asset(size=900_000),),
    ),
    good=(sample(), sample(body=_img(), assets=(_asset(),))),
    source="heuristic",
    needs=(Fact.ASSETS,),
    network="assets",
)
def too_large(page: Page, limits: Limits) -> Iterator[Finding]:
    """An image file is very large.

    Large images delay the page, most of all on phones, and cost visitors data.

    Fix: scale the image to the size it is shown at, and compress it as WebP or AVIF.
    """
    for asset in _images(page):
        size = asset.wire_bytes or asset.bytes or 0
        if size > limits["image.too_large"] and _broken(asset) is None:
            yield Finding(f"{size / 1000:.0f} kB: {asset.url}", _place(page, asset.url))


@check(
    "image.dimensions_missing",
    Category.ON_PAGE,
    Severity.LOW,
    bad=(
        sample(body='<img src="/media/knife.webp" alt="A knife">'),
        sample(body='<img src="/media/knife.webp" alt="A knife" width="400" height="auto">'),
    ),
    good=(
        sample(),
        sample(body=_img()),
        sample(body='<img src="/media/knife.webp" alt="A knife" style="width: 40px; aspect-ratio: 4 / 3">'),
        sample(body='<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=" alt="">'),
    ),
    source=WEB_SIZES,
)
def dimensions_missing(page: Page, limits: Limits) -> Iterator[Finding]:
    """An image has no width and height.

    Until it is loaded the browser doesn't know how much room to keep, so the text below it jumps.

    Fix: write the image's natural size into `width` and `height`; CSS may still scale it.
    """
    styles: dict[str, str] | None = None
    for image in page.images:
        if _is_inline(image) or not (image.src or image.srcset):
            continue
        if _is_number(image.width) and _is_number(image.height):
            continue
        styles = _styles(page) if styles is None else styles
        style = styles.get(image.src or "", "")
        if not (_STYLED_WIDTH.search(style) and _STYLED_HEIGHT.search(style)):
            yield Finding(_name(image), image.at)


@check(
    "image.aspect_mismatch",
    Category.ON_PAGE,
    Severity.LOW,
    bad=sample(
        body='<img src="/media/knife.webp" alt="A knife" width="400" height="400">',
        assets=(_asset(),),
    ),
    good=(
        sample(body=_img(), assets=(_asset(),)),
        sample(body='<img src="/media/knife.webp" alt="A knife" width="100%" height="400">', assets=(_asset(),)),
        sample(
            body='<img src="/media/knife.webp" alt="A knife" width="400" height="400" style="object-fit:cover">',
            assets=(_asset(),),
        ),
    ),
    source="https://web.dev/articles/optimize-cls#images-without-dimensions",
    needs=(Fact.ASSETS,),
    network="assets",
)
def aspect_mismatch(page: Page, limits: Limits) -> Iterator[Finding]:
    """An image is declared with another shape than it has.

    The browser keeps room of the wrong shape, or shows the image stretched.

    Fix: write the image's natural size into `width` and `height`, or crop with `object-fit`.
    """
    natural = {
        a.url: (a.width, a.height)
        for a in _images(page)
        if a.width and a.height and "svg" not in (a.content_type or "")
    }
    styles: dict[str, str] | None = None
    for image in page.images if natural else ():
        width, height = _pixels(image.width), _pixels(image.height)
        real = natural.get(image.url or "")
        if not (width and height and real):
            continue
        expected = width * real[1] / real[0]
        if abs(height - expected) <= max(2.0, expected * limits["image.aspect_mismatch"]):
            continue
        styles = _styles(page) if styles is None else styles
        if "object-fit" not in styles.get(image.src or "", ""):
            yield Finding(f"{width:g}×{height:g} declared, {real[0]}×{real[1]} natural: {_name(image)}", image.at)


_LEGACY = (".jpg", ".jpeg", ".png", ".gif", ".bmp", ".tif", ".tiff")
_MODERN = re.compile(r"webp|avif|jxl|auto=format|format=auto|f_auto|/_next/image|/cdn-cgi/image/")


def _is_legacy(url: str) -> bool:
    lower = url.lower()
    return lower.partition("?")[0].endswith(_LEGACY) and _MODERN.search(lower) is None


def _offers_modern(page: Page) -> bool:
    """Whether some `<source>` of a picture is WebP, AVIF or JPEG XL."""
    for embed in page.embeds:
        if embed.tag == "source":
            offer = f"{embed.type or ''} {embed.attributes.get('srcset') or ''}".lower()
            if "webp" in offer or "avif" in offer or "jxl" in offer:
                return True
    return False


@check(
    "image.legacy_format",
    Category.ON_PAGE,
    Severity.INFO,
    bad=(sample(body=_img("/media/knife.jpg")), sample(body=_img("/media/knife.PNG?v=3"))),
    good=(
        sample(body=_img()),
        sample(body=_img("/media/knife.svg")),
        sample(
            body=f'<picture><source type="image/avif" srcset="/media/knife.avif">{_img("/media/knife.jpg")}</picture>'
        ),
        sample(body=_img("/media/knife.jpg", more='srcset="/media/knife.webp 2x"')),
        sample(body=_img("https://images.example.com/knife.jpg?auto=format")),
        sample(body='<img src="/media/flag.png" alt="Deutsch" width="16" height="12">'),
    ),
    source="https://web.dev/articles/serve-images-webp",
)
def legacy_format(page: Page, limits: Limits) -> Iterator[Finding]:
    """An image is offered in an old format only.

    WebP and AVIF show the same picture in about two thirds of the bytes, and every current browser reads them.

    Fix: offer WebP or AVIF, for instance as `<source>` in a `<picture>`.
    """
    modern: bool | None = None
    negotiated: frozenset[str] | None = None
    for image in page.images:
        url = image.url or ""
        if not _is_legacy(url) or _is_small(image) or (image.srcset and _MODERN.search(image.srcset.lower())):
            continue
        if image.in_picture:
            modern = _offers_modern(page) if modern is None else modern
            if modern:
                continue
        if negotiated is None:
            kinds = ("image/webp", "image/avif", "image/jxl")
            negotiated = frozenset(a.url for a in _images(page) if (a.content_type or "").lower().startswith(kinds))
        if url not in negotiated:
            yield Finding(_name(image), image.at)


@check(
    "image.no_srcset",
    Category.ON_PAGE,
    Severity.INFO,
    bad=sample(body='<img src="/media/knife.webp" alt="A knife" width="1600" height="1200" fetchpriority="high">'),
    good=(
        sample(),
        sample(body=_img()),
        sample(
            body='<img src="/media/knife.webp" srcset="/media/small.webp 800w, /media/knife.webp 1600w" sizes="100vw" '
            'alt="A knife" width="1600" height="1200">'
        ),
        sample(body='<img src="/media/knife.svg" alt="A knife" width="1600" height="1200">'),
        sample(
            body='<picture><source media="(max-width: 600px)" srcset="/media/small.webp">'
            '<img src="/media/knife.webp" alt="A knife" width="1600" height="1200"></picture>'
        ),
    ),
    source="https://developers.google.com/search/docs/appearance/google-images#responsive-images",
)
def no_srcset(page: Page, limits: Limits) -> Iterator[Finding]:
    """A large image comes in one size only.

    Phones then load as many pixels as wide screens, and wait for them.

    Fix: offer smaller versions in `srcset` and say in `sizes` how wide the image is shown.
    """
    least = limits["image.no_srcset"]
    for image in page.images:
        width = _pixels(image.width) or 0
        if width < least or not image.src or image.srcset or image.in_picture or _is_inline(image):
            continue
        if not (image.src or "").partition("?")[0].lower().endswith(".svg"):
            yield Finding(f"{width:g} pixels wide: {_name(image)}", image.at)


def _has_plan(image: Image) -> bool:
    """Whether the author decided when the image loads."""
    return (image.loading or "").strip().lower() in {"lazy", "eager"} or (image.fetchpriority or "").lower() == "high"


def _gallery(loading: str, count: int = 6) -> str:
    return "".join(_img(f"/media/step-{n}.webp", more=loading if n > 2 else "") for n in range(count))  # noqa: PLR2004


@check(
    "image.lazy_missing",
    Category.ON_PAGE,
    Severity.INFO,
    bad=sample(body=_gallery("")),
    good=(
        sample(),
        sample(body=_gallery('loading="lazy"')),
        sample(body=_gallery('loading="eager"')),
        sample(body=_gallery("", 3)),
        sample(body='<img src="/media/flag.webp" alt="" width="16" height="12">' * 9),
    ),
    source="https://web.dev/articles/browser-level-image-lazy-loading",
)
def lazy_missing(page: Page, limits: Limits) -> Iterator[Finding]:
    """An image further down is loaded at once.

    Images that nobody has scrolled to compete with the visible part of the page for the connection.

    Fix: add `loading="lazy"` to images below the first screen, and leave it out above.
    """
    seen = 0
    most = limits["image.lazy_missing"]
    for image in page.images:
        if not (image.src or image.srcset) or _is_inline(image) or _is_small(image):
            continue
        seen += 1
        if seen > most and not _has_plan(image):
            yield Finding(_name(image), image.at)


@check(
    "image.picture_without_img",
    Category.ON_PAGE,
    Severity.MEDIUM,
    bad=sample(body='<picture><source type="image/avif" srcset="/media/knife.avif"></picture>'),
    good=(sample(), sample(body=f'<picture><source type="image/avif" srcset="/media/knife.avif">{_img()}</picture>')),
    source="https://html.spec.whatwg.org/multipage/embedded-content.html#the-picture-element",
)
def picture_without_img(page: Page, limits: Limits) -> Iterator[Finding]:
    """A picture element holds no img.

    The browser shows a picture in its `<img>`; without one there is nothing to see, and nothing for search engines.

    Fix: put an `<img>` with `src` and `alt` after the sources.
    """
    for position in page.pictures_without_img:
        yield Finding("<picture> without <img>", position)


def _insecure(image: Image) -> str | None:
    """The first address of an image that goes over plain http."""
    if (image.url or "").startswith("http://"):
        return image.url
    if image.srcset and "http://" in image.srcset:
        candidates = (part.split() for part in image.srcset.split(","))
        return next((words[0] for words in candidates if words and words[0].startswith("http://")), None)
    return None


def _upgrades(page: Page) -> bool:
    """Whether the page's policy has browsers load http subresources over https."""
    policies = [page.header("content-security-policy") or ""]
    policies += [m.content or "" for m in page.metas if m.http_equiv == "content-security-policy"]
    return any("upgrade-insecure-requests" in policy.lower() for policy in policies)


@check(
    "image.http_on_https",
    Category.ON_PAGE,
    Severity.MEDIUM,
    bad=sample(body=_img("http://example.com/media/knife.webp")),
    good=(
        sample(),
        sample(body=_img("//example.com/media/knife.webp")),
        sample(body=f'<a href="http://example.net/">Stone and Steel, our friends</a>{_img()}'),
        sample(
            body=_img("http://example.com/media/knife.webp"),
            headers={"Content-Security-Policy": "upgrade-insecure-requests"},
        ),
    ),
    source="https://www.w3.org/TR/mixed-content/",
    on=On.HTML | On.SECURE,
    implies=("security.mixed_content",),
)
def http_on_https(page: Page, limits: Limits) -> Iterator[Finding]:
    """A secure page loads an image over plain http.

    Browsers fetch it over https instead, or not at all, and a listener could have seen or changed it on the way.

    Fix: use the image's `https://` address.
    """
    insecure = [(image, url) for image in page.images if (url := _insecure(image))]
    if insecure and page.is_https and not _upgrades(page):
        for image, url in insecure:
            yield Finding(url, image.at)


@check(
    "image.svg_inline_large",
    Category.ON_PAGE,
    Severity.INFO,
    bad=sample(body=f'<svg viewBox="0 0 9 9" aria-hidden="true"><path d="{"M0 0h9v9z" * 800}"/></svg>'),
    good=(sample(), sample(body='<svg viewBox="0 0 9 9" aria-hidden="true"><path d="M0 0h9v9z"/></svg>' * 9)),
    source="heuristic",
    implies=("content.text_ratio_low",),
)
def svg_inline_large(page: Page, limits: Limits) -> Iterator[Finding]:
    """A large drawing stands inline in the page.

    It is sent anew with every page, can't be cached, and delays the text behind it.

    Fix: move it into an `.svg` file, or simplify its paths.
    """
    for position, length in page.inline_svgs:
        if length > limits["image.svg_inline_large"]:
            yield Finding(f"{length} characters", position)
