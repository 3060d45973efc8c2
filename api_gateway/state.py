"""What every handler may use, and who is calling."""

from collections.abc import Mapping

from aiohttp import web
from msgspec import Struct
from redis.asyncio import Redis

from api_gateway.attempts import Attempts
from api_gateway.callers import Caller
from api_gateway.credentials import Credentials
from api_gateway.meter import Meter
from api_gateway.passwords import Passwords
from api_gateway.sessions import Sessions
from api_gateway.together import Together
from shared.clock import Clock
from shared.db.pool import Pool
from shared.quota import Decision, Limiter
from shared.settings import Settings
from shared.tiers import Tier


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
    together: Together
    clock: Clock
    tiers: Mapping[str, Tier]


__all__ = ["CALLER", "DECISION", "GATEWAY", "QUOTA", "REQUEST_ID", "Caller", "Gateway"]

GATEWAY = web.AppKey("gateway", Gateway)
CALLER = web.RequestKey("caller", Caller)
REQUEST_ID = web.RequestKey("request_id", str)
DECISION = web.RequestKey("decision", Decision)
QUOTA = web.RequestKey("quota", tuple[str, int, int, int | None])
"""(mode, limit, used, seconds until a unit comes back or None while some are left) of the quota that was asked."""
