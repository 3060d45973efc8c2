"""Clients with deadlines. redis-py's defaults hang for up to a minute and re-send writes; both are switched off."""

from typing import Any

from redis import Redis as SyncRedis
from redis.asyncio import Redis
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry

from shared.redis.lines import MOST

CONNECT_SECONDS = 1.0


def connect(url: str, *, timeout: float = 0.5, connections: int = 64) -> Redis:
    """An asyncio client: every command ends within `timeout` seconds (connecting within 1 s) and is sent once.

    At most `connections` commands at once, besides those of scripts.
    """
    # redis-py leaves parts of the signature untyped.
    make: Any = Redis.from_url  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    client: Redis = make(
        url,
        socket_timeout=timeout,
        socket_connect_timeout=min(CONNECT_SECONDS, timeout * 2),
        retry=AsyncRetry(NoBackoff(), 0),
        retry_on_error=[],
        max_connections=connections + MOST,
        health_check_interval=0,
    )
    return client


def connect_sync(url: str, *, timeout: float = 5.0) -> SyncRedis:
    """A blocking client for dramatiq's own threads, under the same rules."""
    make: Any = SyncRedis.from_url  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    client: SyncRedis = make(
        url,
        socket_timeout=timeout,
        socket_connect_timeout=CONNECT_SECONDS,
        retry=Retry(NoBackoff(), 0),
        retry_on_error=[],
        health_check_interval=0,
    )
    return client
