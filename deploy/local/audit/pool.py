"""Many pages through several killable parsers at once; the answers come in the order of the pages."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack
from typing import Any, Final, Generic, Self, TypeVar, final

from workers.parser import PIPELINED, ParserKilled, ParserProcess

AHEAD: Final = 8
"""Pages under way for each parser: it takes four ahead, and the reader should never be what it waits for."""
MAX_HELD: Final = 64_000_000
"""Octets of all pages under way."""
DEADLINE: Final = 3_600.0
"""Seconds for one answer, waiting for others included. A page has 5 s of its parser, and at most 8 are before it."""

PATIENCE: Final = 60.0
"""Nobody waits behind a page here, so a machine busy with other things only makes it take longer: five minutes."""

T = TypeVar("T")
R = TypeVar("R")


class GaveUpError(Exception):
    """The parser was ended by this page, or by what it holds."""


@final
class Pool:
    """Parsers that run the same job. Use as an async context manager."""

    def __init__(self, job: str, size: int) -> None:
        """`job` as for `ParserProcess`; `size` parsers, each a process of its own."""
        self.size: Final = size
        self._job: Final = job
        self._parsers: Final[list[ParserProcess]] = []
        self._busy: Final[list[int]] = []
        self._open: Final = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Ready. Parsers are started as they are needed: each takes 0.5 s of CPU and 100 MB."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """End the parsers."""
        await self._open.aclose()

    async def run(self, payload: bytes) -> bytes:
        """The job's answer from the parser that has least to do. Raises `GaveUpError`, and `JobFailed` if it raised."""
        n = min(range(len(self._busy)), key=self._busy.__getitem__, default=-1)
        if n < 0 or (self._busy[n] >= PIPELINED and len(self._busy) < self.size):
            n = len(self._busy)
            self._busy.append(0)
            self._parsers.append(ParserProcess(self._job, patience=PATIENCE))
            await self._open.enter_async_context(self._parsers[n])
        self._busy[n] += 1
        try:
            return await self._parsers[n].run(payload, deadline=DEADLINE)
        except ParserKilled as error:
            message = f"this page could not be read ({error.reason})"
            raise GaveUpError(message) from error
        except TimeoutError as error:
            raise GaveUpError("this page could not be read (time)") from error
        finally:
            self._busy[n] -= 1


@final
class InOrder(Generic[T, R]):
    """Does `work` on many items at once and gives the answers in their order, each as soon as it is its turn."""

    def __init__(
        self, work: Callable[[T], Coroutine[Any, Any, R]], *, window: int, size_of: Callable[[T], int]
    ) -> None:
        """At most `window` items and, by `size_of`, `MAX_HELD` octets are under way or wait for their turn."""
        self._work = work
        self._size_of = size_of
        self._window = window
        self._held = 0
        self._count = 0
        self._room = asyncio.Event()
        self._order: deque[asyncio.Task[R]] = deque()
        self._tasks: asyncio.Queue[tuple[asyncio.Task[R], int] | None] = asyncio.Queue()

    @property
    def idle(self) -> bool:
        """Whether the next answer isn't there yet, so that what has been written should be seen."""
        return not self._order or not self._order[0].done()

    async def answers(self, items: AsyncIterator[T]) -> AsyncGenerator[R]:
        """The answers. What `items` or the work raises ends the iteration."""
        reading = asyncio.create_task(self._read(items))
        try:
            while (next_one := await self._tasks.get()) is not None:
                task, size = next_one
                try:
                    answer = await task
                finally:
                    self._order.popleft()
                    self._held -= size
                    self._count -= 1
                    self._room.set()
                yield answer
            await reading
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
            left = self._rest()
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)

    def _rest(self) -> "list[asyncio.Task[R]]":
        rest: list[asyncio.Task[R]] = []
        while not self._tasks.empty():
            one = self._tasks.get_nowait()
            if one is not None:
                rest.append(one[0])
        return rest

    async def _read(self, items: AsyncIterator[T]) -> None:
        try:
            async for item in items:
                size = self._size_of(item)
                while self._count and (self._count >= self._window or self._held + size > MAX_HELD):
                    self._room.clear()
                    await self._room.wait()
                self._held += size
                self._count += 1
                task = asyncio.create_task(self._work(item))
                self._order.append(task)
                self._tasks.put_nowait((task, size))
        finally:
            self._tasks.put_nowait(None)
