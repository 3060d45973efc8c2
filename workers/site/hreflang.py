"""Alternates in other languages: what links back to what."""

from typing import final

import numpy as np
import numpy.typing as npt

from shared.facts import Flag
from workers.site.groups import components, mix, runs
from workers.site.identity import Identity
from workers.site.table import I64, U64, Mask, Table

_DEFAULT = "x-default"
_NORWEGIAN = {"nb": "no", "nn": "no"}


def _pair(first: npt.NDArray[np.generic], second: npt.NDArray[np.generic]) -> U64:
    """One number from two rows."""
    return (first.astype(np.uint64) << np.uint64(32)) | second.astype(np.uint64)


def _in(values: U64, sorted_known: U64) -> Mask:
    if not len(sorted_known):
        return np.zeros(len(values), np.bool_)
    at = np.minimum(np.searchsorted(sorted_known, values), len(sorted_known) - 1)
    found: Mask = sorted_known[at] == values
    return found


@final
class Alternates:
    """The declarations of pages that count: indexable ones. Rows of targets are -1 when they were not met."""

    def __init__(self, table: Table, identity: Identity) -> None:
        """Turn addresses into rows."""
        self._table = table
        self._identity = identity
        counts = identity.primary & table.has(Flag.INDEXABLE)
        keep = counts[table.alternate_row]
        self.source: I64 = table.alternate_row[keep]
        self.hash: U64 = table.alternate_target[keep]
        self.raw: I64 = table.find(self.hash).astype(np.int64)
        self.target: I64 = np.where(self.raw >= 0, identity.page[np.maximum(self.raw, 0)], -1)
        self.language = table.alternate_language[keep]
        self.internal: Mask = table.alternate_internal[keep]
        known = self.target >= 0
        self.cluster: I64 = components(table.size, self.source[known], self.target[known])

    def without_return(self) -> I64:
        """Positions whose target is a sound page that doesn't name the source."""
        known = self.target >= 0
        back = np.sort(_pair(self.target[known], self.source[known]))
        sound = self._identity.plain() & ~self._table.has(Flag.ALTERNATES_CUT)
        at = np.flatnonzero(known & (self.target != self.source) & (self.raw == self.target))
        at = at[sound[self.target[at]]]
        lacking: I64 = at[~_in(_pair(self.source[at], self.target[at]), back)]
        return self._first_of_pair(lacking)

    def _first_of_pair(self, at: I64) -> I64:
        """One position for each (source, target), in the order of sources."""
        _, first = np.unique(_pair(self.source[at], self.target[at]), return_index=True)
        found: I64 = at[first]
        return found

    def other_return(self) -> I64:
        """Positions that name a page in another language than it names itself."""
        default = self._language_number(_DEFAULT)
        own = self.target == self.source
        named = np.sort(_pair(self.source[own], self.language[own]))
        speaks = np.zeros(self._table.size, np.bool_)
        speaks[self.source[own & (self.language != default)]] = True
        at = np.flatnonzero((self.target >= 0) & ~own & (self.language != default))
        at = at[speaks[self.target[at]]]
        wrong: I64 = at[~_in(_pair(self.target[at], self.language[at]), named)]
        return self._first_of_pair(wrong)

    def _language_number(self, name: str) -> int:
        texts = self._table.names.texts()
        return texts.index(name) if name in texts else -1

    def languages_of_one(self) -> list[tuple[int, int, str]]:
        """(source, target row or -1, two languages) of addresses that are given to several languages."""
        texts = self._table.names.texts()
        primary = [_NORWEGIAN.get(text.partition("-")[0], text.partition("-")[0]) for text in texts]
        numbers = {name: n for n, name in enumerate(dict.fromkeys(primary))}
        code = np.array([numbers[name] for name in primary], np.int64)[self.language]
        spoken = np.flatnonzero(code != numbers.get("x", -1)) if _DEFAULT in texts else np.arange(len(code))
        order = spoken[np.argsort(self.hash[spoken], kind="stable")]
        starts, sizes = runs(self.hash[order])
        found: list[tuple[int, int, str]] = []
        if not len(starts):
            return found
        least, most = np.minimum.reduceat(code[order], starts), np.maximum.reduceat(code[order], starts)
        names = list(numbers)
        for group in np.flatnonzero(least != most).tolist():
            members = order[starts[group] : starts[group] + sizes[group]]
            both = ", ".join(sorted((names[int(least[group])], names[int(most[group])])))
            found.append((int(self.source[members[0]]), int(self.target[members[0]]), both))
        return found

    def uncrawled(self) -> I64:
        """Positions whose target is on this site and was not fetched."""
        tried = self._table.has(Flag.FETCHED) | self._table.has(Flag.FAILED)
        lacking = self.internal & ((self.raw < 0) | ~tried[np.maximum(self.raw, 0)])
        return np.flatnonzero(lacking)


def language_key(hashes: U64, table: Table, rows: I64) -> U64:
    """Keys that differ for equal texts on pages in different languages."""
    return mix(hashes[rows], table.column["language"][rows])
