"""One pass over the tree, in document order.

All nodes are listed once; every question about where something stands is then a question about indices: a subtree is the
range from its element to `end(index)`. Text lies in `pieces` under the same indices, so the text of a subtree is a slice.
What concerns every node is done by comprehensions (a Python-level step costs 50 ns, and pages have 2,000 nodes); only
the elements that somebody asks about, one of eight, get a call of their own. Nothing here recurses.
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
    COUNTED_TAGS,
    EMBEDS,
    HEADINGS,
    IDS,
    LANDMARKS,
    LEAF_MUTED,
    MUTED,
    NAMES,
    SECTIONING,
    TEXT,
)

BREAK: Final = "\x1e"
"""Stands in the text where a block begins; `str.split` takes it for white space."""
MAX_NODES: Final = 400_000
"""Nodes looked at; a page of 10 MB may hold ten times more."""
MAX_OF_A_KIND: Final = 20_000
"""Links, images, metas … kept of each kind."""
MAX_PIECES: Final = 2_000
"""Nodes read for the text of one link or heading: they can nest, and each would read its inner ones again."""

_BREAKS: Final = {IDS[name]: BREAK for name in BLOCKS}
_HEAD, _SVG, _TITLE, _PICTURE, _A = (IDS[name] for name in ("head", "svg", "title", "picture", "a"))
_MARKUP: Final = frozenset({1, 3, 4, 5, 6})
"""Numbers of what is neither element nor text: comments, doctypes and the like."""

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
        self.pieces: list[str] = []
        self.titles: list[tuple[LexborNode, bool, int]] = []
        self.tags: dict[str, list[RawTag]] = {}
        self.links: list[RawLink] = []
        self.images: list[RawImage] = []
        self.headings: list[RawHeading] = []
        self.svgs: list[tuple[LexborNode, int]] = []
        self.bare_pictures: list[int] = []
        self.hidden: list[tuple[str, str, int]] = []
        self.ids: list[str] = []
        self.anchor_names: list[str] = []
        self.excluded: list[tuple[int, int]] = []
        """Ranges of `pieces` that are navigation and the like."""
        self.mains: list[tuple[int, int]] = []
        self.articles: list[tuple[int, int]] = []
        self.counts: dict[int, int] = {}
        self.elements = 0
        self.depth = 0
        self.most_children: tuple[int, str] = (0, "")
        self._tag_ids: list[int] = []
        self._index: dict[int, int] = {}
        self._head_end = self._svg_end = self._link_end = self._heading_end = self._picture_end = 0
        self._sections_end = self._excluded_end = self._hidden_end = 0
        self._areas: list[tuple[int, str]] = []
        self._picture = 0
        self._hidden_ranges: list[tuple[int, int]] = []

    def run(self, nodes: Iterable[LexborNode]) -> None:
        """Take in a tree's nodes in document order; raise `TooManyOpen` beyond the depth limit."""
        self.nodes = listed = list(islice(nodes, MAX_NODES))
        self._tag_ids = tag_ids = [node.tag_id for node in listed]
        breaks = _BREAKS.get
        self.pieces = [
            (node.text_content or "") if tag == TEXT else breaks(tag, "")
            for node, tag in zip(listed, tag_ids, strict=True)
        ]
        self._measure()
        self._split_joints()
        marks = self._marks_by_index()
        handlers = self._handlers()
        for index in marks or [index for index, tag in enumerate(tag_ids) if tag in handlers]:
            tag = tag_ids[index]
            if self._picture and index >= self._picture_end:
                self._close_picture()
            if marks and index in marks and marks[index]:
                self._mark(index, marks[index])
            handler = handlers.get(tag)
            if handler is not None:
                handler(listed[index], index, tag)
        self._close_picture()
        self._read_texts()

    # -- the tree's shape ----------------------------------------------------------------------------------------

    def _measure(self) -> None:
        """Depth, number of children, ids, and the index of each element."""
        nodes = self.nodes
        at = [index for index, tag in enumerate(self._tag_ids) if tag != TEXT and tag not in _MARKUP]
        elements = [nodes[index] for index in at]
        self.elements = len(at)
        self._index = position = dict(zip([node.mem_id for node in elements], at, strict=True))
        parents = [position.get(node.parent.mem_id, -1) for node in elements]  # type: ignore[union-attr]
        depths = [0] * (len(nodes) + 1)
        for index, parent in zip(at, parents, strict=True):
            depths[index] = depths[parent] + 1
        self.depth = max(depths)
        if self.depth > self._max_depth:
            raise TooManyOpen
        self.ids = [one for one in [node.id for node in elements] if one is not None]
        if len(parents) > 1:
            ((parent, most),) = Counter(parents).most_common(1)
            self.most_children = (most, self.position(parent))

    def end(self, index: int) -> int:
        """The index after an element's subtree."""
        node: LexborNode | None = self.nodes[index]
        skipped = 0  # texts and comments behind the subtree, which have no index of their own
        while node is not None:
            following = node.next
            while following is not None:
                found = self._index.get(following.mem_id)
                if found is not None:
                    return found - skipped
                skipped += 1
                following = following.next
            node = node.parent
        return len(self.nodes) - skipped

    def position(self, index: int) -> str:
        """Where the element at `index` stands, as an XPath."""
        tag = self._tag_ids[index]
        return f"(//{self.nodes[index].tag})[{self._tag_ids[: index + 1].count(tag)}]"

    # -- text ----------------------------------------------------------------------------------------------------

    def _split_joints(self) -> None:
        """Separate a text from the one before it where a block has ended between the two and no blank stands there."""
        pieces, tag_ids = self.pieces, self._tag_ids
        pairs = zip(tag_ids, islice(tag_ids, 1, None))  # noqa: B905 - the second is one shorter
        for index in [index for index, (one, two) in enumerate(pairs, 1) if one == TEXT == two]:
            before, after = pieces[index - 1], pieces[index]
            if before and after and not after[0].isspace() and not before[-1].isspace() and self._block_ends(index):
                pieces[index] = BREAK + after

    def _block_ends(self, index: int) -> bool:
        """Whether a block closes between the text at `index` and the one before it."""
        parent = self.nodes[index].parent
        stop = parent.mem_id if parent is not None else 0
        above = self.nodes[index - 1].parent
        while above is not None and above.mem_id != stop:
            if above.tag_id in _BREAKS:
                return True
            above = above.parent
        return False

    def _blank(self, start: int, end: int) -> None:
        self.pieces[start:end] = [BREAK] + [""] * (end - start - 1) if end > start else []

    def text(self, start: int, end: int) -> str:
        """The text of a range in one line."""
        return squash("".join(self.pieces[start:end]))

    def _read_texts(self) -> None:
        """Links in hidden parts first, then those parts are blanked, then the rest."""
        for link in self.links:
            if link.hidden:
                link.text = self.text(link.start, link.end)
        for start, end in self._hidden_ranges:
            text = self.text(start, end)
            if text:
                tag, _, n = self.position(start)[3:-1].partition(")[")
                self.hidden.append((text, tag, int(n)))
            self._blank(start, end)
        for link in self.links:
            if not link.hidden:
                link.text = self.text(link.start, link.end)
        for heading in self.headings:
            heading.text = self.text(heading.start, heading.end)

    # -- elements ------------------------------------------------------------------------------------------------

    def _handlers(self) -> dict[int, Handler]:
        table: dict[int, Handler] = {IDS[name]: self._count for name in COUNTED_TAGS}
        for name in ("base", "link", "meta", "form", "input", "time", *EMBEDS):
            table[IDS[name]] = self._plain
        for name in MUTED:
            table[IDS[name]] = self._mute_plain if table.get(IDS[name]) == self._plain else self._mute
        for name in LEAF_MUTED:
            table[IDS[name]] = self._leaf
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

    def _count(self, _node: LexborNode, _index: int, tag: int) -> int:
        n = self.counts[tag] = self.counts.get(tag, 0) + 1
        return n

    def _plain(self, node: LexborNode, index: int, tag: int) -> None:
        n = self.counts[tag] = self.counts.get(tag, 0) + 1
        if n <= MAX_OF_A_KIND:
            self.tags.setdefault(NAMES[tag], []).append(RawTag(node, node.attributes, index < self._head_end, n))

    def _leaf(self, node: LexborNode, index: int, tag: int) -> None:
        """A script or style: what it holds is one text that nobody reads."""
        self._plain(node, index, tag)
        if index + 1 < len(self.pieces) and self._tag_ids[index + 1] == TEXT and node.first_child is not None:
            self.pieces[index + 1] = ""

    def _mute_plain(self, node: LexborNode, index: int, tag: int) -> None:
        self._plain(node, index, tag)
        self._blank(index, self.end(index))

    def _mute(self, _node: LexborNode, index: int, tag: int) -> None:
        self._count(_node, index, tag)
        self._blank(index, self.end(index))

    def _head(self, _node: LexborNode, index: int, tag: int) -> None:
        self._count(_node, index, tag)
        self._head_end = self.end(index)
        self._blank(index, self._head_end)

    def _title(self, node: LexborNode, index: int, tag: int) -> None:
        n = self._count(node, index, tag)
        if index >= self._svg_end:
            self.titles.append((node, index < self._head_end, n))
        elif index < self._link_end:
            self.links[-1].labels.append(squash(node.text()))
        self._blank(index, self.end(index))

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
        self._link_end = end = self.end(index)
        self.links.append(
            RawLink(
                node, "a", attributes, areas[-1][1] if areas else "", index < self._hidden_end, n, index,
                min(end, index + MAX_PIECES),
            )
        )  # fmt: skip

    def _area(self, node: LexborNode, index: int, tag: int) -> None:
        n = self._count(node, index, tag)
        if n <= MAX_OF_A_KIND:
            attributes = node.attributes
            link = RawLink(node, "area", attributes, "", index < self._hidden_end, n, index, index)
            link.labels.append(value(attributes, "alt") or "")
            self.links.append(link)

    def _heading(self, node: LexborNode, index: int, tag: int) -> None:
        n = self._count(node, index, tag)
        if n <= MAX_OF_A_KIND:
            self._heading_end = end = self.end(index)
            self.headings.append(RawHeading(int(NAMES[tag][1]), n, index, min(end, index + MAX_PIECES)))

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

    def _marks_by_index(self) -> dict[int, str]:
        """The elements to look at with their marks, in order, "" for none; empty when the page has no mark."""
        if not self._marks:
            return {}
        found = {self._index[mem]: mark for mem, mark in self._marks.items() if mem in self._index}
        handlers = self._handlers()
        at = sorted({*found, *(index for index, tag in enumerate(self._tag_ids) if tag in handlers)})
        return {index: found.get(index, "") for index in at}

    def _mark(self, index: int, mark: str) -> None:
        """An element whose `role`, `hidden` or `style` changes how its subtree reads."""
        if mark != HIDDEN:
            self._part(index, mark)
        elif index >= self._hidden_end:
            self._hidden_end = self.end(index)
            self._hidden_ranges.append((index, self._hidden_end))
