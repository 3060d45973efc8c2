"""From bytes to a `Page`: the only user of the HTML parser."""

from collections import Counter

from selectolax.lexbor import LexborHTMLParser

from shared.language import detect, keywords, vocabulary, vocabulary_of
from shared.page import Context, Fetched, Page
from shared.readability import FORMULAS, reading_ease
from shared.urls import Resolver, normalise, resolver_for
from workers.extract import body, head, prose
from workers.extract.charset import Decoded, charset_of, decode
from workers.extract.clean import clean, select, value
from workers.extract.depth import MAX_DEPTH, TooDeep, check_depth
from workers.extract.doctype import doctype_of, start_tags
from workers.extract.headers import by_name
from workers.extract.inline_items import read_inline
from workers.extract.items import read_json_ld
from workers.extract.marks import find_marks
from workers.extract.raw import RawTag
from workers.extract.sniffing import sniff
from workers.extract.tags import COUNTED_TAGS
from workers.extract.walk import TooManyOpen, Walk

__all__ = ["COUNTED_TAGS", "TooDeep", "extract"]

_HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})
_NEVER_HTML = frozenset({"pdf", "image", "binary", "json", "xml"})
"""What is something else in spite of its Content-Type has one fault, its Content-Type."""
MAX_BASES = 100
_TEXTUAL = frozenset({"html", "xml", "json", "text"})


def extract(fetched: Fetched, context: Context) -> Page:
    """Everything that a check may ask about one fetch. Raises `TooDeep`; whatever else bytes can hold is handled."""
    headers = None if fetched.headers is None else by_name(fetched.headers)
    content_type = ", ".join(headers.get("content-type", ())) if headers else None
    media_type = (content_type or "").partition(";")[0].strip().lower() or None
    sniffed = sniff(fetched.body)
    final_url = normalise(fetched.final_url) or fetched.final_url
    page = Page(
        fetched=fetched,
        context=context,
        url=fetched.url,
        final_url=final_url,
        status=fetched.status,
        headers=headers,
        media_type=media_type,
        sniffed=sniffed,
        charset_header=charset_of(content_type) if content_type else None,
        is_https=fetched.final_url.lstrip()[:6].lower() == "https:",
        is_home=context.is_home,
    )
    page.is_html = (
        media_type in _HTML_TYPES or (media_type is None and sniffed == "html")
    ) and sniffed not in _NEVER_HTML
    outer = resolver_for(final_url)
    if sniffed in _TEXTUAL:
        decoded = decode(fetched.body, content_type, truncated=fetched.truncated)
        page.source, page.encoding, page.has_bom = decoded.source, decoded.encoding, decoded.has_bom
        page.charset_meta, page.charset_meta_offset = decoded.charset_meta, decoded.charset_meta_offset
        if page.is_html:
            _read(page, decoded, outer)
    _finish(page, outer)
    return page


def _finish(page: Page, outer: Resolver) -> None:
    """What headers alone can say, and what follows from both."""
    headers = page.headers or {}
    links = headers.get("link", ())
    page.canonicals = tuple(head.canonicals(page.link_tags, links, outer))
    page.alternates = tuple(head.alternates(page.link_tags, links, outer, page.context))
    page.directives = tuple(head.directives(page.metas, headers.get("x-robots-tag", ())))
    page.noindex = head.forbids(page.directives, "noindex")
    page.nofollow = head.forbids(page.directives, "nofollow")


def _read(page: Page, decoded: Decoded, outer: Resolver) -> None:
    """Parse the document and fill the page from its tree; `outer` resolves where no `<base>` says otherwise."""
    check_depth(decoded.utf8)
    parser = LexborHTMLParser(decoded.utf8)
    root = parser.root
    if root is None:
        return
    page.octets = decoded.utf8
    lowered = page.lowered
    try:
        walk = Walk(root.traverse(), select(root, "[id]"), find_marks(root, lowered), MAX_DEPTH)
    except TooManyOpen:
        message = f"more than {MAX_DEPTH} elements are open at once"
        raise TooDeep(message) from None
    page.doctype = doctype_of(decoded.source)
    page.html_attributes = {clean(k): None if v is None else clean(v) for k, v in root.attributes.items()}
    page.head_tags, page.body_tags = start_tags(lowered, walk.counts.get("header", 0))
    if not head.is_whole(lowered, walk.head_elements):
        page.head_broken_by = head.head_broken_by(lowered)
    scripts = walk.tags("script")
    resolver = _read_tags(page, walk, scripts, outer)
    items, problems = read_json_ld(scripts)
    page.items = (*items, *read_inline(walk, lowered, resolver))
    page.item_problems = tuple(problems)
    page.bylines = prose.bylines(root, lowered, page.metas, page.links)
    page.dates = prose.dates(walk, page.metas)
    _read_tree(page, walk)
    _read_text(page, prose.Reader(parser, walk))


def _read_tags(page: Page, walk: Walk, scripts: list[RawTag], outer: Resolver) -> Resolver:
    page.bases = tuple(
        (value(t.attributes, "href"), value(t.attributes, "target")) for t in walk.tags("base")[:MAX_BASES]
    )
    resolver = _resolver(page, outer)
    page.titles = head.titles(walk)
    page.metas = head.metas(walk.tags("meta"))
    page.link_tags = head.link_tags(walk.tags("link"), resolver)
    links = body.Links(walk, resolver, body.Ours(page.context, page.final_url))
    links.read()
    page.links = tuple(links.found)
    page.ids = frozenset(walk.ids).union(links.anchor_names)
    page.headings = body.headings(walk)
    page.images = body.images(walk, links, resolver)
    page.pictures_without_img = body.bare_pictures(walk)
    page.scripts = body.scripts(scripts, resolver)
    page.style_texts = body.styles(walk.tags("style"))
    page.embeds = body.embeds(walk, resolver)
    page.forms = body.forms(walk.tags("form"), resolver)
    page.password_inputs = body.passwords(walk.tags("input"))
    return resolver


def _resolver(page: Page, outer: Resolver) -> Resolver:
    """Relative to the first `<base href>` (https://html.spec.whatwg.org/#frozen-base-url)."""
    href = next((href for href, _ in page.bases if href is not None), None)
    if href is None:
        return outer
    return resolver_for(Resolver(page.final_url)(href) or page.final_url)


def _read_text(page: Page, texts: prose.Reader) -> None:
    page.body_text, page.main_text, page.hidden_texts = texts.body, texts.main, texts.hidden
    lowered = texts.main.lower()
    words = vocabulary_of(lowered)
    page.words = words.words
    page.language = detect(texts.main, words) or _language_of_all(page)
    if page.language in FORMULAS:
        page.readability = reading_ease(texts.paragraphs(), words.counts, page.language)
    page.keywords = keywords(words, page.language)
    page.content_hash = prose.content_hash(lowered)


def _language_of_all(page: Page) -> str | None:
    """A page with little main text may still tell its language by its menus."""
    if len(page.body_text) <= len(page.main_text):
        return None
    return detect(page.body_text, vocabulary(page.body_text))


def _read_tree(page: Page, walk: Walk) -> None:
    page.inline_svgs = tuple(prose.svgs(walk))
    page.tag_counts = walk.counts
    page.dom_nodes = walk.elements
    page.dom_depth = walk.depth
    page.dom_max_children, page.dom_max_children_at = walk.most_children
    if len(set(walk.ids)) < len(walk.ids):
        page.duplicate_ids = tuple((one, n) for one, n in Counter(walk.ids).items() if n > 1)
