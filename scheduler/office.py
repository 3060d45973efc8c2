"""What every chore may use."""

from msgspec import Struct
from redis.asyncio import Redis

from shared.clock import Clock
from shared.db.pool import Pool
from shared.settings import Settings


class Office(Struct, frozen=True, kw_only=True):
    """The scheduler's connections and settings."""

    settings: Settings
    pool: Pool
    redis: Redis
    clock: Clock
