"""Webhooks: who hears of which events, how a message looks, how it is signed, and when it is tried again."""

import hashlib
import hmac
import secrets
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

import msgspec
from msgspec import Struct

from shared.clock import rfc3339, uuid7
from shared.db.pool import Connection
from shared.db.queries import queries
from shared.errors import ConflictError
from shared.seal import seal, unseal

EventName = Literal["scan.complete", "scan.error", "scan.stopped", "alert.triggered"]
EVENTS: Final[tuple[EventName, ...]] = ("scan.complete", "scan.error", "scan.stopped", "alert.triggered")
MOST: Final = 20
"""Webhooks with an address of their own per user."""
SIGNATURE: Final = "X-Scanfleet-Signature"
RETRIES: Final[tuple[float, ...]] = (30, 120, 600, 1_800, 7_200, 21_600, 43_200, 86_400)
"""Seconds from the first attempt to each retry."""
SEVERITIES: Final = ("critical", "high", "medium", "low", "info")

_SQL = queries("webhooks")
_DELIVERIES = queries("deliveries")


class Webhook(Struct, frozen=True, kw_only=True):
    """An address that hears of events. Without `url` it is the default one, for scans' own `webhook_url`."""

    id: UUID
    user_id: UUID
    test: bool
    url: str | None
    events: tuple[EventName, ...]
    created_at: datetime


class Delivery(Struct, frozen=True, kw_only=True):
    """A message as the log shows it."""

    id: UUID
    event: str
    scan_id: UUID
    url: str
    attempts: int
    last_status: int | None
    last_error: str | None
    next_attempt_at: datetime | None
    delivered_at: datetime | None
    given_up_at: datetime | None
    created_at: datetime

    @property
    def status(self) -> Literal["pending", "delivered", "given_up"]:
        """Where it stands."""
        if self.delivered_at is not None:
            return "delivered"
        return "pending" if self.given_up_at is None else "given_up"


def new_secret() -> str:
    """A signing secret: `whsec_` and 256 random bits."""
    return "whsec_" + secrets.token_urlsafe(32)


def sign(secret: str, body: bytes, at: int) -> str:
    """The signature header's value: `at` in seconds since the epoch, and HMAC-SHA256 over it and the raw body."""
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def payload(
    *,
    delivery_id: UUID,
    event: str,
    at: datetime,
    scan_id: UUID,
    url: str,
    score: float | None,
    issues: Mapping[str, int] | None,
    alert: Mapping[str, object] | None = None,
) -> bytes:
    """The message's body. `issues` counts different issues by severity; what isn't known counts none.

    `alert` tells of an alert of a monitor, or of its recovery (`state`).
    """
    counts = issues or {}
    return msgspec.json.encode(
        {
            "event": event,
            "occurred_at": rfc3339(at),
            "delivery_id": str(delivery_id),
            "data": {
                "scan_id": str(scan_id),
                "url": url,
                "score": score,
                "issues": {name: counts.get(name, 0) for name in SEVERITIES},
                **({"alert": alert} if alert is not None else {}),
            },
        }
    )


def retry_after(attempts: int) -> float | None:
    """Seconds from the first attempt to the one that follows `attempts`; None when there have been enough."""
    return RETRIES[attempts - 1] if attempts <= len(RETRIES) else None


def _sealed(secret: str, key: str) -> bytes:
    return seal({"secret": secret}, key)


def opened(sealed: bytes, key: str) -> str:
    """The secret. Raises `ValueError` when `key` isn't the one that it was sealed with."""
    return str(unseal(sealed, key)["secret"])


async def create(
    conn: Connection, *, user_id: UUID, test: bool, url: str | None, events: Collection[str], key: str
) -> tuple[Webhook, str]:
    """Add a webhook, or without `url` give the default one a new secret; its record, and the secret to show once.

    Raises `ConflictError` when there are too many.
    """
    secret = new_secret()
    values = {
        "id": uuid7(),
        "user_id": user_id,
        "test": test,
        "url": url,
        "secret": _sealed(secret, key),
        "events": [name for name in EVENTS if name in events],
    }
    async with conn.transaction():
        await conn.execute(_SQL["lock_user"], values)
        if url is not None:
            row = await (await conn.execute(_SQL["count"], values)).fetchone()
            if row is not None and row["n"] >= MOST:
                message = f"There are {MOST} webhooks already; delete one first."
                raise ConflictError(message)
        row = await (await conn.execute(_SQL["insert" if url is not None else "renew_default"], values)).fetchone()
    return msgspec.convert(row, Webhook), secret


async def default_secret(conn: Connection, user_id: UUID, *, test: bool, key: str) -> str:
    """What signs messages to a user's scans' own addresses, made when it is first needed."""
    values = {
        "id": uuid7(),
        "user_id": user_id,
        "test": test,
        "secret": _sealed(new_secret(), key),
        "events": list(EVENTS),
    }
    row = await (await conn.execute(_SQL["need_default"], values)).fetchone()
    return opened(row["secret"] if row else b"", key)


async def get(conn: Connection, webhook_id: UUID) -> Webhook | None:
    """The webhook, None when there is none."""
    row = await (await conn.execute(_SQL["get"], {"id": webhook_id})).fetchone()
    return msgspec.convert(row, Webhook) if row else None


async def list_of(conn: Connection, user_id: UUID, *, test: bool) -> list[Webhook]:
    """A user's webhooks, newest first."""
    rows = await (await conn.execute(_SQL["list"], {"user_id": user_id, "test": test})).fetchall()
    return msgspec.convert(rows, list[Webhook])


async def delete(conn: Connection, webhook_id: UUID) -> None:
    """Delete a webhook with its log; nothing more is sent to it."""
    await conn.execute(_SQL["delete"], {"id": webhook_id})


async def deliveries(conn: Connection, webhook: Webhook, *, before: UUID, limit: int) -> Sequence[Delivery]:
    """Messages of a webhook with ids below `before`, newest first."""
    values = {"before": before, "limit": limit, "test": webhook.test}
    if webhook.url is None:
        cursor = await conn.execute(_DELIVERIES["list_own"], {**values, "user_id": webhook.user_id})
    else:
        cursor = await conn.execute(_DELIVERIES["list"], {**values, "webhook_id": webhook.id})
    return msgspec.convert(await cursor.fetchall(), list[Delivery])
