"""How the page looks when it is shared: Open Graph and X cards."""

from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

from shared.checks.base import Category, Fact, Finding, Limits, Severity, check
from shared.checks.sample import HOST, URL, sample
from shared.page import Asset, Page

OPEN_GRAPH = "https://ogp.me/#metadata"
X_CARDS = "https://developer.x.com/en/docs/x-for-websites/cards/overview/markup"
_FOUR = ("og:title", "og:description", "og:image", "og:url")
_CARD = '<meta name="twitter:card" content="summary">'


def _og(
    *, title: str = "How to sharpen kitchen knives", url: str = URL, image: str = "/media/whetstone.jpg", more: str = ""
) -> str:
    return (
        f'<meta property="og:title" content="{title}"><meta property="og:description" content="Which grit to buy.">'
        f'<meta property="og:url" content="{url}"><meta property="og:image" content="{image}">{_CARD}{more}'
    )


def _absent(page: Page) -> list[str]:
    return [
        name
        for name in _FOUR
        if not (page.meta(name) or "").strip()
        and not (name == "og:image" and (page.meta("og:image:url") or page.meta("og:image:secure_url")))
    ]


@check(
    "social.og_missing",
    Category.SOCIAL,
    Severity.INFO,
    bad=(
        sample(social=_CARD + '<meta name="twitter:title" content="Knives">'),
        sample(social=_CARD + '<meta property="og:title" content=" "><meta property="og:type" content="article">'),
    ),
    good=(
        sample(),
        sample(social=_og().replace("property=", "name=")),
        sample(social=_CARD + '<meta property="OG:Title" content="Knives">'),
    ),
    source=OPEN_GRAPH,
    implies=("social.twitter_card_missing",),
)
def og_missing(page: Page, limits: Limits) -> Iterator[Finding]:
    """The page has no Open Graph data.

    Networks and messengers then guess the title, text and image of a shared link.

    Fix: add og:title, og:description, og:image and og:url.
    """
    if len(_absent(page)) == len(_FOUR):
        yield Finding("none of og:title, og:description, og:image, og:url")


@check(
    "social.og_incomplete",
    Category.SOCIAL,
    Severity.LOW,
    bad=(
        sample(social=_og(image="")),
        sample(social=_CARD + '<meta property="og:title" content="Knives"><meta property="og:image" content="/a.jpg">'),
    ),
    good=(
        sample(),
        sample(social=_og().replace("og:image", "og:image:secure_url")),
        sample(social=_CARD),
    ),
    source=OPEN_GRAPH,
)
def og_incomplete(page: Page, limits: Limits) -> Iterator[Finding]:
    """Part of the Open Graph data is missing.

    What is missing is guessed, or the preview stays without an image.

    Fix: add the missing properties.
    """
    absent = _absent(page)
    if 0 < len(absent) < len(_FOUR):
        yield Finding(f"without {', '.join(absent)}")


def _same(one: str, other: str) -> bool:
    """Whether two addresses are one, but for the fragment and an empty path."""
    a, b = urlsplit(one), urlsplit(other)
    return (a.scheme.lower(), a.netloc.lower(), a.path or "/", a.query) == (
        b.scheme.lower(),
        b.netloc.lower(),
        b.path or "/",
        b.query,
    )


@check(
    "social.og_url_mismatch",
    Category.SOCIAL,
    Severity.LOW,
    bad=(
        sample(social=_og(url=f"{HOST}/guides/other-guide")),
        sample(social=_og(url="http://example.com/guides/sharpening-kitchen-knives")),
        sample(canonical="", social=_og(url=f"{HOST}/")),
    ),
    good=(
        sample(),
        sample(social=_og(url="/guides/sharpening-kitchen-knives")),
        sample(social=_og(url=f"{URL}#top")),
        sample(url=f"{URL}?utm_source=x", canonical=f'<link rel="canonical" href="{URL}">', social=_og(url=URL)),
        sample(social=_og(url="")),
    ),
    source=OPEN_GRAPH,
    implies=("canonical.missing",),
)
def og_url_mismatch(page: Page, limits: Limits) -> Iterator[Finding]:
    """og:url isn't the canonical address.

    Likes and shares are counted for another address than the one search engines know.

    Fix: use the canonical address in og:url.
    """
    given = (page.meta("og:url") or "").strip()
    wanted = page.canonical_url or page.final_url
    if not given or given == wanted:
        return
    try:
        agrees = _same(urljoin(page.final_url, given), wanted)
    except ValueError:  # an address with a broken host, such as "http://["
        agrees = False
    if not agrees:
        yield Finding(f"og:url {given[:120]}, canonical {wanted[:120]}")


_IMAGE = f"{HOST}/media/whetstone.jpg"


@check(
    "social.og_image_size",
    Category.SOCIAL,
    Severity.INFO,
    bad=(
        sample(assets=(Asset(_IMAGE, "image", internal=True, status=200, width=150, height=150),)),
        sample(assets=(Asset(_IMAGE, "image", internal=True, status=404),)),
    ),
    good=(
        sample(),
        sample(assets=(Asset(_IMAGE, "image", internal=True, status=200, width=1_200, height=630),)),
        sample(assets=(Asset(_IMAGE, "image", internal=True, status=200),)),
        sample(assets=(Asset(f"{HOST}/media/dot.png", "image", internal=True, status=200, width=1, height=1),)),
    ),
    source="https://developers.facebook.com/docs/sharing/best-practices/#images",
    needs=(Fact.ASSETS,),
    implies=("image.broken_internal",),
    network="assets",
)
def og_image_size(page: Page, limits: Limits) -> Iterator[Finding]:
    """The preview image is too small, insecure or broken.

    Networks leave out images below 200 by 200 pixels; a large preview wants 1200 by 630.

    Fix: offer an image of 1200 by 630 pixels over https.
    """
    address = (page.meta("og:image") or page.meta("og:image:url") or page.meta("og:image:secure_url") or "").strip()
    if not address:
        return
    try:
        url = urljoin(page.final_url, address)
    except ValueError:
        yield Finding(f"{address[:120]} can't be parsed")
        return
    if page.is_https and url.startswith("http:"):
        yield Finding(f"{url} is not https")
    least = limits["social.og_image_size"]
    for asset in page.context.assets or ():
        if asset.url == url:
            if asset.status is not None and asset.status != 200:  # noqa: PLR2004
                yield Finding(f"{url} answers {asset.status}")
            elif asset.width and asset.height and min(asset.width, asset.height) < least:
                yield Finding(f"{url} has {asset.width} by {asset.height} pixels")
            return


@check(
    "social.twitter_card_missing",
    Category.SOCIAL,
    Severity.INFO,
    bad=(
        sample(social=""),
        sample(social='<meta property="og:type" content="article"><meta property="og:image" content="/a.jpg">'),
    ),
    good=(
        sample(),
        sample(social=_og().replace(_CARD, "")),
        sample(social='<meta property="twitter:card" content="summary">'),
    ),
    source=X_CARDS,
    implies=("social.og_missing", "social.og_incomplete"),
)
def twitter_card_missing(page: Page, limits: Limits) -> Iterator[Finding]:
    """X has nothing to make a card from.

    There is neither a twitter:card nor the og:title that X falls back to, so a shared link stays bare.

    Fix: add Open Graph data, and `twitter:card` to choose the size of the image.
    """
    if not page.meta("twitter:card") and not (page.meta("og:title") or "").strip():
        yield Finding("no twitter:card and no og:title")
