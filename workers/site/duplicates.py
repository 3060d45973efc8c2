"""Pages that are the same, or nearly."""

from typing import Literal, final

import numpy as np
import numpy.typing as npt

from shared.facts import Flag
from shared.minhash import BANDS, BINS
from workers.site.groups import BLOCK, groups, kept, mix, partners, varied
from workers.site.hreflang import Alternates, language_key
from workers.site.identity import Identity
from workers.site.table import I64, Mask, Table

Grouped = tuple[I64, I64, I64]
"""Rows of all groups beside each other, start of each group, size of each group."""


@final
class Duplicates:
    """Groups among indexable pages that stand for themselves."""

    def __init__(self, table: Table, identity: Identity, alternates: Alternates) -> None:
        """Hold what the queries need."""
        self._table = table
        self._cluster = alternates.cluster
        self._pages: Mask = identity.primary & table.has(Flag.INDEXABLE)

    def _distinct(self, grouped: Grouped, different: str) -> Grouped:
        """Groups whose pages differ in `different` and aren't just alternates of each other in one language."""
        rows, starts, sizes = grouped
        if not len(starts):
            return grouped
        keep = varied(self._table.hash[different][rows], starts) & varied(self._cluster[rows], starts)
        return kept(rows, sizes, keep)

    def same_text(self, name: Literal["title", "description", "h1"]) -> Grouped:
        """Pages of one language with the same text there; later pages of a series may repeat the first's.

        https://developers.google.com/search/docs/specialty/ecommerce/pagination-and-incremental-page-loading
        """
        hashes = self._table.hash[name]
        rows = np.flatnonzero(self._pages & (hashes != 0) & ~self._table.has(Flag.PAGINATED))
        return self._distinct(groups(language_key(hashes, self._table, rows), rows), "looser")

    def _texts(self) -> I64:
        return np.flatnonzero(self._pages & (self._table.hash["content"] != 0))

    def same_content(self) -> Grouped:
        """Pages with the same main text at addresses that are more than spellings of each other."""
        rows = self._texts()
        return self._distinct(groups(self._table.hash["content"][rows], rows), "looser")

    def same_but(self, form: Literal["bare", "slashless", "folded"]) -> Grouped:
        """Pages with the same main text whose addresses are the same in this form."""
        rows = self._texts()
        table = self._table
        grouped = groups(mix(table.hash["content"][rows], table.hash[form][rows]), rows)
        return self._distinct(grouped, "here")

    def near(self, least: float, words: int) -> tuple[I64, I64, I64]:
        """(row, row like it, equal bins of 128), for each row the most alike that was found.

        A page is compared with the first page of each of its buckets and with its neighbour there, so costs are linear.
        """
        table = self._table
        rows = np.flatnonzero(self._pages & (table.sketch_row >= 0) & (table.column["words"] >= words))
        best = np.zeros(table.size, np.int64)
        like = np.full(table.size, -1, np.int64)
        bands = np.ascontiguousarray(table.sketch[:, BINS:]).view("<u4") if len(rows) else np.empty((0, BANDS), "<u4")
        for band in range(BANDS):
            together, starts, sizes = groups(bands[table.sketch_row[rows], band].astype(np.uint64), rows)
            if len(starts):
                leaders = np.repeat(together[starts], sizes)
                self._compare(together, leaders, least, best, like)
                self._compare(together, together[partners(starts, sizes)], least, best, like)
        got = np.flatnonzero(like >= 0)
        return got, like[got], best[got]

    def _compare(self, one: I64, other: I64, least: float, best: I64, like: I64) -> None:
        """Note the pairs that are alike enough, for both of their rows."""
        table = self._table
        content, looser = table.hash["content"], table.hash["looser"]
        for at in range(0, len(one), BLOCK // 16):
            a, b = one[at : at + BLOCK // 16], other[at : at + BLOCK // 16]
            fit = (a != b) & (content[a] != content[b]) & (looser[a] != looser[b])
            fit &= self._cluster[a] != self._cluster[b]
            a, b = a[fit], b[fit]
            equal = _equal_bins(table.sketch[table.sketch_row[a], :BINS], table.sketch[table.sketch_row[b], :BINS])
            fit = equal >= round(least * BINS)
            a, b, equal = a[fit], b[fit], equal[fit]
            for left, right in ((a, b), (b, a)):
                better = equal > best[left]
                best[left[better]], like[left[better]] = equal[better], right[better]


def _equal_bins(one: npt.NDArray[np.uint8], other: npt.NDArray[np.uint8]) -> I64:
    equal: I64 = np.count_nonzero(one == other, axis=1).astype(np.int64)
    return equal


def neighbours(grouped: Grouped) -> tuple[I64, I64, I64]:
    """(row, another row of its group, size of the group)."""
    rows, starts, sizes = grouped
    if not len(starts):
        return rows, rows, sizes
    return rows, rows[partners(starts, sizes)], np.repeat(sizes, sizes)
