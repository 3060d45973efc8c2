"""Links of a page: where they lead, how they are written, what they say."""

import html
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from shared.checks.base import Category, Fact, Finding, Limits, On, Severity, check
from shared.checks.sample import sample
from shared.page import ExternalLink, Link, Page
from shared.reading import contacts, hrefs
from shared.reading.addresses import addresses_of
from shared.reading.challenge import REFUSALS
from shared.reading.domains import together
from shared.reading.link_text import empty_phrases, empty_somewhere, normalised
from shared.reading.markup import tags_with

CRAWLABLE = "https://developers.google.com/search/docs/crawling-indexing/links-crawlable"
QUALIFY = "https://developers.google.com/search/docs/crawling-indexing/qualify-outbound-links"
ESSENTIALS = "https://developers.google.com/search/docs/fundamentals/seo-starter-guide"
URL_STANDARD = "https://url.spec.whatwg.org/#url-writing"


def _p(*links: str) -> str:
    return f"<p>{' and '.join(links)}</p>"


def _shown(link: Link) -> str:
    return (link.href or "").strip()[:200] or link.name[:80] or "(no address)"


@check(
    "link.dead_end",
    Category.LINKS,
    Severity.LOW,
    bad=(
        sample(
            nav="<nav>Kitchen guides</nav>", byline='<p class="byline">By Ida Stone</p>', footer="<footer>2026</footer>"
        ),
        sample(
            nav='<nav><a href="#edge">Testing the edge</a></nav>',
            byline='<p class="byline">By Ida Stone</p>',
            h2='<h2 id="edge">Testing the edge</h2>',
            footer='<footer><a href="mailto:post@example.com">Write to us</a></footer>',
        ),
    ),
    good=(
        sample(),
        sample(nav="", byline="", footer='<footer><map name="m"><area href="/about" alt="About"></map></footer>'),
        sample(nav="", byline="", footer='<footer><a href="https://other.example/">A friend</a></footer>'),
    ),
    source=CRAWLABLE,
)
def dead_end(page: Page, limits: Limits) -> Iterator[Finding]:
    """No link leads on from the page.

    A page without links passes nothing on to other pages, and leaves visitors and crawlers nowhere to go.

    Fix: link to related pages, or add the site's navigation.
    """
    here = page.final_url.partition("#")[0]
    if page.tag_counts.get("frame", 0) or any(embed.tag == "frame" for embed in page.embeds):
        return
    if not any(link.url and link.url != here for link in page.links):
        yield Finding(f"{len(page.links)} links, none to another page")


@check(
    "link.too_many",
    Category.LINKS,
    Severity.LOW,
    bad=sample(body="".join(f'<p><a href="/n/{n}">Knife number {n}</a></p>' for n in range(1_001))),
    good=(sample(), sample(body="".join(f'<a href="/n/{n}">Knife number {n}</a> ' for n in range(90)))),
    source=ESSENTIALS,
    implies=("perf.dom_size",),
)
def too_many(page: Page, limits: Limits) -> Iterator[Finding]:
    """The page has very many links.

    Readers can't choose among that many, and each link passes on less. Google's advice is a few thousand at most.

    Fix: split the list over several pages, and link to sections instead of everything.
    """
    if len(page.links) > limits["link.too_many"]:
        count = sum(1 for link in page.links if link.url)
        if count > limits["link.too_many"]:
            yield Finding(f"{count} links")


@check(
    "link.too_many_external",
    Category.LINKS,
    Severity.INFO,
    bad=sample(body="".join(f'<p><a href="https://other.example/{n}">Maker {n}</a></p>' for n in range(101))),
    good=(
        sample(),
        sample(body="".join(f'<p><a href="https://example.com/{n}">Maker {n}</a></p>' for n in range(120))),
    ),
    source="heuristic",
)
def too_many_external(page: Page, limits: Limits) -> Iterator[Finding]:
    """The page links to very many other sites.

    Long lists of outgoing links look like a link farm unless the page is a directory on purpose.

    Fix: keep the links that help the reader.
    """
    if len(page.links) > limits["link.too_many_external"]:
        count = sum(1 for link in page.links if link.url and not link.internal)
        if count > limits["link.too_many_external"]:
            yield Finding(f"{count} links to other sites")


