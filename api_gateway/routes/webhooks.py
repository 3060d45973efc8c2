"""Webhooks: who is told when a scan ends, and the log of what was sent."""

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from aiohttp import web
from msgspec import Meta, Struct

from api_gateway.bodies import path_id, read_body
from api_gateway.parameters import CURSOR, LIMIT
from api_gateway.replies.webhooks import DeliveryList, WebhookDeleted, WebhookList, WebhookSecret
from api_gateway.routes.results import make_cursor, read_cursor
from api_gateway.routing import Route, route
from api_gateway.state import CALLER, GATEWAY, Caller, Gateway
from api_gateway.wire import success
from shared import webhooks
from shared.db.pool import Connection, connection
from shared.errors import ConflictError, ForbiddenError, InternalError, InvalidUrlError, NotFoundError
from shared.network import BadUrl, check_url
from shared.requests import Url
from shared.webhooks import EVENTS, Delivery, EventName, Webhook

_CURSOR = tuple[UUID]
_LAST = UUID(int=(1 << 128) - 1)


class WebhookRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """The body of POST /webhooks. `url` null stands for the `webhook_url` that scans are started with."""

    url: Url | None
    events: Annotated[list[EventName], Meta(min_length=1, max_length=len(EVENTS))] = msgspec.field(
        default_factory=lambda: list(EVENTS)
    )


def webhook_view(webhook: Webhook) -> dict[str, Any]:
    """A webhook as the API shows it."""
    return {
        "id": str(webhook.id),
        "url": webhook.url,
        "events": list(webhook.events),
        "created_at": webhook.created_at,
    }


def delivery_view(delivery: Delivery) -> dict[str, Any]:
    """A message as the API shows it."""
    status: Literal["pending", "delivered", "given_up"] = delivery.status
    names = ("attempts", "last_status", "last_error", "next_attempt_at", "delivered_at", "given_up_at", "created_at")
    return {
        "delivery_id": str(delivery.id),
        "event": delivery.event,
        "scan_id": str(delivery.scan_id),
        "url": delivery.url,
        "status": status,
        **{name: getattr(delivery, name) for name in names},
    }


def _user(caller: Caller) -> UUID:
    if caller.user_id is None:
        message = "A guest got past the scopes."
        raise InternalError(message)
    return caller.user_id


def _address(asked: WebhookRequest, gateway: Gateway) -> str | None:
    if asked.url is None:
        return None
    try:
        return check_url(asked.url, allow_networks=gateway.settings.allow_networks)
    except BadUrl as error:
        raise InvalidUrlError(str(error), param="url") from error


async def _own(conn: Connection, request: web.Request) -> Webhook:
    """The webhook in the path. Live and test credentials don't see each other's."""
    caller = request[CALLER]
    webhook = await webhooks.get(conn, path_id(request, "id", "webhook"))
    if webhook is None or (webhook.user_id == caller.user_id and webhook.test != caller.test):
        message = "There is no webhook with this id."
        raise NotFoundError(message)
    if webhook.user_id != caller.user_id:
        message = "This webhook belongs to somebody else."
        raise ForbiddenError(message)
    return webhook


@route("GET", "/webhooks", summary="The user's webhooks", scope="read", reply=WebhookList)
async def list_webhooks(request: web.Request) -> web.Response:
    """Newest first, without their secrets."""
    gateway, caller = request.app[GATEWAY], request[CALLER]
    async with connection(gateway.pool) as conn:
        found = await webhooks.list_of(conn, _user(caller), test=caller.test)
    return success(request, {"items": [webhook_view(one) for one in found]}, gateway.clock)


@route(
    "POST",
    "/webhooks",
    summary="Add a webhook",
    scope="scan",
    body=WebhookRequest,
    reply=WebhookSecret,
    status=201,
    errors=(InvalidUrlError, ConflictError),
)
async def create_webhook(request: web.Request) -> web.Response:
    """At most 20 per user. The answer is the only one that shows `secret`, which signs every message.

    With `url` null it is the user's default webhook: it has no address of its own, its secret signs what is sent to
    the `webhook_url` of scans, and its `events` say which of them are. It comes into being when it is first needed;
    posting it again gives it a new secret, which holds from then on. Messages to guests' addresses are not signed.
    """
    gateway, caller = request.app[GATEWAY], request[CALLER]
    asked = await read_body(request, WebhookRequest)
    url = _address(asked, gateway)
    async with connection(gateway.pool) as conn:
        webhook, secret = await webhooks.create(
            conn,
            user_id=_user(caller),
            test=caller.test,
            url=url,
            events=asked.events,
            key=gateway.settings.secret_key,
        )
    data = {**webhook_view(webhook), "secret": secret}
    return success(request, data, gateway.clock, status=201, headers={"Cache-Control": "no-store"})


@route(
    "DELETE",
    "/webhooks/{id}",
    summary="Delete a webhook",
    scope="scan",
    reply=WebhookDeleted,
    errors=(ForbiddenError,),
)
async def delete_webhook(request: web.Request) -> web.Response:
    """Nothing more is sent to it, and its log goes with it."""
    gateway = request.app[GATEWAY]
    async with connection(gateway.pool) as conn:
        webhook = await _own(conn, request)
        await webhooks.delete(conn, webhook.id)
    return success(request, {"id": str(webhook.id), "deleted": True}, gateway.clock)


@route(
    "GET",
    "/webhooks/{id}/deliveries",
    summary="A webhook's messages",
    scope="read",
    query=(CURSOR, LIMIT),
    reply=DeliveryList,
    errors=(ForbiddenError,),
)
async def list_deliveries(request: web.Request) -> web.Response:
    """Newest first. The default webhook's are those to scans' own `webhook_url`."""
    gateway = request.app[GATEWAY]
    limit: int = LIMIT.read(request)
    before = (read_cursor(request, _CURSOR) or (_LAST,))[0]
    async with connection(gateway.pool) as conn:
        webhook = await _own(conn, request)
        found = await webhooks.deliveries(conn, webhook, before=before, limit=limit + 1)
    cursor = make_cursor(found[limit - 1].id) if len(found) > limit else None
    data = {"items": [delivery_view(one) for one in found[:limit]], "next_cursor": cursor}
    return success(request, data, gateway.clock)


ROUTES: list[Route] = [list_webhooks, create_webhook, delete_webhook, list_deliveries]
