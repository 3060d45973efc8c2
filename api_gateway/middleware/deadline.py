"""Answers within 3 s whatever the database does."""

import asyncio
import contextlib
from collections.abc import Generator

from aiohttp import web

from api_gateway.routing import ROUTE, Handler
from shared.errors import UnavailableError

SECONDS = 2.5
"""A stalled Postgres must end in a 503 within 3 s; cancelling its query alone can take psycopg 5 s."""


class Allowance:
    """The time that a handler has left. It doesn't run while we wait for the client."""

    def __init__(self, seconds: float) -> None:
        """Begin now."""
        self._loop = asyncio.get_running_loop()
        self._until = self._loop.time() + seconds
        self._paused_at: float | None = None

    def left(self) -> float:
        """Seconds."""
        return self._until - (self._loop.time() if self._paused_at is None else self._paused_at)

    @contextlib.contextmanager
    def paused(self) -> Generator[None]:
        """Stop the time for the length of the block, which needs a deadline of its own."""
        self._paused_at = self._loop.time()
        try:
            yield
        finally:
            self._until += self._loop.time() - self._paused_at
            self._paused_at = None


ALLOWANCE = web.RequestKey("allowance", Allowance)


@web.middleware
async def deadline(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give up on a handler that takes too long; it is cancelled behind the caller's back."""
    route = request.get(ROUTE)
    if route is None or not route.bounded:
        return await handler(request)
    allowance = request[ALLOWANCE] = Allowance(SECONDS)
    task = asyncio.ensure_future(handler(request))
    try:
        await _ended(task, allowance)
    except asyncio.CancelledError:
        task.cancel()
        raise
    if not task.done():
        task.cancel()
        message = "A part that this request needs is not answering. Try again in 3 s."
        raise UnavailableError(message, retry_after=3)
    return task.result()


async def _ended(task: "asyncio.Future[web.StreamResponse]", allowance: Allowance) -> None:
    """Wait for the task's end or that of its time. A future and a timer: `asyncio.wait` costs three times as much."""
    loop = asyncio.get_running_loop()
    over: asyncio.Future[None] = loop.create_future()

    def end(_task: object = None) -> None:
        if not over.done():
            over.set_result(None)

    def look() -> None:
        left = allowance.left()
        if left > 0 and not over.done():
            loop.call_later(left, look)
        else:
            end()

    timer = loop.call_later(allowance.left(), look)
    task.add_done_callback(end)
    try:
        await over
    finally:
        timer.cancel()
