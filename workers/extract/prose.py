"""Body text, main text, and what can be said about them."""

from collections.abc import Iterable, Iterator
from hashlib import blake2b
from itertools import islice

from msgspec import Struct
from selectolax.lexbor import LexborHTMLParser

from shared.page import Meta, Text
from workers.extract.clean import bounded_text, clean, squash, unique, value
from workers.extract.walk import BREAK, Walk

MAX_TEXT = 1_000_000
"""Characters of the body's text that are kept."""
MAX_SOURCE = 4_000_000
"""Characters looked at, white space included."""
ENOUGH = 250
"""Characters that a `<main>` or `<article>` must hold to be taken for the page's content (heuristic)."""


class Prose(Struct, frozen=True, gc=False):
    """A text in one line, and its paragraphs as far as blocks separate them."""

    text: str
    paragraphs: list[str]


def body_text(walk: Walk) -> str:
    """The visible text."""
    return clean(squash("".join(walk.pieces)[:MAX_SOURCE])[:MAX_TEXT])


def main_prose(walk: Walk) -> Prose:
    """The text without navigation, header, footer and aside; of `<main>`, else of the articles, where they hold enough."""
    rest = _without(walk, [(0, len(walk.pieces))])
    text = squash(rest)
    for ranges in (walk.mains, walk.articles):
        if ranges:
            inner = _without(walk, _outermost(ranges))
            found = squash(inner)
            if len(found) >= ENOUGH and len(found) * 3 >= len(text):
                return _prose(found, inner)
    return _prose(text, rest)


def _prose(text: str, source: str) -> Prose:
    return Prose(clean(text[:MAX_TEXT]), list(filter(None, map(squash, source.split(BREAK)))))


def _outermost(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    kept: list[tuple[int, int]] = []
    for one in sorted(ranges):
        if not kept or one[0] >= kept[-1][1]:
            kept.append(one)
    return kept


def _without(walk: Walk, ranges: list[tuple[int, int]]) -> str:
    """The text of `ranges` less the excluded ones; neither kind overlaps its own, and both are in order."""
    pieces: list[str] = []
    excluded = _outermost(walk.excluded)
    next_one = 0
    for start, end in ranges:
        position = start
        while next_one < len(excluded) and excluded[next_one][0] < end:
            skip_from, skip_to = excluded[next_one]
            pieces.extend(walk.pieces[position : max(position, skip_from)])
            position = max(position, skip_to)
            if skip_to > end:
                break
            next_one += 1
        pieces.extend(walk.pieces[position:end])
        pieces.append(BREAK)
    return "".join(pieces)[:MAX_SOURCE]


def content_hash(text: str) -> str:
    """Hex BLAKE2b-64 of the text in one case, "" when there is none."""
    return blake2b(text.lower().encode("utf-8", "replace"), digest_size=8).hexdigest() if text else ""


def hidden_texts(walk: Walk) -> Iterator[Text]:
    """Texts that stand in the document but not in sight."""
    for text, tag, n in walk.hidden:
        yield Text(clean(text[:MAX_TEXT]), in_head=False, at=f"(//{tag})[{n}]")


DATE_METAS = frozenset(
    "article:published_time article:modified_time og:updated_time date dc.date dcterms.created dcterms.modified "
    "last-modified pubdate publishdate datepublished datemodified".split()
)


def dates(walk: Walk, metas: Iterable[Meta]) -> tuple[str, ...]:
    """Dates of `<time>` elements and metas, as written."""
    found = [
        squash((value(tag.attributes, "datetime") or tag.node.text())[:100]) for tag in walk.tags.get("time", ())[:1000]
    ]
    found += [m.content.strip() for m in metas if m.content and (m.name in DATE_METAS or m.property_ in DATE_METAS)]
    return tuple(clean(one) for one in found if one)


def svgs(walk: Walk) -> Iterator[tuple[str, int]]:
    """Inline SVGs and their lengths, estimated from the tree: it is never serialised."""
    for node, n in walk.svgs:
        yield f"(//svg)[{n}]", sum(
            2 * len(one.tag or "") + 5 + sum(len(k) + len(v or "") + 4 for k, v in one.attributes.items())
            for one in node.traverse()
        )


_BYLINE = '[rel~="author" i],[itemprop~="author" i],[class~="byline" i],[class~="author" i],[class~="p-author" i]'
MAX_BYLINES = 20
MAX_BYLINE = 200


def bylines(parser: LexborHTMLParser, lowered: bytes, metas: Iterable[Meta]) -> tuple[str, ...]:
    """Who the page says wrote it: author metas, links and elements marked as author or byline (heuristic)."""
    found = [meta.content for meta in metas if meta.content and "author" in {meta.name, meta.property_}]
    if b"author" in lowered or b"byline" in lowered:
        for node in islice(unique(parser.css(_BYLINE)), MAX_BYLINES):
            found.append(value(node.attributes, "content") or bounded_text(node, MAX_BYLINE))
    texts = (clean(squash(one[:MAX_BYLINE])) for one in found)
    return tuple(dict.fromkeys(text for text in texts if text))[:MAX_BYLINES]
