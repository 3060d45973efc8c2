"""Webhooks and the log of their messages."""

from typing import Literal
from uuid import UUID

from msgspec import Struct

from api_gateway.replies.names import Moment
from shared.webhooks import EventName


class WebhookItem(Struct, frozen=True):
    """A webhook; `url` null is the default one, for scans' own `webhook_url`."""

    id: UUID
    url: str | None
    events: list[EventName]
    created_at: Moment


class WebhookSecret(WebhookItem, frozen=True):
    """A webhook with its signing secret, which is shown this once."""

    secret: str


class WebhookList(Struct, frozen=True):
    """The user's webhooks, newest first."""

    items: list[WebhookItem]


class WebhookDeleted(Struct, frozen=True):
    """The webhook is gone."""

    id: UUID
    deleted: bool


class DeliveryItem(Struct, frozen=True):
    """A message; `attempts` counts those begun, `next_attempt_at` is null once it was delivered or given up."""

    delivery_id: UUID
    event: EventName
    scan_id: UUID
    url: str
    status: Literal["pending", "delivered", "given_up"]
    attempts: int
    last_status: int | None
    last_error: str | None
    next_attempt_at: Moment | None
    delivered_at: Moment | None
    given_up_at: Moment | None
    created_at: Moment


class DeliveryList(Struct, frozen=True):
    """A stretch of messages, newest first; `next_cursor` is None at the end."""

    items: list[DeliveryItem]
    next_cursor: str | None
