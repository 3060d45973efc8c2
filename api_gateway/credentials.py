"""Recognising API keys: look-ups are cached for seconds and dropped the moment Postgres tells that one changed."""

import asyncio
import contextlib
from collections import OrderedDict
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from msgspec import Struct

from shared.clock import Clock, utc
from shared.db.pool import AWAY, Pool, connect_arguments, connection
from shared.db.queries import queries
from shared.errors import UnavailableError
from shared.logs import get_logger
from shared.tokens import hash_secret

FRESH_SECONDS = 20.0
"""How long a look-up is believed without hearing from Postgres: the bound on a revocation that isn't announced."""
MAX_CACHED = 20_000
MISSING_SECONDS = 2.0
TOUCH_SECONDS = 5.0
LISTEN_SECONDS = 5.0

_SQL = queries("tokens")


class KeyRecord(Struct, frozen=True, kw_only=True):
    """An API key joined with its user."""

    id: UUID
    user_id: UUID
    client_id: str
    name: str
    scopes: tuple[str, ...]
    mode: str
    revoked_at: datetime | None
    email: str
    tier: str
    overrides: dict[str, int]
    permissions: tuple[str, ...]
    disabled_at: datetime | None


class Credentials:
    """A cache of key look-ups in front of Postgres."""

    def __init__(self, pool: Pool, database_url: str, pepper: str, clock: Clock) -> None:
        """`pepper` is the service's secret, under which keys are hashed."""
        self._pool = pool
        self._url = database_url
        self._pepper = pepper
        self._clock = clock
        self._cache: OrderedDict[bytes, tuple[float, KeyRecord | None]] = OrderedDict()
        self._used: dict[UUID, float] = {}
        self._generation = 0

    async def find(self, secret: str) -> KeyRecord | None:
        """The record of a well-formed key, None when it was never made. Raises `UnavailableError`."""
        digest = hash_secret(secret, self._pepper)
        now = self._clock.monotonic()
        known = self._cache.get(digest)
        if known is None or known[0] < now:
            generation = self._generation
            async with connection(self._pool) as conn:
                row = await (await conn.execute(_SQL["by_hash"], {"secret_hash": digest})).fetchone()
            record = msgspec.convert(row, KeyRecord) if row else None
            if generation == self._generation:
                self._cache[digest] = (now + (FRESH_SECONDS if record else MISSING_SECONDS), record)
                if len(self._cache) > MAX_CACHED:
                    self._cache.popitem(last=False)
        else:
            record = known[1]
        if record is not None:
            self._used[record.id] = self._clock.now()
        return record

    def forget(self) -> None:
        """Believe nothing that was looked up before now."""
        self._generation += 1
        self._cache.clear()

    async def listen(self) -> None:
        """Hear of changed keys and users until cancelled; reconnects, forgetting everything, when it loses touch."""
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(
                    self._url, autocommit=True, **connect_arguments("gateway-listen", statement_seconds=0)
                ) as conn:
                    await conn.execute("LISTEN credentials_changed")
                    self.forget()
                    while True:
                        async for _ in conn.notifies(timeout=LISTEN_SECONDS, stop_after=1):
                            self.forget()
                        async with asyncio.timeout(LISTEN_SECONDS):
                            await conn.execute("SELECT 1")
            except AWAY as error:
                self.forget()
                get_logger().warning("credentials.listen_failed", error=type(error).__name__)
                await asyncio.sleep(1.0)

    async def touch(self) -> None:
        """Write down when keys were last used, every few seconds, until cancelled."""
        while True:
            await asyncio.sleep(TOUCH_SECONDS)
            await self.flush()

    async def flush(self) -> None:
        """Write down now what `touch` would. A failure loses only the time of last use, and is logged."""
        used, self._used = self._used, {}
        if not used:
            return
        values: dict[str, Any] = {"ids": list(used), "ats": [utc(at) for at in used.values()]}
        try:
            async with connection(self._pool) as conn:
                await conn.execute(_SQL["touch"], values)
        except UnavailableError as error:
            get_logger().warning("tokens.touch_failed", error=str(error))

    @contextlib.asynccontextmanager
    async def running(self) -> Any:  # noqa: ANN401
        """Listen and touch for the length of the block."""
        tasks = [asyncio.create_task(self.listen()), asyncio.create_task(self.touch())]
        try:
            yield self
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self.flush()
