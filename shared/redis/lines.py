"""Connections kept for scripts: a call of redis-py costs 100 µs of CPU, over one of these 45.

What is left out is the look-up and return of a connection, measuring for observers, and a task and two timers a call.
"""

import asyncio
from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

from redis.asyncio import Redis
from redis.exceptions import TimeoutError as RedisTimeoutError

MOST = 4
"""Kept of a client. They are the pool's, and in use for it, so closing the client closes them."""


def pack(parts: Sequence[str | int | bytes]) -> bytes:
    """A command as it is sent: an array of bulk strings (RESP, https://redis.io/docs/latest/develop/reference/protocol-spec/)."""
    packed = [b"*%d\r\n" % len(parts)]
    for part in parts:
        text = part if isinstance(part, bytes) else str(part).encode()
        packed.append(b"$%d\r\n%b\r\n" % (len(text), text))
    return b"".join(packed)


class Line:
    """One connection, for one command at a time. It connects again by itself after a failure."""

    def __init__(self, pool: Any, connection: Any) -> None:  # noqa: ANN401 - redis-py's types are partial
        """`connection` was taken out of `pool` and never goes back."""
        self._pool = pool
        self._connection = connection
        self._seconds: float | None = connection.socket_timeout
        # Its own deadlines, one for sending and one for the reply, cost as much as both together.
        connection.socket_timeout = None

    async def ask(self, command: bytes) -> Any:  # noqa: ANN401
        """The reply. Raises `redis.RedisError`, after the client's `socket_timeout` as well."""
        try:
            async with asyncio.timeout(self._seconds):
                await self._pool.ensure_connection(self._connection)
                await self._connection.send_packed_command(command, check_health=False)
                return await self._connection.read_response()
        except TimeoutError as error:
            message = f"no reply within {self._seconds} s"
            raise RedisTimeoutError(message) from error


class Lines:
    """A client's lines."""

    def __init__(self, redis: Redis) -> None:
        """Connects when it is first asked."""
        self._pool: Any = redis.connection_pool
        self._idle: list[Line] = []
        self._free = MOST

    async def take(self) -> Line | None:
        """A line for one caller, to be given `back`; None when all are busy. Raises `redis.RedisError`."""
        if self._idle:
            return self._idle.pop()
        if not self._free:
            return None
        self._free -= 1
        try:
            return Line(self._pool, await self._pool.get_connection())
        except BaseException:
            self._free += 1
            raise

    def back(self, line: Line) -> None:
        """`line` is free again, whatever became of the command."""
        self._idle.append(line)


_LINES: WeakKeyDictionary[Redis, Lines] = WeakKeyDictionary()


def lines_of(redis: Redis) -> Lines:
    """The client's lines."""
    lines = _LINES.get(redis)
    if lines is None:
        lines = _LINES[redis] = Lines(redis)
    return lines
