"""Exports: streamed, and never half a file."""

import asyncio
import secrets
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path
from typing import Final

from scanfleet_client.errors import RequestTimeoutError, UnexpectedAnswerError
from scanfleet_client.models import ExportFormat
from scanfleet_client.transport import Transport

IDLE_SECONDS: Final = 60.0
"""Longest pause between two pieces; setting a PDF takes some seconds before the first."""
MEMORY_BYTES: Final = 268_435_456
PATHS: Final[dict[ExportFormat, str]] = {
    "json": "/scans/{id}/export/json",
    "csv": "/scans/{id}/export/csv",
    "pdf": "/scans/{id}/export/pdf",
    "html": "/scans/{id}/export/html",
}


async def export_pieces(
    transport: Transport, scan_id: str, export_format: ExportFormat, seconds: float
) -> AsyncGenerator[bytes]:
    """The export as it comes. What fails before the first piece is tried again; what breaks off later is raised."""
    if export_format not in PATHS:
        raise ValueError(f"export_format: want one of {', '.join(PATHS)}")
    deadline = transport.clock() + seconds
    idle = max(IDLE_SECONDS, transport.timeout)
    response = await transport.repeat(
        "GET",
        lambda _: transport.open(
            PATHS[export_format], scan_id, headers={"Accept": "*/*"}, seconds=min(idle, deadline - transport.clock())
        ),
        keyed=False,
        within=seconds,
    )
    try:
        while True:
            left = deadline - transport.clock()
            if left <= 0:
                raise RequestTimeoutError(f"The export took longer than {seconds:g} s.")
            piece = await transport.piece(response, min(idle, left))
            if not piece:
                return
            yield piece
    finally:
        response.close()


async def in_memory(pieces: AsyncIterator[bytes], most: int) -> bytes:
    """All of it. Raises `UnexpectedAnswerError` beyond `most` bytes."""
    found = bytearray()
    async for piece in pieces:
        found += piece
        if len(found) > most:
            raise UnexpectedAnswerError(f"The export is longer than {most} bytes; write it to a file.")
    return bytes(found)


async def to_file(pieces: AsyncIterator[bytes], path: Path) -> int:
    """Write all of it to a file beside `path`, which then takes its place; the number of bytes."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    size = 0
    try:
        with beside.open("xb") as file:
            async for piece in pieces:
                size += await asyncio.to_thread(file.write, piece)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    return size
