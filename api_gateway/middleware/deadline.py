"""Answers within 3 s whatever the database does."""

import asyncio

from aiohttp import web

from api_gateway.routing import ROUTE, Handler
from shared.errors import UnavailableError

SECONDS = 2.5
"""A stalled Postgres must end in a 503 within 3 s; cancelling its query alone can take psycopg 5 s."""


@web.middleware
async def deadline(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give up on a handler that takes too long; it is cancelled behind the caller's back."""
    route = request.get(ROUTE)
    if route is None or not route.bounded:
        return await handler(request)
    task = asyncio.ensure_future(handler(request))
    try:
        done, _ = await asyncio.wait({task}, timeout=SECONDS)
    except asyncio.CancelledError:
        task.cancel()
        raise
    if not done:
        task.cancel()
        message = "A part that this request needs is not answering. Try again in 3 s."
        raise UnavailableError(message, retry_after=3)
    return task.result()
