"""Defects as other people write them: (check, what is done to a clean page). Each adds that check alone.

`{url}`, `{site}` and `{path}` in what is put in stand for the page's address, its origin and its path.
"""

import re
from collections.abc import Callable, Mapping

from msgspec import Struct

Edit = Callable[[str], str]


class Case(Struct, frozen=True):
    """One defect. `url` has `{site}` and `{path}`; `headers` are merged, None removes one."""

    check: str
    edits: tuple[Edit, ...] = ()
    url: str = "{site}{path}"
    headers: Mapping[str, str | None] | None = None
    status: int = 200


def head(text: str) -> Edit:
    """Put in at the end of the head."""
    return lambda html: html.replace("</head>", f"{text}</head>", 1)


def first(text: str) -> Edit:
    """Put in at the start of the head."""
    return lambda html: html.replace("<head>", f"<head>{text}", 1)


def body(text: str) -> Edit:
    """Put in at the end of the main part."""
    return lambda html: html.replace("</main>", f"{text}</main>", 1)


def swap(pattern: str, text: str, count: int = 1) -> Edit:
    """Replace what a pattern finds; it must find something."""

    def edit(html: str) -> str:
        changed, n = re.subn(pattern, lambda _: text, html, count=count, flags=re.IGNORECASE | re.DOTALL)
        assert n, pattern
        return changed

    return edit


