"""Connections to Postgres with a deadline on everything."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from shared.errors import UnavailableError

Connection = psycopg.AsyncConnection[DictRow]
Pool = AsyncConnectionPool[Connection]

STATEMENT_SECONDS = 5
CONNECT_SECONDS = 3

RETRY_SECONDS = 3
TRANSACTION_TIMEOUT = 170_000
"""The first server version that knows `transaction_timeout`."""
VANISHED = " -c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3 -c tcp_user_timeout=10000"
"""For the server's side: a client whose machine vanished would else keep its locks for two hours."""

LOST: tuple[type[Exception], ...] = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    psycopg.errors.TransactionTimeout,
    psycopg.errors.IdleInTransactionSessionTimeout,
    PoolTimeout,
    TimeoutError,
)
"""What an unreachable, restarting or stalled Postgres looks like."""
TOO_SLOW: tuple[type[Exception], ...] = (psycopg.errors.QueryCanceled, psycopg.errors.LockNotAvailable)
"""Those of them that may as well be the question's own fault."""
AWAY: tuple[type[Exception], ...] = (*LOST, psycopg.Error, UnavailableError)
"""The same for code that isn't answering a request: any failure of the database, to be tried again later."""


def connect_arguments(application: str, *, statement_seconds: float = STATEMENT_SECONDS) -> dict[str, Any]:
    """Arguments that bound how long a connection attempt, a statement, a lock and an idle transaction may take."""
    milliseconds = int(statement_seconds * 1000)
    return {
        "connect_timeout": CONNECT_SECONDS,
        "application_name": application,
        "client_encoding": "utf-8",
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        "tcp_user_timeout": 10_000,
        "options": (
            f"-c statement_timeout={milliseconds} -c lock_timeout={milliseconds}"
            f" -c idle_in_transaction_session_timeout={milliseconds * 2} -c timezone=UTC{VANISHED}"
        ),
    }


def make_pool(
    url: str,
    *,
    application: str,
    size: int,
    statement_seconds: float = STATEMENT_SECONDS,
    transaction_seconds: float | None = None,
) -> Pool:
    """A pool that isn't open yet. Autocommit: a transaction is always opened by name.

    `transaction_seconds` bounds a whole transaction, where the server knows how: a client that is cut off in the middle
    of a pipeline is neither idle nor in a statement, so no other limit ends its locks.
    """

    async def configure(conn: Connection) -> None:
        if transaction_seconds is not None and conn.info.server_version >= TRANSACTION_TIMEOUT:
            await conn.execute(f"SET transaction_timeout = {int(transaction_seconds * 1000)}".encode())

    return AsyncConnectionPool(
        url,
        connection_class=Connection,
        kwargs={
            **connect_arguments(application, statement_seconds=statement_seconds),
            "autocommit": True,
            "row_factory": dict_row,
        },
        min_size=min(2, size),
        max_size=size,
        timeout=2.0,
        max_waiting=1_000,
        max_lifetime=1_800,
        reconnect_timeout=10.0,
        check=None,
        configure=configure,
        open=False,
        name=application,
    )


@asynccontextmanager
async def connection(pool: Pool) -> AsyncGenerator[Connection]:
    """A pooled connection. Raises `UnavailableError` when Postgres can't be reached in time."""
    try:
        async with pool.connection() as conn:
            yield conn
    except LOST as error:
        raise unavailable(error) from error


def unavailable(error: Exception) -> UnavailableError:
    """What a caller is told of one of `LOST`."""
    reason = "the database took too long" if isinstance(error, TOO_SLOW) else "the database can't be reached"
    return UnavailableError(f"Try again in {RETRY_SECONDS} s: {reason}.", retry_after=RETRY_SECONDS)
