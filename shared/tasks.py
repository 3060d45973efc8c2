"""Ending tasks for certain."""

import asyncio
from typing import Any

AGAIN_SECONDS = 0.5


async def end(*tasks: "asyncio.Future[Any]") -> None:
    """Cancel tasks until they have ended; what they end with is theirs to say.

    One request may not be enough: psycopg, cancelled while it is busy cancelling a query for an earlier reason, raises
    the query's fault instead, and whoever retries after faults then goes on for ever. So a lease was kept for good.
    """
    while pending := {task for task in tasks if not task.done()}:
        for task in pending:
            task.cancel()
        await asyncio.wait(pending, timeout=AGAIN_SECONDS)
