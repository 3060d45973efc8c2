"""A wire between a service and a server's unix socket that can be cut and mended, or watched."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

SIZE = 1 << 16


class Wire:
    """Forwards bytes both ways. While it is cut nothing passes; when mended, everything that was sent arrives late."""

    def __init__(self, target: Path, on_request: Callable[[bytes], bool] | None = None) -> None:
        """`on_request` sees what clients send, and drops it by returning False."""
        self._target = target
        self._on_request = on_request
        self._open = asyncio.Event()
        self._open.set()
        self._tasks: set[asyncio.Task[None]] = set()

    def cut(self) -> None:
        self._open.clear()

    def mend(self) -> None:
        self._open.set()

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # What was sent before the other side hung up still arrives: that is what makes a late writer late.
        try:
            far_reader, far_writer = await asyncio.open_unix_connection(str(self._target))
        except OSError:
            writer.close()
            return
        pair = (
            asyncio.create_task(self._pump(reader, far_writer, self._on_request)),
            asyncio.create_task(self._pump(far_reader, writer, None)),
        )
        self._tasks.update(pair)
        with suppress(asyncio.CancelledError):
            await asyncio.wait(pair)
        self._tasks.difference_update(pair)

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, see: Callable[[bytes], bool] | None
    ) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            while data := await reader.read(SIZE):
                await self._open.wait()
                if see is None or see(data):
                    writer.write(data)
                    await writer.drain()
        with suppress(OSError):
            await self._open.wait()
            writer.close()

    def end(self) -> None:
        for task in self._tasks:
            task.cancel()


@asynccontextmanager
async def wire(at: Path, target: Path, on_request: Callable[[bytes], bool] | None = None) -> AsyncGenerator[Wire]:
    """Listen at the socket `at` and forward to `target` for the length of the block."""
    made = Wire(target, on_request)
    at.unlink(missing_ok=True)
    server = await asyncio.start_unix_server(made.handle, str(at))
    try:
        yield made
    finally:
        server.close()
        made.mend()
        made.end()
