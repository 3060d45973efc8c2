"""Recognising API keys and sessions: look-ups are cached for seconds and dropped when Postgres tells of a change."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Mapping
from typing import Any
from uuid import UUID

import msgspec
import psycopg
from msgspec import Struct

from api_gateway.callers import Caller, KeyRecord, SessionRecord, by_key
from api_gateway.lookups import Lookups
from shared.clock import Clock, utc
from shared.db.pool import AWAY, Pool, connect_arguments, connection
from shared.db.queries import queries
from shared.errors import AccountDisabledError, InvalidTokenError, ServiceError, UnavailableError
from shared.logs import get_logger
from shared.tasks import end
from shared.tiers import Tier
from shared.tokens import hash_secret, well_formed

TOUCH_SECONDS = 5.0
LISTEN_SECONDS = 5.0
RECONNECT_SECONDS = 1.0

_TOKENS = queries("tokens")
_SESSIONS = queries("sessions")


class Known(Struct, frozen=True):
    """What a key stands for: a caller, or the reason why it is refused."""

    id: UUID
    caller: Caller | None
    refused: type[ServiceError] | None


REFUSALS: Mapping[type[ServiceError], str] = {
    InvalidTokenError: "This API key is invalid or was revoked.",
    AccountDisabledError: "This account is disabled.",
}


class Credentials:
    """Caches of look-ups in front of Postgres."""

    def __init__(self, pool: Pool, database_url: str, pepper: str, clock: Clock, tiers: Mapping[str, Tier]) -> None:
        """`pepper` is the service's secret, under which keys are hashed."""
        self._pool = pool
        self._url = database_url
        self._pepper = pepper
        self._clock = clock
        self._tiers = tiers
        self._keys: Lookups[bytes, Known] = Lookups(self._ask_key, clock)
        self._sessions: Lookups[tuple[UUID, UUID], SessionRecord] = Lookups(self._ask_session, clock)
        self._used: dict[UUID, float] = {}

    def recall(self, secret: str) -> Caller | None:
        """The caller whose key this is, where that is known without asking Postgres."""
        known = self._keys.known(hash_secret(secret, self._pepper))
        if known is None or known.caller is None:
            return None
        self._used[known.id] = self._clock.now()
        return known.caller

    async def find(self, secret: str) -> Caller:
        """The caller whose key this is.

        Raises `InvalidTokenError` for one that was never made or is revoked, `AccountDisabledError`, and
        `UnavailableError` when Postgres can't be asked.
        """
        known = await self._keys.get(hash_secret(secret, self._pepper)) if well_formed(secret) else None
        if known is None or known.caller is None:
            refused = known.refused if known is not None and known.refused is not None else InvalidTokenError
            raise refused(REFUSALS[refused])
        self._used[known.id] = self._clock.now()
        return known.caller

    async def session(self, user_id: UUID, jti: UUID) -> SessionRecord | None:
        """The user of a login token, None when there is none any more. Raises `UnavailableError`."""
        return await self._sessions.get((user_id, jti))

    async def _ask_key(self, digest: bytes) -> Known | None:
        async with connection(self._pool) as conn:
            row = await (await conn.execute(_TOKENS["by_hash"], {"secret_hash": digest})).fetchone()
        if row is None:
            return None
        record = msgspec.convert(row, KeyRecord)
        if record.revoked_at is not None:
            return Known(record.id, None, InvalidTokenError)
        if record.disabled_at is not None:
            return Known(record.id, None, AccountDisabledError)
        return Known(record.id, by_key(record, self._tiers), None)

    async def _ask_session(self, key: tuple[UUID, UUID]) -> SessionRecord | None:
        async with connection(self._pool) as conn:
            values = {"user_id": key[0], "jti": key[1]}
            row = await (await conn.execute(_SESSIONS["of_jwt"], values)).fetchone()
        return msgspec.convert(row, SessionRecord) if row else None

    def forget(self) -> None:
        """Believe nothing that was looked up before now."""
        self._keys.forget()
        self._sessions.forget()

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
                await asyncio.sleep(RECONNECT_SECONDS)

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
                await conn.execute(_TOKENS["touch"], values)
        except UnavailableError as error:
            get_logger().warning("tokens.touch_failed", error=str(error))

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Listen and touch for the length of the block."""
        tasks = [asyncio.create_task(self.listen()), asyncio.create_task(self.touch())]
        try:
            yield
        finally:
            await end(*tasks)
            await self.flush()
