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
    separator = b""

    async def read() -> bytes:
        nonlocal separator
        (row,) = await reader.rows("json_pages")
        text: bytes = row["text"] or b""
        reader.passed(row["last"], row["pages"], len(text))
        if text:
            text, separator = separator + text, b",\n"
        return text

    async for piece in ahead(read):
        yield piece
    yield b"\n]}\n"
