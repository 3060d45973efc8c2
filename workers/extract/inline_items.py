"""Microdata (https://html.spec.whatwg.org/multipage/microdata.html) and RDFa Lite (https://www.w3.org/TR/rdfa-lite/).

Both put items and properties into attributes, so one procedure reads both: every property belongs to the nearest item
around it, or to the one that refers to it (`itemref`). Only asked for when the source mentions them.
"""

from itertools import islice
from typing import Any

from msgspec import Struct
from selectolax.lexbor import LexborNode

from shared.holds import holds
from shared.page import Item
from shared.urls import Resolver
from workers.extract.clean import bounded_text, clean, select, squash, unique
from workers.extract.items import MAX_ITEMS, MAX_LEVELS, plain_type
from workers.extract.walk import Walk

MAX_NODES = 20_000
MAX_VALUE = 2_000
"""Characters of a property's value that are kept."""
_MAX_LINKS = 200

_ADDRESS = {
    "a": "href",
    "area": "href",
    "link": "href",
    "audio": "src",
    "embed": "src",
    "iframe": "src",
    "img": "src",
    "source": "src",
    "track": "src",
    "video": "src",
    "object": "data",
}


class Syntax(Struct, frozen=True):
    """The attributes of one of the two notations."""

    format: Any
    scope: str
    prop: str
    types: str
    identity: tuple[str, ...]


MICRODATA = Syntax("microdata", "itemscope", "itemprop", "itemtype", ("itemid",))
RDFA = Syntax("rdfa", "typeof", "property", "typeof", ("resource", "about"))


class _Open(Struct):
    """An item being read; `values` is shared with the `Item`."""

    item: Item
    values: dict[str, Any]
    level: int


