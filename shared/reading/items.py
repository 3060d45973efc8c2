"""Walking through a page's structured data."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from operator import itemgetter
from typing import Any

from msgspec import Struct

from shared.page import Item, Page
from shared.reading.item_values import number
from shared.reading.vocabulary import schemaorg

MAX_NODES = 2_000
"""Items of one page that are looked at, nested ones included."""
MAX_DEPTH = 20


class Node(Struct, frozen=True, gc=False):
    """An item, the item it is a value of (None at the top), and the property it is the value of."""

    item: Item
    parent: Item | None
    via: str
    above: tuple[str, ...]
    """Types of the items around it, the nearest first."""

    @property
    def main(self) -> bool:
        """Whether it stands for itself: at the top, or as the main entity of its page."""
        return self.parent is None or self.via == "mainEntity"


class Graph(Struct, frozen=True):
    """All items of a page, and the values known of each `@id`."""

    nodes: tuple[Node, ...]
    known: Mapping[str, tuple[Item, ...]]

    def values(self, item: Item, name: str) -> tuple[Any, ...]:
        """Values of a property, those that other items with the same `@id` give it included; empty ones left out."""
        found = item.properties.get(name, ())
        if not found and item.id:
            for other in self.known.get(item.id, ()):
                if other is not item:
                    found = (*found, *other.properties.get(name, ()))
        return tuple(one for one in found if _filled(one))

    def has(self, item: Item, paths: str) -> bool:
        """Whether an item has one of the paths `a|b.c`. An item described elsewhere counts as having everything."""
        return any(self._has(item, path) for path in _parsed(paths))

    def _has(self, item: Item, path: tuple[str, ...]) -> bool:
        for value in self.values(item, path[0]):
            if len(path) == 1:
                return True
            if isinstance(value, Item):
                if is_reference(value) and value.id not in self.known:
                    return True
                if self._has(value, path[1:]):
                    return True
            elif path[1:] == ("name",) and isinstance(value, str) and "/" not in value:
                return True
        return False


def unmet(graph: Graph, item: Item) -> Iterator[str]:
    """What Google requires of an item by what else it says, beyond `Feature.required`.

    A breadcrumb's last ListItem alone may go without an address, a question without answers says that there are 0.
    Sources: developers.google.com/search/docs/appearance/structured-data/breadcrumb and …/qapage.
    """
    if is_a(item, "BreadcrumbList"):
        steps = [one for one in graph.values(item, "itemListElement") if isinstance(one, Item)]
        places = [_position(graph, one) for one in steps]
        if None not in places:
            steps = [step for _, step in sorted(zip(places, steps, strict=True), key=itemgetter(0))]
        for step in steps[:-1]:
            if not graph.has(step, "item") and not (is_reference(step) and step.id not in graph.known):
                yield "ListItem without item, which only the last may lack"
    elif is_a(item, "QAPage"):
        for question in graph.values(item, "mainEntity"):
            if isinstance(question, Item) and is_a(question, "Question") and _lacks_answers(graph, question):
                yield "Question without acceptedAnswer or suggestedAnswer, and answerCount isn't 0"


def _position(graph: Graph, step: Item) -> float | None:
    return next((number(one) for one in graph.values(step, "position")), None)


def _lacks_answers(graph: Graph, question: Item) -> bool:
    if graph.has(question, "acceptedAnswer|suggestedAnswer") or (
        is_reference(question) and question.id not in graph.known
    ):
        return False
    return not any(number(one) == 0 for one in graph.values(question, "answerCount"))


@lru_cache(maxsize=1_024)
def _parsed(paths: str) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(path.split(".")) for path in paths.split("|"))


def is_reference(item: Item) -> bool:
    """Whether an item only names another one by its `@id`."""
    return item.id is not None and not item.properties


def _filled(value: object) -> bool:
    if isinstance(value, str):
        return bool(value.strip())
    if isinstance(value, Item):
        return bool(value.properties or value.id or value.types)
    return value is not None


@lru_cache(maxsize=4_096)
def ancestors_of(types: tuple[str, ...]) -> frozenset[str]:
    """All schema.org types that an item of these types is of, those above them included."""
    return frozenset[str]().union(*(schemaorg().ancestors(one) for one in types))


def is_a(item: Item, *names: str) -> bool:
    """Whether one of an item's types is, or is below, one of these schema.org types."""
    return not ancestors_of(item.types).isdisjoint(names)


@lru_cache(maxsize=1)
def graph_of(page: Page) -> Graph:
    """The items of a page that use schema.org, in document order. The last page's answer is kept for the next check."""
    met: list[tuple[Item, Item | None, str, tuple[str, ...]]] = []
    stack: list[tuple[Item, Item | None, str, tuple[str, ...], int]] = [
        (item, None, "", (), 0) for item in reversed(page.items)
    ]
    while stack and len(met) < MAX_NODES:
        item, parent, via, above, depth = stack.pop()
        met.append((item, parent, via, above))
        if depth < MAX_DEPTH:
            around = (*item.types, *above)[:8]
            inner = [(one, item, name, around, depth + 1) for name, one in _inner(item)]
            stack.extend(reversed(inner))
    known: dict[str, tuple[Item, ...]] = {}
    named_by: dict[str, tuple[Item, str, tuple[str, ...]]] = {}
    for item, parent, via, above in met:
        if item.id and item.properties:
            known[item.id] = (*known.get(item.id, ()), item)
        elif item.id and parent is not None:
            named_by.setdefault(item.id, (parent, via, above))
    nodes: list[Node] = []
    for item, parent, via, above in met:
        if not item.schema_org or is_reference(item):
            continue
        if parent is None and item.id in named_by:
            nodes.append(Node(item, *named_by[item.id]))
        else:
            nodes.append(Node(item, parent, via, above))
    return Graph(tuple(nodes), known)


def _inner(item: Item) -> Iterator[tuple[str, Item]]:
    for name, values in item.properties.items():
        for value in values:
            if isinstance(value, Item):
                yield name, value
