"""What every chore may use."""

from msgspec import Struct, field
from redis.asyncio import Redis

from shared.clock import Clock
from shared.db.pool import Pool
from shared.settings import Settings


class Seen(Struct):
    """Since when a host has had open work, and since when without a break ready work (monotonic seconds)."""

    first: float
    ready: float | None = None


class Memory(Struct):
    """What chores remember from one run to the next. Nothing breaks when it is forgotten."""

    seen: float | None = None
    """When Postgres last answered (monotonic seconds)."""
    lenient_until: float = 0.0
    """Until then nobody is blamed for a lease that ended (monotonic seconds)."""
    singles_left: int = 0
    """Single scans sent and not begun when the dispatcher last ended."""
    repeat_all: bool = True
    """Messages may have been lost, so everything is sent again."""
    swept: set[tuple[str, bytes]] = field(default_factory=set[tuple[str, bytes]])
    """By queue and id: messages that looked lost at the last sweep."""
    taken: dict[tuple[str, bytes], float] = field(default_factory=dict[tuple[str, bytes], float])
    """By ack set and id: since when a worker has been seen to hold a message (monotonic seconds)."""
    hosts: dict[tuple[str, str, str], Seen] = field(default_factory=dict[tuple[str, str, str], Seen])
    """By queue, host and manners: hosts with more than one open chunk at the last look."""


class Office(Struct, frozen=True, kw_only=True):
    """The scheduler's connections, settings and memory."""

    settings: Settings
    pool: Pool
    redis: Redis
    clock: Clock
    memory: Memory = field(default_factory=Memory)
