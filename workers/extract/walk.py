"""One pass over the elements, in document order.

All elements are listed once; where something stands is then a question about indices: a subtree is the range from its
element to `end(index)`. What concerns every element is done by `map` or a comprehension (a Python-level step costs 50
ns, and pages have a thousand elements); what concerns one kind is done in that kind's own loop, over `places`.
Text nodes are left to the parser's own C code: listing them too took half as long again. Nothing here recurses.
"""

import re
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, cached_property
from itertools import compress, count, islice
from operator import attrgetter
from typing import Final, TypeVar

from selectolax.lexbor import LexborNode

from workers.extract.clean import value
from workers.extract.marks import HIDDEN, Marks
from workers.extract.raw import RawTag
from workers.extract.tags import (
    COMMENT,
    COUNTED_TAGS,
    IDS,
    LANDMARKS,
    MUTED,
    MUTED_IDS,
    NAMES,
    PLAIN,
    SECTIONING,
)

MAX_NODES: Final = 400_000
"""Nodes looked at; a page of 10 MB may hold ten times more."""
MAX_OF_A_KIND: Final = 20_000
"""Links, images, metas … kept of each kind."""

_PARTS: Final = {IDS[name]: name for name in LANDMARKS | SECTIONING}
_PLACED: Final = frozenset({COMMENT, *(IDS[name] for name in COUNTED_TAGS | MUTED | PLAIN | {"p"})})
"""Kinds that are counted or asked for."""
_HEAD: Final = IDS["head"]
_BYTE: Final = 255

# A pass by `map` costs a fifth less than the same as a comprehension.
_TAG_ID: Final = attrgetter("tag_id")
_PARENT: Final = attrgetter("parent.mem_id")


@cache
def _not_below(level: str) -> re.Pattern[str]:
    """Finds the next element that isn't deeper; there are no more levels than `max_depth`."""
    return re.compile(f"[\0-{re.escape(level)}]", re.DOTALL)


class TooManyOpen(Exception):  # noqa: N818 - a signal between two modules, not an error of its own
    """The tree is deeper than the limit."""


