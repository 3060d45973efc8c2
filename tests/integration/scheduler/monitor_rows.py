"""Users and monitors in numbers, put straight into Postgres."""

import random
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from shared.db.pool import Connection

_USER = """
INSERT INTO users (id, email, password_hash, tier, overrides) VALUES (%(id)s, %(email)s, 'x', %(tier)s, %(overrides)s)
"""
_MONITOR = """
INSERT INTO monitors (id, owner, user_id, test, name, url, host, mode, options, schedule, timezone, jitter_seconds,
  enabled, next_run_at)
VALUES (%(id)s, 'user:' || %(user_id)s::text, %(user_id)s, %(test)s, 'm', %(url)s, %(host)s, %(mode)s, %(options)s,
  %(schedule)s, %(timezone)s, %(jitter)s, %(next_run_at)s::timestamptz IS NOT NULL, %(next_run_at)s)
"""


async def add_users(conn: Connection, count: int, *, tier: str = "pro", **overrides: int) -> list[uuid.UUID]:
    random_ = random.Random(count)
    users = [uuid.UUID(int=random_.getrandbits(128), version=4) for _ in range(count)]
    rows = [{"id": user, "email": f"{user}@example.com", "tier": tier, "overrides": Jsonb(overrides)} for user in users]
    async with conn.cursor() as cursor:
        await cursor.executemany(_USER.encode(), rows)
    return users


def a_row(user_id: uuid.UUID, number: int, next_run_at: datetime | None, **changes: Any) -> dict[str, Any]:
    host = changes.pop("host", f"m{number}.example.com")
    return {
        "id": uuid.uuid5(user_id, str(number)),
        "user_id": user_id,
        "test": False,
        "url": f"https://{host}/",
        "host": host,
        "mode": "single",
        "options": Jsonb(changes.pop("options", {})),
        "schedule": "daily",
        "timezone": "UTC",
        "jitter": 0,
        "next_run_at": next_run_at,
        **changes,
    }


async def add_monitors(conn: Connection, rows: Sequence[dict[str, Any]]) -> None:
    async with conn.cursor() as cursor:
        await cursor.executemany(_MONITOR.encode(), rows)
