"""Links to a place in a page (`#here`) that the page hasn't."""

import numpy as np

from shared.facts import Flag
from workers.site.identity import Identity
from workers.site.table import I64, Table

_OK = 200


def missing_places(table: Table, identity: Identity) -> tuple[I64, I64]:
    """(source, target row) of links to ids that the target lacks, by source. Pages with too many ids are left out."""
    sources = np.repeat(np.arange(table.size, dtype=np.int64), np.diff(table.starts["fragment"]))
    raw = table.find(table.fragment_target).astype(np.int64)
    targets = np.where(raw >= 0, identity.page[np.maximum(raw, 0)], -1)
    sound = identity.primary & table.has(Flag.FETCHED | Flag.HTML, Flag.IDS_CUT) & (table.status == _OK)
    asked = np.flatnonzero((targets >= 0) & identity.primary[sources] & sound[np.maximum(targets, 0)])
    places = (targets[asked].astype(np.uint64) << np.uint64(32)) | table.fragment_place[asked].astype(np.uint64)
    wanted = np.zeros(table.size, np.bool_)
    wanted[targets[asked]] = True
    counts = np.diff(table.starts["ids"])
    owners = np.repeat(wanted, counts)
    there = np.repeat(np.arange(table.size, dtype=np.uint64), counts)[owners] << np.uint64(32)
    there = np.sort(there | table.ids[owners].astype(np.uint64))
    if len(there):
        at = np.minimum(np.searchsorted(there, places), len(there) - 1)
        asked = asked[there[at] != places]
    return sources[asked], targets[asked]