@check(
    "link.internal_nofollow",
    Category.LINKS,
    Severity.LOW,
    bad=(
        sample(body=_p('<a rel="nofollow" href="/guides/">More kitchen guides</a>')),
        sample(body=_p('<a rel="NoFollow noopener" href="https://example.com/shop">Our shop</a>')),
        sample(body=_p('<a rel="ugc,nofollow" href="/forum/">The forum</a>')),
    ),
    good=(
        sample(),
        sample(body=_p('<a rel="nofollow" href="https://other.example/">A maker</a>')),
        sample(body=_p('<a rel="nofollow" href="mailto:post@example.com">post@example.com</a>')),
        sample(body=_p('<a rel="noopener author" href="/authors/ida-stone">Ida Stone</a>')),
    ),
    source=QUALIFY,
)
def internal_nofollow(page: Page, limits: Limits) -> Iterator[Finding]:
    """A link within the site says nofollow.

    It tells search engines not to vouch for your own page; it does not keep the page out of the index either.

    Fix: remove nofollow from internal links; use robots.txt or noindex for what should not be crawled or shown.
    """
    for link in page.links:
        if link.internal and link.url and "nofollow" in link.rel:
            yield Finding(_shown(link), link.at)


_HARMLESS_SCRIPT = re.compile(
    r"\s*javascript:\s*(?:window\.|self\.)?(?:history\b|print\b|close\b|void\s*\(?\s*(?:window\.)?(?:history|print|close)\b)",
    re.IGNORECASE,
)


def _in_a_role(page: Page) -> int:
    """How many `<a onclick>` without href are a button or the like by their role, so no navigation is meant."""
    if not page.mentions(b"role") or ("role" not in page.source and "ROLE" not in page.source):
        return 0
    return sum(
        1
        for tag in tags_with(page.source, "role")
        if tag.name == "a" and "onclick" in tag.attributes and "href" not in tag.attributes
    )


@check(
    "link.uncrawlable",
    Category.LINKS,
    Severity.MEDIUM,
    bad=(
        sample(body=_p('<a href="javascript:void(0)">Grit sizes</a>')),
        sample(body=_p("<a href=\"JavaScript:openPage('grit')\">Grit sizes</a>")),
        sample(body=_p('<a onclick="showGrit()">Grit sizes</a>')),
    ),
    good=(
        sample(),
        sample(body=_p('<a id="grit">Grit sizes</a>', '<a name="edge"></a>')),
        sample(body=_p('<a href="/grit" onclick="count()">Grit sizes</a>')),
        sample(body=_p('<a role="button" tabindex="0" onclick="toggle()">Show the table</a>')),
        sample(body=_p('<a href="javascript:window.print()">Print the guide</a>')),
        sample(body=_p('<a href="tel:+442079460958">020 7946 0958</a>')),
    ),
    source=CRAWLABLE,
)
def uncrawlable(page: Page, limits: Limits) -> Iterator[Finding]:
    """A link has no address that a crawler could follow.

    Search engines follow `<a>` elements with an `href` that resolves to an address; they run no click handlers.

    Fix: put the target into `href`; use a `<button>` for what only runs a script.
    """
    handlers = [link for link in page.links if link.onclick and link.href is None]
    spared = _in_a_role(page) if handlers else 0
    for link in handlers[: len(handlers) - spared]:
        yield Finding(f"<a onclick> without href: {link.name[:80]}", link.at)
    if "javascript:" not in addresses_of(page).lowered:
        return
    for link in page.links:
        href = link.href
        if link.url is None and href and "javascript:" in href[:40].lower() and not _HARMLESS_SCRIPT.match(href):
            yield Finding(_shown(link), link.at)


@check(
    "link.malformed",
    Category.LINKS,
    Severity.MEDIUM,
    bad=(
        sample(body=_p('<a href="http:/other.example/grit">Grit sizes</a>')),
        sample(body=_p('<a href="/guides\\grit">Grit sizes</a>')),
        sample(body=_p('<a href="www.other.example/grit">Grit sizes</a>')),
        sample(body=_p('<a href="https://https://other.example/">Grit sizes</a>')),
        sample(body=_p('<a href="htps://other.example/">Grit sizes</a>')),
        sample(body=_p('<a href="https://other example/">Grit sizes</a>')),
        sample(body=_p('<a href="post@example.com">Write to the workshop</a>')),
        sample(body=_p('<a href="{{ page.url }}">Grit sizes</a>')),
    ),
    good=(
        sample(),
        sample(body=_p('<a href="../grit.html?a=b&amp;c[]=d#e">Grit</a>', '<a href="?page=2">Next page of grits</a>')),
        sample(body=_p('<a href="https://пример.example/зерно">Зернистость камней</a>')),
        sample(body=_p('<a href="https://other.example:8443/@ida">Ida elsewhere</a>')),
        sample(
            body=_p(
                '<a href="sms:+442079460958">Text the workshop</a>', '<a href="web+mastodon://follow">Follow us</a>'
            )
        ),
        sample(body=_p('<a href="/to?u=http://other.example\\x">Leaving for the maker</a>')),
    ),
    source=URL_STANDARD,
)
def malformed(page: Page, limits: Limits) -> Iterator[Finding]:
    """A link's address is malformed.

    Browsers repair some such addresses and crawlers others; often they lead to a page that doesn't exist. Blanks
    inside a path are invalid too but left alone: the standard makes every parser read them as %20.

    Fix: correct the address, with scheme and host for other sites.
    """
    addresses = addresses_of(page)
    host = urlsplit(page.final_url).netloc.lower()
    if hrefs.all_ordinary(addresses.hrefs) and not addresses.unresolved and f"\0{host}" not in addresses.lowered:
        return
    for link in page.links:
        if link.href and (link.href in addresses.odd or link.url is None):
            fault = hrefs.fault(link.href, link.url, host)
            if fault:
                yield Finding(f"{fault}: {_shown(link)}", link.at)


