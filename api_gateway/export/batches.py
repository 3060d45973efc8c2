"""Reading a scan's pages in batches of about the same size in bytes.

Not by a server-side cursor: that would hold a connection, and a snapshot, for as long as the client takes to drink. A
scan that may be exported doesn't change any more; whether it was deleted meanwhile is told by counting.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any
from uuid import UUID

from api_gateway.state import Gateway
from shared.db.pool import connection
from shared.db.queries import queries

FIRST = 100
MOST = 1_000
BYTES = 2_000_000

_SQL = queries("export")


class PagesGoneError(Exception):
    """The scan was deleted while it was read."""


def next_limit(pages: int, size: int) -> int:
    """How many pages to ask for next, when the last `pages` came to `size` bytes."""
    return max(1, min(MOST, BYTES * pages // size)) if size else MOST


async def ahead(read: Callable[[], Awaitable[bytes]]) -> AsyncGenerator[bytes]:
    """What `read` gives until it gives nothing, the next piece being read while the last one is written."""
    task = asyncio.ensure_future(read())
    try:
        while piece := await task:
            task = asyncio.ensure_future(read())
            yield piece
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


class Reader:
    """Goes over a scan's pages once."""

    def __init__(self, gateway: Gateway, scan_id: UUID) -> None:
        """Begin before the first page."""
        self._gateway = gateway
        self._scan_id = scan_id
        self._after = -1
        self._limit = FIRST
        self.read = 0
        self.total = 0

    async def count(self) -> int:
        """How many pages there are."""
        async with connection(self._gateway.pool) as conn:
            row = await (await conn.execute(_SQL["count_pages"], {"scan_id": self._scan_id})).fetchone()
        self.total = row["n"] if row else 0
        return self.total

    async def rows(self, query: str) -> list[dict[str, Any]]:
        """The rows that `query` gives for the next pages."""
        values = {"scan_id": self._scan_id, "after": self._after, "limit": self._limit}
        async with connection(self._gateway.pool) as conn, conn.cursor(binary=True) as cursor:
            return await (await cursor.execute(_SQL[query], values)).fetchall()

    def passed(self, last: int | None, pages: int, size: int) -> None:
        """Note how far we have come. Raises `PagesGoneError` at an end that comes too early."""
        self.read += pages
        if last is not None:
            self._after = last
            self._limit = next_limit(pages, size)
        elif self.read != self.total:
            raise PagesGoneError
