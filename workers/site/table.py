"""The pages of a site as columns: a million with 50 links each fit in about a gigabyte."""

from array import array
from collections.abc import Iterable
from itertools import islice
from operator import attrgetter
from typing import Any, Final, final

import numpy as np
import numpy.typing as npt

from shared.facts import NONE, Flag, SiteFacts
from shared.minhash import SIZE

U64 = npt.NDArray[np.uint64]
I64 = npt.NDArray[np.int64]
I32 = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]

HASHES: Final = (
    "here", "final", "canonical", "next", "prev", "amphtml", "title", "description", "h1", "title_end", "content",
    "bare", "loose", "looser", "slashless", "folded", "directory",
)  # fmt: skip
MAX_NAMED_ASSETS: Final = 100_000
"""Broken or disallowed assets kept with their address, over the whole site."""
BATCH: Final = 1_000
"""Records appended together: a tenth of the time that one by one takes."""
MAX_NAMES: Final = 65_535


@final
class Names:
    """Small numbers for texts that repeat; 0 is the empty text, and what comes when the numbers have run out."""

    def __init__(self) -> None:
        """Begin with the empty text."""
        self._numbers: dict[str, int] = {"": 0}

    def number(self, text: str) -> int:
        """The text's number."""
        known = self._numbers.get(text)
        if known is None:
            known = len(self._numbers) if len(self._numbers) < MAX_NAMES else 0
            if known:
                self._numbers[text] = known
        return known

    def texts(self) -> list[str]:
        """All texts by number."""
        return list(self._numbers)


