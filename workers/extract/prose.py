"""Body text, main text, and what can be said about them."""

from collections.abc import Iterable, Iterator
from hashlib import blake2b
from itertools import islice

from selectolax.lexbor import LexborHTMLParser, LexborNode

from shared.holds import holds, places
from shared.page import Link, Meta, Text
from workers.extract.clean import bounded_text, clean, select, squash, unique, value
from workers.extract.walk import Walk

MAX_TEXT = 1_000_000
"""Characters of the body's text that are kept."""
MAX_SOURCE = 4_000_000
"""Characters looked at, white space included unless it is all that stands between two tags."""
MAX_PARAGRAPHS = 5_000
MAX_HIDDEN = 1_000
MAX_TIMES = 1_000
ENOUGH = 250
"""Characters that a `<main>` or `<article>` must hold to be taken for the page's content (heuristic)."""


class Reader:
    """Reads the texts of a document by taking out of its tree what doesn't belong to them.

    The parser's own text extraction is 20 times faster than a walk over text nodes. The tree is changed for good, so
    this comes last, and no node may be asked twice: `_gone` marks the indices of all that is gone.
    """

    def __init__(self, parser: LexborHTMLParser, walk: Walk) -> None:
        """Take out in turn what nobody sees, what is hidden, and what isn't content; read in between."""
        self._parser = parser
        self._walk = walk
        self._gone = gone = bytearray(len(walk.nodes) + 1)
        for index in walk.muted:
            self._remove(index)
        self.hidden = tuple(self._hidden())
        self.body = self._text([self._parser.body])
        articles = [start for start, _ in _outermost(walk.articles) if not gone[start]]
        mains = [start for start, _ in _outermost(walk.mains) if not gone[start]]
        for start in walk.excluded:
            self._remove(start)
        self.main = self._main(mains, articles)

    def paragraphs(self) -> list[str]:
        """Each `<p>` of the main text."""
        walk, gone = self._walk, self._gone
        return [walk.nodes[index].text() for index in walk.of("p")[:MAX_PARAGRAPHS] if not gone[index]]

    def _main(self, mains: list[int], articles: list[int]) -> str:
        """The text of `<main>`, else of the articles, where they hold enough; else what is left of the body."""
        nodes, body = self._walk.nodes, self.body
        for indices in (mains, articles):
            found = self._text([nodes[index] for index in indices if not self._gone[index]]) if indices else ""
            if len(found) >= ENOUGH:
                if len(found) * 3 >= len(body):
                    return found
                rest = self._text([self._parser.body])
                return found if len(found) * 3 >= len(rest) else rest
        return self._text([self._parser.body]) if self._walk.excluded else body

    def _hidden(self) -> Iterator[Text]:
        for index, _ in self._walk.hidden[:MAX_HIDDEN]:
            if not self._gone[index]:
                text = squash(self._walk.nodes[index].text(separator=" ")[:MAX_TEXT])
                if text:
                    yield Text(text, in_head=False, at=self._walk.position(index))
                self._remove(index)

    def _remove(self, index: int) -> None:
        if not self._gone[index]:
            if self._walk.is_leaf(index):
                self._gone[index] = 1
            else:
                end = self._walk.end(index)
                self._gone[index:end] = b"\1" * (end - index)
            self._walk.nodes[index].decompose()

    @staticmethod
    def _text(nodes: list[LexborNode | None]) -> str:
        """Texts of nodes; every text node ends a word: `<b>J</b>ohn` is read as two, as `<li>a</li><li>b</li>` is."""
        found = [node.text(separator=" ", skip_empty=True)[:MAX_SOURCE] for node in nodes if node is not None]
        return squash(" ".join(found))[:MAX_TEXT]


def _outermost(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    kept: list[tuple[int, int]] = []
    for one in ranges:
        if not kept or one[0] >= kept[-1][1]:
            kept.append(one)
    return kept


def content_hash(lowered: str) -> str:
    """Hex BLAKE2b-64 of a text in lower case, "" when there is none."""
    return blake2b(lowered.encode("utf-8", "replace"), digest_size=8).hexdigest() if lowered else ""


DATE_METAS = frozenset(
    [
        "article:published_time",
        "article:modified_time",
        "og:updated_time",
        "date",
        "dc.date",
        "dcterms.created",
        "dcterms.modified",
        "last-modified",
        "pubdate",
        "publishdate",
        "datepublished",
        "datemodified",
    ]
)


_COMMENT_DEPTH = 8


def _in_comment(node: LexborNode) -> bool:
    """Whether an element stands in a reader's comment, going by classes and ids around it (heuristic)."""
    for _ in range(_COMMENT_DEPTH):
        parent = node.parent
        if parent is None or parent.tag in {"main", "body", "html"}:
            return False
        attributes = parent.attributes
        if "comment" in f"{attributes.get('class') or ''} {attributes.get('id') or ''}".lower():
            return True
        node = parent
    return False


def dates(walk: Walk, metas: Iterable[Meta]) -> tuple[str, ...]:
    """Dates of `<time>` elements and metas, as written; those of readers' comments aren't the page's."""
    found = [
        squash((value(tag.attributes, "datetime") or tag.node.text())[:100])
        for tag in walk.tags("time")[:MAX_TIMES]
        if not _in_comment(tag.node)
    ]
    found += [m.content.strip() for m in metas if m.content and (m.name in DATE_METAS or m.property_ in DATE_METAS)]
    return tuple(clean(one) for one in found if one)


def svgs(walk: Walk) -> Iterator[tuple[str, int]]:
    """Inline SVGs and their lengths, estimated from the tree: it is never serialised."""
    for start, _, n in walk.svgs:
        yield (
            f"(//svg)[{n}]",
            sum(
                2 * len(one.tag or "") + 5 + sum(len(k) + len(v or "") + 4 for k, v in one.attributes.items())
                for one in walk.nodes[start].traverse()
            ),
        )


_BYLINE = '[itemprop~="author" i],[class~="byline" i],[class~="author" i],[class~="p-author" i]'


def _in_class(lowered: bytes, at: int) -> bool:
    """Whether a word seems to stand in the value of `class` or `itemprop`."""
    before = lowered[max(0, at - 200) : at]
    return before[: max(0, before.rfind(b"="))].rstrip().endswith((b"class", b"itemprop"))


MAX_BYLINES = 20
MAX_BYLINE = 200


def bylines(root: LexborNode, lowered: bytes, metas: Iterable[Meta], links: Iterable[Link]) -> tuple[str, ...]:
    """Who the page says wrote it: author metas, links and elements marked as author or byline (heuristic)."""
    words = [word for word in (b"author", b"byline") if holds(lowered, word)]
    if not words:
        return ()
    found = [meta.content for meta in metas if meta.content and "author" in {meta.name, meta.property_}]
    found += [link.text for link in links if "author" in link.rel]
    if any(_in_class(lowered, at) for word in words for at in islice(places(lowered, word), 100)):
        found += [
            value(node.attributes, "content") or bounded_text(node, MAX_BYLINE)
            for node in islice(unique(select(root, _BYLINE)), MAX_BYLINES)
        ]
    texts = (clean(squash(one[:MAX_BYLINE])) for one in found)
    return tuple(dict.fromkeys(text for text in texts if text))[:MAX_BYLINES]