_BLANK = " \t\n\r\f"
_PADDED = tuple(pair for blank in _BLANK for pair in (f"\0{blank}", f"{blank}\0"))


@check(
    "link.whitespace",
    Category.LINKS,
    Severity.LOW,
    bad=(
        sample(body=_p('<a href=" /guides/grit">Grit sizes</a>')),
        sample(body=_p('<a href="https://example.com/grit\n">Grit sizes</a>')),
    ),
    good=(
        sample(),
        sample(body=_p('<a href="/guides/grit sizes">Grit sizes</a>')),
        sample(body=_p('<a href="">This guide from the top</a>', "<a href = '/grit' >Grit sizes</a>")),
    ),
    source=URL_STANDARD,
)
def whitespace(page: Page, limits: Limits) -> Iterator[Finding]:
    """A link's address begins or ends with white space.

    Browsers strip it, other programs that read the link may keep it as part of the address.

    Fix: remove the blanks and line breaks around the address.
    """
    joined = addresses_of(page).hrefs
    if not any(pair in joined for pair in _PADDED):
        return
    for link in page.links:
        href = link.href
        if href and (href[0] in _BLANK or href[-1] in _BLANK):
            yield Finding(repr(href[:200]), link.at)


@check(
    "link.localhost",
    Category.LINKS,
    Severity.HIGH,
    bad=(
        sample(body=_p('<a href="http://localhost:3000/grit">Grit sizes</a>')),
        sample(body=_p('<a href="https://127.0.0.1/grit">Grit sizes</a>')),
        sample(body=_p('<a href="http://192.168.1.20/grit">Grit sizes</a>')),
        sample(body=_p('<a href="http://[::1]:8080/grit">Grit sizes</a>')),
        sample(body=_p('<a href="https://127.1/grit">Grit sizes</a>')),
        sample(body=_p('<a href="https://2130706433/grit">Grit sizes</a>')),
        sample(body=_p('<a href="https://0x7f.1/grit">Grit sizes</a>')),
        sample(body=_p('<a href="https://[::ffff:127.0.0.1]/grit">Grit sizes</a>')),
    ),
    good=(
        sample(),
        sample(
            body=_p('<a href="https://localhost.example/">A maker</a>', '<a href="/localhost/10.0.0.1">Addresses</a>')
        ),
        sample(body=_p('<a href="https://172.32.0.1/">A maker</a>', '<a href="https://10.example/">Ten knives</a>')),
        sample(
            url="http://127.0.0.1:8000/guides/knives",
            body=_p('<a href="http://127.0.0.1:8000/guides/">All kitchen guides</a>'),
        ),
    ),
    source="https://www.rfc-editor.org/rfc/rfc6761#section-6.3",
)
def localhost(page: Page, limits: Limits) -> Iterator[Finding]:
    """A link leads to the visitor's own machine or a private network.

    Such an address works for whoever wrote the page and for nobody else. Numbers are read as browsers do: 127.1 and
    0x7f.1 are 127.0.0.1.

    Fix: link to the public address.
    """
    if not hrefs.any_local(addresses_of(page).lowered) or hrefs.is_local(page.final_url):
        return
    for link in page.links:
        if link.href and not link.internal and hrefs.leads_local(link.href, link.url):
            yield Finding(_shown(link), link.at)


@check(
    "link.file_scheme",
    Category.LINKS,
    Severity.HIGH,
    bad=(
        sample(body=_p('<a href="file:///home/ida/grit.pdf">Grit sizes</a>')),
        sample(body=_p('<a href="FILE://server/share/grit.pdf">Grit sizes</a>')),
        sample(body=_p('<a href="C:\\Users\\ida\\grit.pdf">Grit sizes</a>')),
    ),
    good=(
        sample(),
        sample(body=_p('<a href="/wiki/File:Grit.pdf">Grit sizes</a>', '<a href="file/grit.pdf">Grit</a>')),
    ),
    source=CRAWLABLE,
)
def file_scheme(page: Page, limits: Limits) -> Iterator[Finding]:
    """A link leads to a file on somebody's own disk.

    Browsers refuse to follow it from a web page, and nobody else has that file.

    Fix: upload the file and link to its web address.
    """
    for link in page.links:
        if link.href and link.url is None and hrefs.is_file(link.href):
            yield Finding(_shown(link), link.at)


