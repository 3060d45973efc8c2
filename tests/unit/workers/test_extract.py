"""From bytes to `Page`: what each field means, on small documents."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import json

from shared.page import Context, Fetched, Item, Page
from workers.extract import TooDeep, extract

URL = "https://example.com/dir/page"


def page(
    html: str | bytes,
    *headers: tuple[str, str],
    url: str = URL,
    subdomains: bool = False,
    sitemap: tuple[tuple[str, str], ...] = (),
) -> Page:
    fetched = Fetched(
        url=url,
        final_url=url,
        status=200,
        headers=headers or (("Content-Type", "text/html"),),
        body=html.encode() if isinstance(html, str) else html,
    )
    return extract(
        fetched,
        Context(now=0.0, site_host="example.com", include_subdomains=subdomains, sitemap_alternates=sitemap),
    )


def test_titles_of_icons_are_not_titles_of_the_page() -> None:
    found = page("<head><title> A \n b </title></head><body><svg><title>icon</title></svg><title>late</title>")
    assert [(t.text, t.in_head, t.at) for t in found.titles] == [
        ("A b", True, "(//title)[1]"),
        ("late", False, "(//title)[3]"),
    ]


def test_metas_keep_their_names_in_lower_case_and_their_place() -> None:
    found = page('<meta NAME=" Description " content="x"><body><meta property="OG:title" content>')
    assert [(m.name, m.property_, m.content, m.in_head) for m in found.metas] == [
        ("description", "", "x", True),
        ("", "og:title", "", False),
    ]


@pytest.mark.parametrize(
    ("head", "culprit"),
    [
        ("<title>x</title><meta charset=utf-8>", None),
        ("<title>x</title><div></div><meta name=robots content=noindex>", "div"),
        ("<noscript><img src=x></noscript><link rel=canonical href=/>", "img"),
        ("<noscript><link rel=stylesheet href=x></noscript><meta name=x>", None),
        ("<script>document.write('<div>')</script><!-- <p> --><meta name=x>", None),
        ("words <meta name=x>", "#text"),
        ('<iframe src="x"></iframe>', "iframe"),
    ],
)
def test_what_breaks_the_head(head: str, culprit: str | None) -> None:
    assert page(f"<!doctype html><html><head>{head}</head><body><p>x").head_broken_by == culprit


def test_links() -> None:
    found = page(
        """<base href="/base/"><nav><a href="a?b#c" rel="NoFollow Sponsored" target=_blank>Go <b>o</b>n</a></nav>
        <main><a href="//www.example.com/x"><img alt="pic"></a><a href="https://sub.example.com/" aria-label="label"></a>
        <article><header><a href="mailto:x@y.z" title=t></a></header></article></main>
        <footer><a>none</a></footer><a href="y"><h3>One</h3><p>two</p></a><a href=z><svg><title>Icon</title></svg></a>"""
    )
    assert [(x.url, x.fragment, x.internal, x.name, x.area) for x in found.links] == [
        ("https://example.com/base/a?b", "c", True, "Go on", "nav"),
        ("https://www.example.com/x", None, True, "pic", "main"),
        ("https://sub.example.com/", None, False, "label", "main"),
        (None, None, False, "t", "main"),
        (None, None, False, "none", "footer"),
        ("https://example.com/base/y", None, True, "One two", ""),
        ("https://example.com/base/z", None, True, "Icon", ""),
    ]
    assert found.links[0].rel == {"nofollow", "sponsored"}
    assert found.links[1].image_alts == ("pic",)
    assert page('<a href="https://sub.example.com/">x</a>', subdomains=True).links[0].internal


def test_names_from_elsewhere() -> None:
    found = page(
        "<p id=n>Named <i>so</i></p><a href=x aria-labelledby=n></a><div aria-hidden=true><a href=y></a></div>"
    )
    assert [(x.name, x.hidden) for x in found.links] == [("Named so", False), ("", True)]


@pytest.mark.parametrize(
    "attributes",
    ["hidden", 'style="display: none"', 'style="color:red;DISPLAY:NONE"', 'style="visibility:hidden"',
     'style="position:absolute; left:-9999px"', 'style="text-indent:-999px"'],
)  # fmt: skip
def test_hidden(attributes: str) -> None:
    found = page(f"<div {attributes}>secret <nav><a href=x>link</a></nav></div><p>seen</p>")
    assert found.body_text == found.main_text == "seen"
    assert [(t.text, t.at) for t in found.hidden_texts] == [("secret link", "(//div)[1]")]
    assert found.links[0].hidden


@pytest.mark.parametrize(
    "attributes", ['style="left:-10px"', 'style="display:block"', 'class="hidden"', 'type="hidden"']
)
def test_not_hidden(attributes: str) -> None:
    found = page(f"<div {attributes}>seen <a href=x>link</a></div>")
    assert found.body_text == "seen link"
    assert not found.links[0].hidden
    assert found.hidden_texts == ()


def test_images_and_headings() -> None:
    found = page(
        '<a href=x>Text <img src="a.png" alt></a><picture><source srcset=b><img src=c alt=C></picture>'
        '<picture><source></picture><h1><img alt="Logo"></h1><h2>T<b>wo</b> <img alt="pic"></h2>'
    )
    assert [(i.url, i.alt, i.in_link, i.link_name, i.in_picture) for i in found.images[:2]] == [
        ("https://example.com/dir/a.png", "", True, "Text", False),
        ("https://example.com/dir/c", "C", False, None, True),
    ]
    assert found.pictures_without_img == ("(//picture)[2]",)
    assert [(h.level, h.text, h.only_image) for h in found.headings] == [(1, "Logo", True), (2, "Two pic", False)]


def test_canonicals_and_alternates_of_all_sources() -> None:
    found = page(
        '<link rel="Canonical" href="/c"><body><link rel=canonical href=""><link rel=alternate hreflang=" DE " href=/de>',
        ("Content-Type", "text/html"),
        ("Link", '<https://example.com/h>; rel="canonical", </fr,x>; rel=alternate; hreflang="fr"; title="a, b"'),
        ("link", '</en>; rel="alternate"; hreflang=en; hreflang=en-GB, </z>; rel=canonical; anchor=/other'),
        sitemap=(("it", "https://example.com/it"),),
    )
    assert [(c.url, c.source, c.in_head) for c in found.canonicals] == [
        ("https://example.com/c", "html", True),
        (None, "html", False),
        ("https://example.com/h", "header", True),
    ]
    assert [(a.lang, a.url, a.source) for a in found.alternates] == [
        ("DE", "https://example.com/de", "html"),
        ("fr", "https://example.com/fr,x", "header"),
        ("en", "https://example.com/en", "header"),
        ("en-GB", "https://example.com/en", "header"),
        ("it", "https://example.com/it", "sitemap"),
    ]


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("noindex, nofollow", [("robots", "noindex", None), ("robots", "nofollow", None)]),
        ("googlebot: noindex, max-snippet:0", [("googlebot", "noindex", None), ("googlebot", "max-snippet", "0")]),
        (
            "noindex, otherbot: nofollow, bingbot: noarchive",
            [("robots", "noindex", None), ("otherbot", "nofollow", None), ("bingbot", "noarchive", None)],
        ),
        (
            "unavailable_after: 25 Jun 2010 15:00:00 PST",
            [("robots", "unavailable_after", "25 jun 2010 15:00:00 pst")],
        ),
        (
            "unavailable_after: Friday, 25-Jun-10 15:00:00 UTC, noindex",
            [("robots", "unavailable_after", "friday, 25-jun-10 15:00:00 utc"), ("robots", "noindex", None)],
        ),
    ],
)
def test_directives(tag: str, expected: list[tuple[str, str, str | None]]) -> None:
    found = page("<title>x</title>", ("Content-Type", "text/html"), ("X-Robots-Tag", tag))
    assert [(d.agent, d.name, d.value) for d in found.directives] == expected
    if ":" not in tag.partition(",")[0] or "unavailable" in tag:
        meta = page(f'<meta name=robots content="{tag}">')
        if "bot:" not in tag:
            assert [(d.agent, d.name, d.value) for d in meta.directives] == expected


@pytest.mark.parametrize(
    ("html", "noindex", "nofollow"),
    [
        ("<meta name=ROBOTS content='NoIndex'>", True, False),
        ("<meta name=robots content=none>", True, True),
        ("<meta name=googlebot content=noindex><meta name=robots content=index>", True, False),
        ("<meta name=bingbot content=noindex>", False, False),
        ("<meta name=robots content='index, follow'>", False, False),
    ],
)
def test_the_most_restrictive_directive_wins(html: str, noindex: bool, nofollow: bool) -> None:
    found = page(html)
    assert (found.noindex, found.nofollow) == (noindex, nofollow)


def test_main_text() -> None:
    words = "Real content of the page. " * 20
    html = f"<body><header>Top</header><nav>Menu</nav><main><header>Intro</header>{words}<aside>Box</aside></main>More<footer>End"
    found = page(html)
    assert found.main_text == f"Intro {words.strip()}"
    assert found.body_text.startswith("Top Menu Intro Real")
    assert "Menu" not in page("<div role=navigation>Menu</div><p>x").main_text
    assert (
        page("<p>a</p><script>var b</script><style>c{}</style><noscript>d</noscript><template>e</template>").body_text
        == "a"
    )
    assert page("<ul><li>one</li><li>two</li></ul>").body_text == "one two"


def test_counts_of_the_tree() -> None:
    found = page("<html><head><title>x</title><body><ul>" + "<li>x</li>" * 70 + "</ul><p id=a><p id=a><a name=b>")
    assert (found.dom_max_children, found.dom_max_children_at) == (70, "(//ul)[1]")
    assert found.dom_depth == 4
    assert found.ids == {"a", "b"}
    assert found.duplicate_ids == (("a", 2),)
    assert (found.head_tags, found.body_tags) == (1, 1)
    assert page("<html><body><body><head></head>").body_tags == 2


def test_json_ld() -> None:
    found = page(
        """<script type="application/ld+json">/*<![CDATA[*/{"@context": "http://schema.org/", "@graph": [
        {"@type": ["Product", "https://schema.org/Thing"], "name": "N\nN", "offers": {"@type": "Offer", "price": 1.5}},
        {"@id": "#x", "@type": "schema:Person", "sameAs": ["a", null, {"@value": "b"}]}]}/*]]>*/</script>
        <script type="application/ld+json; charset=utf-8">{"@type": "Article",}</script>"""
    )
    product, person = found.items
    assert product.types == ("Product", "Thing")
    assert product.schema_org
    offer = product.properties["offers"][0]
    assert isinstance(offer, Item)
    assert offer.properties == {"price": (1.5,)}
    assert (person.id, person.properties["sameAs"]) == ("#x", ("a", None, "b"))
    broken, comma = found.item_problems
    assert (broken.at, comma.at) == ("(//script)[1]", "(//script)[2]")
    assert broken.what.startswith("Invalid control character")
    assert "line 1" in comma.what


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('<!-- {"@type": "Thing"} -->', "JSON inside of an HTML comment"),
        ('//<!--\n{"@type": "Thing"}\n//-->', "JSON inside of an HTML comment"),
        ('{"@type": "Thing", "name": "a\tb"}', "Invalid control character"),
        ('//<![CDATA[\n{"@type": "Thing", "name": "<!-- a -->"}\n//]]>', ""),
        ('{"@type": "Thing", "name": "a\\nb"}', ""),
    ],
)
def test_what_is_read_although_it_is_no_json(text: str, fault: str) -> None:
    found = page(f'<script type="application/ld+json">{text}</script>')
    assert found.items[0].types == ("Thing",)
    assert [one.what.startswith(fault) for one in found.item_problems] == [True] * bool(fault)


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"a":' * 50_000, '{"a": ' + "9" * 10_000 + "}", '{"a": NaN}', '"\\ud800"', ""]
)
def test_hostile_json_ld(text: str) -> None:
    found = page(f'<title>t</title><script type="application/ld+json">{text}</script>')
    assert found.title == "t"
    json.encode(found.items)


def test_microdata_and_rdfa() -> None:
    found = page(
        """<div itemscope itemtype="http://schema.org/Product" itemref=more><b itemprop=name>N</b>
        <p itemprop=offers itemscope itemtype=https://schema.org/Offer><meta itemprop=price content=3></p></div>
        <p id=more><a itemprop=url href=/u>x</a></p>
        <div vocab="https://schema.org/" typeof=Person><i property=name>P</i></div>"""
    )
    product, person = found.items
    assert product.properties["name"] == ("N",)
    assert product.properties["url"] == ("https://example.com/u",)
    offer = product.properties["offers"][0]
    assert isinstance(offer, Item)
    assert offer.properties == {"price": ("3",)}
    assert (person.format, person.types, person.properties, person.schema_org) == (
        "rdfa",
        ("Person",),
        {"name": ("P",)},
        True,
    )


@pytest.mark.parametrize("tag", ["o:p", "a.b", 'a"b', "h1{", "x-y", "a*", "section"])
def test_items_on_elements_of_any_name(tag: str) -> None:
    one = f"<{tag} itemscope itemtype=https://schema.org/Thing></{tag}>"
    assert [item.at for item in page(f"<body><{tag}></{tag}>{one}<i></i>{one}").items] == [
        f"(//{tag})[2]",
        f"(//{tag})[3]",
    ]


def test_items_that_refer_to_each_other_close_no_circle() -> None:
    found = page(
        "<div itemscope itemref=b><p id=a itemprop=x itemscope itemref=c></p></div><p id=b itemprop=y itemscope itemref=a></p>"
    )
    pending, steps = list(found.items), 0
    while pending:
        steps += 1
        assert steps < 1_000
        for values in pending.pop().properties.values():
            pending.extend(one for one in values if isinstance(one, Item))


@pytest.mark.parametrize(
    ("body", "content_type", "is_html", "sniffed"),
    [
        (b"<p>x", "text/html", True, "html"),
        (b"<p>x", "text/plain", False, "html"),
        (b"%PDF-1.7", "text/html", False, "pdf"),
        (b'{"a": 1}', "text/html", False, "json"),
        (b"<?xml version='1.0'?><rss></rss>", "application/xml", False, "xml"),
        (b"<?xml version='1.0'?><!DOCTYPE html><html>", "application/xhtml+xml", True, "html"),
        (b"\x89PNG\r\n\x1a\n", "image/png", False, "image"),
        (b"plain words", "text/html", True, "text"),
        (b"\x00\x01\x02", "text/html", False, "binary"),
        (b" \n ", "text/html", True, "empty"),
    ],
)
def test_kinds_of_bodies(body: bytes, content_type: str, is_html: bool, sniffed: str) -> None:
    found = page(body, ("Content-Type", content_type))
    assert (found.is_html, found.sniffed) == (is_html, sniffed)
    assert bool(found.source) == (sniffed in {"html", "xml", "json", "text"})


def test_deep_documents_are_refused() -> None:
    for html in ("<div>" * 600, "<div>" * 100_000, "<div></b>" * 30_000, "<template>" * 80_000):
        with pytest.raises(TooDeep):
            page(html + "x")
    with pytest.raises(TooDeep):
        page("<div " + " ".join(f"a{n}=1" for n in range(100_000)) + ">")
    assert page("<ul>" + "<li>x" * 5_000 + "<p>y" * 2_000).dom_depth < 10
    assert page("<table>" + "<tr><td>x" * 8_000).dom_depth < 10


def test_numbers_are_bounded() -> None:
    found = page("<a href=x>y</a>" * 30_000)
    assert len(found.links) == 20_000


MARKUP = st.sampled_from(
    [
        "<",
        ">",
        "</",
        "<a",
        "<a",
        "href=",
        "<p>",
        "</p>",
        "<div>",
        "</div>",
        "<table>",
        "<td>",
        "<svg>",
        "<title>",
        "</title>",
        "<script>",
        "</script>",
        "<!--",
        "-->",
        "<head>",
        "</head>",
        "<body>",
        "<main>",
        "<nav>",
        "</nav>",
        "<template>",
        "<h1>",
        "</h1>",
        "<img",
        "alt=",
        "<picture>",
        "<base",
        "href=",
        "<meta",
        "name=robots",
        "content=",
        "<link",
        "rel=canonical",
        "<form>",
        "<input",
        "type=password>",
        "<select>",
        "<option>",
        "<frameset>",
        "<noscript>",
        "<math>",
        "<foreignObject>",
        "style=display:none",
        "hidden",
        "role=main",
        "itemscope",
        "itemprop=a",
        "itemref=b",
        "id=b",
        "typeof=T",
        "property=q",
        "vocab=http://schema.org/",
        '"',
        "'",
        "=",
        "&",
        "&#0;",
        "&#xd800;",
        "\x00",
        "<script",
        'type="application/ld+json">',
        '{"@type":"A","b":[{"@graph":[]}]}',
        "<time>",
        "<video>",
        "<iframe>",
        "<object>",
        "<p",
        "hidden>",
        "http://",
        "//[",
        "utf-8",
        "<meta",
        "charset=",
        "é",
        "字",
        "\u2028",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(MARKUP | st.text(max_size=5), max_size=60).map(" ".join), st.booleans())
def test_extract_never_raises(text: str, joined: bool) -> None:
    found = page((text.replace(" ", "") if joined else text).encode("utf-8", "surrogatepass"))
    written = json.encode(
        (found.titles, found.metas, found.links, found.images, found.items, found.body_text, found.main_text, found.headings,
         found.link_tags, found.embeds, found.forms, found.hidden_texts, sorted(found.ids), found.scripts, found.bylines)
    )  # fmt: skip
    assert b"\\u0000" not in written


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300), st.text(max_size=20), st.text(max_size=40))
def test_bytes_and_headers_never_raise(body: bytes, content_type: str, value: str) -> None:
    page(body, ("Content-Type", f"text/html; charset={content_type}"), ("Link", value), ("X-Robots-Tag", value))
