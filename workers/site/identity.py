"""Which rows are one page, and what an address is good for as a target."""

from typing import final

import numpy as np

from shared.checks.site import State
from shared.facts import Flag
from workers.site.table import I64, Mask, Table

_FIRST_ERROR = 400


@final
class Identity:
    """`page` gives for each row the row of the page it leads to; `primary` are those that lead to themselves."""

    def __init__(self, table: Table) -> None:
        """Follow redirects: to the row of the final address, else to the first row that ended there."""
        self._table = table
        here, final = table.hash["here"], table.hash["final"]
        self.redirected: Mask = (here != final) & (final != 0)
        page = np.arange(table.size, dtype=np.int64)
        moved = np.flatnonzero(self.redirected)
        known = table.find(final[moved]).astype(np.int64)
        page[moved[known >= 0]] = known[known >= 0]
        alone = moved[known < 0]
        if len(alone):
            _, first, inverse = np.unique(final[alone], return_index=True, return_inverse=True)
            page[alone] = alone[first][inverse]
        again = table.find(here)
        page = np.where(again >= 0, page[np.maximum(again, 0)], page)
        page = page[page]
        self.page: I64 = page
        self.primary: Mask = page == np.arange(table.size)
        self.state = self._states()

    def _states(self) -> dict[State, Mask]:
        """For each state the rows that are in it; no row is in two."""
        table = self._table
        fetched, html = table.has(Flag.FETCHED), table.has(Flag.FETCHED | Flag.HTML)
        broken = table.has(Flag.FAILED) | (fetched & (table.status >= _FIRST_ERROR))
        free = ~broken
        redirect = self.redirected & free
        free &= ~redirect
        noindex = table.has(Flag.FETCHED | Flag.NOINDEX) & free
        free &= ~noindex
        blocked = table.has(Flag.DISALLOWED) & free
        free &= ~blocked
        elsewhere = html & self.elsewhere() & free
        return {
            State.BROKEN: broken,
            State.REDIRECT: redirect,
            State.NOINDEX: noindex,
            State.BLOCKED: blocked,
            State.NONCANONICAL: elsewhere,
        }

    def elsewhere(self) -> Mask:
        """Rows whose canonical is another page than themselves."""
        canonical = self._table.hash["canonical"]
        away: Mask = (
            (canonical != 0) & (canonical != self._table.hash["here"]) & (canonical != self._table.hash["final"])
        )
        rows = np.flatnonzero(away)
        target = self._table.find(canonical[rows])
        home = (target >= 0) & (self.page[np.maximum(target, 0)] == self.page[rows])
        away[rows[home]] = False
        return away

    def plain(self) -> Mask:
        """Rows that are fetched HTML pages without any of the states."""
        free: Mask = self._table.has(Flag.FETCHED | Flag.HTML)
        for rows in self.state.values():
            free = free & ~rows
        return free
