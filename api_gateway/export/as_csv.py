"""The CSV export: a row a page, for spreadsheets.

UTF-8 with a byte order mark, which is what makes spreadsheets read it as UTF-8 (in Python: `encoding="utf-8-sig"`);
commas, quotes where needed, CRLF (RFC 4180). Cells that would be formulas are defused, so that text may begin with an
apostrophe that the page doesn't have; the JSON export holds everything to the letter.
"""

import asyncio
import csv
import io
from collections.abc import AsyncGenerator
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec import Struct

from api_gateway.export.batches import Reader, ahead
from api_gateway.export.cells import cell
from api_gateway.state import Gateway

ROWS_AT_ONCE: Final = 200
_STORED: Final = ("url", "final_url", "status", "error", "score", "title")
_SEVERITIES: Final[tuple[str, ...]] = ("critical", "high", "medium", "low", "info")
COLUMNS: Final = (
    *_STORED,
    *("description", "h1", "canonical", "language", "indexable", "words"),
    *("depth", "bytes", "duration_ms"),
    *_SEVERITIES,
    "checks",
)


class _Facts(Struct):
    description: str | None = None
    h1: str | None = None
    canonical: str | None = None
    language: str | None = None
    indexable: bool | None = None
    words: int | None = None


class _Found(Struct):
    check: str
    severity: str


_FACTS: Final = msgspec.json.Decoder(_Facts)
_FINDINGS: Final = msgspec.json.Decoder(list[_Found])


def values(row: dict[str, Any]) -> list[object]:
    """A page's cells, before they are made safe. Counts are of different checks by severity."""
    facts = _FACTS.decode(row["facts"])
    found = _FINDINGS.decode(row["findings"])
    if row["site_findings"]:
        found += _FINDINGS.decode(row["site_findings"])
    pairs = {(one.check, one.severity) for one in found}
    counts: dict[str, int] = dict.fromkeys(_SEVERITIES, 0)
    for _, severity in pairs:
        counts[severity] += 1
    indexable = None if facts.indexable is None else "yes" if facts.indexable else "no"
    score = round(row["score"], 2) if row["score"] is not None else None
    return [
        *(row[name] if name != "score" else score for name in _STORED),
        *(facts.description, facts.h1, facts.canonical, facts.language, indexable, facts.words),
        *(row["depth"], row["bytes"], row["duration_ms"]),
        *counts.values(),
        " ".join(sorted({one.check for one in found})),
    ]


def lines(rows: list[dict[str, Any]]) -> bytes:
    """The rows' lines."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerows([cell(value) for value in values(row)] for row in rows)
    return out.getvalue().encode()


async def in_turns(rows: list[dict[str, Any]]) -> bytes:
    """The rows' lines, letting others have the event loop in between: a row takes 45 us."""
    pieces: list[bytes] = []
    for start in range(0, len(rows), ROWS_AT_ONCE):
        pieces.append(lines(rows[start : start + ROWS_AT_ONCE]))
        await asyncio.sleep(0)
    return b"".join(pieces)


async def csv_export(gateway: Gateway, scan_id: UUID) -> AsyncGenerator[bytes]:
    """The header, and a line a page. Raises `PagesGoneError` when the scan is deleted under way."""
    reader = Reader(gateway, scan_id)
    await reader.count()
    yield b"\xef\xbb\xbf" + ",".join(COLUMNS).encode() + b"\r\n"

    async def read() -> bytes:
        rows = await reader.rows("csv_pages")
        size = sum(len(row["facts"]) + len(row["findings"]) for row in rows)
        reader.passed(rows[-1]["seq"] if rows else None, len(rows), size)
        return await in_turns(rows)

    async for piece in ahead(read):
        yield piece
