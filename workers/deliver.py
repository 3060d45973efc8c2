"""One attempt to deliver a webhook's message: claim it, sign it, post it, write down what became of it."""

import asyncio
from typing import Any
from uuid import UUID

import structlog
from msgspec import Struct

from shared import webhooks
from shared.clock import Clock
from shared.db.pool import AWAY, Pool, connection
from shared.db.queries import queries
from shared.logs import get_logger
from shared.metrics import WEBHOOK_DELIVERIES
from shared.settings import Settings
from workers.fetch.sender import Sender, Sent

LEASE_SECONDS = 25.0
"""An attempt takes at most 10 s; a worker that is silent for longer is lost, and the message is sent again."""
LEAST_SECONDS = 15.0
"""Between attempts, also where an outage of ours has let several retries fall due."""
AGENT = "Scanfleet-Webhook/1.0"

_SQL = queries("deliveries")


class Mailroom(Struct, frozen=True, kw_only=True):
    """What delivering needs of a worker process."""

    settings: Settings
    pool: Pool
    sender: Sender
    clock: Clock
    drain: asyncio.Event


async def deliver(room: Mailroom, delivery_id: UUID, request_id: str) -> None:
    """Try a message that is due, once. Repeated, late and lost hints are all harmless."""
    with structlog.contextvars.bound_contextvars(delivery_id=str(delivery_id), request_id=request_id):
        if room.drain.is_set():
            return
        try:
            row = await _claim(room, delivery_id)
            if row is None:
                return
            outcome = await _settle(room, row, await _attempt(room, row))
        except AWAY as error:
            outcome = "unavailable"
            get_logger().warning("webhook.unavailable", error=type(error).__name__)
        WEBHOOK_DELIVERIES.labels(outcome).inc()


async def _claim(room: Mailroom, delivery_id: UUID) -> dict[str, Any] | None:
    async with connection(room.pool) as conn:
        cursor = await conn.execute(_SQL["claim"], {"id": delivery_id, "lease": LEASE_SECONDS})
        return await cursor.fetchone()


async def _attempt(room: Mailroom, row: dict[str, Any]) -> Sent:
    if webhooks.retry_after(row["attempts"] - 1) is None:
        return Sent(None, "the service was interrupted during the last attempt")
    try:
        secret = await _secret(room, row)
    except ValueError:
        return Sent(None, "the secret can't be read any more; make this webhook anew")
    body = bytes(row["payload"])
    headers = {
        "Content-Type": "application/json",
        "User-Agent": AGENT,
        "X-Scanfleet-Event": row["event"],
        "X-Scanfleet-Delivery": str(row["id"]),
    }
    if secret is not None:
        headers[webhooks.SIGNATURE] = webhooks.sign(secret, body, int(room.clock.now()))
    return await room.sender.post(row["url"], body, headers)


async def _secret(room: Mailroom, row: dict[str, Any]) -> str | None:
    """The webhook's own, the user's default one, or none for a guest, who has nobody to share it with."""
    key = room.settings.secret_key
    if row["secret"] is not None:
        return webhooks.opened(bytes(row["secret"]), key)
    if row["user_id"] is None:
        return None
    async with connection(room.pool) as conn:
        return await webhooks.default_secret(conn, row["user_id"], test=row["test"], key=key)


async def _settle(room: Mailroom, row: dict[str, Any], sent: Sent) -> str:
    """Write the attempt down, unless the webhook was deleted or the lease was lost meanwhile."""
    wait = webhooks.retry_after(row["attempts"])
    values = {
        "id": row["id"],
        "fence": row["fence"],
        "status": sent.status,
        "error": sent.error,
        "delivered": sent.delivered,
        "wait": wait,
        "least": LEAST_SECONDS,
    }
    async with connection(room.pool) as conn:
        kept = await (await conn.execute(_SQL["settle"], values)).fetchone()
    outcome = "delivered" if sent.delivered else "retried" if wait is not None else "given_up"
    if kept is None:
        outcome = "lost"
    get_logger().info(
        f"webhook.{outcome}", status=sent.status, error=sent.error, attempts=row["attempts"], url=row["url"]
    )
    return outcome
