"""Runs coroutines for callers that have no event loop, or one of their own that must not be in the way."""

import asyncio
import threading
from collections.abc import AsyncGenerator, Coroutine, Generator
from typing import Any, TypeVar

T = TypeVar("T")


class Bridge:
    """An event loop in a thread of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="scanfleet-client", daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """The outcome of `work`. Interrupted, it is cancelled."""
        if self._loop.is_closed():
            work.close()
            raise RuntimeError("this client is closed")
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def each(self, source: AsyncGenerator[T]) -> Generator[T]:
        """What `source` gives; it is closed with the generator."""

        async def step() -> tuple[T] | None:
            try:
                return (await anext(source),)
            except StopAsyncIteration:
                return None

        try:
            while (found := self.run(step())) is not None:
                yield found[0]
        finally:
            if not self._loop.is_closed():
                self.run(source.aclose())

    def close(self, last: Coroutine[Any, Any, None]) -> None:
        """Run `last`, then end the thread. Closing again does nothing."""
        if self._loop.is_closed():
            last.close()
            return
        try:
            self.run(last)
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()
