"""The vocabulary of schema.org and Google's rich results, as plain facts in data files beside this module.

`schemaorg()` and `google()` read their file at the first call (about 2 ms each) and keep the result.
"""

import tomllib
from collections.abc import Mapping
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from msgspec import Struct, convert, field, json

_FOLDER = Path(__file__).parent
_SCHEMAORG = _FOLDER / "schemaorg-30.0.json"
_GOOGLE = _FOLDER / "google-rich-results.toml"


class Schemaorg(Struct, frozen=True, dict=True):
    """Types with direct parents, members with their enumerations, properties with (domains, ranges)."""

    version: str
    types: Mapping[str, tuple[str, ...]]
    members: Mapping[str, tuple[str, ...]]
    properties: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]

    @cached_property
    def _ancestors(self) -> dict[str, frozenset[str]]:
        return {}

    def ancestors(self, name: str) -> frozenset[str]:
        """The type itself and all types above it; empty when schema.org has no such type.

        A member of an enumeration used as a type counts as a type below its enumeration.
        """
        known = self._ancestors.get(name)
        if known is not None:
            return known
        parents = self.types.get(name, self.members.get(name))
        if parents is None:
            return frozenset()
        found = frozenset({name}).union(*(self.ancestors(parent) for parent in parents))
        self._ancestors[name] = found
        return found

    def knows(self, name: str) -> bool:
        """Whether `name` is a type, or a member of an enumeration, of schema.org (case matters)."""
        return name in self.types or name in self.members

    def defines(self, type_name: str, property_name: str) -> bool:
        """Whether a property is defined for a type or for one above it."""
        known = self.properties.get(property_name)
        return known is not None and not self.ancestors(type_name).isdisjoint(known[0])

    def ranges(self, property_name: str) -> tuple[str, ...]:
        """Names of the expected types of a property's value; empty for an unknown property."""
        known = self.properties.get(property_name)
        return known[1] if known else ()

    def literals(self, property_name: str) -> frozenset[str] | None:
        """The data types a property's value may have, None when text or an item would do as well.

        Only then can a value be wrong: schema.org accepts text wherever it expects an item, save for enumerations.
        """
        ranges = self.ranges(property_name)
        return frozenset(ranges) if ranges and _LITERALS.issuperset(ranges) else None

    @cached_property
    def enumerations(self) -> Mapping[str, frozenset[str]]:
        """Properties whose value must be a member of an enumeration → the names of those members."""
        of: dict[str, set[str]] = {}
        for member, enumerations in self.members.items():
            for enumeration in enumerations:
                for ancestor in self.ancestors(enumeration):
                    of.setdefault(ancestor, set()).add(member)
        found: dict[str, frozenset[str]] = {}
        for name, (_, ranges) in self.properties.items():
            if ranges and all("Enumeration" in self.ancestors(one) for one in ranges):
                members = frozenset[str]().union(*(of.get(one, ()) for one in ranges))
                if members:
                    found[name] = members
        return found


_LITERALS = frozenset({"Boolean", "Date", "DateTime", "Duration", "Float", "Integer", "Number", "Time", "URL"})


class Feature(Struct, frozen=True):
    """What Google asks of a kind of item.

    A requirement is a path of property names (`offers.price`), or several joined with "|" of which one must be there.
    `types` are the types it holds for, with those below them. `top` limits it to items that aren't a value of another
    item; `inside` to values of items of those types; `via` to values of those properties.
    """

    name: str
    types: tuple[str, ...]
    source: str
    required: tuple[str, ...] = ()
    recommended: tuple[str, ...] = ()
    top: bool = False
    inside: tuple[str, ...] = ()
    via: tuple[str, ...] = ()
    except_types: tuple[str, ...] = ()
    """Types below `types` that it doesn't hold for, with those below them."""
    unless: tuple[str, ...] = ()
    """Items that have one of these properties are left alone."""


class Retired(Struct, frozen=True):
    """A type whose rich result Google no longer shows. `with_property` limits it to items that have that property."""

    name: str
    types: tuple[str, ...]
    since: str
    source: str
    with_property: str = ""
    with_type: str = ""
    """Only when the value of `with_property` is of this type."""


class Google(Struct, frozen=True):
    """Google's rich results: what each asks for, and those that are gone."""

    as_of: str
    feature: tuple[Feature, ...] = field(default_factory=tuple)
    retired: tuple[Retired, ...] = field(default_factory=tuple)


@lru_cache(maxsize=1)
def schemaorg() -> Schemaorg:
    """The vocabulary of schema.org."""
    return json.decode(_SCHEMAORG.read_bytes(), type=Schemaorg)


@lru_cache(maxsize=1)
def google() -> Google:
    """Google's requirements."""
    data: dict[str, Any] = tomllib.loads(_GOOGLE.read_text(encoding="utf-8"))
    return convert(data, type=Google)


@lru_cache(maxsize=4_096)
def features_of(type_name: str) -> tuple[Feature, ...]:
    """The features whose requirements a type may have to meet."""
    ancestors = schemaorg().ancestors(type_name)
    return tuple(one for one in google().feature if not ancestors.isdisjoint(one.types))


@lru_cache(maxsize=4_096)
def retired_of(type_name: str) -> tuple[Retired, ...]:
    """The retired features a type belonged to; types below it may be alive (a Recipe is a HowTo)."""
    return tuple(one for one in google().retired if type_name in one.types)
