"""Scans watched live: one look at Postgres for all who watch the same scan in this process, however many they are."""

import asyncio
import secrets
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import msgspec

from api_gateway.state import Gateway
from api_gateway.views import progress
from shared import scans
from shared.db.pool import AWAY, Connection, connection
from shared.db.queries import queries
from shared.errors import RateLimitError, UnavailableError
from shared.logs import get_logger

POLL_SECONDS = 0.5
PER_HUB_SECONDS = 0.01
"""Many watched scans are looked at less often: at most 100 looks a second over all."""
AWAY_SECONDS = 2.0
LINGER_SECONDS = 15.0
"""How long a scan is watched on after the last one left, so that who comes back goes on where the connection broke."""
CHUNKS_AT_ONCE = 20
"""Chunks (of 50 pages) read in one look; who joins a large scan late is told of its findings bit by bit."""
LOOK_AHEAD = 200
FINDINGS_AT_ONCE = 100
WAKE_SECONDS = 1.0
PER_CALLER = 10
MOST = 500
ENDED = "end"

_SQL = queries("live")


class Hub:
    """One scan as it goes on: its latest progress, and a finding for each check and severity, in order of appearance.

    What a watcher has had is a number, so that a slow one costs nothing: it skips progress, and goes on with the
    findings where it left off. There are no more of them than checks times severities.
    """

    def __init__(self, gateway: Gateway, scan_id: UUID, draining: Callable[[], bool]) -> None:
        """Nothing is known yet."""
        self.name = secrets.token_hex(4)
        self.findings: list[bytes] = []
        self.progress = b""
        self.end = b""
        self.closed = False
        self.watchers = 0
        self.changed = asyncio.Event()
        self._gateway = gateway
        self._scan_id = scan_id
        self._draining = draining
        self._known: set[tuple[str, str]] = set()
        self._floor = 0
        self._done: dict[int, int] = {}
        self._counts: tuple[object, ...] = ()

    def _publish(self) -> None:
        changed, self.changed = self.changed, asyncio.Event()
        changed.set()

    async def watch(self, interval: Callable[[], float]) -> None:
        """Look until the scan has ended, nobody watches any more, or the process drains."""
        loop = asyncio.get_running_loop()
        seen = loop.time()
        try:
            while not self.end and not self._draining() and loop.time() - seen < LINGER_SECONDS:
                pause = interval()
                try:
                    await self._look()
                except AWAY as error:
                    get_logger().warning("stream.unavailable", error=type(error).__name__)
                    pause = AWAY_SECONDS
                if self.end or self.closed:
                    break
                await asyncio.sleep(pause)
                if self.watchers:
                    seen = loop.time()
        finally:
            self.closed = True
            self._publish()

    async def _look(self) -> None:
        async with connection(self._gateway.pool) as conn:
            row = await scans.get(conn, self._scan_id)
            if row is None:
                self.closed = True
                return
            if row["status"] == "running":
                new = await self._read_chunks(conn)
            else:
                new = await (await conn.execute(_SQL["issues"], {"scan_id": self._scan_id})).fetchall()
        self._note(row, new)

    async def _read_chunks(self, conn: Connection) -> list[dict[str, Any]]:
        """Findings of chunks that have got on since the last look."""
        values = {"scan_id": self._scan_id, "floor": self._floor, "most": LOOK_AHEAD}
        rows = await (await conn.execute(_SQL["chunks"], values)).fetchall()
        grown = [row for row in rows if row["done"] > self._done.get(row["no"], 0)][:CHUNKS_AT_ONCE]
        found: list[dict[str, Any]] = []
        if grown:
            values = {
                "scan_id": self._scan_id,
                "froms": [row["seq_from"] for row in grown],
                "tos": [row["seq_to"] for row in grown],
            }
            found = await (await conn.execute(_SQL["findings"], values)).fetchall()
        self._done.update((row["no"], row["done"]) for row in grown)
        for row in rows:
            if not row["ended"] or row["done"] > self._done.get(row["no"], 0):
                break
            self._floor = row["no"] + 1
            self._done.pop(row["no"], None)
        return found

    def _note(self, row: dict[str, Any], found: list[dict[str, Any]]) -> None:
        before = (self.progress, len(self.findings), self.end)
        for one in found:
            key = (one["check"], one["severity"])
            if key not in self._known:
                self._known.add(key)
                self.findings.append(msgspec.json.encode(one))
        told = {"scan_id": str(self._scan_id), "status": row["status"], **progress(row, self._gateway)}
        # Rate and time left change with every look; they alone are no news.
        counts = tuple(told[name] for name in ("status", "phase", "found", "done", "failed", "skipped"))
        if counts != self._counts:
            self._counts = counts
            self.progress = msgspec.json.encode(told)
        if row["status"] != "running":
            self.end = _end(row)
        if before != (self.progress, len(self.findings), self.end):
            self._publish()

    def position(self, last_event_id: str) -> int:
        """How many findings a watcher has had who names this as the last event; 0 for one that isn't this hub's."""
        name, _, number = last_event_id.partition(".")
        fits = name == self.name and number.isascii() and number.isdigit() and len(number) < 6  # noqa: PLR2004
        return min(int(number), len(self.findings)) if fits else 0

    async def follow(self, position: int) -> AsyncGenerator[bytes]:
        """Events as they go over the wire, from `position` on; b"" at least every second, to look around."""
        told = b""
        while True:
            changed = self.changed
            pieces: list[bytes] = []
            if self.progress != told:
                told = self.progress
                pieces.append(event("progress", f"{self.name}.{position}", told))
            for one in self.findings[position : position + FINDINGS_AT_ONCE]:
                position += 1
                pieces.append(event("finding", f"{self.name}.{position}", one))
            behind = position < len(self.findings)
            last = not behind and (self.closed or bool(self.end))
            if last and self.end:
                pieces.append(event("end", ENDED, self.end))
            yield b"".join(pieces)
            if last:
                return
            if not behind and changed is self.changed:
                await _wait(changed, WAKE_SECONDS)