class Walk:
    """The elements of a tree: how they nest, and where each kind stands."""

    def __init__(
        self, nodes: Iterable[LexborNode], with_id: Iterable[LexborNode], marks: Marks, max_depth: int
    ) -> None:
        """Take in the elements in document order; raise `TooManyOpen` beyond the depth limit.

        `with_id` are those that have an id; `marks` tell which nodes carry an attribute that changes how their subtree
        reads.
        """
        self.nodes = listed = list(islice(nodes, MAX_NODES))
        self.tag_ids = tag_ids = list[int](map(_TAG_ID, listed))
        self._measure(max_depth)
        self.ids = [one for one in [node.id for node in with_id] if one is not None]
        self.places: defaultdict[int, list[int]] = defaultdict(list)
        for index in compress(range(len(tag_ids)), map(_PLACED.__contains__, tag_ids)):
            self.places[tag_ids[index]].append(index)
        self.counts = {NAMES[tag]: len(indices) for tag, indices in self.places.items() if tag != COMMENT}
        self.elements = len(listed) - len(self.places.get(COMMENT, ()))
        self.head_end = self.head_elements = 0
        if heads := self.places.get(_HEAD):
            start = heads[0]
            self.head_end = self.end(start)
            self.head_elements = self.head_end - start - 1 - tag_ids[start : self.head_end].count(COMMENT)
        self.hidden: list[tuple[int, int]] = []
        """Ranges out of sight, none inside another."""
        self.excluded: list[int] = []
        """Navigation and the like, none inside another."""
        self.mains: list[tuple[int, int]] = []
        self.articles: list[tuple[int, int]] = []
        self.landmarks: list[tuple[int, int, str]] = []
        self._divide(marks)
        self.languages = [
            (index, self.end(index), language)
            for index, (_, language) in zip(self.at(node for node, _ in marks.languages), marks.languages, strict=False)
            if index
        ]
        """Where elements below the root tell their language."""

    # -- the tree's shape ----------------------------------------------------------------------------------------

    def _measure(self, max_depth: int) -> None:
        """Depth and number of children, by nothing but the addresses of parents.

        In document order an element's first child follows it at once, so a parent that hasn't been met is the element
        before: one dictionary call an element tells all depths.
        """
        self._parents = parents = list[int](map(_PARENT, self.nodes))
        self._inner: dict[int, int] = {}
        """Addresses of the elements that hold others."""
        enter, last = self._inner.setdefault, 0
        self.depths = depths = [last := enter(parent, last + 1) for parent in parents]
        self.depth = max(self._inner.values(), default=0)
        if self.depth > max_depth:
            raise TooManyOpen
        # One letter an element, so that a subtree's end is found by a search.
        self._levels = bytes(depths).decode("latin-1") if self.depth <= _BYTE else "".join(map(chr, depths))
        self.most_children = (len(parents), "")
        depths.append(0)
        counts = Counter(parents)
        if len(counts) > 1:
            del counts[parents[0]]  # the document itself
            most = max(counts.values())
            owner = next(parent for parent, children in counts.items() if children == most)
            self.most_children = (most, self.position(parents.index(owner) - 1))

    def is_leaf(self, index: int) -> bool:
        """Whether no element is inside."""
        return self.depths[index + 1] <= self.depths[index]

    def end(self, index: int) -> int:
        """The index after an element's subtree."""
        depths, levels = self.depths, self._levels
        depth = depths[index]
        if depths[index + 1] <= depth:  # `depths` ends with 0, which no element has
            return index + 1
        if depths[index + 2] <= depth:
            return index + 2
        if depths[index + 3] <= depth:
            return index + 3
        following = _not_below(levels[index]).search(levels, index + 4)
        return following.start() if following else len(levels)

    def at(self, nodes: Iterable[LexborNode]) -> Iterator[int]:
        """The indices of elements in document order, as far as they are listed. One pass over the parents for all.

        An element that holds others stands before the first whose parent it is; others are sought among their siblings.
        """
        parents, index = self._parents, -1
        for node in nodes:
            mem_id = node.mem_id
            try:
                if mem_id in self._inner:
                    index = parents.index(mem_id, index + 1) - 1
                else:
                    parent = _PARENT(node)
                    index = parents.index(parent, index + 1)
                    while self.nodes[index].mem_id != mem_id:
                        index = parents.index(parent, index + 1)
            except ValueError:  # beyond `MAX_NODES`
                return
            yield index

    def position(self, index: int) -> str:
        """Where the element at `index` stands, as an XPath."""
        tag = self.tag_ids[index]
        return f"(//{self.nodes[index].tag})[{self.tag_ids[: index + 1].count(tag)}]"

    @cached_property
    def ordinals(self) -> list[int]:
        """Which of its kind each element is."""
        following: defaultdict[int, count[int]] = defaultdict(lambda: count(1))
        return [next(following[tag]) for tag in self.tag_ids]

    # -- kinds ---------------------------------------------------------------------------------------------------

    def of(self, *names: str) -> list[int]:
        """Where elements of these names stand, at most `MAX_OF_A_KIND` of each, in document order."""
        if len(names) == 1:
            return self.places.get(IDS[names[0]], [])[:MAX_OF_A_KIND]
        return sorted(index for name in names for index in self.places.get(IDS[name], ())[:MAX_OF_A_KIND])

    def tags(self, name: str) -> list[RawTag]:
        """The elements of one name with their attributes."""
        nodes, end = self.nodes, self.head_end
        return [
            RawTag(nodes[index], nodes[index].attributes, index < end, n, index)
            for n, index in enumerate(self.of(name), 1)
        ]

    @cached_property
    def muted(self) -> list[int]:
        """Elements whose text no reader sees."""
        return sorted(index for tag in MUTED_IDS & self.places.keys() for index in self.places[tag])

    @cached_property
    def svgs(self) -> list[tuple[int, int, int]]:
        """Start, end and number of each `<svg>` that isn't inside another."""
        found: list[tuple[int, int, int]] = []
        for n, index in enumerate(self.of("svg"), 1):
            if not found or index >= found[-1][1]:
                found.append((index, self.end(index), n))
        return found

    @cached_property
    def pictures(self) -> list[tuple[int, int]]:
        """Start and end of each `<picture>`."""
        return [(index, self.end(index)) for index in self.of("picture")]

    def alt(self, index: int) -> str | None:
        """The alternative text of the image at `index`."""
        return value(self.nodes[index].attributes, "alt")

    # -- parts of the page ---------------------------------------------------------------------------------------

    def _divide(self, marks: Marks) -> None:
        """Find landmarks, what is content and what isn't, and what is hidden."""
        parts = [(index, 1, _PARTS[tag]) for tag in _PARTS.keys() & self.places.keys() for index in self.places[tag]]
        if marks.nodes:
            names = [name for _, name in marks.nodes]
            parts += [(index, 0, name) for index, name in zip(self.at(n for n, _ in marks.nodes), names, strict=False)]
        sections_end = excluded_end = hidden_end = 0
        for index, is_element, name in sorted(parts):
            if is_element and name in {"header", "footer"} and index < sections_end:
                continue  # not a landmark inside sectioning content: https://www.w3.org/TR/html-aam-1.0/#el-header
            end = self.end(index)
            if name == HIDDEN:
                if index >= hidden_end:
                    hidden_end = end
                    self.hidden.append((index, end))
                continue
            if name in SECTIONING:
                sections_end = max(sections_end, end)
            if name in LANDMARKS:
                self.landmarks.append((index, end, name))
            if name == "main":
                self.mains.append((index, end))
            elif name == "article":
                self.articles.append((index, end))
            elif name != "section" and index >= excluded_end:
                excluded_end = end
                self.excluded.append(index)


_Told = TypeVar("_Told")


def innermost(ranges: Iterable[tuple[int, int, _Told]], indices: Sequence[int], outside: _Told) -> list[_Told]:
    """What the smallest range around each of the indices says, which ascend; `outside` for none.

    Ranges are in document order, so the inner ones come later and write over the outer ones: an index is written as
    often as ranges lie around it, and elements nest no deeper than the limit.
    """
    found = [outside] * len(indices)
    for start, end, told in ranges:
        first = bisect_left(indices, start)
        last = bisect_left(indices, end, first)
        found[first:last] = [told] * (last - first)
    return found


def within(ranges: list[tuple[int, int]], starts: list[int], index: int) -> int:
    """The number of the last range that begins at or before `index` if it holds it, otherwise -1."""
    n = bisect_right(starts, index) - 1
    return n if n >= 0 and index < ranges[n][1] else -1