def case(check: str, *edits: Edit, url: str = "{site}{path}", status: int = 200, **headers: str | None) -> Case:
    """`headers` with underscores for hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Case(check, edits, url, named or None, status)


def moved(pattern: str) -> Edit:
    """Put what a pattern finds into the body."""

    def edit(html: str) -> str:
        found = re.search(pattern, html, re.IGNORECASE | re.DOTALL)
        assert found, pattern
        return body(found[0])(html.replace(found[0], "", 1))

    return edit


TITLE = r"<title>.*?</title>"
DESCRIPTION = r"<meta name=\"?description\"?.*?>"
CANONICAL = r"<link rel=\"?canonical.*?>"
VIEWPORT = r"<meta name=\"?viewport.*?>"
H1 = r"<h1.*?</h1>"
LANG = r"<html [^>]*>"
ROBOTS = r"<meta name=\"?robots.*?>"

TITLES = (
    case("title.missing", swap(TITLE, "")),
    case("title.missing", swap(TITLE, "<title></title>")),
    case("title.missing", swap(TITLE, "<title>&nbsp;\n </title>")),
    case("title.missing", swap(TITLE, "<!-- <title>Commented out, nobody reads it</title> -->")),
    case("title.multiple", head("<title>A second title that somebody's plugin has put here</title>")),
    case(
        "title.too_long", swap("</title>", " and a good deal more about everything else that there is to say</title>")
    ),
    case("title.outside_head", moved(TITLE)),
    case("title.boilerplate", swap(TITLE, "<title>Untitled Document</title>")),
    case("title.boilerplate", swap(TITLE, "<title>Home</title>")),
    case(
        "title.same_as_h1",
        swap(TITLE, "<title>One and the same heading of a page</title>"),
        swap(H1, "<h1>One and the same heading of a page</h1>"),
    ),
)

DESCRIPTIONS = (
    case("description.missing", swap(DESCRIPTION, "")),
    case("description.missing", swap(DESCRIPTION, '<meta name="description" content="">')),
    case("description.missing", swap(DESCRIPTION, '<meta name="description">')),
    case("description.missing", swap(DESCRIPTION, '<meta content="  " name=DESCRIPTION>')),
    case(
        "description.multiple",
        head('<meta content="Another description of the same page, by a plugin." name="description">'),
    ),
    case("description.too_short", swap(DESCRIPTION, '<meta name="description" content="Kurz.">')),
    case(
        "description.outside_head",
        swap(DESCRIPTION, ""),
        body(
            '<meta name="description" content="A description that stands in the body, where it does no good to anybody.">'
        ),
    ),
    case("meta.duplicate_tags", head('<meta name="rating" content="general"><meta name="rating" content="mature">')),
)

HEADINGS = (
    case("h1.missing", swap(H1, "")),
    case("h1.missing", swap(H1, "<h1></h1>")),
    case("h1.missing", swap(H1, "<h1> <span></span> </h1>")),
    case("h1.multiple", body("<h1>Another main heading of the page</h1>")),
    case("h1.too_long", swap(H1, f"<h1>{'A heading that goes on for longer than anybody cares to read ' * 2}</h1>")),
    case(
        "h1.only_image_alt", swap(H1, '<h1><img src="/a.webp" alt="A heading as a picture" width=200 height=50></h1>')
    ),
    case("heading.order", body("<h5>A step that is too far down</h5>")),
    case("heading.order", swap("<h2", "<h4"), swap("</h2", "</h4")),
    case("heading.empty", body("<h3></h3>")),
    case("heading.empty", body("<h3>&nbsp;<br></h3>")),
    case("heading.duplicate_on_page", body("<h3>Questions of readers</h3><p>x</p><h3>Questions of readers</h3>")),
)

CANONICALS = (
    case("canonical.missing", swap(CANONICAL, "")),
    case("canonical.multiple", head('<link rel="canonical" href="{url}">')),
    case("canonical.conflicting", head('<link href="{site}/somewhere/else" rel="canonical">')),
    case("canonical.conflicting", Link='<{site}/somewhere/else>; rel="canonical"'),
    case("canonical.relative", swap(CANONICAL, '<link rel="canonical" href="{path}">')),
    case("canonical.relative", swap(CANONICAL, '<link rel=canonical href="//{host}{path}">')),
    case("canonical.invalid", swap(CANONICAL, '<link rel="canonical" href="https://">')),
    case("canonical.invalid", swap(CANONICAL, '<link rel="canonical" href="ftp://{host}{path}">')),
    case("canonical.invalid", swap(CANONICAL, '<link rel="canonical" href="http://[bad/">')),
    case("canonical.fragment", swap(CANONICAL, '<link rel="canonical" href="{url}#top">')),
    case("canonical.outside_head", swap(CANONICAL, ""), body('<link rel="canonical" href="{url}">')),
    case("canonical.empty", swap(CANONICAL, '<link rel="canonical" href="">')),
    case("canonical.empty", swap(CANONICAL, '<link rel="canonical">')),
    case("canonical.to_root", swap(CANONICAL, '<link rel="canonical" href="{site}/">')),
    case("canonical.to_root", swap(CANONICAL, '<link rel="canonical" href="{site}">')),
    case("canonical.off_host", swap(CANONICAL, '<link rel="canonical" href="https://other.example.net{path}">')),
    case(
        "canonical.hreflang_conflict",
        head(
            '<link rel="alternate" hreflang="x-default" href="{url}"><link rel="alternate" hreflang="fr" '
            'href="{site}/fr/page"><link rel="alternate" hreflang="{lang}" href="{url}">'
        ),
        swap(CANONICAL, '<link rel="canonical" href="{site}/fr/page">'),
    ),
)

INDEX = (
    case("index.noindex", head('<meta name="robots" content="noindex">')),
    case("index.noindex", head('<META CONTENT="NOINDEX,FOLLOW" NAME="GOOGLEBOT">')),
    case("index.noindex", head('<meta name="robots" content="none">')),
    case("index.x_robots_noindex", X_Robots_Tag="noindex"),
    case("index.x_robots_noindex", X_Robots_Tag="googlebot: noindex"),
    case("index.nofollow_page", head('<meta name="robots" content="nofollow">')),
    case(
        "index.directive_conflict", head('<meta name="robots" content="index"><meta name="robots" content="noindex">')
    ),
    case(
        "index.unavailable_after_past",
        head('<meta name="googlebot" content="unavailable_after: 25-Aug-2011 15:00:00 EST">'),
    ),
    case("index.nosnippet", head('<meta name="robots" content="nosnippet">')),
    case("index.nosnippet", X_Robots_Tag="max-snippet:0"),
    case("index.noimageindex", head('<meta name="robots" content="noimageindex">')),
    case("index.unknown_directive", head('<meta name="robots" content="noidex">')),
    case("index.directive_outside_head", body('<meta name="robots" content="max-snippet:-1">')),
    case("index.partial_bot_block", head('<meta name="bingbot" content="noindex">')),
    case(
        "index.noindex_and_canonical",
        head('<meta name="robots" content="noindex">'),
        swap(CANONICAL, '<link rel="canonical" href="{site}/kochmesser/">'),
    ),
    case("ai.noai_signals", head('<meta name="robots" content="noai, noimageai">')),
)

LINKS = (
    case("link.internal_nofollow", body('<p><a rel="nofollow" href="/knives/">Our knives</a></p>')),
    case("link.internal_nofollow", body('<p><a rel="NoFollow noopener" href="{site}/knives/">Our knives</a></p>')),
    case("link.uncrawlable", body('<p><a href="javascript:void(0)">Our knives</a></p>')),
    case("link.uncrawlable", body('<p><a onclick="go()">Our knives</a></p>')),
    case("link.malformed", body(r'<p><a href="https:\\example.com\knives">Our knives</a></p>')),
    case("link.malformed", body('<p><a href="http//example.com/knives">Our knives</a></p>')),
    case("link.malformed", body('<p><a href="https://exa mple.com/">Our knives</a></p>')),
    case("link.whitespace", body('<p><a href=" /knives/ ">Our knives</a></p>')),
    case("link.localhost", body('<p><a href="http://localhost:3000/knives">Our knives</a></p>')),
    case("link.localhost", body('<p><a href="https://192.168.1.10/knives">Our knives</a></p>')),
    case("link.file_scheme", body('<p><a href="file:///C:/knives.html">Our knives</a></p>')),
    case("link.empty_anchor", body('<p><a href="/knives/"></a></p>')),
    case("link.empty_anchor", body('<p><a href="/knives/"><span class="icon"></span></a></p>')),
    case("link.non_descriptive_text", body('<p><a href="/knives/">Click here</a></p>')),
    case("link.non_descriptive_text", body('<p><a href="/knives/"><b>Read more</b> &raquo;</a></p>')),
    case("link.https_to_http", body('<p><a href="http://example.net/knives">Knives elsewhere</a></p>')),
    case("link.protocol_relative", body('<p><a href="//example.net/knives">Knives elsewhere</a></p>')),
    case("link.protocol_relative", head('<script src="//{host}/a.js" defer></script>')),
    case("link.onclick_navigation", body("<div onclick=\"location.href='/knives/'\">Our knives</div>")),
    case("link.onclick_navigation", body("<button type=button onclick=\"window.location='/a'\">Our knives</button>")),
    case("link.image_as_page", body('<p><a href="/bilder/big.jpg">The picture in full size</a></p>')),
    case("link.tel_mailto_mismatch", body('<p><a href="tel:+4930123456">+49 30 999 888</a></p>')),
    case("link.tel_mailto_mismatch", body('<p><a href="mailto:someone">Write to us</a></p>')),
    case("link.external_nofollow", body('<p><a rel="nofollow" href="https://example.net/">Knives elsewhere</a></p>')),
    case(
        "link.unsafe_target_blank", body('<p><a target="_blank" href="https://example.net/">Knives elsewhere</a></p>')
    ),
    case("link.long_url", body(f'<p><a href="/knives/?q={"a" * 2100}">Our knives</a></p>')),
    case(
        "link.too_many_external",
        body("<ul>" + "".join(f'<li><a href="https://n{n}.example.net/">Shop {n}</a>' for n in range(105)) + "</ul>"),
    ),
    case("pagination.url_not_linked", head('<link rel="next" href="{site}/seite/2">')),
    case(
        "pagination.multiple",
        head('<link rel="next" href="/seite/2"><link rel="next" href="/seite/3">'),
        body('<p><a href="/seite/2">Page two</a> <a href="/seite/3">Page three</a></p>'),
    ),
)

URLS = (
    Case("url.underscore", (), "{site}/a/kitchen_knives"),
    Case("url.uppercase", (), "{site}/a/Kitchen-Knives"),
    Case("url.space", (), "{site}/a/kitchen%20knives"),
    Case("url.double_slash", (), "{site}/a//kitchen-knives"),
    Case("url.repetitive_path", (), "{site}/a/knives/a/knives/a"),
    Case("url.too_many_params", (), "{site}/a?b=1&c=2&d=3&e=4&f=5&g=6"),
    Case("url.session_id", (), "{site}/a?PHPSESSID=4c1a9b7d2e3f4a5b6c7d8e9f0a1b2c3d"),
    Case("url.too_long", (), "{site}/a/" + "knife-" * 45),
    Case("url.non_ascii", (), "{site}/a/küchenmesser"),
    Case("url.internal_search", (), "{site}/search?q=knives"),
    case("url.tracking_params", body('<p><a href="/knives/?utm_source=home&utm_medium=nav">Our knives</a></p>')),
)

LANGUAGES = (
    case("lang.missing", swap(LANG, "<html>")),
    case("lang.missing", swap(LANG, '<html lang="">')),
    case("lang.missing", swap(LANG, '<html xml:lang="de">')),
    case("lang.invalid", swap(LANG, '<html lang="german">')),
    case("lang.invalid", swap(LANG, '<html lang="{lang}_DE">')),
    case(
        "hreflang.invalid",
        head(
            '<link rel="alternate" hreflang="{lang}" href="{url}"><link rel="alternate" '
            'hreflang="x-default" href="{site}/"><link rel="alternate" hreflang="en-UK" '
            'href="{site}/uk/">'
        ),
    ),
    case(
        "hreflang.relative_url",
        head(
            '<link rel="alternate" hreflang="{lang}" href="{url}"><link rel="alternate" '
            'hreflang="x-default" href="{site}/"><link rel="alternate" hreflang="pt-BR" '
            'href="/br/">'
        ),
    ),
    case(
        "hreflang.self_missing",
        head(
            '<link rel="alternate" hreflang="pt-BR" href="{site}/br/"><link rel="alternate" '
            'hreflang="x-default" href="{site}/">'
        ),
    ),
    case(
        "hreflang.x_default_missing",
        head(
            '<link rel="alternate" hreflang="{lang}" href="{url}"><link rel="alternate" '
            'hreflang="pt-BR" href="{site}/br/">'
        ),
    ),
    case(
        "hreflang.duplicate_lang",
        head(
            '<link rel="alternate" hreflang="{lang}" href="{url}"><link rel="alternate" '
            'hreflang="x-default" href="{site}/"><link rel="alternate" hreflang="pt" '
            'href="{site}/br/"><link rel="alternate" hreflang="pt" href="{site}/pt/">'
        ),
    ),
    case(
        "hreflang.lang_mismatch",
        head(
            '<link rel="alternate" hreflang="fi" href="{url}"><link rel="alternate" '
            'hreflang="x-default" href="{site}/">'
        ),
    ),
    case(
        "hreflang.outside_head",
        body(
            '<link rel="alternate" hreflang="{lang}" href="{url}"><link rel="alternate" '
            'hreflang="x-default" href="{site}/">'
        ),
    ),
    case("content.language_mismatch", swap(LANG, '<html lang="fi">')),
)

MOBILE = (
    case("mobile.viewport_missing", swap(VIEWPORT, "")),
    case("mobile.viewport_missing", swap(VIEWPORT, '<meta name="viewport" content="">')),
    case("mobile.viewport_width", swap(VIEWPORT, '<meta name="viewport" content="width=980">')),
    case("mobile.viewport_multiple", head('<meta name="viewport" content="width=device-width">')),
    case(
        "mobile.zoom_disabled", swap(VIEWPORT, '<meta name="viewport" content="width=device-width, user-scalable=no">')
    ),
    case(
        "mobile.zoom_disabled",
        swap(VIEWPORT, '<meta content="width=device-width;initial-scale=1;maximum-scale=1.0" name=viewport>'),
    ),
)

IMAGES = (
    case("image.alt_missing", body('<img src="/a.webp" width="400" height="300">')),
    case(
        "image.alt_missing",
        body("<figure><img src=/a.webp width=400 height=300><figcaption>A knife</figcaption></figure>"),
    ),
    case("image.alt_empty_on_link", body('<a href="/knives/"><img src="/a.webp" alt="" width="400" height="300"></a>')),
    case(
        "image.alt_too_long", body(f'<img src="/a.webp" alt="{"A knife lies on a board. " * 9}" width=400 height=300>')
    ),
    case("image.alt_quality", body('<img src="/a.webp" alt="DSC_0042.JPG" width="400" height="300">')),
    case("image.alt_quality", body('<img src="/a.webp" alt="image" width="400" height="300">')),
    case("image.dimensions_missing", body('<img src="/a.webp" alt="A knife on a board">')),
    case("image.dimensions_missing", body('<img src="/a.webp" alt="A knife on a board" width="400">')),
    case("image.legacy_format", body('<img src="/a.jpg" alt="A knife on a board" width="400" height="300">')),
    case("image.no_srcset", body('<img src="/a.webp" alt="A knife on a board" width="1600" height="900">')),
    case("image.picture_without_img", body('<picture><source srcset="/a.webp" type="image/webp"></picture>')),
    case("image.http_on_https", body('<img src="http://{host}/a.webp" alt="A knife on a board" width=400 height=300>')),
    case("image.svg_inline_large", body(f'<svg viewBox="0 0 9 9"><path d="{"M0 0L9 9" * 900}"/></svg>')),
    case(
        "image.lazy_missing",
        body("".join(f'<img src="/a{n}.webp" alt="Knife number {n}" width="400" height="300">' for n in range(6))),
    ),
    case("video.no_poster_or_captions", body('<video src="/a.mp4" controls></video>')),
)

_LD = '<script type="application/ld+json">%s</script>'

SCHEMAS = (
    case("schema.parse_error", head(_LD % '{"@context": "https://schema.org", "@type": "Thing", "name": "Knife",}')),
    case("schema.parse_error", head(_LD % "{'@context': 'https://schema.org', '@type': 'Thing'}")),
    case("schema.type_unknown", head(_LD % '{"@context": "https://schema.org", "@type": "KitchenKnife", "name": "A"}')),
    case(
        "schema.property_unknown",
        head(_LD % '{"@context": "https://schema.org", "@type": "Thing", "name": "Knife", "sharpness": "high"}'),
    ),
    case(
        "schema.required_property",
        head(_LD % '{"@context": "https://schema.org", "@type": "Product", "description": "A knife."}'),
    ),
    case(
        "schema.required_property",
        head(_LD % '{"@context": "https://schema.org", "@type": "Event", "name": "Sharpening evening"}'),
    ),
    case(
        "schema.value_invalid",
        head(
            _LD
            % '{"@context": "https://schema.org", "@type": "CreativeWork", "name": "A", "datePublished": "last week"}'
        ),
    ),
    case(
        "schema.retired_feature",
        head(
            _LD
            % (
                '{"@context": "https://schema.org", "@type": "HowTo", "name": "Sharpen a knife", "step": '
                '[{"@type": "HowToStep", "text": "Soak the stone."}]}'
            )
        ),
    ),
)

SOCIAL = (
    case("social.og_missing", swap(r"<meta property=\"?og:.*?>", "", 0)),
    case("social.og_incomplete", swap(r"<meta property=\"?og:image.*?>", "")),
    case(
        "social.og_url_mismatch", swap(r"<meta property=\"?og:url.*?>", '<meta property="og:url" content="{site}/x">')
    ),
)

SECURITY = (
    case("security.mixed_content", head('<script src="http://{host}/a.js" defer></script>')),
    case("security.mixed_content", body('<iframe src="http://example.net/" title="A map"></iframe>')),
    case("security.hsts_missing", Strict_Transport_Security=None),
    case("security.hsts_missing", Strict_Transport_Security="max-age=300"),
    case("security.csp_missing", Content_Security_Policy=None),
    case("security.nosniff_missing", X_Content_Type_Options=None),
    case("security.xfo_missing", X_Frame_Options=None, Content_Security_Policy="default-src 'self'"),
    case("security.referrer_policy", Referrer_Policy="unsafe-url"),
    case("security.referrer_policy", Referrer_Policy=None),
    case("security.permissions_policy", Permissions_Policy=None),
    case("security.coop_corp", Cross_Origin_Opener_Policy=None),
    case("security.cookie_flags", Set_Cookie="id=1; Path=/"),
    case(
        "security.form_insecure_action",
        body('<form action="http://example.net/a" method="post"><button>Go</button></form>'),
    ),
    case("security.sri_missing", head('<script src="https://cdn.example.net/a.js" defer></script>')),
    case("security.server_disclosure", Server="Apache/2.4.41 (Ubuntu)"),
    case("security.server_disclosure", X_Powered_By="PHP/7.4.3"),
    case("security.leaked_secret", head("<script>const key = 'AKIA" + "Z7QH3N5KX2LMW8PD'</script>")),
    case(
        "integrity.injected_spam",
        body('<div style="display:none"><a href="https://a.example.net/">cheap viagra online</a></div>'),
    ),
)

HTML = (
    case("html.doctype_missing", swap("<!doctype html>", "")),
    case("html.invalid_head", head('<img src="/pixel.webp" alt="" width="1" height="1">')),
    case("html.invalid_head", head("<div>Loading</div>")),
    case("html.meta_in_body", body('<meta name="generator" content="Kitchen 2">')),
    case("html.multiple_head_body", swap("</body>", "</body><body>")),
    case("html.base_invalid", head('<base href="http://">')),
    case("html.base_invalid", head('<base href="{url}"><base href="/a/">')),
    case("html.duplicate_id", body('<p id="twice">One</p><p id="twice">Two</p>')),
    case("html.malformed", body("<p>Bold <b>text that never ends</p>")),
    case("html.malformed", body("<div><section><p>Text.</p></section>")),
    case("html.deprecated_tags", body("<center>In the middle</center>")),
    case("html.deprecated_tags", body('<font color="red">Red</font>')),
    case("html.plugins", body('<object data="/a.swf" type="application/x-shockwave-flash"></object>')),
    case("html.favicon_missing", swap(r"<link rel=\"?(?:shortcut )?icon.*?>", "")),
    case("redirect.meta_refresh", head('<meta http-equiv="refresh" content="5; url=/elsewhere">')),
    case("redirect.meta_refresh", head('<META HTTP-EQUIV="Refresh" CONTENT="0;URL=\'{site}/elsewhere\'">')),
    case("perf.render_blocking", head('<script src="/a.js"></script>')),
    case("perf.font_display", head("<style>@font-face{font-family:K;src:url(/k.woff2)}</style>")),
    case(
        "perf.preconnect",
        head('<link rel="stylesheet" href="https://fonts.googleapis.com/css2?family=K&display=swap">'),
    ),
    case("perf.dom_size", body("<p>" + "<i></i>" * 1600 + "</p>")),
    case("http.refresh_header", Refresh="0; url=/elsewhere"),
    case("http.charset_conflict", Content_Type="text/html; charset=iso-8859-1"),
    case("http.no_compression", Content_Encoding=None),
    case("http.content_type_missing", Content_Type=None),
    case("http.content_type_wrong", Content_Type="text/plain; charset=utf-8"),
    case("status.4xx", status=404),
    case("status.4xx", status=410),
    case("status.5xx", status=503),
    case("status.blocked_by_server", status=403),
)

CONTENT = (
    case("content.thin", swap(r"<p>.*</p>", "<p>Short.</p>")),
    case("content.lorem_ipsum", body("<p>Lorem ipsum dolor sit amet, consectetur adipiscing elit.</p>")),
    case(
        "content.hidden_text",
        body(f'<div style="display: none">{"Knives for the kitchen, knives for the garden, and more. " * 3}</div>'),
    ),
    case("content.mojibake", body("<p>Ã¼ber das KÃ¼chenmesser, das fÃ¼r alle schÃ¶n ist</p>")),
    case("content.stale_copyright", swap("</footer>", " © 2019 Messerhaus</footer>")),
    case("http.soft_404", swap(r"<main.*</main>", "<main><h1>Page not found</h1><p>Sorry.</p></main>")),
)

CASES = (
    *TITLES,
    *DESCRIPTIONS,
    *HEADINGS,
    *CANONICALS,
    *INDEX,
    *LINKS,
    *URLS,
    *LANGUAGES,
    *MOBILE,
    *IMAGES,
    *SCHEMAS,
    *SOCIAL,
    *SECURITY,
    *HTML,
    *CONTENT,
)