@check(
    "link.empty_anchor",
    Category.LINKS,
    Severity.LOW,
    bad=(
        sample(body=_p('<a href="/guides/grit"></a>')),
        sample(body=_p('<a href="/guides/grit"><i class="icon"></i> &nbsp;</a>')),
        sample(body=_p('<a href="/grit"><span aria-hidden="true"><i aria-label="Grit sizes"></i></span></a>')),
    ),
    good=(
        sample(),
        sample(body=_p('<a href="/grit" aria-label="Grit sizes"><i class="icon"></i></a>', '<a id="grit"></a>')),
        sample(body=_p('<a href="/grit"><img src="/grit.webp" alt="Grit sizes" width="40" height="40"></a>')),
        sample(body=_p('<a href="/grit" aria-hidden="true" tabindex="-1"></a>')),
        sample(body=_p('<a href="/grit" title="Grit sizes"></a>')),
        sample(body=_p('<a href="/grit"><svg role="img" aria-label="Grit sizes"></svg></a>')),
    ),
    source=CRAWLABLE,
)
def empty_anchor(page: Page, limits: Limits) -> Iterator[Finding]:
    """A link has no text.

    Neither a search engine nor a screen reader learns what is behind it.

    Fix: write a text, or an `aria-label` or image `alt` where the link is an icon.
    """
    for link in page.links:
        if not link.name and link.href is not None and not link.hidden and "" not in link.image_alts:
            yield Finding(_shown(link), link.at)


_LONGEST_PHRASE = 60
_WARM_UP = frozenset({"dns-prefetch", "preconnect"})
"""These name a host, not something to load, and are documented with `//host`."""


@check(
    "link.non_descriptive_text",
    Category.LINKS,
    Severity.LOW,
    bad=(
        sample(body=_p('To learn about grit <a href="/guides/grit">click here</a>')),
        sample(body=_p('<a href="/guides/grit">Read More »</a>')),
        sample(body=_p('<a href="https://other.example/grit"><span> More… </span></a>')),
        sample(body='<p lang="de"><a href="/grit">mehr</a></p>'),
        sample(body='<div lang="sk"><p>More <a href="/grit" lang="en">here</a></p></div>'),
    ),
    good=(
        sample(),
        sample(body=_p('<a href="/guides/grit">Read more about grit sizes</a>')),
        sample(body=_p('<a href="#top">here</a>', '<a href="javascript:history.back()">go</a>')),
        sample(body=_p('<a href="/start">Startseite</a>', '<a href="/mehr">Mehr</a>')),
        sample(body=_p('<a rel="sponsored nofollow" href="https://other.example/grit">click here</a>')),
        sample(body='<div lang="sk"><p><a href="/grit">More</a></p></div>'),
    ),
    source=CRAWLABLE,
)
def non_descriptive_text(page: Page, limits: Limits) -> Iterator[Finding]:
    """A link's text says nothing about its target.

    Search engines use the words of a link to understand the page behind it, and readers skim them. Links that say
    nofollow are left out, as in Lighthouse. Words are judged by the language of the nearest `lang` attribute.

    Fix: name the target in the link's text: "grit sizes compared" instead of "click here".
    """
    names = [link.name[:_LONGEST_PHRASE] for link in page.links]
    doubtful = empty_somewhere(names)
    if not doubtful:
        return
    own = page.html_attributes.get("lang") or page.language or ""
    here = page.final_url.partition("#")[0]
    for link, name in zip(page.links, names, strict=True):
        if name not in doubtful or "nofollow" in link.rel or normalised(name) not in empty_phrases(link.lang or own):
            continue
        if link.url and not (link.fragment and link.url == here):
            yield Finding(f"{link.name!r} to {_shown(link)}", link.at)


_EXTENSION = r"\.(?:jpe?g|png|gif|webp|avif|svg|bmp|tiff?|ico|css|woff2?|ttf|eot)(?=[?\0])"
_MAYBE_FILE = re.compile(_EXTENSION, re.IGNORECASE)
_FILE = re.compile(rf"/[^/?#:\0]+{_EXTENSION}", re.IGNORECASE)


