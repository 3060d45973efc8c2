"""The JSON export: the scan, its issues, then its pages, one a line."""

from collections.abc import AsyncGenerator
from typing import Any
from uuid import UUID

import msgspec

from api_gateway.export.batches import Reader, ahead
from api_gateway.state import Gateway


async def json_export(
    gateway: Gateway, scan_id: UUID, scan: dict[str, Any], issues: list[dict[str, Any]]
) -> AsyncGenerator[bytes]:
    """`{"scan", "issues", "pages"}`. Raises `PagesGoneError` when the scan is deleted under way."""
    reader = Reader(gateway, scan_id)
    await reader.count()
    head = msgspec.json.encode({"scan": scan, "issues": issues})
    yield head[:-1] + b',"pages":[\n'
    lead: list[bytes] = []

    async def read() -> bytes:
        nonlocal lead
        rows = await reader.rows("json_pages")
        text = b",\n".join([*lead, *(row["text"] for row in rows)]) if rows else b""
        reader.passed(rows[-1]["last"] if rows else None, sum(row["pages"] for row in rows), len(text))
        lead = [b""]
        return text

    async for piece in ahead(read):
        yield piece
    yield b"\n]}\n"
