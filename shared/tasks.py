"""Ending tasks, and the process, for certain."""

import asyncio
import os
import sys
from typing import Any, NoReturn

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


def leave(status: int) -> NoReturn:
    """End the process at once; for `__main__`, when everything is closed.

    Taking the interpreter apart object by object takes 0.5 to 1 s of CPU, and a fleet ends its stages one by one.
    """
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(status)