@check(
    "link.image_as_page",
    Category.LINKS,
    Severity.INFO,
    bad=(
        sample(body=_p('<a href="/media/grit.JPG">Grit sizes</a>')),
        sample(body=_p('<a href="https://example.com/grit.png?size=large#top">Grit sizes</a>')),
    ),
    good=(
        sample(),
        sample(
            body=_p('<a href="/wiki/File:Grit.jpg">Grit sizes</a>', '<a href="/learn/node.js/">Node and knives</a>')
        ),
        sample(body=_p('<a href="/view?file=/grit.jpg">Grit sizes</a>', '<a href="/grit.pdf">Grit sizes as PDF</a>')),
        sample(body=_p('<a href="https://code.example/site/blob/main/grit.png">Source of the picture</a>')),
        sample(body=_p('<a href="/libraries/node.js">Knives in Node.js</a>')),
    ),
    source="heuristic",
)
def image_as_page(page: Page, limits: Limits) -> Iterator[Finding]:
    """A link leads to an image, a style sheet or a font instead of a page.

    Visitors lose the navigation, and the file stands in the results without any context.

    Fix: link to a page that shows the image, or embed it.
    """
    if _MAYBE_FILE.search(addresses_of(page).urls) is None:
        return
    for link in page.links:
        if link.internal and link.url and _FILE.search(f"{link.url.partition('?')[0]}\0"):
            yield Finding(_shown(link), link.at)


def _explained(link: Link) -> bool:
    """Whether another check tells what is wrong with the address."""
    return hrefs.is_local(link.url or "") or bool(hrefs.fault(link.href or "", link.url, ""))


@check(
    "link.https_to_http",
    Category.LINKS,
    Severity.MEDIUM,
    bad=(
        sample(body=_p('<a href="http://example.com/guides/grit">Grit sizes</a>')),
        sample(body=_p('<a href="HTTP://other.example/grit">Grit sizes</a>')),
    ),
    good=(
        sample(),
        sample(
            body=_p('<a href="//other.example/">A maker</a>', '<a href="/http://other.example/">An archived page</a>')
        ),
        sample(url="http://example.com/guides/knives", body=_p('<a href="http://example.com/grit">Grit sizes</a>')),
    ),
    source="https://developers.google.com/search/docs/crawling-indexing/site-move-with-url-changes",
    on=On.HTML,
    severities=(Severity.LOW,),
)
def https_to_http(page: Page, limits: Limits) -> Iterator[Finding]:
    """A secure page links to an insecure address.

    The visitor leaves the encrypted connection or waits for a redirect, and crawlers learn the old address.

    Fix: link to the https address.
    """
    if not addresses_of(page).insecure:
        return
    for link in page.links:
        if link.url and link.url.startswith("http:") and not _explained(link):
            yield Finding(_shown(link), link.at, None if link.internal else Severity.LOW)


@check(
    "link.protocol_relative",
    Category.LINKS,
    Severity.LOW,
    bad=(
        sample(body=_p('<a href="//other.example/grit">Grit sizes</a>')),
        sample(body='<script src="//example.com/app.js" defer></script>'),
    ),
    good=(
        sample(),
        sample(body=_p('<a href="/grit//sizes">Grit sizes</a>', '<a href="https://other.example//a">Maker</a>')),
        sample(head='<link rel="dns-prefetch" href="//stats.example.net"><link rel=preconnect href=//cdn.example.net>'),
    ),
    source="heuristic",
)
def protocol_relative(page: Page, limits: Limits) -> Iterator[Finding]:
    """An address leaves out the scheme.

    `//host/path` follows the page's own scheme, so it is insecure wherever the page is, and breaks in saved copies.

    Fix: write `https://`.
    """
    if "\0//" in addresses_of(page).hrefs:
        for link in page.links:
            if link.href and link.href.startswith("//") and len(link.href) > 2:  # noqa: PLR2004
                yield Finding(_shown(link), link.at)
    for tag in page.link_tags:
        if tag.href and tag.href.startswith("//") and _WARM_UP.isdisjoint(tag.rel):
            yield Finding(tag.href, tag.at)
    for script in page.scripts:
        if script.src and script.src.startswith("//"):
            yield Finding(script.src, script.at)
    for image in page.images:
        if image.src and image.src.startswith("//"):
            yield Finding(image.src, image.at)


