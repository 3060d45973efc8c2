"""Accounts, sessions, API keys, use and limits."""

from typing import Literal
from uuid import UUID

from msgspec import Struct

from api_gateway.replies.names import Moment, ScopeName


class Registered(Struct, frozen=True):
    """The same whether the address is new or was registered before."""

    email: str
    tier: str


class LoggedIn(Struct, frozen=True):
    """A login token; `expires_in` is in seconds."""

    access_token: str
    token_type: Literal["Bearer"]
    expires_in: int


class Verified(Struct, frozen=True):
    """Whose token it is, and until when it holds."""

    valid: bool
    user_id: UUID
    email: str
    tier: str
    scopes: list[ScopeName]
    issued_at: Moment
    expires_at: Moment


class LoggedOut(Struct, frozen=True):
    """The token that was used is revoked."""

    revoked: bool


class TokenItem(Struct, frozen=True):
    """An API key without its secret; `prefix` shows how the secret begins and ends."""

    id: UUID
    client_id: str
    name: str
    prefix: str
    scopes: list[ScopeName]
    mode: Literal["live", "test"]
    created_at: Moment
    last_used_at: Moment | None
    revoked_at: Moment | None


class TokenSecret(TokenItem, frozen=True):
    """An API key with its secret in `token`, which is shown this once."""

    token: str


class TokenList(Struct, frozen=True):
    """The user's API keys, newest first; with an API key, those of its own mode."""

    items: list[TokenItem]


class Profile(Struct, frozen=True):
    """The caller's account."""

    id: UUID
    email: str
    tier: str
    created_at: Moment


class ModeUsage(Struct, frozen=True):
    """Scans of the last 24 hours; `next_free_at` is when the next unit comes back, null when none is used."""

    used: int
    limit: int
    next_free_at: Moment | None


class Limits(Struct, frozen=True):
    """What the account's tier allows, the account's own figures included."""

    requests_per_minute: int
    burst: int
    pages_per_scan: int
    running_scans: int
    monitors: int
    monitor_interval_hours: int
    kept_days: int


class Usage(Struct, frozen=True):
    """Use and limits. `requests_24h` is counted by the hour, and is 0 while Redis is away."""

    tier: str
    single: ModeUsage
    sitemap: ModeUsage
    crawl: ModeUsage
    requests_24h: int
    limits: Limits
