"""The clean page, and pages that differ from it in one thing: the examples of every check.

`sample()` is a page on which no check fires. `sample(title="")` is the same page without a title, and so on: each slot
takes the HTML that stands there instead. `html=` replaces the whole document.
"""

from collections.abc import Mapping

from msgspec import Struct

from shared.page import Asset, Context, ExternalLink, Fetched, FetchError, Hop, Previous, Timings, Tls

NOW = 1_795_000_000.0
"""The clock of all samples: 2026-11-18."""

HOST = "https://example.com"
URL = f"{HOST}/guides/sharpening-kitchen-knives"

_TITLE = "<title>How to sharpen kitchen knives at home with a whetstone</title>"
_DESCRIPTION = (
    '<meta name="description" content="A patient guide to sharpening kitchen knives with a whetstone: which grit to '
    'buy, how to hold the angle, how to remove the burr and test the edge.">'
)
_TEXT = """
A sharp knife is safer than a blunt one, because it goes where you guide it and needs little force. Most cooks put
the job off for years, although it takes a quarter of an hour and a stone that costs less than a new blade. This
guide walks you through the whole work, from choosing a stone to testing the finished edge.

Start with a stone of medium grit, around one thousand, which is coarse enough to shape steel and fine enough to
leave a usable edge. Soak it until no more bubbles rise, lay it on a damp towel so that it can't slide, and keep a
bowl of water beside you. The grey slurry that forms does part of the cutting, so leave it there.

Hold the blade at roughly fifteen degrees, about the height of two coins under the spine. Push the edge away from
you as though you wanted to slice a thin layer off the stone, and move from heel to tip in one stroke. Count ten
strokes on each side, with light and even pressure, and let your fingers feel for the burr.

The burr is a wire of bent steel that tells you both sides have met. When you can feel it along the whole length,
turn the knife over and repeat. Then change to a finer stone, halve the pressure, and finish with a few alternating
strokes until the wire is gone and the edge looks like a single dark line.

Test the result on a ripe tomato or a sheet of newspaper. A good edge bites at once and leaves a clean cut; a dull
spot tears or slips, and shows you where a few more strokes belong. Rinse the blade, dry it well, and store it on a
rack or in a sleeve, never loose in a drawer where it knocks against other tools.

How often you sharpen depends on your board and your habits. Wood and soft plastic are kind to steel, glass and
stone ruin it within days. A few passes on a smooth honing rod before cooking keep the edge upright for weeks, so
that a home cook rarely needs the stone more than four times a year.
"""
_CONTENT = "\n".join(f"<p>{' '.join(part.split())}</p>" for part in _TEXT.strip().split("\n\n"))

CLEAN_HEADERS: Mapping[str, str] = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Encoding": "gzip",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'self'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Last-Modified": "Mon, 02 Nov 2026 08:00:00 GMT",
}


_TIMINGS = Timings(ttfb=80.0, total=140.0, dns=5.0, connect=10.0)
_TLS = Tls("TLSv1.3", "TLS_AES_128_GCM_SHA256", NOW + 200 * 86_400, "Example CA", ("example.com",))


class Sample(Struct, frozen=True):
    """What a check's example feeds to `workers.extract`."""

    fetched: Fetched
    context: Context