@check(
    "link.tel_mailto_mismatch",
    Category.LINKS,
    Severity.INFO,
    bad=(
        sample(body=_p('<a href="tel:+442079460958">020 7946 0111</a>')),
        sample(body=_p('<a href="mailto:sales@example.com">post@example.com</a>')),
        sample(body=_p('<a href="mailto:post at example.com">Write to the workshop</a>')),
        sample(body=_p('<a href="tel:">Call the workshop</a>')),
    ),
    good=(
        sample(),
        sample(
            body=_p('<a href="tel:+442079460958">(020) 7946-0958</a>', '<a href="tel:+18005550199">1-800-KNIVES</a>')
        ),
        sample(body=_p('<a href="tel:+442079460958;ext=12">Call 24/7: +44 (0)20 7946 0958</a>')),
        sample(body=_p('<a href="mailto:Post@example.com?subject=Grit%20sizes">post@example.com</a>')),
        sample(body=_p('<a href="mailto:?subject=Knives&amp;body=https%3A%2F%2Fexample.com">Share by e-mail</a>')),
    ),
    source="https://www.rfc-editor.org/rfc/rfc6068#section-2",
)
def tel_mailto_mismatch(page: Page, limits: Limits) -> Iterator[Finding]:
    """A telephone or mail link does something else than it shows.

    Whoever taps it calls or writes to another address than the one they read, or to none.

    Fix: make the link and its text agree.
    """
    for link in page.links:
        if link.href is None or link.url is not None:
            continue
        start = link.href[:12].lstrip().lower()
        if start.startswith("tel:"):
            fault = contacts.phone_fault(link.href, link.text)
        elif start.startswith("mailto:"):
            fault = contacts.mail_fault(link.href, link.text)
        else:
            continue
        if fault:
            yield Finding(f"{link.text[:80]!r}: {fault}", link.at)


_GOES = re.compile(
    r"(?:\blocation\s*(?:\.\s*(?:href|assign|replace)\s*)?(?:=(?!=)|\()|\bwindow\s*\.\s*open\s*\(|\bnavigate(?:To)?\s*\(|"
    r"\brouter\s*\.\s*push\s*\()",
)
_QUOTED_TARGET = re.compile(
    r"""["']\s*(?:(?:https?:)?//([^/"'?#:\s]+)|(?!https?:|javascript:)[a-z][a-z0-9+.-]*:)""", re.IGNORECASE
)
_NO_REAL_HREF = re.compile(r"\s*(?:#.*|javascript:.*)?", re.IGNORECASE | re.DOTALL)


def _leads_away(handler: str, host: str) -> bool:
    """Whether every address that the handler names is another site's, as in buttons for sharing, or no page."""
    hosts = [found[1] for found in _QUOTED_TARGET.finditer(handler)]
    return bool(hosts) and not any(one and together(one.lower(), host) for one in hosts)


@check(
    "link.onclick_navigation",
    Category.LINKS,
    Severity.MEDIUM,
    bad=(
        sample(body="<div onclick=\"location.href='/guides/grit'\">Grit sizes</div>"),
        sample(body="<button type=button onClick='window.location = \"/guides/grit\"'>Grit sizes</button>"),
        sample(body='<p><a href="#" onclick="window.open(\'/guides/grit\'); return false">Grit sizes</a></p>'),
    ),
    good=(
        sample(),
        sample(body='<p><a href="/grit" onclick="window.open(\'/grit\'); return false">Grit sizes</a></p>'),
        sample(body='<button type=button onclick="toggle()">Show the table</button>'),
        sample(body="<!-- <div onclick=\"location.href='/grit'\">Grit</div> -->"),
        sample(body='<button type=button onclick="if (location == old) reload()">Reload the table</button>'),
        sample(
            body='<a role="button" tabindex="0" onclick="window.open(&#039;https://share.example.net/?u=&#039; + '
            'encodeURI(window.location.href)); return false">Share this guide</a>'
        ),
    ),
    source=CRAWLABLE,
)
def onclick_navigation(page: Page, limits: Limits) -> Iterator[Finding]:
    """A target can be reached only through a click handler.

    Crawlers don't click, so they never find that page; neither can a visitor open it in a new tab. Buttons that lead to
    other sites, such as those for sharing, are not counted.

    Fix: use `<a href>` for everything that leads to another page.
    """
    if not page.mentions(b"lick=") or ("lick=" not in page.source and "LICK=" not in page.source):
        return  # the scan below folds the whole source
    host = (urlsplit(page.final_url).hostname or "").lower()
    for tag in tags_with(page.source, "onclick"):
        href = tag.attributes.get("href")
        if href is None or _NO_REAL_HREF.fullmatch(href):
            handler = html.unescape(tag.attributes["onclick"])
            if _GOES.search(handler) and "this.href" not in handler and not _leads_away(handler, host):
                yield Finding(f"<{tag.name} onclick={handler[:160]!r}>", f"(//{tag.name}[@onclick])")


