"""Servers on loopback that answer as hostile or broken ones do, byte by byte."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress

Writer = asyncio.StreamWriter
Script = Callable[["Asked", Writer], Awaitable[None]]


class Asked:
    """A request: its target and headers, names lower-cased."""

    def __init__(self, head: bytes) -> None:
        """Read the head of a request."""
        lines = head.decode("latin-1").split("\r\n")
        self.method, self.target, _ = lines[0].split(" ", 2)
        pairs = (line.split(": ", 1) for line in lines[1:] if ": " in line)
        self.headers: dict[str, str] = {name.lower(): value for name, value in pairs}


class Server:
    """A running server: `url` without the path, and what it was asked."""

    def __init__(self, port: int) -> None:
        """On 127.0.0.1."""
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.asked: list[Asked] = []
        self.connections = 0


@asynccontextmanager
async def serving(scripts: Mapping[str, Script | bytes]) -> AsyncGenerator[Server]:
    """Serve a script, or fixed bytes after which the connection is kept, for each path (the query is not looked at)."""
    tasks: set[asyncio.Task[None]] = set()

    async def handle(reader: asyncio.StreamReader, writer: Writer) -> None:
        server.connections += 1
        task = asyncio.current_task()
        if task is not None:
            tasks.add(task)
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                asked = Asked(await reader.readuntil(b"\r\n\r\n"))
                server.asked.append(asked)
                script = scripts[asked.target.partition("?")[0]]
                if isinstance(script, bytes):
                    writer.write(script)
                    await writer.drain()
                else:
                    await script(asked, writer)
                    break
        writer.close()

    listening = await asyncio.start_server(handle, "127.0.0.1", 0)
    server = Server(listening.sockets[0].getsockname()[1])
    try:
        yield server
    finally:
        listening.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def answer(body: bytes = b"", *headers: str, status: str = "200 OK", length: int | None = None) -> bytes:
    """A whole answer with a Content-Length, a wrong one if `length` says so."""
    size = len(body) if length is None else length
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {size}"]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def redirect(location: str, status: str = "302 Found") -> bytes:
    """A redirect."""
    return answer(b"", f"Location: {location}", status=status)


def drip(start: bytes, piece: bytes, pause: float) -> Script:
    """`start` at once, then `piece` for ever, once every `pause` seconds."""

    async def run(_: Asked, writer: Writer) -> None:
        writer.write(start)
        while True:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)

    return run


def flood(start: bytes, piece: bytes) -> Script:
    """`start`, then `piece` for ever as fast as it is taken."""
    return drip(start, piece, 0)


def closing(data: bytes) -> Script:
    """These bytes, then the end of the connection."""

    async def run(_: Asked, writer: Writer) -> None:
        writer.write(data)
        await writer.drain()

    return run
