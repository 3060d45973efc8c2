"""API keys: 48 characters, opaque, recognisable by prefix and checksum; only a keyed hash is stored."""

import hmac
import secrets
import string
import zlib
from collections.abc import Iterable
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec
from msgspec import Struct

from shared.clock import uuid7
from shared.db.pool import Connection
from shared.db.queries import queries
from shared.errors import InvalidScopesError

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
SCOPES = ("read", "scan", "export")
CHECKSUM_LENGTH = 6
KEY_LENGTH = 48

KeyMode = Literal["live", "test"]
_SQL = queries("tokens")


class Token(Struct, frozen=True, kw_only=True):
    """An API key as it may be shown; its secret is shown once, when it is made."""

    id: UUID
    user_id: UUID
    client_id: str
    name: str
    prefix: str
    last4: str
    scopes: tuple[str, ...]
    mode: KeyMode
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


def _base62(number: int, length: int) -> str:
    digits: list[str] = []
    for _ in range(length):
        number, digit = divmod(number, 62)
        digits.append(ALPHABET[digit])
    return "".join(reversed(digits))


def _checksum(text: str) -> str:
    return _base62(zlib.crc32(text.encode()), CHECKSUM_LENGTH)


def new_secret(mode: KeyMode) -> str:
    """A fresh key: `sk_live_` or `sk_test_`, 34 random base62 characters (202 bits), a CRC32 in six."""
    body = f"sk_{mode}_" + "".join(secrets.choice(ALPHABET) for _ in range(KEY_LENGTH - 8 - CHECKSUM_LENGTH))
    return body + _checksum(body)


def well_formed(secret: str) -> bool:
    """Whether the text can be one of our keys, told without a look-up."""
    return (
        len(secret) == KEY_LENGTH
        and secret.startswith(("sk_live_", "sk_test_"))
        and secret.isascii()
        and hmac.compare_digest(secret[-CHECKSUM_LENGTH:], _checksum(secret[:-CHECKSUM_LENGTH]))
    )


def hash_secret(secret: str, pepper: str) -> bytes:
    """HMAC-SHA256 of the key under the service's secret: what is stored and looked up."""
    return hmac.digest(b"api-key:" + pepper.encode(), secret.encode(errors="surrogateescape"), "sha256")


def check_scopes(scopes: Iterable[str]) -> tuple[str, ...]:
    """The scopes in their usual order, each once. Raises `InvalidScopesError` for an unknown one or for none."""
    asked = set(scopes)
    if unknown := sorted(asked - set(SCOPES)):
        message = f"Unknown scope {unknown[0]!r}; there are: {', '.join(SCOPES)}."
        raise InvalidScopesError(message, param="scopes")
    if not asked:
        message = f"Name at least one scope of: {', '.join(SCOPES)}."
        raise InvalidScopesError(message, param="scopes")
    return tuple(scope for scope in SCOPES if scope in asked)


async def create(
    conn: Connection, *, user_id: UUID, name: str, scopes: Iterable[str], mode: KeyMode, pepper: str
) -> tuple[Token, str]:
    """Make a key; its record, and the secret that can't be read again."""
    secret = new_secret(mode)
    values = {
        "id": uuid7(),
        "user_id": user_id,
        "client_id": "ci_" + "".join(secrets.choice(ALPHABET) for _ in range(24)),
        "name": name,
        "secret_hash": hash_secret(secret, pepper),
        "prefix": secret[:12],
        "last4": secret[-4:],
        "scopes": list(check_scopes(scopes)),
        "mode": mode,
    }
    row = await (await conn.execute(_SQL["insert"], values)).fetchone()
    return msgspec.convert(row, Token), secret


async def is_valid(conn: Connection, secret: str, *, pepper: str, scopes: Iterable[str] = ()) -> bool:
    """Whether the key exists with these scopes, isn't revoked, and belongs to an account that isn't disabled."""
    values = {"secret_hash": hash_secret(secret, pepper)}
    row = await (await conn.execute(_SQL["by_hash"], values)).fetchone()
    if row is None or row["revoked_at"] is not None or row["disabled_at"] is not None:
        return False
    return set(scopes) <= set(row["scopes"])


async def get(conn: Connection, token_id: UUID) -> Token | None:
    """The key's record, None when there is none."""
    row = await (await conn.execute(_SQL["get"], {"id": token_id})).fetchone()
    return msgspec.convert(row, Token) if row else None


async def list_of(conn: Connection, user_id: UUID) -> list[Token]:
    """A user's keys, newest first."""
    rows = await (await conn.execute(_SQL["list"], {"user_id": user_id})).fetchall()
    return msgspec.convert(rows, list[Token])


async def regenerate(conn: Connection, token: Token, *, pepper: str) -> tuple[Token, str] | None:
    """A new secret in place of the old one, None when the key was revoked."""
    secret = new_secret(token.mode)
    values = {
        "id": token.id,
        "secret_hash": hash_secret(secret, pepper),
        "prefix": secret[:12],
        "last4": secret[-4:],
    }
    row = await (await conn.execute(_SQL["regenerate"], values)).fetchone()
    return (msgspec.convert(row, Token), secret) if row else None


async def revoke(conn: Connection, token_id: UUID) -> bool:
    """Revoke a key for good. False when there is none."""
    return await (await conn.execute(_SQL["revoke"], {"id": token_id})).fetchone() is not None
