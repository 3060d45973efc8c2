"""One leader at a time, by an advisory lock on a connection of its own: when the connection dies, so does the claim."""

import asyncio
from collections.abc import Awaitable, Callable

import psycopg

from shared.db.pool import AWAY, connect_arguments
from shared.logs import get_logger
from shared.metrics import LEADER, LEADERS
from shared.tasks import end

LOCK_KEY = 0x5CED
RETRY_SECONDS = 1.0
CHECK_SECONDS = 2.0
SILENT_SECONDS = 15.0
"""A leader that asks nothing for so long hangs: its kernel goes on answering, so nothing else would end its claim."""


async def lead(database_url: str, duty: Callable[[], Awaitable[None]]) -> None:
    """Run `duty` whenever and as long as this process leads, until cancelled. Another takes over within seconds.

    A connection through a transaction-pooling proxy would not do: the lock belongs to the session.
    """
    while True:
        try:
            await _term(database_url, duty)
        except AWAY as error:
            get_logger().warning("leader.lost", error=type(error).__name__)
        await asyncio.sleep(RETRY_SECONDS)


async def _term(database_url: str, duty: Callable[[], Awaitable[None]]) -> None:
    arguments = connect_arguments("scheduler-leader")
    arguments["options"] += f" -c idle_session_timeout={int(SILENT_SECONDS * 1000)}"
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True, **arguments) as conn:
        row = await (await conn.execute("SELECT pg_try_advisory_lock(%s)", (LOCK_KEY,))).fetchone()
        if row is None or not row[0]:
            return
        LEADER.set(1)
        get_logger().info("leader.elected")
        working = asyncio.ensure_future(duty())
        try:
            while not working.done():
                await asyncio.wait({working}, timeout=CHECK_SECONDS)
                async with asyncio.timeout(CHECK_SECONDS):
                    await conn.execute("SELECT 1")
            await working
        finally:
            LEADER.set(0)
            await end(working)
            for gauge in LEADERS:
                gauge.clear()
