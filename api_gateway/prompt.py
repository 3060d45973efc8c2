"""The part of a long answer that must not be long: what is asked of Postgres before the first byte."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from api_gateway.middleware.deadline import SECONDS
from shared.errors import UnavailableError

T = TypeVar("T")


async def promptly(work: Coroutine[Any, Any, T]) -> T:
    """The outcome of `work`. Raises `UnavailableError` after 2.5 s; `work` is then cancelled behind the caller's back.

    Not waited for: cancelling a query that a stalled Postgres holds can take psycopg 5 s.
    """
    task = asyncio.ensure_future(work)
    try:
        await asyncio.wait({task}, timeout=SECONDS)
    except asyncio.CancelledError:
        task.cancel()
        raise
    if not task.done():
        task.cancel()
        message = "A part that this request needs is not answering. Try again in 3 s."
        raise UnavailableError(message, retry_after=3)
    return task.result()
