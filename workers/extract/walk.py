"""One pass over the tree, in document order, with a stack of open elements.

Everything that depends on where an element stands (text, landmarks, hidden parts, links around images, depth) is known
at that moment, so no element asks for its ancestors again. Nothing here recurses.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Literal

from selectolax.lexbor import LexborNode

from workers.extract.clean import squash, value
from workers.extract.marks import HIDDEN, Marks
from workers.extract.raw import RawHeading, RawImage, RawLink, RawTag
from workers.extract.tags import BLOCKS, COMMENT, DEPRECATED, EMBEDS, HEADINGS, IDS, LANDMARKS, MUTED, NAMES, SECTIONING, TEXT

BREAK = "\x1e"
"""Stands in the text where a block begins or ends; `str.split` takes it for white space."""
MAX_NODES = 400_000
"""Nodes looked at; a page of 10 MB may hold ten times more."""
MAX_OF_A_KIND = 20_000
"""Links, images, metas … kept of each kind."""
MAX_PIECES = 2_000
"""Text nodes read for one link or heading: they can nest, and each would read its inner ones again."""

_BLOCK_IDS = frozenset(IDS[name] for name in BLOCKS)
_MUTED_IDS = frozenset(IDS[name] for name in MUTED)
_LANDMARK_IDS = {IDS[name]: name for name in LANDMARKS}
_SECTIONING_IDS = frozenset(IDS[name] for name in SECTIONING)
_HEAD, _BODY, _SVG, _TITLE, _PICTURE = (IDS[name] for name in ("head", "body", "svg", "title", "picture"))
_FOREIGN, _DESC = IDS["foreignobject"], IDS["desc"]

End = Callable[[], None]
Ending = End | Literal["break"] | None
"""What happens when an element is closed."""


class TooManyOpen(Exception):  # noqa: N818 - a signal between two modules, not an error of its own
    """The tree is deeper than the limit."""


class Walk:
    """What one pass collects, still in the shape in which it was met."""

    def __init__(self, marks: Marks, max_depth: int) -> None:
        """`marks` tell which nodes carry an attribute that changes how their subtree reads."""
        self.marks = marks
        self.max_depth = max_depth
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
        self.elements: list[LexborNode] = []
        self.tag_ids: list[int] = []
        self.depth = 0
        self.excluded: list[tuple[int, int]] = []
        """Ranges of `pieces` that are navigation and the like."""
        self.mains: list[tuple[int, int]] = []
        self.articles: list[tuple[int, int]] = []
        self.counts: Counter[int] = Counter()
        self.kids: Counter[int] = Counter()
        self.anchor_names: list[str] = []
        self._open: list[int] = []
        self._ends: list[Ending] = []
        self._muted = 0
        self._areas: list[str] = [""]
        self._sectioning = 0
        self._hiding = 0
        self._excluding = 0
        self._head = False
        self._svg = 0
        self._link: list[RawLink] = []
        self._heading: list[RawHeading] = []
        self._picture: list[bool] = []

    # -- the pass ------------------------------------------------------------------------------------------------

    def run(self, nodes: Iterable[LexborNode]) -> None:  # noqa: C901, PLR0912 - the hot loop: a call costs as much as its body
        """Walk the nodes of a tree in document order; raise `TooManyOpen` beyond the depth limit."""
        open_, ends, pieces = self._open, self._ends, self.pieces
        elements, tag_ids, parents, ids = self.elements, self.tag_ids, [], self.ids
        handlers, deepest, marked = self._handlers(), self.max_depth, self.marks.nodes
        depth = 0
        for node in islice(nodes, MAX_NODES):
            tag = node.tag_id
            if tag == TEXT:
                text = node.text_content
                if not text or text.isspace():
                    pieces.append(" ")  # harmless wherever it stands, so nobody asks where that is
                    continue
                above = node.parent
                parent_id = above.mem_id if above is not None else 0
                if open_ and open_[-1] != parent_id:
                    self._close_to(parent_id)
                if not self._muted:
                    pieces.append(text)
                continue
            if tag == COMMENT:
                continue
            above = node.parent
            parent_id = above.mem_id if above is not None else 0
            while open_ and open_[-1] != parent_id:
                open_.pop()
                ended = ends.pop()
                if ended is not None:
                    if ended == "break":
                        pieces.append(BREAK)
                    else:
                        ended()
            parents.append(parent_id)
            elements.append(node)
            tag_ids.append(tag)
            mem = node.mem_id
            open_.append(mem)
            if len(open_) > depth:
                depth = len(open_)
                if depth > deepest:
                    raise TooManyOpen
            found = node.id
            if found is not None:
                ids.append(found)
            end: Ending = None
            if tag in _BLOCK_IDS:
                pieces.append(BREAK)
                end = "break"
            handler = handlers.get(tag)
            if handler is not None:
                end = handler(node, tag) or end
            if marked and mem in marked:
                end = self._marked(tag, marked[mem], end)
            ends.append(end)
        self._close_to(-1)
        self.depth = depth
        self.kids.update(parents)

    def _close_to(self, parent: int) -> None:
        while self._open and self._open[-1] != parent:
            self._open.pop()
            end = self._ends.pop()
            if end is not None:
                if end == "break":
                    self.pieces.append(BREAK)
                else:
                    end()

    def position(self, mem_id: int) -> str:
        """Where an element stands, by the parser's number for it; "" when it wasn't met."""
        for index, node in enumerate(self.elements):
            if node.mem_id == mem_id:
                return f"(//{node.tag})[{self.ordinal(index)}]"
        return ""

    def _text(self, start: int, end: int) -> str:
        return squash("".join(self.pieces[start:end]))

    def ordinal(self, index: int) -> int:
        """The position among elements of the same name, from 1, of the element at `index`."""
        return self.tag_ids[: index + 1].count(self.tag_ids[index])

    # -- elements ------------------------------------------------------------------------------------------------

    def _handlers(self) -> dict[int, Callable[[LexborNode, int], End | None]]:
        table: dict[int, Callable[[LexborNode, int], End | None]] = {}
        for name in ("base", "link", "meta", "script", "style", "form", "input", "time", *EMBEDS):
            table[IDS[name]] = self._plain
        for name in DEPRECATED:
            table.setdefault(IDS[name], self._count)
        for name in ("area", "p", "table", "button", "select", "textarea", "label"):
            table.setdefault(IDS[name], self._count)
        for name in MUTED:
            inner = table.get(IDS[name])
            table[IDS[name]] = self._mute_plain if inner == self._plain else self._mute
        for name in LANDMARKS | SECTIONING:
            table[IDS[name]] = self._section
        for name in HEADINGS:
            table[IDS[name]] = self._heading_start
        table[IDS["a"]] = table[IDS["area"]] = self._anchor
        table[IDS["img"]] = self._image
        table[_HEAD] = self._head_start
        table[_SVG] = self._svg_start
        table[_TITLE] = self._title
        table[_DESC] = self._mute
        table[_PICTURE] = self._picture_start
        return table

    def _count(self, _node: LexborNode, tag: int) -> None:
        self.counts[tag] += 1

    def _plain(self, node: LexborNode, tag: int) -> None:
        self.counts[tag] = n = self.counts[tag] + 1
        if n <= MAX_OF_A_KIND:
            self.tags.setdefault(NAMES[tag], []).append(RawTag(node, node.attributes, self._head, n))

    def _mute_plain(self, node: LexborNode, tag: int) -> End:
        self._plain(node, tag)
        return self._mute_start()

    def _mute(self, _node: LexborNode, tag: int) -> End:
        self.counts[tag] += 1
        return self._mute_start()

    def _mute_start(self) -> End:
        self._muted += 1
        return self._unmute

    def _unmute(self) -> None:
        self._muted -= 1
        self.pieces.append(BREAK)

    def _head_start(self, _node: LexborNode, tag: int) -> End:
        self.counts[tag] += 1
        self._head = True
        self._mute_start()

        def end() -> None:
            self._head = False
            self._unmute()

        return end

    def _title(self, node: LexborNode, tag: int) -> End:
        self.counts[tag] = n = self.counts[tag] + 1
        if not self._svg:
            self.titles.append((node, self._head, n))
        elif self._link:
            self._link[-1].labels.append(squash(node.text()))
        return self._mute_start()

    def _svg_start(self, node: LexborNode, tag: int) -> End:
        self.counts[tag] = n = self.counts[tag] + 1
        if not self._svg and n <= MAX_OF_A_KIND:
            self.svgs.append((node, n))
        self._svg += 1

        def end() -> None:
            self._svg -= 1
            self.pieces.append(BREAK)

        return end

    def _picture_start(self, _node: LexborNode, tag: int) -> End:
        self.counts[tag] = n = self.counts[tag] + 1
        self._picture.append(False)

        def end() -> None:
            if not self._picture.pop():
                self.bare_pictures.append(n)

        return end

    def _anchor(self, node: LexborNode, tag: int) -> End | None:
        self.counts[tag] = n = self.counts[tag] + 1
        if n > MAX_OF_A_KIND:
            return None
        attributes = node.attributes
        name = attributes.get("name")
        if name:
            self.anchor_names.append(name)
        link = RawLink(node, NAMES[tag], attributes, self._areas[-1], self._hiding > 0, n)
        self.links.append(link)
        if tag != IDS["a"]:
            link.labels.append(value(attributes, "alt") or "")
            return None
        start = len(self.pieces)
        self._link.append(link)

        def end() -> None:
            self._link.pop()
            link.text = self._text(start, start + MAX_PIECES)

        return end

    def _heading_start(self, node: LexborNode, tag: int) -> End | None:
        self.counts[tag] = n = self.counts[tag] + 1
        if n > MAX_OF_A_KIND:
            return None
        heading = RawHeading(int(NAMES[tag][1]), n)
        self.headings.append(heading)
        self._heading.append(heading)
        start = len(self.pieces)

        def end() -> None:
            self._heading.pop()
            heading.text = self._text(start, start + MAX_PIECES)
            self.pieces.append(BREAK)

        return end

    def _image(self, node: LexborNode, tag: int) -> None:
        self.counts[tag] = n = self.counts[tag] + 1
        if self._picture:
            self._picture[-1] = True
        if n > MAX_OF_A_KIND:
            return
        attributes = node.attributes
        link = self._link[-1] if self._link else None
        self.images.append(RawImage(attributes, bool(self._picture), link, n))
        alt = value(attributes, "alt")
        if link is not None:
            link.alts.append(alt)
        if self._heading and alt:
            self._heading[-1].alts.append(alt)

    # -- parts of the page ---------------------------------------------------------------------------------------

    def _section(self, _node: LexborNode, tag: int) -> End:
        self.counts[tag] += 1
        name = NAMES[tag]
        if name in {"header", "footer"} and self._sectioning:
            name = ""  # not a landmark inside sectioning content: https://www.w3.org/TR/html-aam-1.0/#el-header
        return self._part(name, sectioning=tag in _SECTIONING_IDS)

    def _part(self, name: str, *, sectioning: bool) -> End:
        start = len(self.pieces)
        landmark = name in LANDMARKS
        excluded = landmark and name != "main"
        self._sectioning += sectioning
        if landmark:
            self._areas.append(name)
        self._excluding += excluded

        def end() -> None:
            self._sectioning -= sectioning
            self._excluding -= excluded
            if landmark:
                self._areas.pop()
            self.pieces.append(BREAK)
            reach = (start, len(self.pieces))
            if excluded and not self._excluding:
                self.excluded.append(reach)
            elif name == "main":
                self.mains.append(reach)
            elif name == "article":
                self.articles.append(reach)

        return end

    def _marked(self, tag: int, mark: str, inner: Ending) -> End:
        """An element whose `role`, `hidden` or `style` changes how its subtree reads."""
        if mark != HIDDEN:
            outer = self._part(mark, sectioning=mark not in {"header", "footer"})
        else:
            outer = self._hide(len(self.elements) - 1)
            if self.links and tag == IDS["a"]:
                self.links[-1].hidden = True

        def end() -> None:
            if callable(inner):
                inner()
            elif inner:
                self.pieces.append(BREAK)
            outer()

        return end

    def _hide(self, index: int) -> End:
        start = len(self.pieces)
        self._hiding += 1

        def end() -> None:
            self._hiding -= 1
            text = self._text(start, len(self.pieces))
            del self.pieces[start:]
            for ranges in (self.excluded, self.mains, self.articles):
                while ranges and ranges[-1][1] > start:
                    ranges.pop()
            self.pieces.append(BREAK)
            if text and not self._hiding and len(self.hidden) < MAX_OF_A_KIND:
                self.hidden.append((text, self.elements[index].tag or "", self.ordinal(index)))

        return end

