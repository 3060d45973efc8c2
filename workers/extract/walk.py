"""One pass over the elements, in document order.

All elements are listed once; where something stands is then a question about indices: a subtree is the range from its
element to `end(index)`. What concerns every element is done by comprehensions (a Python-level step costs 50 ns, and
pages have a thousand elements); what concerns one kind is done in that kind's own loop, over the places of `places`.
Text nodes are left to the parser's own C code: listing them too took half as long again. Nothing here recurses.
"""

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import cache, cached_property
from itertools import islice
from typing import Final

from selectolax.lexbor import LexborNode

from workers.extract.clean import value
from workers.extract.marks import HIDDEN, Marks
from workers.extract.raw import RawTag
from workers.extract.tags import (
    COMMENT,
    COUNTED_TAGS,
    HEADINGS,
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

_COUNTED: Final = frozenset(IDS[name] for name in COUNTED_TAGS | MUTED | PLAIN | {"p"})
_PARTS: Final = {IDS[name]: name for name in LANDMARKS | SECTIONING}
_PLACED: Final = frozenset(
    IDS[name]
    for name in (*PLAIN, *MUTED, *HEADINGS, *LANDMARKS, *SECTIONING, "a", "area", "img", "svg", "title", "picture", "p")
)
_HEAD: Final = IDS["head"]
_BYTE: Final = 255


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
        self.tag_ids = tag_ids = [node.tag_id for node in listed]
        self._measure(max_depth)
        self.ids = [one for one in [node.id for node in with_id] if one is not None]
        counts = Counter(tag_ids)
        self.elements = len(listed) - counts[COMMENT]
        self.counts = {NAMES[tag]: counts[tag] for tag in _COUNTED.intersection(counts)}
        self.places: defaultdict[int, list[int]] = defaultdict(list)
        for index, tag in [(index, tag) for index, tag in enumerate(tag_ids) if tag in _PLACED]:
            self.places[tag].append(index)
        self.head_end = self.head_elements = 0
        if counts[_HEAD]:
            start = tag_ids.index(_HEAD)
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

    # -- the tree's shape ----------------------------------------------------------------------------------------

    def _measure(self, max_depth: int) -> None:
        """Depth and number of children, by nothing but the addresses of parents.

        In document order an element's first child follows it at once, so a parent that hasn't been met is the element
        before: one dictionary call an element tells all depths.
        """
        parents = [node.parent.mem_id for node in self.nodes]  # type: ignore[union-attr]
        level_of: dict[int, int] = {}
        enter, last = level_of.setdefault, 0
        self.depths = depths = [last := enter(parent, last + 1) for parent in parents]
        self.depth = max(depths, default=0)
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
            owner = next(parent for parent, n in counts.items() if n == most)
            self.most_children = (most, self.position(parents.index(owner) - 1))

    def is_leaf(self, index: int) -> bool:
        """Whether no element is inside."""
        return self.depths[index + 1] <= self.depths[index]

    def end(self, index: int) -> int:
        """The index after an element's subtree."""
        depths, levels = self.depths, self._levels
        if depths[index + 1] <= depths[index]:
            return index + 1
        following = _not_below(levels[index]).search(levels, index + 1)
        return following.start() if following else len(levels)

    def at(self, mem_ids: Iterable[int]) -> list[tuple[int, int]]:
        """(index, address) of the elements at these addresses, those that are listed."""
        wanted = set(mem_ids)
        return [(index, mem) for index, mem in enumerate([node.mem_id for node in self.nodes]) if mem in wanted]

    def position(self, index: int) -> str:
        """Where the element at `index` stands, as an XPath."""
        tag = self.tag_ids[index]
        return f"(//{self.nodes[index].tag})[{self.tag_ids[: index + 1].count(tag)}]"

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
            parts += [(index, 0, marks.nodes[mem]) for index, mem in self.at(marks.nodes)]
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

    def landmarks_at(self, indices: Iterable[int]) -> list[str]:
        """The innermost landmark around each of the indices, which ascend; "" for none."""
        return self._innermost(self.landmarks, indices)

    def languages_at(self, with_lang: Iterable[LexborNode], indices: Iterable[int]) -> list[str]:
        """The nearest `lang` around each of the indices, which ascend; "" for none. `with_lang` have the attribute."""
        named = {node.mem_id: node.attributes.get("lang") or "" for node in with_lang}
        ranges = [(index, self.end(index), named[mem]) for index, mem in self.at(named)]
        return self._innermost(ranges, indices)

    def _innermost(self, ranges: Iterable[tuple[int, int, str]], indices: Iterable[int]) -> list[str]:
        found: list[str] = []
        around: list[tuple[int, str]] = []
        following = iter((*ranges, (len(self.nodes) + 1, 0, "")))
        start, end, name = next(following)
        for index in indices:
            while start <= index:
                while around and around[-1][0] <= start:
                    around.pop()
                around.append((end, name))
                start, end, name = next(following)
            while around and around[-1][0] <= index:
                around.pop()
            found.append(around[-1][1] if around else "")
        return found


def within(ranges: list[tuple[int, int]], starts: list[int], index: int) -> int:
    """The number of the last range that begins at or before `index` if it holds it, otherwise -1."""
    n = bisect_right(starts, index) - 1
    return n if n >= 0 and index < ranges[n][1] else -1
