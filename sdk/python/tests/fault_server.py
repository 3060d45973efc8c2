"""A local server that does what a scenario of `vectors/faults.json` says, and notes what it was asked."""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

VECTORS = Path(__file__).parents[2] / "vectors"


def vectors(name: str) -> dict[str, Any]:
    """A file of vectors."""
    found: dict[str, Any] = json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))
    return found


@dataclass
class Asked:
    """A request as it came."""

    line: str
    headers: dict[str, str]
    body: bytes


@dataclass
class FaultServer:
    """Answers in order, the last one again and again."""

    answers: Sequence[dict[str, Any]]
    other: str = ""
    asked: list[Asked] = field(default_factory=list)
    address: str = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                while await self._exchange(reader, writer):
                    pass
        finally:
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        self.asked.append(Asked(head[0], headers, body))
        answer = self.answers[min(len(self.asked), len(self.answers)) - 1]
        if answer.get("drop"):
            writer.transport.abort()
            return False
        if answer.get("hang"):
            await reader.read(1)
            return False
        given = answer["body"].encode()
        told = {"Content-Length": str(len(given)), **answer["headers"]}
        lines = [f"{name}: {value.replace('{other}', self.other)}" for name, value in told.items()]
        writer.write("\r\n".join([f"HTTP/1.1 {answer['status']} X", *lines, "", ""]).encode("latin-1") + given)
        await writer.drain()
        while answer.get("trickle"):
            await asyncio.sleep(0.02)
            writer.write(given)
            await writer.drain()
        return not answer.get("cut")


@asynccontextmanager
async def faulty(answers: Sequence[dict[str, Any]], other: str = "") -> AsyncGenerator[FaultServer]:
    """A server for the length of the block, on a loopback port of its own."""
    held = FaultServer(answers, other)
    tasks: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.create_task(held.serve(reader, writer)))

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    held.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield held
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