@check(
    "link.long_url",
    Category.LINKS,
    Severity.LOW,
    bad=sample(body=_p(f'<a href="/grit?q={"x" * 2_000}">Grit sizes</a>')),
    good=(
        sample(),
        sample(body=_p(f'<a href="/grit?q={"x" * 1_900}">Grit</a>', f'<a href="data:,{"x" * 3_000}">Data</a>')),
    ),
    source="heuristic",
)
def long_url(page: Page, limits: Limits) -> Iterator[Finding]:
    """A link's address is very long.

    Some browsers, mail programs and servers cut or refuse addresses of more than about 2,000 characters.

    Fix: shorten the path and move state out of the query.
    """
    most = limits["link.long_url"]
    if addresses_of(page).longest <= most:
        return
    for link in page.links:
        if link.url and len(link.url) > most:
            yield Finding(f"{len(link.url)} characters: {link.url[:120]}", link.at)


_PROGRAMMES = frozenset(
    "amzn.to awin1.com zenaida.com click.linksynergy.com hop.clickbank.net go.skimresources.com prf.hn "
    "tc.tradetracker.net rover.ebay.com clk.tradedoubler.com clkde.tradedoubler.com clkuk.tradedoubler.com "
    "s.click.aliexpress.com anrdoezrs.net dpbolvw.net jdoqocy.com kqzyfj.com tkqlhce.com".split()
)
"""Hosts that only affiliate programmes use."""
_AMAZON_TAG = re.compile(r"[?&]tag=[^&#]", re.IGNORECASE)


def _is_affiliate(url: str) -> bool:
    host = url.split("/", 3)[2].removeprefix("www.")
    if host.startswith("amazon."):
        return _AMAZON_TAG.search(url) is not None
    return host in _PROGRAMMES


@check(
    "link.external_followed",
    Category.LINKS,
    Severity.INFO,
    bad=(
        sample(body=_p('<a href="https://www.amazon.com/dp/B000000000?tag=knives-20">A good stone</a>')),
        sample(body=_p('<a rel="noopener" href="https://amzn.to/3knives">A good stone</a>')),
    ),
    good=(
        sample(),
        sample(body=_p('<a href="https://other.example/stones">A maker of stones</a>')),
        sample(body=_p('<a rel="sponsored" href="https://amzn.to/3knives">A good stone</a>')),
        sample(body=_p('<a href="https://www.amazon.com/dp/B000000000">A good stone</a>')),
    ),
    source=QUALIFY,
)
def external_followed(page: Page, limits: Limits) -> Iterator[Finding]:
    """A link of an affiliate programme isn't marked as paid.

    Links to other sites are good and need no nofollow; only those that earn money must say so, or they are link spam.

    Fix: add `rel="sponsored"` (or nofollow) to links that you are paid for.
    """
    for link in addresses_of(page).external:
        if link.url and _is_affiliate(link.url) and link.rel.isdisjoint({"sponsored", "nofollow"}):
            yield Finding(_shown(link), link.at)


@check(
    "link.external_nofollow",
    Category.LINKS,
    Severity.INFO,
    bad=sample(body=_p('<a rel="nofollow" href="https://other.example/grit">Grit sizes</a>')),
    good=(
        sample(),
        sample(
            body=_p(
                '<a rel="nofollow sponsored" href="https://other.example/">Paid</a>',
                '<a rel="ugc nofollow" href="https://a.example/">Comment</a>',
            )
        ),
        sample(body=_p('<a href="https://other.example/grit">Grit sizes</a>')),
    ),
    source=QUALIFY,
)
def external_nofollow(page: Page, limits: Limits) -> Iterator[Finding]:
    """A link to another site says nofollow.

    That is right for what you don't vouch for; on ordinary recommendations it withholds a signal for no gain.

    Fix: keep nofollow for targets you don't trust; mark paid links as sponsored and readers' links as ugc.
    """
    for link in addresses_of(page).external:
        if "nofollow" in link.rel and link.rel.isdisjoint({"sponsored", "ugc"}):
            yield Finding(_shown(link), link.at)


@check(
    "link.unsafe_target_blank",
    Category.LINKS,
    Severity.INFO,
    bad=(
        sample(body=_p('<a target="_blank" href="https://other.example/grit">Grit sizes</a>')),
        sample(body=_p('<a target="_BLANK" rel="opener" href="https://other.example/grit">Grit sizes</a>')),
    ),
    good=(
        sample(),
        sample(body=_p('<a target="_blank" rel="noopener" href="https://other.example/grit">Grit sizes</a>')),
        sample(body=_p('<a target="_blank" rel="noreferrer" href="https://other.example/grit">Grit sizes</a>')),
        sample(body=_p('<a target="_blank" href="/guides/grit">Grit sizes</a>')),
    ),
    source="https://html.spec.whatwg.org/multipage/links.html#link-type-noopener",
)
def unsafe_target_blank(page: Page, limits: Limits) -> Iterator[Finding]:
    """A link opens another site in a new window without `noopener`.

    Browsers of today withhold the opener by themselves; old ones let the opened page steer the one it came from.

    Fix: add `rel="noopener"`.
    """
    for link in addresses_of(page).external:
        if link.target and link.target.lower() == "_blank" and link.rel.isdisjoint({"noopener", "noreferrer"}):
            yield Finding(_shown(link), link.at)


