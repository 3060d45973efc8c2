"""Turns events into messages, each exactly once, and has workers send those that are due."""

from typing import Any

from scheduler.office import Office
from shared import webhooks
from shared.clock import uuid7
from shared.db.pool import Connection, connection
from shared.db.queries import queries
from shared.jobs import DeliveryJob, enqueue
from shared.logs import get_logger

EVENTS_AT_ONCE = 200
PER_OWNER = 8
"""Messages of one owner on their way at once. Each may hold a worker's thread for 10 s."""
MOST = 200
AGAIN_SECONDS = 60.0
"""After so long without a worker's claim a message in Redis counts as lost."""

_SQL = queries("webhooks")
_DELIVERIES = queries("deliveries")


async def plan(office: Office) -> None:
    """Write down who is to hear of new events, in the transaction that closes them."""
    async with connection(office.pool) as conn, conn.transaction():
        events = await (await conn.execute(_SQL["open_events"], {"most": EVENTS_AT_ONCE})).fetchall()
        if not events:
            return
        rows = await _messages(conn, events)
        async with conn.cursor() as cursor:
            await cursor.executemany(_DELIVERIES["add"], rows)
        await conn.execute(_SQL["close_events"], {"ids": [event["id"] for event in events]})
    get_logger().info("webhooks.planned", events=len(events), deliveries=len(rows))


async def _messages(conn: Connection, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    users = list({event["user_id"] for event in events if event["user_id"] is not None})
    known = await (await conn.execute(_SQL["targets"], {"users": users})).fetchall() if users else []
    by_owner: dict[object, list[dict[str, Any]]] = {}
    for webhook in known:
        by_owner.setdefault((webhook["user_id"], webhook["test"]), []).append(webhook)
    return [
        _message(event, *target)
        for event in events
        for target in _targets(event, by_owner.get((event["user_id"], event["test"]), []))
    ]


def _targets(event: dict[str, Any], hooks: list[dict[str, Any]]) -> list[tuple[object, str]]:
    """(webhook id, address) of everybody who is to hear of the event; a scan's own address has no id."""
    found: list[tuple[object, str]] = [
        (hook["id"], hook["url"]) for hook in hooks if hook["url"] is not None and event["kind"] in hook["events"]
    ]
    default = next((hook for hook in hooks if hook["url"] is None), None)
    if event["webhook_url"] is not None and (default is None or event["kind"] in default["events"]):
        found.append((None, event["webhook_url"]))
    return found


def _message(event: dict[str, Any], webhook_id: object, url: str) -> dict[str, Any]:
    delivery_id = uuid7()
    body = webhooks.payload(
        delivery_id=delivery_id,
        event=event["kind"],
        at=event["created_at"],
        scan_id=event["scan_id"],
        url=event["url"],
        score=event["score"],
        issues=event["issues"],
        alert=event["details"],
    )
    return {
        "id": delivery_id,
        "event_id": event["id"],
        "webhook_id": webhook_id,
        "scan_id": event["scan_id"],
        "user_id": event["user_id"],
        "owner": event["owner"],
        "test": event["test"],
        "event": event["kind"],
        "url": url,
        "payload": body,
    }


async def dispatch(office: Office) -> None:
    """Put what is due on the workers' queue, in fair shares; what a worker lost is due again."""
    values = {"again": AGAIN_SECONDS, "per_owner": PER_OWNER, "most": MOST}
    async with connection(office.pool) as conn:
        lost = (await conn.execute(_DELIVERIES["expire"])).rowcount
        rows = await (await conn.execute(_DELIVERIES["due"], values)).fetchall()
    if lost:
        get_logger().warning("webhooks.lease_lost", deliveries=lost)
    if not rows:
        return
    jobs = [DeliveryJob(row["id"], row["request_id"]) for row in rows]
    await enqueue(office.redis, office.settings.namespace, jobs)
    async with connection(office.pool) as conn:
        await conn.execute(_DELIVERIES["mark_dispatched"], {"ids": [row["id"] for row in rows]})
