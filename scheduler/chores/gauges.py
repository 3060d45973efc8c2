"""Figures that only Postgres and Redis can tell: the autoscaler's signal, and messages set aside.

Ready is what further workers could begin. A host that wants pauses takes little at once however many come, so of its
chunks only that little is ready: otherwise a large site that asks for 10 s between requests would call for workers that
could do nothing, and be an alarm for as long as it takes.
"""

from typing import Any

from msgspec import Struct

from scheduler.chores.dispatch import MAX_PER_SCAN, POLITE_PER_SCAN
from scheduler.chores.webhooks import PER_OWNER
from scheduler.office import Office, Seen
from shared.db.pool import connection
from shared.db.queries import queries
from shared.jobs import ACTORS, CHUNK_QUEUE, SINGLE_QUEUE, WEBHOOK_QUEUE
from shared.manners import manners
from shared.metrics import DEAD_LETTERS, QUEUE_DEPTH, QUEUE_OLDEST

IN_POSTGRES = (SINGLE_QUEUE, CHUNK_QUEUE, WEBHOOK_QUEUE)
"""Queues whose work Postgres holds; of others Redis alone knows."""
SETTLED_SECONDS = 5.0
"""Until a host was seen for so long it counts as one that wants pauses: whether it does is known after the first
requests, a second or two after a scan was planned."""
PER_HOST = 2 * MAX_PER_SCAN
"""Chunks that the dispatcher has in flight for a host that wants no pauses, with as many workers as it reckons with."""

_CHUNKS = queries("chunks")
_DELIVERIES = queries("deliveries")


class Depth(Struct):
    """A queue's figures; `oldest` in seconds."""

    ready: int = 0
    leased: int = 0
    held: int = 0
    oldest: float = 0.0

    def add(self, row: dict[str, Any], ready: int, oldest: float) -> None:
        """Add a row's open work, of which so much is ready for so long."""
        self.ready += ready
        self.leased += row["leased"]
        self.held += row["open"] - row["leased"] - ready
        self.oldest = max(self.oldest, oldest if ready else 0.0)


async def backlog(office: Office) -> None:
    """Ready, leased and held work of each queue, and for how long the oldest ready one has been ready."""
    depths = {queue: Depth() for queue in IN_POSTGRES}
    async with connection(office.pool) as conn:
        rows = await (await conn.execute(_CHUNKS["backlog"])).fetchall()
        sending = await (await conn.execute(_DELIVERIES["backlog"], {"per_owner": PER_OWNER})).fetchone()
    now = office.clock.monotonic()
    before, office.memory.hosts = office.memory.hosts, {}
    for row in rows:
        ready, oldest = row["ready"], row["oldest"] or 0.0
        if row["host"] is not None:
            place = (row["queue"], row["host"], str(row["options"]))
            seen = office.memory.hosts[place] = before.get(place) or Seen(now)
            ready = max(0, min(ready, _room(office, row, settled=now - seen.first >= SETTLED_SECONDS)))
            if not ready or seen.ready is None:
                seen.ready = now if ready else None
            oldest = min(oldest, now - (seen.ready or now))
        depths[row["queue"]].add(row, ready, oldest)
    if sending is not None:
        depths[WEBHOOK_QUEUE].add(sending, sending["ready"], sending["oldest"] or 0.0)
    for queue, depth in depths.items():
        _show(queue, depth)


def _room(office: Office, row: dict[str, Any], *, settled: bool) -> int:
    """How many more chunks of the host could be under way."""
    asked = manners(row["options"], row["url"], office.settings.allow_networks)
    if settled and not asked.delay_ms and not row["put_off"]:
        most = PER_HOST
    else:
        most = asked.concurrency if row["queue"] == SINGLE_QUEUE else POLITE_PER_SCAN
    return most - int(row["leased"]) - int(row["waiting"])


def _show(queue: str, depth: Depth) -> None:
    QUEUE_DEPTH.labels(queue, "ready").set(depth.ready)
    QUEUE_DEPTH.labels(queue, "leased").set(depth.leased)
    QUEUE_DEPTH.labels(queue, "held").set(depth.held)
    QUEUE_OLDEST.labels(queue).set(depth.oldest)


async def dead_letters(office: Office) -> None:
    """Messages that no actor could take, and those of queues that Redis alone holds: acknowledged ones are gone."""
    for queue in sorted(set(ACTORS.values())):
        name = f"{office.settings.namespace}:{queue}"
        DEAD_LETTERS.labels(queue).set(await office.redis.zcard(f"{name}.XQ"))
        if queue not in IN_POSTGRES:
            QUEUE_DEPTH.labels(queue, "ready").set(await office.redis.hlen(f"{name}.msgs"))