async def _wait(changed: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await changed.wait()
    except TimeoutError:
        return


def _end(row: dict[str, Any]) -> bytes:
    result: dict[str, Any] = row["result"] or {}
    told = {
        "scan_id": str(row["id"]),
        "status": row["status"],
        "reason": row["reason"],
        "score": row["score"],
        "grade": result.get("grade"),
    }
    return msgspec.json.encode(told)


def event(kind: str, name: str, data: bytes) -> bytes:
    """An event on the wire: JSON holds no line ends, so one line of data is enough.

    https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
    """
    return b"id: %b\nevent: %b\ndata: %b\n\n" % (name.encode(), kind.encode(), data)


class Streams:
    """All streams of this process: counted per caller, one hub a scan."""

    def __init__(self, gateway: Gateway, draining: Callable[[], bool]) -> None:
        """Nobody watches yet."""
        self._gateway = gateway
        self._draining = draining
        self._hubs: dict[UUID, Hub] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._callers: Counter[str] = Counter()

    @property
    def hubs(self) -> int:
        """Scans that are being watched."""
        return len(self._hubs)

    @property
    def watchers(self) -> int:
        """Open streams."""
        return self._callers.total()

    def _interval(self) -> float:
        return max(POLL_SECONDS, PER_HUB_SECONDS * len(self._hubs))

    @contextmanager
    def joined(self, owner: str, scan_id: UUID) -> Generator[Hub]:
        """Watch a scan for the length of the block. Raises `RateLimitError` or `UnavailableError`."""
        if self._draining() or self.watchers >= MOST:
            raise UnavailableError("This gateway has no room for another stream.", retry_after=5)
        if self._callers[owner] >= PER_CALLER:
            message = f"You have {PER_CALLER} streams open already."
            raise RateLimitError(message, retry_after=10)
        self._callers[owner] += 1
        hub = self._hub(scan_id)
        hub.watchers += 1
        try:
            yield hub
        finally:
            hub.watchers -= 1
            self._callers[owner] -= 1
            if not self._callers[owner]:
                del self._callers[owner]

    def _hub(self, scan_id: UUID) -> Hub:
        hub = self._hubs.get(scan_id)
        if hub is None or hub.closed:
            hub = self._hubs[scan_id] = Hub(self._gateway, scan_id, self._draining)
            task = asyncio.create_task(hub.watch(self._interval), name=f"watch-{scan_id}")
            self._tasks.add(task)
            task.add_done_callback(lambda done: self._ended(scan_id, hub, done))
        return hub

    def _ended(self, scan_id: UUID, hub: Hub, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if self._hubs.get(scan_id) is hub:
            del self._hubs[scan_id]
        if not task.cancelled() and (error := task.exception()) is not None:
            get_logger().error("stream.failed", scan_id=str(scan_id), error=f"{type(error).__name__}: {error}"[:300])