def sample(  # noqa: PLR0913
    *,
    url: str = URL,
    status: int | None = 200,
    headers: Mapping[str, str | tuple[str, ...] | None] | None = None,
    html: str | bytes | None = None,
    doctype: str = "<!doctype html>",
    html_attributes: str = 'lang="en"',
    charset: str = '<meta charset="utf-8">',
    viewport: str = '<meta name="viewport" content="width=device-width, initial-scale=1">',
    title: str = _TITLE,
    description: str = _DESCRIPTION,
    canonical: str | None = None,
    robots: str = "",
    icon: str = '<link rel="icon" href="/favicon.svg" type="image/svg+xml">',
    social: str | None = None,
    schema: str | None = None,
    head: str = "",
    nav: str = '<nav><a href="/">Start page</a> <a href="/guides/">All kitchen guides</a></nav>',
    byline: str = '<p class="byline">By <a rel="author" href="/authors/ida-stone">Ida Stone</a></p>',
    h1: str = "<h1>Sharpening kitchen knives step by step</h1>",
    content: str = _CONTENT,
    h2: str = "<h2>Choosing a stone, holding the angle, testing the edge</h2>",
    body: str = "",
    footer: str = '<footer><a href="/about">About our workshop</a> <a href="/privacy">Privacy notice</a></footer>',
    redirects: tuple[Hop, ...] | None = (),
    error: FetchError | None = None,
    timings: Timings | None = _TIMINGS,
    http_version: str | None = "2",
    wire_bytes: int | None = 2_100,
    truncated: bool = False,
    tls: Tls | None = _TLS,
    final_url: str | None = None,
    is_home: bool = False,
    in_sitemap: bool | None = True,
    depth: int | None = 2,
    robots_allows: Mapping[str, bool] | None = None,
    assets: tuple[Asset, ...] | None = (),
    external: tuple[ExternalLink, ...] | None = (),
    previous: Previous | None = None,
    sitemap_alternates: tuple[tuple[str, str], ...] = (),
) -> Sample:
    """The clean page with the named slots replaced. `headers` are merged into the clean ones; None removes one."""
    final = final_url or url
    if canonical is None:
        canonical = f'<link rel="canonical" href="{final}">'
    if social is None:
        social = (
            '<meta property="og:title" content="How to sharpen kitchen knives at home">'
            '<meta property="og:description" content="Which grit, which angle, and how to test the edge.">'
            f'<meta property="og:url" content="{final}"><meta property="og:type" content="article">'
            f'<meta property="og:image" content="{HOST}/media/whetstone.jpg">'
            '<meta name="twitter:card" content="summary_large_image">'
        )
    if schema is None:
        schema = (
            '<script type="application/ld+json">{"@context": "https://schema.org", "@type": "BreadcrumbList", '
            '"itemListElement": [{"@type": "ListItem", "position": 1, "name": "All kitchen guides", '
            f'"item": "{HOST}/guides/"}}, {{"@type": "ListItem", "position": 2, '
            '"name": "Sharpening kitchen knives step by step"}]}</script>'
        )
    if html is None:
        html = (
            f"{doctype}<html {html_attributes}><head>{charset}{viewport}{title}{description}{canonical}{robots}{icon}"
            f"{social}{schema}{head}</head>\n<body><header>{nav}</header>\n<main><article>{h1}{byline}{content}{h2}"
            f"{body}</article></main>\n{footer}</body></html>"
        )
    merged: dict[str, str | tuple[str, ...] | None] = {**CLEAN_HEADERS, **(headers or {})}
    pairs: list[tuple[str, str]] = []
    for name, value in merged.items():
        if isinstance(value, tuple):
            pairs.extend((name, one) for one in value)
        elif value is not None:
            pairs.append((name, value))
    return Sample(
        fetched=Fetched(
            url=url,
            final_url=final,
            status=status,
            headers=tuple(pairs) if status is not None else None,
            body=html.encode() if isinstance(html, str) else html,
            redirects=redirects,
            error=error,
            timings=timings,
            http_version=http_version,
            wire_bytes=wire_bytes,
            truncated=truncated,
            tls=tls,
            fetched_at=NOW,
        ),
        context=Context(
            now=NOW,
            is_home=is_home,
            in_sitemap=in_sitemap,
            depth=depth,
            robots={"*": True, "Googlebot": True, "Bingbot": True} if robots_allows is None else robots_allows,
            site_host="example.com",
            sitemap_alternates=sitemap_alternates,
            assets=assets,
            external=external,
            previous=previous,
        ),
    )