@final
class Table:
    """Columns, one row a page in the order of arrival. Repeated addresses keep their first row."""

    def __init__(self, facts: Iterable[SiteFacts]) -> None:
        """Read all of `facts`."""
        self._hashes = {name: array("Q") for name in HASHES}
        self._numbers: dict[str, array[Any]] = {name: array(code) for name, code in _NUMBERS.items()}
        self.names: Final = Names()
        """Languages and structured-data types."""
        self._packed = {name: bytearray() for name in ("link", "kind", "fragment", "ids", "sketch")}
        self._counts = {name: array("I") for name in ("link", "fragment", "ids")}
        self._alternates = (array("I"), array("H"), array("Q"), array("B"))
        self._types = (array("I"), array("H"))
        self.broken_assets: Final[list[tuple[int, str, str, int]]] = []
        self.disallowed_assets: Final[list[tuple[int, str]]] = []
        rest = iter(facts)
        first = 0
        while batch := list(islice(rest, BATCH)):
            self._add(batch)
            self._add_lists(first, batch)
            self._add_assets(first, batch)
            first += len(batch)
        self._freeze()

    def _add(self, batch: list[SiteFacts]) -> None:
        """Append a batch to the columns with one value a row."""
        for name, column in self._hashes.items():
            column.extend(map(attrgetter(name), batch))
        numbers, number = self._numbers, self.names.number
        for name in _PLAIN:
            numbers[name].extend(map(attrgetter(name), batch))
        numbers["sitemaps"].extend(min(one.sitemaps, 65_535) for one in batch)
        numbers["language"].extend(number(one.language) for one in batch)
        numbers["sketched"].extend(1 if one.sketch else 0 for one in batch)

    def _add_lists(self, first: int, batch: list[SiteFacts]) -> None:
        """Append a batch to the columns with many values a row."""
        packed, counts, number = self._packed, self._counts, self.names.number
        links = [len(one.links) // 9 for one in batch]
        counts["link"].extend(links)
        packed["link"] += b"".join([one.links[: 8 * n] for one, n in zip(batch, links, strict=True)])
        packed["kind"] += b"".join([one.links[8 * n :] for one, n in zip(batch, links, strict=True)])
        counts["fragment"].extend(len(one.fragments) // 12 for one in batch)
        packed["fragment"] += b"".join([one.fragments for one in batch])
        counts["ids"].extend(len(one.ids) // 4 for one in batch)
        packed["ids"] += b"".join([one.ids for one in batch])
        packed["sketch"] += b"".join([one.sketch for one in batch])
        rows, languages, targets, internals = self._alternates
        for row, one in enumerate(batch, first):
            if one.alternates:
                rows.extend([row] * len(one.alternates))
                for language, target, internal in one.alternates:
                    languages.append(number(language))
                    targets.append(target)
                    internals.append(internal)
            if one.types:
                self._types[0].extend([row] * len(one.types))
                self._types[1].extend(map(number, one.types))

    def _add_assets(self, first: int, batch: list[SiteFacts]) -> None:
        """Keep the assets that are named by their address, as many as there is room for."""
        for row, one in enumerate(batch, first):
            if one.broken_assets and len(self.broken_assets) < MAX_NAMED_ASSETS:
                self.broken_assets.extend((row, *asset) for asset in one.broken_assets)
            if one.disallowed_assets and len(self.disallowed_assets) < MAX_NAMED_ASSETS:
                self.disallowed_assets.extend((row, url) for url in one.disallowed_assets)

    def _freeze(self) -> None:
        """Turn the growing buffers into arrays without copying them."""
        self.hash: dict[str, U64] = {name: np.frombuffer(c, np.uint64) for name, c in self._hashes.items()}
        column = {name: np.frombuffer(values, _NUMBERS[name]) for name, values in self._numbers.items()}
        self.column = column
        self.size = len(self._numbers["seq"])
        self.seq: I64 = column["seq"].astype(np.int64)
        self.flags: npt.NDArray[np.uint32] = column["flags"]
        self.status = column["status"]
        packed = self._packed
        self.link: U64 = np.frombuffer(packed["link"], "<u8")
        self.kind: npt.NDArray[np.uint8] = np.frombuffer(packed["kind"], np.uint8)
        self.starts = {name: _starts(counts) for name, counts in self._counts.items()}
        fragments = np.frombuffer(packed["fragment"], np.dtype([("target", "<u8"), ("place", "<u4")]))
        self.fragment_target: U64 = fragments["target"]
        self.fragment_place = fragments["place"]
        self.ids: npt.NDArray[np.uint32] = np.frombuffer(packed["ids"], "<u4")
        self.sketch = np.frombuffer(packed["sketch"], np.uint8).reshape(-1, SIZE)
        at = np.cumsum(column["sketched"], dtype=np.int64) - 1
        self.sketch_row: I64 = np.where(column["sketched"] == 1, at, -1)
        row, language, target, internal = self._alternates
        self.alternate_row = np.frombuffer(row, np.uint32).astype(np.int64)
        self.alternate_language = np.frombuffer(language, np.uint16)
        self.alternate_target: U64 = np.frombuffer(target, np.uint64)
        self.alternate_internal = np.frombuffer(internal, np.uint8) == 1
        self.type_row = np.frombuffer(self._types[0], np.uint32).astype(np.int64)
        self.type_name = np.frombuffer(self._types[1], np.uint16)
        order = np.argsort(self.hash["here"], kind="stable")
        self._order = order
        self._sorted = self.hash["here"][order]

    def has(self, have: Flag, lack: Flag = NONE) -> Mask:
        """Rows with all flags of `have` and none of `lack`."""
        bits = self.flags & np.uint32(int(have | lack))
        found: Mask = bits == np.uint32(int(have))
        return found

    def find(self, hashes: U64) -> I32:
        """The rows of addresses, -1 where an address is no row."""
        if not self.size:
            return np.full(len(hashes), -1, np.int32)
        at = np.searchsorted(self._sorted, hashes)
        at[at == self.size] = 0
        found = self._order[at].astype(np.int32)
        found[self._sorted[at] != hashes] = -1
        return found

    def drop_links(self) -> None:
        """Free the targets' hashes once they have been turned into rows."""
        self.link = np.empty(0, np.uint64)
        self._packed["link"] = bytearray()


_PLAIN: Final = ("seq", "flags", "status", "classes", "depth", "words", "style", "lastmod", "lastmod_day", "modified")
_NUMBERS: Final = {
    "seq": "q", "flags": "I", "status": "H", "classes": "B", "depth": "i", "words": "I", "style": "B", "lastmod": "d",
    "lastmod_day": "B", "modified": "d", "sitemaps": "H", "language": "H", "sketched": "B",
}  # fmt: skip
"""Column → type code, the same for `array` and numpy."""


def _starts(counts: "array[int]") -> I64:
    """Where each row's part begins; one more than there are rows."""
    starts = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(np.frombuffer(counts, np.uint32), out=starts[1:])
    return starts