class Reader:
    """Reads the items of one notation from one document."""

    def __init__(self, walk: Walk, syntax: Syntax, resolver: Resolver) -> None:
        """Nothing is read yet."""
        self._walk = walk
        self._root = walk.nodes[0]
        self._syntax = syntax
        self._resolver = resolver
        self._scopes: dict[int, _Open] = {}
        self._above: dict[int, _Open | None] = {}
        self._references: dict[str, _Open] = {}
        self._places: dict[int, int] = {}
        self._vocabularies: dict[int, str] = {}

    def read(self) -> list[Item]:
        """The items that are not a property of another."""
        syntax = self._syntax
        nodes = list(islice(unique(select(self._root, f"[{syntax.scope}],[{syntax.prop}]")), MAX_NODES))
        if syntax is RDFA:
            for node in select(self._root, "[vocab]")[:MAX_NODES]:
                self._vocabularies[node.mem_id] = (node.attributes.get("vocab") or "").strip()
        scopes = [node for node in nodes if syntax.scope in node.attributes][:MAX_ITEMS]
        self._places = dict(zip([node.mem_id for node in scopes], self._walk.at(scopes), strict=False))
        for node in scopes:
            self._open(node)
        top: list[Item] = []
        for node in nodes:
            owner = self._property(node)
            own = self._scopes.get(node.mem_id)
            if own is not None and owner is None:
                top.append(own.item)
        for one in self._scopes.values():
            for name, found in one.values.items():
                one.values[name] = tuple(found)
        return top

    def _open(self, node: LexborNode) -> None:
        attributes = node.attributes
        prefix = self._vocabulary(node) if self._syntax is RDFA else ""
        types: list[str] = []
        schema = False
        for word in (attributes.get(self._syntax.types) or "").split()[:20]:
            name, prefixed = plain_type(clean(word))
            types.append(name)
            schema = schema or prefixed or plain_type(f"{prefix.rstrip('/')}/{name}")[1]
        identity = next((attributes[key] for key in self._syntax.identity if attributes.get(key)), None)
        values: dict[str, Any] = {}
        item = Item(
            self._syntax.format, tuple(types), values, clean(identity) if identity else None, schema, self._at(node)
        )
        above = self._owner(node)
        opened = self._scopes[node.mem_id] = _Open(item, values, above.level + 1 if above else 1)
        if self._syntax is MICRODATA:
            for one in (attributes.get("itemref") or "").split()[:100]:
                self._references[one] = opened

    def _owner(self, node: LexborNode) -> _Open | None:
        """The nearest item around `node`; every ancestor is asked once for all properties together."""
        path: list[int] = []
        found: _Open | None = None
        above = node.parent
        while above is not None:
            mem = above.mem_id
            if mem in self._scopes:
                found = self._scopes[mem]
                break
            if mem in self._above:
                found = self._above[mem]
                break
            path.append(mem)
            above = above.parent
        for mem in path:
            self._above[mem] = found
        return found

    def _referrer(self, node: LexborNode) -> _Open | None:
        one: LexborNode | None = node
        while one is not None and self._references:
            identity = one.id
            if identity in self._references:
                return self._references[identity]
            one = one.parent
        return None

    def _vocabulary(self, node: LexborNode) -> str:
        one: LexborNode | None = node
        while one is not None and self._vocabularies:
            found = self._vocabularies.get(one.mem_id)
            if found is not None:
                return found
            one = one.parent
        return ""

    def _property(self, node: LexborNode) -> _Open | None:
        """Enter a node's property into its item and return that item; None when it belongs to none."""
        names = (node.attributes.get(self._syntax.prop) or "").split()[:20]
        if not names:
            return None
        owner = self._owner(node)
        referred = owner is None and self._references != {}
        if referred:
            owner = self._referrer(node)
        if owner is None or owner.level > MAX_LEVELS:
            return None
        inner = self._scopes.get(node.mem_id)
        if inner is not None and (inner is owner or (referred and _leads_to(inner.item, owner.item))):
            return None
        value: Any = inner.item if inner else self._value(node)
        for name in names:
            owner.values.setdefault(plain_type(clean(name))[0], []).append(value)
        return owner

    def _value(self, node: LexborNode) -> str:
        attributes, tag = node.attributes, node.tag or ""
        content = attributes.get("content")
        if content is not None:  # on any element: https://schema.org/docs/gs.html#schemaorg_expected
            return clean(content[:MAX_VALUE])
        key = "resource" if self._syntax is RDFA and attributes.get("resource") else _ADDRESS.get(tag)
        if key and attributes.get(key) is not None:
            href = clean(attributes[key] or "")
            return self._resolver(href) or href[:MAX_VALUE]
        if tag in {"data", "meter"} and attributes.get("value") is not None:
            return clean((attributes["value"] or "")[:MAX_VALUE])
        if tag == "time" and attributes.get("datetime"):
            return clean((attributes["datetime"] or "")[:MAX_VALUE])
        return clean(squash(bounded_text(node, MAX_VALUE)))

    def _at(self, node: LexborNode) -> str:
        index = self._places.get(node.mem_id)
        return f"(//{node.tag})[{1 if index is None else self._walk.ordinals[index]}]"


def _leads_to(start: Item, target: Item) -> bool:
    """Whether `target` is `start` or below it, or might be: references must not close a circle."""
    pending = [start]
    for _ in range(_MAX_LINKS):
        if not pending:
            return False
        one = pending.pop()
        if one is target:
            return True
        pending.extend(found for values in one.properties.values() for found in values if isinstance(found, Item))
    return True


def read_inline(walk: Walk, lowered: bytes, resolver: Resolver) -> list[Item]:
    """Items of microdata and RDFa, if the lower-case source mentions any."""
    items: list[Item] = []
    if holds(lowered, b"itemscope"):
        items += Reader(walk, MICRODATA, resolver).read()
    if holds(lowered, b"typeof") and (holds(lowered, b"typeof=") or holds(lowered, b"typeof ")):
        items += Reader(walk, RDFA, resolver).read()
    return items
