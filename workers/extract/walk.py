"""One pass over the elements, in document order.

All elements are listed once; where something stands is then a question about indices: a subtree is the range from its
element to `end(index)`. What concerns every element is done by comprehensions (a Python-level step costs 50 ns, and
pages have a thousand elements); only those that somebody asks about, one of five, get a call of their own. Text nodes
are left to the parser's own C code: listing them too took half as long again. Nothing here recurses.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Final

from selectolax.lexbor import LexborNode

from workers.extract.clean import squash, value
from workers.extract.marks import HIDDEN, Marks
from workers.extract.raw import RawHeading, RawImage, RawLink, RawTag
from workers.extract.tags import (
    BLOCKS,
    COMMENT,
    COUNTED_TAGS,
    EMBEDS,
    HEADINGS,
    IDS,
    LANDMARKS,
    MUTED,
    NAMES,
    SECTIONING,
)

MAX_NODES: Final = 400_000
"""Nodes looked at; a page of 10 MB may hold ten times more."""
MAX_OF_A_KIND: Final = 20_000
"""Links, images, metas … kept of each kind."""
MAX_INNER: Final = 100
"""Elements looked at inside one link or heading."""

_BLOCK_IDS: Final = frozenset(IDS[name] for name in BLOCKS)
_HEAD, _SVG, _TITLE, _PICTURE, _A = (IDS[name] for name in ("head", "svg", "title", "picture", "a"))
Handler = Callable[[LexborNode, int, int], None]


class TooManyOpen(Exception):  # noqa: N818 - a signal between two modules, not an error of its own
    """The tree is deeper than the limit."""


class Walk:
    """What one pass collects, still in the shape in which it was met."""

    def __init__(self, marks: Marks, max_depth: int) -> None:
        """`marks` tell which nodes carry an attribute that changes how their subtree reads."""
        self._marks = marks.nodes
        self._max_depth = max_depth
        self.nodes: list[LexborNode] = []
        self.titles: list[tuple[LexborNode, bool, int]] = []
        self.tags: dict[str, list[RawTag]] = {}
        self.links: list[RawLink] = []
        self.images: list[RawImage] = []
        self.headings: list[RawHeading] = []
        self.svgs: list[tuple[LexborNode, int]] = []
        self.bare_pictures: list[int] = []
        self.muted: list[int] = []
        """Indices of elements whose text no reader sees."""
        self.hidden: list[int] = []
        self.paragraphs: list[int] = []
        self.ids: list[str] = []
        self.anchor_names: list[str] = []
        self.excluded: list[tuple[int, int]] = []
        """Ranges of elements that are navigation and the like."""
        self.mains: list[tuple[int, int]] = []
        self.articles: list[tuple[int, int]] = []
        self.counts: dict[int, int] = {}
        self.elements = 0
        self.head_elements = 0
        self.depth = 0
        self.most_children: tuple[int, str] = (0, "")
        self._tag_ids: list[int] = []
        self._index: dict[int, int] = {}
        self._head_end = self._svg_end = self._link_end = self._heading_end = self._picture_end = 0
        self._sections_end = self._excluded_end = self._hidden_end = 0
        self._areas: list[tuple[int, str]] = []
        self._picture = 0
        self._depths: list[int] = []

    def run(self, nodes: Iterable[LexborNode]) -> None:
        """Take in a tree's elements in document order; raise `TooManyOpen` beyond the depth limit."""
        self.nodes = listed = list(islice(nodes, MAX_NODES))
        self._tag_ids = tag_ids = [node.tag_id for node in listed]
        self._measure()
        handlers = self._handlers()
        wanted = [index for index, tag in enumerate(tag_ids) if tag in handlers]
        marks = {self._index[mem]: mark for mem, mark in self._marks.items() if mem in self._index}
        for index in sorted({*wanted, *marks}) if marks else wanted:
            tag = tag_ids[index]
            if self._picture and index >= self._picture_end:
                self._close_picture()
            if index in marks:
                self._mark(index, marks[index])
            handler = handlers.get(tag)
            if handler is not None:
                handler(listed[index], index, tag)
        self._close_picture()

    # -- the tree's shape ----------------------------------------------------------------------------------------

    def _measure(self) -> None:
        """Depth, number of children, ids, and the index of each element."""
        nodes = self.nodes
        self.elements = len(nodes) - self._tag_ids.count(COMMENT)
        mem_ids = [node.mem_id for node in nodes]
        self._index = position = dict(zip(mem_ids, range(len(nodes)), strict=True))
        parents = [position.get(node.parent.mem_id, -1) for node in nodes]  # type: ignore[union-attr]
        self._depths = depths = [0] * (len(nodes) + 1)
        for index, parent in enumerate(parents):
            depths[index] = depths[parent] + 1
        self.depth = max(depths)
        if self.depth > self._max_depth:
            raise TooManyOpen
        self.ids = [one for one in [node.id for node in nodes] if one is not None]
        if len(parents) > 1:
            ((parent, most),) = Counter(parents).most_common(1)
            self.most_children = (most, self.position(parent))

    def end(self, index: int) -> int:
        """The index after an element's subtree."""
        depths = self._depths
        level = depths[index]
        for following in range(index + 1, index + 9):  # most subtrees that are asked about hold a few elements
            if depths[following] <= level:
                return following
        node: LexborNode | None = self.nodes[index]
        while node is not None:
            sibling = node.next
            while sibling is not None:
                found = self._index.get(sibling.mem_id)
                if found is not None:
                    return found
                sibling = sibling.next
            node = node.parent
        return len(self.nodes)

    def index_of(self, node: LexborNode) -> int:
        """The index of an element."""
        return self._index[node.mem_id]

    def position(self, index: int) -> str:
        """Where the element at `index` stands, as an XPath."""
        tag = self._tag_ids[index]
        return f"(//{self.nodes[index].tag})[{self._tag_ids[: index + 1].count(tag)}]"

    def holds_block(self, start: int, end: int) -> bool:
        """Whether an element in the range separates words."""
        return not _BLOCK_IDS.isdisjoint(self._tag_ids[start:end])

    # -- elements ------------------------------------------------------------------------------------------------

    def _handlers(self) -> dict[int, Handler]:
        table: dict[int, Handler] = dict.fromkeys((IDS[name] for name in COUNTED_TAGS), self._tally)
        for name in ("base", "link", "meta", "form", "input", "time", *EMBEDS):
            table[IDS[name]] = self._plain
        for name in MUTED:
            table[IDS[name]] = self._mute_plain if table.get(IDS[name]) == self._plain else self._mute_count
        for name in ("script", "style"):
            table[IDS[name]] = self._mute_plain
        table[IDS["p"]] = self._paragraph
        for name in LANDMARKS | SECTIONING:
            table[IDS[name]] = self._section
        for name in HEADINGS:
            table[IDS[name]] = self._heading
        table[_A] = self._anchor
        table[IDS["area"]] = self._area
        table[IDS["img"]] = self._image
        table[_HEAD] = self._head
        table[_SVG] = self._inline_svg
        table[_TITLE] = self._title
        table[_PICTURE] = self._picture_start
        return table

    def _tally(self, _node: LexborNode, _index: int, tag: int) -> None:
        self.counts[tag] = self.counts.get(tag, 0) + 1

    def _count(self, _node: LexborNode, _index: int, tag: int) -> int:
        n = self.counts[tag] = self.counts.get(tag, 0) + 1
        return n

    def _plain(self, node: LexborNode, index: int, tag: int) -> None:
        n = self.counts[tag] = self.counts.get(tag, 0) + 1
        if n <= MAX_OF_A_KIND:
            self.tags.setdefault(NAMES[tag], []).append(RawTag(node, node.attributes, index < self._head_end, n))

    def _mute_plain(self, node: LexborNode, index: int, tag: int) -> None:
        self._plain(node, index, tag)
        self._mute(index)

    def _mute_count(self, node: LexborNode, index: int, tag: int) -> None:
        self._count(node, index, tag)
        self._mute(index)

    def _mute(self, index: int) -> None:
        self.muted.append(index)
        if index < self._link_end:
            self.links[-1].clean = False
        if index < self._heading_end:
            self.headings[-1].clean = False

    def _head(self, node: LexborNode, index: int, tag: int) -> None:
        self._count(node, index, tag)
        self._head_end = self.end(index)
        self.head_elements = self._head_end - index - 1 - self._tag_ids[index : self._head_end].count(COMMENT)

    def _title(self, node: LexborNode, index: int, tag: int) -> None:
        n = self._count(node, index, tag)
        if index >= self._svg_end:
            self.titles.append((node, index < self._head_end, n))
        elif index < self._link_end:
            self.links[-1].labels.append(squash(node.text()))
        self._mute(index)

    def _paragraph(self, _node: LexborNode, index: int, tag: int) -> None:
        self.counts[tag] = self.counts.get(tag, 0) + 1
        self.paragraphs.append(index)

    def _inline_svg(self, node: LexborNode, index: int, tag: int) -> None:
        n = self._count(node, index, tag)
        if index >= self._svg_end:
            self._svg_end = self.end(index)
            if n <= MAX_OF_A_KIND:
                self.svgs.append((node, n))

    def _picture_start(self, _node: LexborNode, index: int, tag: int) -> None:
        self._picture = self._count(_node, index, tag)
        self._picture_end = self.end(index)

    def _close_picture(self) -> None:
        if self._picture > 0:
            self.bare_pictures.append(self._picture)
        self._picture = 0

    def _anchor(self, node: LexborNode, index: int, tag: int) -> None:
        n = self._count(node, index, tag)
        if n > MAX_OF_A_KIND:
            return
        attributes = node.attributes
        if "name" in attributes:
            self.anchor_names.append(attributes["name"] or "")
        areas = self._areas
        while areas and areas[-1][0] <= index:
            areas.pop()
        area = areas[-1][1] if areas else ""
        link = RawLink(node, "a", attributes, area, index < self._hidden_end, n)
        self.links.append(link)
        if self._depths[index + 1] > self._depths[index]:
            self._link_end = end = self.end(index)
            link.blocks = self.holds_block(index + 1, min(end, index + MAX_INNER))

    def _area(self, node: LexborNode, index: int, tag: int) -> None:
        n = self._count(node, index, tag)
        if n <= MAX_OF_A_KIND:
            attributes = node.attributes
            link = RawLink(node, "area", attributes, "", index < self._hidden_end, n)
            link.labels.append(value(attributes, "alt") or "")
            self.links.append(link)

    def _heading(self, node: LexborNode, index: int, tag: int) -> None:
        n = self._count(node, index, tag)
        if n <= MAX_OF_A_KIND:
            self._heading_end = end = self.end(index)
            blocks = end > index + 1 and self.holds_block(index + 1, min(end, index + MAX_INNER))
            self.headings.append(RawHeading(node, int(NAMES[tag][1]), n, blocks))

    def _image(self, node: LexborNode, index: int, tag: int) -> None:
        n = self._count(node, index, tag)
        in_picture = index < self._picture_end
        if in_picture:
            self._picture = -1
        if n > MAX_OF_A_KIND:
            return
        attributes = node.attributes
        link = self.links[-1] if index < self._link_end else None
        self.images.append(RawImage(attributes, in_picture, link, n))
        alt = value(attributes, "alt")
        if link is not None:
            link.alts.append(alt)
        if alt and index < self._heading_end:
            self.headings[-1].alts.append(alt)

    # -- parts of the page ---------------------------------------------------------------------------------------

    def _section(self, _node: LexborNode, index: int, tag: int) -> None:
        self._count(_node, index, tag)
        name = NAMES[tag]
        if name in {"header", "footer"} and index < self._sections_end:
            return  # not a landmark inside sectioning content: https://www.w3.org/TR/html-aam-1.0/#el-header
        self._part(index, name)

    def _part(self, index: int, name: str) -> None:
        end = self.end(index)
        if name in SECTIONING:
            self._sections_end = max(self._sections_end, end)
        if name in LANDMARKS:
            areas = self._areas
            while areas and areas[-1][0] <= index:
                areas.pop()
            areas.append((end, name))
        if name == "main":
            self.mains.append((index, end))
        elif name == "article":
            self.articles.append((index, end))
        elif name != "section" and index >= self._excluded_end:
            self._excluded_end = end
            self.excluded.append((index, end))

    def _mark(self, index: int, mark: str) -> None:
        """An element whose `role`, `hidden` or `style` changes how its subtree reads."""
        if mark != HIDDEN:
            self._part(index, mark)
        elif index >= self._hidden_end:
            self._hidden_end = self.end(index)
            self.hidden.append(index)
