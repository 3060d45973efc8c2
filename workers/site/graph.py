"""The graph of internal links: who links to whom, how far from the start, and where links lead attention."""

from collections.abc import Iterator
from typing import final

import numpy as np
import numpy.typing as npt

from shared.facts import Flag
from workers.site.groups import BLOCK
from workers.site.identity import Identity
from workers.site.table import I32, I64, Mask, Table

DAMPING = 0.85
MAX_ROUNDS = 30
TOLERANCE = 1e-3
"""Sum of changes over all pages at which the scores count as settled: good to 0.1 %."""

_FRONT = 20_000
"""Rows whose links are followed at a time."""

Floats = npt.NDArray[np.float64]


@final
class Links:
    """Links between rows. Targets that are no row are -1; links of rows that aren't pages of their own don't count."""

    def __init__(self, table: Table, identity: Identity) -> None:
        """Turn targets into rows, block by block, and free their hashes."""
        self._table = table
        self._identity = identity
        self.starts: I64 = table.starts["link"]
        self.target: I32 = np.empty(len(table.link), np.int32)
        for at in range(0, len(self.target), BLOCK):
            self.target[at : at + BLOCK] = table.find(table.link[at : at + BLOCK])
        table.drop_links()
        self.followed = self._inlinks(1)
        """Links to each row that may be followed, from other rows."""
        self.unfollowed = self._inlinks(2)
        self.inlinks: I64 = self._inlinks(3)
        self.from_indexable: I64 = self._inlinks(3, ~table.has(Flag.NOINDEX))

    def blocks(self) -> Iterator[tuple[I64, I32, npt.NDArray[np.uint8]]]:
        """(sources, targets, kinds) of whole rows, about `BLOCK` links at a time; only rows that are pages."""
        size, starts = self._table.size, self.starts
        row = 0
        while row < size:
            last = int(np.searchsorted(starts, int(starts[row]) + BLOCK, side="right")) - 1
            end = max(last, row + 1)
            counts: I64 = starts[row + 1 : end + 1] - starts[row:end]
            sources = np.repeat(np.arange(row, end, dtype=np.int64), counts)
            part = slice(int(starts[row]), int(starts[end]))
            targets, kinds = self.target[part], self._table.kind[part]
            own = self._identity.primary[sources]
            yield (sources, targets, kinds) if own.all() else (sources[own], targets[own], kinds[own])
            row = end

    def pairs(self, bits: int) -> Iterator[tuple[I64, I64]]:
        """(source, page that the target stands for) of links of these kinds to other pages."""
        for sources, targets, kinds in self.blocks():
            known = (targets >= 0) & (kinds & np.uint8(bits) != 0)
            left, right = sources[known], self._identity.page[targets[known]]
            other = left != right
            yield left[other], right[other]

    def _inlinks(self, bits: int, sources: Mask | None = None) -> I64:
        counts = np.zeros(self._table.size, np.int64)
        for left, right in self.pairs(bits):
            chosen = right if sources is None else right[sources[left]]
            counts += np.bincount(chosen, minlength=self._table.size)
        return counts

    def one_linker(self, wanted: Mask) -> I64:
        """A page that links to each wanted row, -1 elsewhere."""
        found = np.full(self._table.size, -1, np.int64)
        for left, right in self.pairs(3):
            hit = wanted[right]
            found[right[hit][::-1]] = left[hit][::-1]
        return found

    def depths(self, start: int) -> I32:
        """Fewest clicks from `start` over links, -1 where none lead."""
        depth = np.full(self._table.size, -1, np.int32)
        if start < 0:
            return depth
        depth[start] = 0
        front = np.array([start], np.int64)
        clicks = 0
        while len(front):
            clicks += 1
            for part in np.array_split(front, len(front) // _FRONT + 1):
                depth[self._unseen(part, depth)] = clicks
            front = np.flatnonzero(depth == clicks)
        return depth

    def _unseen(self, rows: I64, depth: I32) -> I64:
        """The pages without a depth that `rows` link to, some of them repeated."""
        counts: I64 = self.starts[rows + 1] - self.starts[rows]
        within = np.arange(int(counts.sum()), dtype=np.int64) - np.repeat(np.cumsum(counts) - counts, counts)
        targets = self.target[np.repeat(self.starts[rows], counts) + within]
        pages: I64 = self._identity.page[targets[targets >= 0]]
        unseen: I64 = pages[depth[pages] < 0]
        return unseen

    def scores(self) -> Floats:
        """PageRank over followed links between pages; the sum is the number of pages (Brin and Page 1998)."""
        pages = self._identity.primary & self._table.has(Flag.HTML)
        number = max(int(pages.sum()), 1)
        out = np.zeros(self._table.size, np.int64)
        for left, _ in self.pairs(1):
            out += np.bincount(left, minlength=self._table.size)
        rank: Floats = pages.astype(np.float64)
        for _ in range(MAX_ROUNDS):
            share = np.where(out > 0, DAMPING * rank / np.maximum(out, 1), 0.0)
            got = np.zeros(self._table.size)
            for left, right in self.pairs(1):
                got += np.bincount(right, weights=share[left], minlength=self._table.size)
            got[~pages] = 0.0
            lost = (number - float(got.sum())) / number
            after: Floats = np.where(pages, got + lost, 0.0)
            change = float(np.abs(after - rank).sum()) / number
            rank = after
            if change < TOLERANCE:
                break
        return rank
