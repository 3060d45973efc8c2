"""Users: their record, passwords, and rows in Postgres."""

import asyncio
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from uuid import UUID

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from msgspec import Struct
from psycopg.types.json import Jsonb

from shared.clock import uuid7
from shared.db.pool import Connection
from shared.db.queries import queries
from shared.errors import ConflictError, InvalidRequestError

MIN_PASSWORD = 10
MAX_PASSWORD = 1_000
MAX_EMAIL = 254

_SQL = queries("users")
_EMAIL = re.compile(
    r"[^@\s\x00-\x1f\x7f,;<>\"()\[\]\\]+@[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?\.[a-z0-9-]{2,}", re.IGNORECASE
)
# 19 MiB, 2 passes, 1 lane: OWASP's smallest recommendation, about 30 ms; the pool bounds the memory they may take.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_POOL = ThreadPoolExecutor(max_workers=2, thread_name_prefix="argon2")
_DUMMY = _HASHER.hash("there is no such user")


class User(Struct, frozen=True, kw_only=True):
    """A user. `overrides` replace figures of the tier; `permissions` allow what is dangerous."""

    id: UUID
    email: str
    password_hash: str
    tier: str
    overrides: dict[str, int]
    permissions: tuple[str, ...]
    token_version: int
    disabled_at: datetime | None
    created_at: datetime

    @property
    def owner(self) -> str:
        """How quota, limits and scans name this user."""
        return f"user:{self.id}"


def clean_email(email: str) -> str:
    """Trimmed and lower-cased. Raises `InvalidRequestError` for what can't be an address."""
    cleaned = email.strip().lower()
    if len(cleaned) > MAX_EMAIL or not _EMAIL.fullmatch(cleaned):
        message = "email: not an e-mail address."
        raise InvalidRequestError(message, param="email")
    return cleaned


def check_password(password: str) -> str:
    """The password if it may be used. Raises `InvalidRequestError`."""
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        message = f"password: between {MIN_PASSWORD} and {MAX_PASSWORD} characters."
        raise InvalidRequestError(message, param="password")
    return password


async def hash_password(password: str) -> str:
    """Argon2id, off the event loop."""
    return await asyncio.get_running_loop().run_in_executor(_POOL, _HASHER.hash, password)


async def verify_password(user: User | None, password: str) -> bool:
    """Whether the password is the user's. Costs the same for an unknown user, so that time tells nothing."""

    def verify() -> bool:
        try:
            return _HASHER.verify(user.password_hash if user else _DUMMY, password) and user is not None
        except VerificationError:
            return False

    return await asyncio.get_running_loop().run_in_executor(_POOL, verify)


async def create(conn: Connection, *, email: str, password: str, tier: str) -> User:
    """Make a user. Raises `InvalidRequestError`, or `ConflictError` when the address is taken."""
    address = clean_email(email)
    password_hash = await hash_password(check_password(password))
    values = {"id": uuid7(), "email": address, "password_hash": password_hash, "tier": tier}
    row = await (await conn.execute(_SQL["insert"], values)).fetchone()
    if row is None:
        message = f"There is already a user {address}."
        raise ConflictError(message, param="email")
    user = await get(conn, row["id"])
    if user is None:
        message = f"The user {address} was deleted while being made."
        raise ConflictError(message, param="email")
    return user


async def get(conn: Connection, user_id: UUID) -> User | None:
    """The user with that id."""
    row = await (await conn.execute(_SQL["get"], {"id": user_id})).fetchone()
    return msgspec.convert(row, User) if row else None


async def by_email(conn: Connection, email: str) -> User | None:
    """The user with that address, however it is spelt in case."""
    row = await (await conn.execute(_SQL["by_email"], {"email": email.strip().lower()})).fetchone()
    return msgspec.convert(row, User) if row else None


async def update(
    conn: Connection,
    email: str,
    *,
    tier: str | None = None,
    overrides: Mapping[str, int] | None = None,
    permissions: list[str] | None = None,
    password: str | None = None,
    disabled: bool | None = None,
    end_sessions: bool = False,
) -> bool:
    """Change what is given and leave the rest. False when there is no such user.

    `end_sessions` ends every login; a new password does so by itself. API keys go on working.
    """
    values = {
        "email": email.strip().lower(),
        "tier": tier,
        "overrides": Jsonb(dict(overrides)) if overrides is not None else None,
        "permissions": permissions,
        "password_hash": await hash_password(check_password(password)) if password is not None else None,
        "disabled": disabled,
        "end_sessions": end_sessions,
    }
    return await (await conn.execute(_SQL["update"], values)).fetchone() is not None
