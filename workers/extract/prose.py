"""Body text, main text, and what can be said about them."""

from collections.abc import Iterable, Iterator
from hashlib import blake2b

from shared.page import Meta, Text
from workers.extract.clean import clean, squash, value
from workers.extract.walk import Walk

MAX_TEXT = 1_000_000
"""Characters of the body's text that are kept."""
ENOUGH = 250
"""Characters that a `<main>` or `<article>` must hold to be taken for the page's content (heuristic)."""


def body_text(walk: Walk) -> str:
    """The visible text."""
    return clean(squash("".join(walk.pieces))[:MAX_TEXT])


def main_text(walk: Walk) -> str:
    """The text without navigation, header, footer and aside; of `<main>`, else of the articles, where they hold enough."""
    everything = [(0, len(walk.pieces))]
    for ranges in (walk.mains, _outermost(walk.articles)):
        text = _without(walk, ranges)
        if len(text) >= ENOUGH:
            rest = _without(walk, everything)
            return text if len(text) * 3 >= len(rest) else rest
    return _without(walk, everything)


def _outermost(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    kept: list[tuple[int, int]] = []
    for one in sorted(ranges):
        if not kept or one[0] >= kept[-1][1]:
            kept.append(one)
    return kept


def _without(walk: Walk, ranges: list[tuple[int, int]]) -> str:
    """The text of `ranges` less the excluded ranges, which never overlap each other."""
    pieces: list[str] = []
    excluded = sorted(walk.excluded)
    for start, end in ranges:
        position = start
        for skip_from, skip_to in excluded:
            if skip_to <= position:
                continue
            if skip_from >= end:
                break
            pieces.extend(walk.pieces[position : max(position, skip_from)])
            position = min(skip_to, end)
        pieces.extend(walk.pieces[position:end])
        pieces.append("\n")
    return clean(squash("".join(pieces))[:MAX_TEXT])


def content_hash(text: str) -> str:
    """Hex BLAKE2b-64 of the text in one case, "" when there is none."""
    return blake2b(text.casefold().encode("utf-8", "replace"), digest_size=8).hexdigest() if text else ""


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
