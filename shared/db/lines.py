"""Connections kept for a few hot queries: one of them costs 40 µs of CPU, by way of the pool and a kept cursor 92.

What is left out is taking and returning a connection, and what a cursor does anew for every query: parsing its text,
looking up types, watching the socket. All else is psycopg's: it connects, and turns values and faults into Python's.
The counterpart for Redis is `shared.redis.lines`.
"""

import asyncio
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

import psycopg
from msgspec import Struct
from psycopg.adapt import Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult
from psycopg.rows import DictRow

from shared.db.pool import LOST, STATEMENT_SECONDS, Connection, Pool, unavailable

MOST = 4
"""Kept of a pool, and never more than half of it: the other queries need connections too."""
ANSWER_SECONDS = STATEMENT_SECONDS + 1.0
"""Postgres itself ends a statement that takes too long; an answer that is later than that doesn't come any more."""

_PLACE = re.compile(rb"%\((\w+)\)s")


@lru_cache(maxsize=64)
def numbered(query: bytes) -> tuple[bytes, tuple[str, ...]]:
    """The query as Postgres itself takes it, with `$1` for `%(name)s`, and the names in the order of their numbers."""
    names: dict[str, int] = {}

    def number(place: re.Match[bytes]) -> bytes:
        return b"$%d" % names.setdefault(place[1].decode(), len(names) + 1)

    return _PLACE.sub(number, query).replace(b"%%", b"%"), tuple(names)


class _Statement(Struct, frozen=True):
    """A prepared query: its name on its connection, and the names of its parameters."""

    name: bytes
    parameters: tuple[str, ...]


Prepared = dict[bytes, _Statement]
"""Of a connection, by query."""


class Line:
    """One connection, for one query at a time."""

    def __init__(self, conn: Connection, prepared: Prepared, until: float) -> None:
        """`conn` is used by nobody else until it is `released`. `until` is by the event loop's clock."""
        self.conn = conn
        self._pgconn = conn.pgconn
        self._until = until
        self._loop = asyncio.get_running_loop()
        self._prepared = prepared
        self._types = Transformer(conn)
        self._results: list[PGresult] = []
        self._answer: asyncio.Future[None] | None = None
        self._socket = self._pgconn.socket
        self._waiting = False
        self._lost = False
        # For good: psycopg begins and ends to watch for every answer, which costs two system calls.
        self._loop.add_reader(self._socket, self._readable)

    @property
    def usable(self) -> bool:
        """Whether it can take another query: alive, not too old, and no answer outstanding."""
        idle = self._pgconn.transaction_status == TransactionStatus.IDLE
        return idle and not self._lost and self._loop.time() < self._until

    async def ask(self, query: bytes, values: Mapping[str, bytes]) -> list[DictRow]:
        """The rows. Raises `psycopg.Error`, and `TimeoutError` after `ANSWER_SECONDS`."""
        async with asyncio.timeout(ANSWER_SECONDS):
            statement = self._prepared.get(query)
            if statement is None:
                text, parameters = numbered(query)
                statement = _Statement(b"line_%d" % len(self._prepared), parameters)
                self._pgconn.send_prepare(statement.name, text)
                await self._answered()
                self._prepared[query] = statement
            self._pgconn.send_query_prepared(statement.name, [values[name] for name in statement.parameters])
            return self._rows(await self._answered())

    def released(self) -> Connection:
        """The connection, no longer watched; closed where it isn't known to be well."""
        if not self._lost:
            self._unwatch()
        if self._lost or self._pgconn.transaction_status != TransactionStatus.IDLE:
            self._pgconn.finish()
        return self.conn

    def _rows(self, result: PGresult) -> list[DictRow]:
        names = [(result.fname(column) or b"").decode() for column in range(result.nfields)]
        self._types.set_pgresult(result)

        def make(values: Any) -> DictRow:  # noqa: ANN401 - psycopg's own type
            return dict(zip(names, values, strict=True))

        return self._types.load_rows(0, result.ntuples, make)

    async def _answered(self) -> PGresult:
        """The result of what was sent, once it is there whole."""
        self._results = []
        self._answer = self._loop.create_future()
        self._send()
        await self._answer
        result = self._results[-1]
        if result.status not in {ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK}:
            raise error_from_result(result)
        return result

    def _send(self) -> None:
        """Send what the socket takes, and the rest when it takes more."""
        try:
            left = self._pgconn.flush() > 0
        except psycopg.Error as error:
            self._lose(error)
            return
        if left and not self._waiting:
            self._loop.add_writer(self._socket, self._send)
        elif self._waiting and not left:
            self._loop.remove_writer(self._socket)
        self._waiting = left

    def _readable(self) -> None:
        try:
            self._pgconn.consume_input()
            if self._answer is None:
                return
            while not self._pgconn.is_busy():
                result = self._pgconn.get_result()
                if result is None:
                    answer, self._answer = self._answer, None
                    if not answer.done():
                        answer.set_result(None)
                    return
                self._results.append(result)
        except psycopg.Error as error:
            self._lose(error)

    def _unwatch(self) -> None:
        self._loop.remove_reader(self._socket)
        self._loop.remove_writer(self._socket)

    def _lose(self, error: psycopg.Error) -> None:
        """The socket is closed by now, and its number may be another's in a moment."""
        self._lost = True
        self._unwatch()
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)


class Lines:
    """A pool's kept connections, taken out of it when they are first needed."""

    def __init__(self, pool: Pool) -> None:
        """Nothing is asked yet."""
        self._pool = pool
        self._most = min(MOST, pool.max_size // 2)
        self._kept: list[Line] = []
        self._prepared: WeakKeyDictionary[Connection, Prepared] = WeakKeyDictionary()

    async def ask(self, query: bytes, values: Mapping[str, bytes]) -> list[DictRow]:
        """The rows of a query with `%(name)s` in it, in a transaction of its own.

        Values are texts as Postgres reads them, in UTF-8; the query says of what type they are. Raises `psycopg.Error`
        for a fault of the query, and `UnavailableError` when Postgres can't be reached or doesn't answer in time.
        """
        try:
            line = await self._take()
            try:
                return await line.ask(query, values)
            finally:
                await self._back(line)
        except LOST as error:
            raise unavailable(error) from error

    async def close(self) -> None:
        """Give all connections back; call it before the pool is closed."""
        self._most = 0
        while self._kept:
            await self._pool.putconn(self._kept.pop().released())

    async def _take(self) -> Line:
        while self._kept:
            line = self._kept.pop()
            if line.usable:
                return line
            await self._pool.putconn(line.released())
        conn = await self._pool.getconn()
        try:
            until = asyncio.get_running_loop().time() + self._pool.max_lifetime
            return Line(conn, self._prepared.setdefault(conn, {}), until)
        except BaseException:
            await self._pool.putconn(conn)
            raise

    async def _back(self, line: Line) -> None:
        if line.usable and len(self._kept) < self._most:
            self._kept.append(line)
        else:
            await self._pool.putconn(line.released())
