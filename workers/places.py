"""What the end of a scan has to know of all its pages, asked in short steps, however many they are.

Asked in the transaction that ends the scan it would hold the chunk's row for so long that the chunk's own heartbeat,
which waits for that row, loses the lease. Check by check a rare one took 0.1 to 1 s of 50,000 pages, and a hundred may
fire; all of them in one pass take 0.5 s.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec import Struct

from shared.db.pool import Connection
from shared.db.queries import queries
from workers.scan_page import PageRow
from workers.site import SiteFound

AT_ONCE: Final = 10_000
"""Pages, or findings, that one statement looks at: some 50 ms, far from its deadline of 5 s."""
EXAMPLES: Final = 5
"""Of each check."""

_SQL = queries("reduce")


class _Finding(Struct):
    """A finding of a page's row, as far as examples show it."""

    check: str
    evidence: str


_FINDINGS: Final = msgspec.json.Decoder(list[_Finding])


async def counted(conn: Connection, scan_id: UUID) -> tuple[int, int]:
    """The scan's pages, and how many of them failed."""
    pages = failed = 0
    for values in _steps(scan_id, await _last(conn, scan_id, "page")):
        row = await (await conn.execute(_SQL["counts"], values)).fetchone()
        pages, failed = pages + (row["pages"] if row else 0), failed + (row["failed"] if row else 0)
    return pages, failed


async def examples(conn: Connection, scan_id: UUID, checks: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """By check where it fired: site-level findings, for want of them pages; the first few of each."""
    found = await _examples(conn, scan_id, checks, "finding")
    return found | await _examples(conn, scan_id, [check for check in checks if check not in found], "page")


def examples_of(row: PageRow, found: Sequence[SiteFound], checks: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """`examples` of a scan of one page, from what is about to be written: asking for it again takes six questions."""
    on_page: dict[str, str] = {}
    for one in _FINDINGS.decode(row.findings):
        on_page.setdefault(one.check, one.evidence)
    places: dict[str, list[dict[str, Any]]] = {}
    for check in checks:
        of_site = islice((one for one in found if one.check == check), EXAMPLES)
        shown = [
            {"url": one.url or (row.url if one.seq == row.seq else None), "evidence": one.evidence} for one in of_site
        ]
        if shown:
            places[check] = shown
        elif check in row.checks:
            places[check] = [{"url": row.url, "evidence": on_page.get(check, "")}]
    return places


async def _examples(
    conn: Connection, scan_id: UUID, checks: Sequence[str], kind: str
) -> dict[str, list[dict[str, Any]]]:
    """Of one kind of place. Every step asks for the checks that still lack some, all of them together."""
    places: dict[str, list[int]] = {}
    lacking = list(checks)
    for values in _steps(scan_id, await _last(conn, scan_id, kind)):
        if not lacking:
            break
        asked = {**values, "checks": lacking, "most": EXAMPLES}
        for row in await (await conn.execute(_SQL[f"{kind}s"], asked)).fetchall():
            places.setdefault(row["check_id"], []).append(row["place"])
        lacking = [check for check in lacking if len(places.get(check, ())) < EXAMPLES]
    pairs = [(check, place) for check, known in places.items() for place in known[:EXAMPLES]]
    asked = {"scan_id": scan_id, "checks": [check for check, _ in pairs], "places": [place for _, place in pairs]}
    found: dict[str, list[dict[str, Any]]] = {}
    for row in await (await conn.execute(_SQL[f"{kind}_examples"], asked)).fetchall():
        found.setdefault(row["check_id"], []).append({"url": row["url"], "evidence": row["evidence"]})
    return found


async def _last(conn: Connection, scan_id: UUID, kind: str) -> int:
    row = await (await conn.execute(_SQL["bounds"], {"scan_id": scan_id})).fetchone()
    return int(row[kind]) if row else -1


def _steps(scan_id: UUID, last: int) -> Iterator[dict[str, Any]]:
    return ({"scan_id": scan_id, "low": low, "high": low + AT_ONCE - 1} for low in range(0, last + 1, AT_ONCE))
