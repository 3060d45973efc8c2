"""What every handler may use, and who is calling."""

from collections.abc import Mapping
from typing import Literal
from uuid import UUID

from aiohttp import web
from msgspec import Struct
from redis.asyncio import Redis

from api_gateway.attempts import Attempts
from api_gateway.credentials import Credentials
from api_gateway.meter import Meter
from api_gateway.passwords import Passwords
from api_gateway.sessions import Claims, Sessions
from shared.clock import Clock
from shared.db.pool import Pool
from shared.intake import Requester
from shared.quota import Decision, Limiter, Rate
from shared.settings import Settings
from shared.tiers import Tier


class Caller(Requester, frozen=True, kw_only=True):
    """Who is calling. `rate_key` is the request limit's bucket, `session` the login."""

    kind: Literal["key", "jwt", "guest"]
    email: str | None
    scopes: frozenset[str]
    token_id: UUID | None
    rate_key: str
    session: Claims | None = None

    @property
    def rate(self) -> Rate:
        """The request limit that holds for this caller."""
        return Rate(self.tier.requests, self.tier.burst)


class Gateway(Struct, frozen=True, kw_only=True):
    """The gateway's parts."""

    settings: Settings
    pool: Pool
    redis: Redis
    limiter: Limiter
    credentials: Credentials
    sessions: Sessions
    attempts: Attempts
    passwords: Passwords
    meter: Meter
    clock: Clock
    tiers: Mapping[str, Tier]


GATEWAY = web.AppKey("gateway", Gateway)
CALLER = web.RequestKey("caller", Caller)
REQUEST_ID = web.RequestKey("request_id", str)
DECISION = web.RequestKey("decision", Decision)
QUOTA = web.RequestKey("quota", tuple[str, int, int, int])
"""(mode, limit, used, seconds until a unit comes back) of the daily quota that a request asked."""
