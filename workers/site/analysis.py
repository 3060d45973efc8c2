"""`Analysis` answers what site-level checks ask (`shared.checks.site.Site`) from the pages' facts."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Final, Literal, final

import numpy as np

from shared.checks.base import On
from shared.checks.site import Edge, Inlinks, Key, Mismatch, Outlier, Relation, SiteInputs, State
from shared.facts import NONE, Flag, SiteFacts, url_hash
from shared.minhash import BINS
from workers.site.duplicates import Duplicates, neighbours
from workers.site.graph import Links
from workers.site.groups import first_of_each, loops
from workers.site.hreflang import Alternates
from workers.site.identity import Identity
from workers.site.places import missing_places
from workers.site.siblings import Siblings
from workers.site.table import I64, Mask, Table

_FORMS: Final[Mapping[str, Literal["bare", "slashless", "folded"]]] = {
    "params": "bare",
    "slash": "slashless",
    "case": "folded",
}
_WEAK_SHARE = 10.0
"""Percent: the bottom decile."""
_WEAK_PAGES = 50
"""Below that many pages ranks say nothing."""
_DAY = 86_400.0
_UNIFORM_TIMES, _UNIFORM_DAYS = 10, 50
"""Pages with one lastmod that are too many for chance: with a time of day; with a day alone (a site put up at once)."""


@final
class Analysis:
    """A site. Building it reads all facts once; what no check asks for is never computed."""

    def __init__(self, facts: Iterable[SiteFacts], inputs: SiteInputs) -> None:
        """Read the facts, in any order; the first of several records of one address counts."""
        self.inputs: Final = inputs
        self._table = Table(facts)
        self._identity = Identity(self._table)
        self._links = Links(self._table, self._identity)
        start = self._table.find(np.array([url_hash(inputs.start_url)], np.uint64))
        self._start: int = int(self._identity.page[start[0]]) if start[0] >= 0 else -1

    @cached_property
    def _alternates(self) -> Alternates:
        return Alternates(self._table, self._identity)

    @cached_property
    def _duplicates(self) -> Duplicates:
        return Duplicates(self._table, self._identity, self._alternates)

    @cached_property
    def _siblings(self) -> Siblings:
        return Siblings(self._table, self._identity)

    def _seq(self, row: int) -> int:
        return int(self._table.seq[row])

    def _edges(self, sources: I64, targets: I64) -> Iterator[Edge]:
        """Edges between rows, sorted by source; at most five a source."""
        at, counts = first_of_each(sources)
        seq = self._table.seq
        for source, target, count in zip(
            seq[sources[at]].tolist(), seq[targets[at]].tolist(), counts.tolist(), strict=True
        ):
            yield Edge(source, target, "", count)

    def _rows(self, wanted: Mask) -> Iterator[int]:
        yield from self._table.seq[wanted].tolist()

    def count(self, on: On) -> int:
        """Pages of a class."""
        classes = self._table.column["classes"]
        return int(np.count_nonzero(self._identity.primary & (classes & on.value != 0)))

    def pages(self, have: Flag, lack: Flag = NONE) -> Iterator[int]:
        """Pages with all flags of `have` and none of `lack`."""
        return self._rows(self._identity.primary & self._table.has(have, lack))

    def number(self, have: Flag, lack: Flag = NONE) -> int:
        """How many `pages` gives."""
        return int(np.count_nonzero(self._identity.primary & self._table.has(have, lack)))

    def edges(self, relation: Relation, state: State) -> Iterator[Edge]:
        """Relations whose target is in that state, by source."""
        bad = self._identity.state[state]
        if not bad.any():
            return
        if relation == "link":
            for linking, linked, _ in self._links.blocks():
                hits = np.flatnonzero((linked >= 0) & bad[linked])
                hits = hits[self._identity.page[linked[hits]] != linking[hits]]
                yield from self._edges(linking[hits], linked[hits].astype(np.int64))
            return
        sources, targets = self._targets(relation)
        hit = bad[targets] & (targets != sources)
        yield from self._edges(sources[hit], targets[hit])

    def _targets(self, relation: Relation) -> tuple[I64, I64]:
        """(source, target row) of a relation of fetched pages, known targets only, by source."""
        if relation == "hreflang":
            alternates = self._alternates
            known = np.flatnonzero(alternates.raw >= 0)
            order = np.unique(np.stack([alternates.source[known], alternates.raw[known]], axis=1), axis=0)
            return order[:, 0], order[:, 1]
        hashes = self._table.hash["canonical" if relation == "canonical" else relation]
        rows = np.flatnonzero((hashes != 0) & self._identity.primary & self._table.has(Flag.HTML))
        targets = self._table.find(hashes[rows]).astype(np.int64)
        return rows[targets >= 0], targets[targets >= 0]

    def listed(self, state: State) -> Iterator[int]:
        """Addresses in a sitemap that are in that state."""
        return self._rows(self._identity.state[state] & self._table.has(Flag.LISTED))

    def linked(self, have: Flag) -> Iterator[Edge]:
        """Addresses with these flags that a page links to."""
        wanted = self._table.has(have) & (self._links.inlinks > 0)
        return self._with_linkers(wanted)

    def _with_linkers(self, wanted: Mask) -> Iterator[Edge]:
        linker = self._links.one_linker(wanted) if wanted.any() else self._identity.page
        for row in np.flatnonzero(wanted).tolist():
            source = int(linker[row])
            yield Edge(self._seq(source if source >= 0 else row), self._seq(row), "", int(self._links.inlinks[row]))

    def same(self, key: Key) -> Iterator[Edge]:
        """Indexable pages that share something."""
        duplicates = self._duplicates
        if key == "title" or key == "description" or key == "h1":  # noqa: PLR1714 - the type checker narrows so
            grouped = duplicates.same_text(key)
        elif key == "content":
            grouped = duplicates.same_content()
        else:
            grouped = duplicates.same_but(_FORMS[key])
        rows, others, sizes = neighbours(grouped)
        seq = self._table.seq
        for row, other, size in zip(seq[rows].tolist(), seq[others].tolist(), sizes.tolist(), strict=True):
            yield Edge(row, other, "", size)

    def near(self, least: float, words: int) -> Iterator[Edge]:
        """Indexable pages similar to another."""
        for row, other, equal in zip(*(a.tolist() for a in self._duplicates.near(least, words)), strict=True):
            yield Edge(self._seq(row), self._seq(other), f"{100 * equal // BINS} %")

    def cycles(self, relation: Literal["canonical", "next"]) -> Iterator[tuple[int, ...]]:
        """Loops over pages of their own."""
        sources, targets = self._targets(relation)
        following = np.full(self._table.size, -1, np.int64)
        following[sources] = self._identity.page[targets]
        for loop in loops(following):
            yield tuple(self._seq(row) for row in loop[:10])

    def inlinks(self, kind: Inlinks) -> Iterator[Edge]:
        """Pages with such links from other pages."""
        links = self._links
        pages = self._identity.primary & self._table.has(Flag.FETCHED | Flag.HTML)
        if self._start >= 0:
            pages[self._start] = False
        pages &= ~self._table.has(Flag.HOME)
        some = links.inlinks > 0
        wanted = (
            pages
            & {
                "none": ~some & ~self._identity.state[State.BROKEN],
                "one": links.followed == 1,
                "nofollow_only": some & (links.followed == 0),
                "noindex_only": some & (links.from_indexable == 0) & self._table.has(Flag.INDEXABLE),
                "mixed": (links.followed > 0) & (links.unfollowed > 0),
            }[kind]
        )
        return self._with_linkers(wanted)

    def unlinked(self, relation: Literal["canonical", "hreflang"]) -> Iterator[Edge]:
        """Relations whose target no page links to."""
        sources, targets = self._targets(relation)
        lonely = (self._links.inlinks == 0) & self._identity.plain()
        if self._start >= 0:
            lonely[self._start] = False
        hit = lonely[targets] & (targets != sources)
        return self._edges(sources[hit], targets[hit])

    def mismatches(self, kind: Mismatch) -> Iterator[Edge]:
        """Relations that the target doesn't return as it should."""
        if kind == "sequence":
            yield from self._sequence()
        elif kind == "amp_return":
            sources, targets = self._targets("canonical")
            back = self._table.find(self._table.hash["amphtml"][targets]).astype(np.int64)
            returns = (back >= 0) & (self._identity.page[np.maximum(back, 0)] == sources)
            hit = self._table.has(Flag.AMP)[sources] & (targets != sources) & self._identity.plain()[targets] & ~returns
            yield from self._edges(sources[hit], targets[hit])
        else:
            alternates, texts = self._alternates, self._table.names.texts()
            at = alternates.without_return() if kind == "hreflang_return" else alternates.other_return()
            for n in at.tolist():
                source, target = self._seq(int(alternates.source[n])), self._seq(int(alternates.target[n]))
                yield Edge(source, target, texts[int(alternates.language[n])])

    def _sequence(self) -> Iterator[Edge]:
        page, plain = self._identity.page, self._identity.plain()
        relations: tuple[tuple[Relation, str], ...] = (("next", "prev"), ("prev", "next"))
        for relation, opposite in relations:
            sources, targets = self._targets(relation)
            back = self._table.find(self._table.hash[opposite][targets])
            returns = (back >= 0) & (page[np.maximum(back, 0)] == sources)
            hit = plain[targets] & ~returns & (targets != sources)
            for edge in self._edges(sources[hit], targets[hit]):
                yield Edge(edge.source, edge.target, relation)

    def languages_of_one(self) -> Iterator[Edge]:
        """Addresses that hreflang gives to several languages."""
        for source, target, both in self._alternates.languages_of_one():
            yield Edge(self._seq(source), self._seq(target if target >= 0 else source), both)

    def uncrawled_alternates(self) -> Iterator[Edge]:
        """Pages with alternates on this site that were not fetched."""
        sources = np.sort(self._alternates.source[self._alternates.uncrawled()])
        rows, counts = np.unique(sources, return_counts=True)
        for row, count in zip(rows.tolist(), counts.tolist(), strict=True):
            yield Edge(self._seq(row), self._seq(row), "", count)

    def languages(self) -> Mapping[str, int]:
        """Pages by language."""
        pages = self._identity.primary & self._table.has(Flag.INDEXABLE)
        counts = np.bincount(self._table.column["language"][pages], minlength=1)
        texts = self._table.names.texts()
        return {texts[n]: int(counts[n]) for n in np.flatnonzero(counts).tolist() if texts[n]}

    def without_language(self) -> Iterator[int]:
        """Pages with neither lang nor hreflang."""
        named = np.zeros(self._table.size, np.bool_)
        named[self._table.alternate_row] = True
        return self._rows(self._identity.primary & self._table.has(Flag.INDEXABLE, Flag.HAS_LANG) & ~named)

    @cached_property
    def _clicks(self) -> I64:
        """Fewest clicks from the start page to each row, -1 where that isn't known.

        The crawl's own count begins anew at each page of a sitemap, so it helps out only where there is none. Who read
        a sitemap and nothing else doesn't know what lies between its pages.
        """
        counted = self._table.column["depth"].astype(np.int64)
        if self._start < 0 or (counted[self._start] != 0 and not self.inputs.complete):
            return counted
        clicks: I64 = self._links.depths(self._start).astype(np.int64)[self._identity.page]
        if self._table.has(Flag.LISTED).any():
            return clicks
        return np.where(clicks < 0, counted, np.where(counted < 0, clicks, np.minimum(clicks, counted)))

    def moved(self) -> Iterator[tuple[int, int | None]]:
        """(page, clicks from the start) where the crawl counted otherwise; None: no links lead there."""
        clicks = self._clicks
        for row in np.flatnonzero(clicks != self._table.column["depth"]).tolist():
            yield self._seq(row), None if clicks[row] < 0 else int(clicks[row])

    def deep(self, clicks: int) -> Iterator[Edge]:
        """Pages more than `clicks` from the start."""
        depth = self._clicks
        wanted = self._identity.primary & self._table.has(Flag.INDEXABLE) & (depth > clicks)
        for row in np.flatnonzero(wanted).tolist():
            yield Edge(self._seq(row), self._seq(row), str(depth[row]))

    def weak(self) -> Iterator[Edge]:
        """Indexable pages in the bottom decile whose score is also below half of the median."""
        rows = np.flatnonzero(self._identity.primary & self._table.has(Flag.INDEXABLE))
        if len(rows) < _WEAK_PAGES:
            return
        scores = self._links.scores()[rows]
        limit = min(float(np.percentile(scores, _WEAK_SHARE)), float(np.median(scores)) / 2)
        order = np.searchsorted(np.sort(scores), scores, side="right")
        for at in np.flatnonzero(scores <= limit).tolist():
            row = int(rows[at])
            yield Edge(self._seq(row), self._seq(row), f"{100 * order[at] / len(rows):.1f} %")

    def fragments(self) -> Iterator[Edge]:
        """Links to a place that the target page hasn't."""
        yield from self._edges(*missing_places(self._table, self._identity))

    def outliers(self, kind: Outlier, share: float) -> Iterator[Edge]:
        """Pages unlike their siblings."""
        for row, typical, label in self._siblings.outliers(kind, share):
            yield Edge(self._seq(row), self._seq(typical), label)

    def broken_assets(self) -> Iterator[tuple[int, str, str, int]]:
        """Assets that a probe found broken, and those that were fetched as pages and are."""
        for row, url, kind, status in self._table.broken_assets:
            if self._identity.primary[row]:
                yield self._seq(row), url, kind, status

    def disallowed_assets(self) -> Iterator[tuple[int, str]]:
        """Scripts, styles and images that robots.txt keeps from Googlebot."""
        for row, url in self._table.disallowed_assets:
            if self._identity.primary[row]:
                yield self._seq(row), url

    def lastmod_drift(self, days: float) -> Iterator[tuple[int, int]]:
        """Where the sitemap's lastmod and the page's own date differ by more."""
        lastmod, modified = self._table.column["lastmod"], self._table.column["modified"]
        drift = np.abs(lastmod - modified) / _DAY
        wanted = self._identity.primary & (lastmod > 0) & (modified > 0) & (drift > days)
        for row in np.flatnonzero(wanted).tolist():
            yield self._seq(row), round(float(drift[row]))

    def lastmod_uniform(self) -> int:
        """How many listed pages carry one and the same lastmod."""
        table = self._table
        dated = table.has(Flag.LISTED) & (table.column["lastmod"] > 0)
        values = table.column["lastmod"][dated]
        if not len(values) or values.min() != values.max():
            return 0
        days = bool(table.column["lastmod_day"][dated].all())
        return len(values) if len(values) >= (_UNIFORM_DAYS if days else _UNIFORM_TIMES) else 0

    def listed_often(self) -> Iterator[tuple[int, int]]:
        """Pages in several sitemap files."""
        files = self._table.column["sitemaps"]
        for row in np.flatnonzero(files > 1).tolist():
            yield self._seq(row), int(files[row])