_GUARDED = REFUSALS | {401, 407, 451}
"""Answers that a robot gets where a reader may get the page; they don't show that a link is broken."""
_NO_ANSWER = frozenset({"timeout", "connection", "dns", "tls", "redirect_loop", "too_many_redirects", "bad_redirect"})


GRIT = "https://other.example/grit"
_TO_GRIT = _p(f'<a href="{GRIT}">Grit sizes</a>')


@check(
    "link.external_broken",
    Category.LINKS,
    Severity.LOW,
    bad=(
        sample(body=_TO_GRIT, external=(ExternalLink(GRIT, 404),)),
        sample(body=_TO_GRIT, external=(ExternalLink(GRIT, 410, redirects=1),)),
        sample(body=_TO_GRIT, external=(ExternalLink(GRIT, None, "dns"),)),
        sample(body=_TO_GRIT, external=(ExternalLink(GRIT, 503),)),
    ),
    good=(
        sample(body=_TO_GRIT, external=(ExternalLink(GRIT, 200),)),
        sample(body=_TO_GRIT, external=(ExternalLink(GRIT, 429), ExternalLink(GRIT, 999))),
        sample(body=_TO_GRIT, external=(ExternalLink(GRIT, 503, "blocked_by_server"), ExternalLink(GRIT, 451))),
        sample(body=_TO_GRIT, external=(ExternalLink(GRIT, None, "blocked_by_robots"), ExternalLink(GRIT, 401))),
    ),
    source="heuristic",
    needs=(Fact.EXTERNAL,),
    network="external",
)
def external_broken(page: Page, limits: Limits) -> Iterator[Finding]:
    """A link to another site is broken.

    Readers end on an error page, and a page full of dead links looks neglected.

    Fix: link to where the content is now, or remove the link.
    """
    for one in page.context.external or ():
        if one.error in _NO_ANSWER:
            yield Finding(f"{one.url}: {one.error}")
        elif one.error is None and (one.status or 0) >= 400 and one.status not in _GUARDED:  # noqa: PLR2004
            yield Finding(f"{one.url}: {one.status}")


@check(
    "link.external_redirect",
    Category.LINKS,
    Severity.INFO,
    bad=(
        sample(body=_TO_GRIT, external=(ExternalLink(GRIT, 200, redirects=1),)),
        sample(body=_TO_GRIT, external=(ExternalLink(GRIT, 301),)),
    ),
    good=(
        sample(body=_TO_GRIT, external=(ExternalLink(GRIT, 200),)),
        sample(body=_TO_GRIT, external=(ExternalLink(GRIT, 404, redirects=2),)),
    ),
    source="heuristic",
    needs=(Fact.EXTERNAL,),
    network="external",
)
def external_redirect(page: Page, limits: Limits) -> Iterator[Finding]:
    """A link to another site is redirected.

    The content has moved; the detour costs time and may one day end.

    Fix: link to the final address if the move is permanent.
    """
    for one in page.context.external or ():
        if one.status is not None and ((one.redirects and one.status < 300) or 300 <= one.status < 400):  # noqa: PLR2004
            yield Finding(f"{one.url}: {one.redirects or 1} redirects")


@check(
    "link.external_403",
    Category.LINKS,
    Severity.INFO,
    bad=(
        sample(body=_TO_GRIT, external=(ExternalLink(GRIT, 403),)),
        sample(body=_TO_GRIT, external=(ExternalLink(GRIT, 503, "blocked_by_server"),)),
    ),
    good=(sample(body=_TO_GRIT, external=(ExternalLink(GRIT, 200),)), sample(external=(ExternalLink(GRIT, 404),))),
    source="heuristic",
    needs=(Fact.EXTERNAL,),
    network="external",
)
def external_403(page: Page, limits: Limits) -> Iterator[Finding]:
    """A link to another site could not be checked: that site refuses robots.

    It most likely works in a browser; this is not an error of the page.

    Fix: open the link by hand if you want to be sure.
    """
    for one in page.context.external or ():
        if one.status == 403 or one.error == "blocked_by_server":  # noqa: PLR2004
            yield Finding(f"{one.url}: {one.status}")
