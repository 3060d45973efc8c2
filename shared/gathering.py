"""Questions of many callers asked together.

A call of redis-py costs 80 µs of CPU and one of psycopg 150, of which the question itself is the smallest part. What is
asked while an earlier batch is under way waits for it and goes with the next: the busier the process, the larger its
batches.
"""

import asyncio
import contextvars
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Q = TypeVar("Q")
A = TypeVar("A")


class Gathering(Generic[Q, A]):
    """One way of asking, used by many at once."""

    def __init__(self, ask: Callable[[list[Q]], Awaitable[Sequence[A]]], *, most: int = 64, flights: int = 1) -> None:
        """`ask` answers up to `most` questions in their order; at most `flights` batches are under way at once.

        What `ask` raises is raised to everybody in the batch.
        """
        self._ask = ask
        self._most = most
        self._flights = flights
        self._waiting: deque[tuple[Q, asyncio.Future[A]]] = deque()
        self._flying: set[asyncio.Task[None]] = set()
        self._due = False

    def __call__(self, question: Q) -> "asyncio.Future[A]":
        """The answer to come. Deadlines are the caller's: a question that was given up before it left isn't asked."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[A] = loop.create_future()
        self._waiting.append((question, future))
        if not self._due and len(self._flying) < self._flights:
            self._due = True
            # A context of its own: what is logged on the way belongs to no single request.
            loop.call_soon(self._send, context=contextvars.Context())
        return future

    def _send(self) -> None:
        self._due = False
        while self._waiting and len(self._flying) < self._flights:
            batch: list[tuple[Q, asyncio.Future[A]]] = []
            while self._waiting and len(batch) < self._most:
                asked = self._waiting.popleft()
                if not asked[1].done():
                    batch.append(asked)
            if batch:
                flight = asyncio.ensure_future(self._fly(batch))
                self._flying.add(flight)
                flight.add_done_callback(self._landed)

    def _landed(self, flight: asyncio.Task[None]) -> None:
        self._flying.discard(flight)
        self._send()

    async def _fly(self, batch: list[tuple[Q, "asyncio.Future[A]"]]) -> None:
        try:
            answers = await self._ask([question for question, _ in batch])
            for (_, future), answer in zip(batch, answers, strict=True):
                if not future.done():
                    future.set_result(answer)
        except Exception as error:  # noqa: BLE001 - raised where the answer is awaited
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
        finally:
            for _, future in batch:
                future.cancel()
