"""Pages that are unlike the others in their directory."""

from collections.abc import Iterator
from typing import final

import numpy as np

from shared.checks.site import Outlier
from shared.facts import Flag
from shared.url_forms import STYLE_CAMEL, STYLE_HYPHEN, STYLE_UNDERSCORE
from workers.site.groups import mix, runs
from workers.site.identity import Identity
from workers.site.table import I64, Table

MIN_SIBLINGS = 10
"""Fewer pages in a directory make no pattern."""
MIN_SLUGS = 20
_STYLE_NAMES = {STYLE_HYPHEN: "hyphens", STYLE_UNDERSCORE: "underscores", STYLE_CAMEL: "capitals"}

Found = Iterator[tuple[int, int, str]]
"""(row, a typical row, what is unlike)."""


@final
class Siblings:
    """Indexable pages by directory."""

    def __init__(self, table: Table, identity: Identity) -> None:
        """Sort the pages by directory; the home page and later pages of a series belong to none."""
        self._table = table
        pages = identity.primary & table.has(Flag.INDEXABLE, Flag.HOME | Flag.PAGINATED)
        rows = np.flatnonzero(pages)
        keys = table.hash["directory"][rows]
        order = np.argsort(keys, kind="stable")
        starts, sizes = runs(keys[order])
        self._rows: I64 = rows[order]
        self._group: I64 = np.repeat(np.arange(len(starts), dtype=np.int64), sizes)
        self._sizes: I64 = sizes
        self._starts: I64 = starts

    def outliers(self, kind: Outlier, share: float) -> Found:
        """Pages unlike the share of their siblings that sets the pattern."""
        if kind == "words":
            return self._words(share)
        if kind == "title_end":
            return self._titles(share)
        return self._types(share) if kind == "type" else self._styles(share)

    def _words(self, share: float) -> Found:
        """Pages with fewer words than `share` of the median."""
        words = self._table.column["words"][self._rows].astype(np.int64)
        order = np.lexsort((words, self._group))
        middle = order[self._starts + self._sizes // 2] if len(self._starts) else order
        median = words[middle]
        big = self._sizes >= MIN_SIBLINGS
        thin = big[self._group] & (words < share * median[self._group]) if len(big) else np.empty(0, np.bool_)
        for at in np.flatnonzero(thin).tolist():
            group = int(self._group[at])
            typical = int(self._rows[middle[group]])
            yield int(self._rows[at]), typical, f"{words[at]} words, where its siblings have {median[group]}"

    def _titles(self, share: float) -> Found:
        ends = self._table.hash["title_end"][self._rows]
        titled = np.flatnonzero(self._table.hash["title"][self._rows] != 0)
        keys = mix(ends, self._group)[titled]
        order = titled[np.argsort(keys, kind="stable")]
        starts, sizes = runs(np.sort(keys))
        total = np.bincount(self._group[titled], minlength=len(self._sizes))
        common = np.zeros(len(self._sizes), np.uint64)
        example = np.full(len(self._sizes), -1, np.int64)
        if len(starts):
            group = self._group[order[starts]]
            usual = (sizes >= share * total[group]) & (total[group] >= MIN_SIBLINGS) & (ends[order[starts]] != 0)
            common[group[usual]] = ends[order[starts[usual]]]
            example[group[usual]] = order[starts[usual]]
        odd = titled[(example[self._group[titled]] >= 0) & (ends[titled] != common[self._group[titled]])]
        for at in odd.tolist():
            typical = int(self._rows[example[self._group[at]]])
            yield int(self._rows[at]), typical, "its title doesn't end as those of its siblings do"

    def _types(self, share: float) -> Found:
        """For each directory the types that nearly all carry, and the pages without."""
        position = np.full(self._table.size, -1, np.int64)
        position[self._rows] = np.arange(len(self._rows))
        at = position[self._table.type_row]
        names = self._table.type_name[at >= 0].astype(np.int64)
        at = at[at >= 0]
        keys = self._group[at] * 65_536 + names
        order = np.argsort(keys, kind="stable")
        starts, sizes = runs(keys[order])
        texts = self._table.names.texts()
        for start, size in zip(starts.tolist(), sizes.tolist(), strict=True):
            group = int(self._group[at[order[start]]])
            whole = int(self._sizes[group])
            if whole < MIN_SIBLINGS or size < share * whole or size == whole:
                continue
            bearers = at[order[start : start + size]]
            start_at = int(self._starts[group])
            members = np.arange(start_at, start_at + whole, dtype=np.int64)
            name = texts[int(names[order[start]])]
            for lacking in np.setdiff1d(members, bearers).tolist():
                label = f"no {name}, which {size} of {whole} pages of its directory carry"
                yield int(self._rows[lacking]), int(self._rows[bearers[0]]), label

    def _styles(self, share: float) -> Found:
        """Over the whole site: how addresses join words."""
        style = self._table.column["style"][self._rows]
        counts = {code: int(np.count_nonzero(style == code)) for code in _STYLE_NAMES}
        usual = max(counts, key=counts.__getitem__)
        whole = sum(counts.values())
        if whole < MIN_SLUGS or counts[usual] < share * whole:
            return
        typical = int(self._rows[np.flatnonzero(style == usual)[0]])
        for at in np.flatnonzero((style != usual) & (style != 0)).tolist():
            label = (
                f"{_STYLE_NAMES[int(style[at])]}, where {counts[usual]} of {whole} addresses use {_STYLE_NAMES[usual]}"
            )
            yield int(self._rows[at]), typical, label
