"""`audit --jsonl`: one page a line in, one answer a line out, in order, for as long as lines come."""

import asyncio
import os
import sys
import threading
from collections.abc import AsyncGenerator, Iterator
from concurrent.futures import CancelledError
from typing import Final, NamedTuple, final

import msgspec
from msgspec import Raw

from deploy.local.audit.answers import fault_of
from deploy.local.audit.child import LINE_JOB, LineAnswer, LineJob
from deploy.local.audit.given import id_of
from deploy.local.audit.outcome import Bar
from deploy.local.audit.pool import AHEAD, GaveUpError, InOrder, Pool
from deploy.local.audit.terms import Terms
from workers.parser import JobFailed

MAX_LINE: Final = 64_000_000
"""Octets of a line: the largest document that is read, with every character escaped."""
_READ: Final = 1 << 20
_ENCODE: Final = msgspec.msgpack.Encoder()
_ANSWER: Final = msgspec.msgpack.Decoder(LineAnswer)


class Numbered(NamedTuple):
    """A line and its number from 1; None for one that is too long to be read."""

    number: int
    line: bytes | None


@final
class Splitter:
    """Cuts a stream into lines, holding no more than one of them."""

    def __init__(self, most: int = MAX_LINE) -> None:
        """`most` octets of a line are read; of a longer one only its number is told."""
        self._most = most
        self._parts: list[bytes] = []
        self._size = 0
        self._number = 0

    def feed(self, chunk: bytes) -> Iterator[Numbered]:
        """The lines that end in this chunk, blank ones left out."""
        *whole, rest = chunk.split(b"\n")
        for part in whole:
            self._add(part)
            yield from self._end()
        self._add(rest)

    def close(self) -> Iterator[Numbered]:
        """The last line, if no line end follows it."""
        yield from self._end()

    def _add(self, part: bytes) -> None:
        self._size += len(part)
        if self._size > self._most:
            self._parts.clear()
        elif part:
            self._parts.append(part)

    def _end(self) -> Iterator[Numbered]:
        self._number += 1
        line = None if self._size > self._most else b"".join(self._parts)
        self._parts, self._size = [], 0
        if line is None or line.strip():
            yield Numbered(self._number, line)


async def chunks_of(descriptor: int) -> AsyncGenerator[bytes]:
    """What can be read from a pipe, a file or a terminal, as it comes. Raises `OSError`.

    A thread does the reading, since an event loop can't wait for files, and it is left alone at the end, since nothing
    can wake it from waiting for a pipe.
    """
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[bytes | OSError] = asyncio.Queue(1)

    def read() -> None:
        chunk: bytes | OSError = b"-"
        while chunk and isinstance(chunk, bytes):
            try:
                chunk = os.read(descriptor, _READ)
            except OSError as error:
                chunk = error
            try:
                asyncio.run_coroutine_threadsafe(queue.put(chunk), loop).result()
            except (RuntimeError, CancelledError):  # the loop has ended: nobody listens any more
                return

    threading.Thread(target=read, name="lines", daemon=True).start()
    while chunk := await queue.get():
        if isinstance(chunk, OSError):
            raise chunk
        yield chunk


async def lines_of(descriptor: int) -> AsyncGenerator[Numbered]:
    """The lines of a stream."""
    splitter = Splitter()
    async for chunk in chunks_of(descriptor):
        for line in splitter.feed(chunk):
            yield line
    for line in splitter.close():
        yield line


async def audit_lines(descriptor: int, terms: Terms, now: float, jobs: int, bar: Bar) -> bool:
    """Answer every line on standard output; whether all of them were pages. `bar` is shown every verdict."""
    sound = True
    async with Pool(LINE_JOB, jobs) as pool:

        async def work(numbered: Numbered) -> LineAnswer:
            return await answer_to(pool, terms, now, numbered)

        order = InOrder(work, window=AHEAD * jobs, size_of=lambda numbered: len(numbered.line or b""))
        out = sys.stdout.buffer
        async for answer in order.answers(lines_of(descriptor)):
            out.write(answer.output + b"\n")
            if order.idle:
                out.flush()
            sound &= not answer.faulty
            if not answer.faulty:
                bar.see(answer.score, answer.worst)
        out.flush()
    return sound


async def answer_to(pool: Pool, terms: Terms, now: float, numbered: Numbered) -> LineAnswer:
    """The answer to a line. A page that ends its parser is judged once more, without its document."""
    number, line = numbered
    if line is None:
        message = f"line {number}: longer than {MAX_LINE} bytes"
        return LineAnswer(fault_of(Raw(b"null"), message), faulty=True)
    job = LineJob(terms, now, number, line)
    try:
        try:
            payload = await pool.run(_ENCODE.encode(job))
        except GaveUpError as error:
            payload = await pool.run(_ENCODE.encode(msgspec.structs.replace(job, unread=str(error))))
    except (GaveUpError, JobFailed) as error:
        return LineAnswer(fault_of(id_of(line), f"line {number}: {error}"), faulty=True)
    return _ANSWER.decode(payload)
