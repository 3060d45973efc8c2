"""Scans of mixed modes by several users, as callers who mean it: every request is repeated until it is accepted."""

import asyncio
import random
import time
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

from aiohttp import ClientError, ClientSession, ClientTimeout
from psycopg.rows import dict_row

from shared import tokens, users, webhooks
from shared.db.pool import Connection
from tests.chaos.estate import SECRET, Estate
from tests.chaos.sites import pages_on

USERS = 4
QUOTA = {"single": 100_000, "sitemap": 100_000, "crawl": 100_000, "running": 30, "requests": 60_000, "burst": 60_000}
ENDED_SECONDS = 120.0
WINDOW = 200
"""Scans under way beyond which no more are asked for: what is left to do at the fault is the same on any machine."""
OPTIONS = {"disable_checks": ["perf.ttfb_slow", "perf.slow_page"], "concurrency": 4}
"""What depends on the time of day would differ between two runs without any fault."""


class Spec(NamedTuple):
    """A scan to be made: whose, of what, how."""

    user: int
    url: str
    mode: str


class Caller(NamedTuple):
    """A user with a key."""

    id: UUID
    key: str

    @property
    def owner(self) -> str:
        return f"user:{self.id}"


class Refusal(NamedTuple):
    """An answer other than 202: its status (None: no answer), how long it took, and when it came."""

    status: int | None
    seconds: float
    at: float


async def make_users(estate: Estate, count: int, prefix: str) -> list[Caller]:
    """New users, so that no scan knows an earlier one; each with a webhook for every event."""
    made: list[Caller] = []
    conn = await Connection.connect(estate.services.database_url, autocommit=True, row_factory=dict_row)
    async with conn:
        for number in range(count):
            email = f"{prefix}-{number}@example.com"
            user = await users.create(conn, email=email, password="correct horse", tier="pro")
            await users.update(conn, email, overrides=QUOTA)
            _, key = await tokens.create(
                conn, user_id=user.id, name="chaos", scopes=("read", "scan"), mode="live", pepper=SECRET
            )
            hook = f"http://127.0.0.1:{estate.site_port}/__hook"
            await webhooks.create(
                conn, user_id=user.id, test=False, url=hook, events=("scan.complete", "scan.error"), key=SECRET
            )
            made.append(Caller(user.id, key))
    return made


def specs(estate: Estate, count: int) -> list[Spec]:
    """Seven of ten are single pages, two sitemaps, one a crawl; each scan has a site of its own."""
    modes = ("single", "sitemap", "single", "crawl", "single", "sitemap", "single", "single", "single", "single")
    return [
        Spec(i % USERS, f"http://127.10.{i // 250}.{i % 250 + 1}:{estate.site_port}/", modes[i % len(modes)])
        for i in range(count)
    ]


def pages_of(spec: Spec) -> int:
    pages = pages_on(urlsplit(spec.url).netloc)
    return {"single": 1, "sitemap": pages, "crawl": pages + 1}[spec.mode]


class Load:
    """One round of scans, from the first request to the last event."""

    def __init__(self, estate: Estate, wanted: list[Spec], callers: list[Caller], seed: int, *, over: float) -> None:
        """`over`: seconds within which the requests are sent, at random times."""
        self.estate, self.wanted, self.callers = estate, wanted, callers
        self.rng = random.Random(seed)
        self.over = over
        self.accepted: dict[Spec, str] = {}
        self.refusals: list[Refusal] = []
        self.at: dict[str, float] = {}
        """When each scan was accepted."""
        self.gone: dict[str, float] = {}
        """When each was first seen to have ended."""
        self._asking = 0

    async def post(self) -> None:
        """Have every scan accepted, within a `watched` block."""
        times = sorted(self.rng.uniform(0, self.over) for _ in self.wanted)
        async with ClientSession(timeout=ClientTimeout(total=8)) as session:
            await asyncio.gather(*(self._one(session, *one) for one in zip(self.wanted, times, strict=True)))

    async def _one(self, session: ClientSession, spec: Spec, wait: float) -> None:
        await asyncio.sleep(wait)
        while len(self.at) - len(self.gone) + self._asking >= WINDOW:
            await asyncio.sleep(0.1)
        self._asking += 1
        headers = {
            "Authorization": f"Bearer {self.callers[spec.user].key}",
            "Idempotency-Key": f"{spec.mode}-{spec.url}",
        }
        body = {"url": spec.url, "mode": spec.mode, "options": OPTIONS}
        turn = self.rng.randrange(2)
        while True:
            turn += 1
            port = self.estate.ports[f"gateway-{turn % 2 + 1}"]
            began = time.monotonic()
            status: int | None = None
            try:
                async with session.post(
                    f"http://127.0.0.1:{port}/api/v1/scans", json=body, headers=headers
                ) as response:
                    status = response.status
                    answer = await response.json()
            except (ClientError, TimeoutError, OSError):
                answer = {}
            now = time.monotonic()
            if status == 202:
                self.accepted[spec] = answer["data"]["scan_id"]
                self.at[answer["data"]["scan_id"]] = now
                self._asking -= 1
                return
            assert status in {None, 503}, (status, answer)
            self.refusals.append(Refusal(status, now - began, now))
            await asyncio.sleep(self.rng.uniform(0.1, 0.4))

    @property
    def total(self) -> int:
        """Pages of all scans."""
        return sum(map(pages_of, self.wanted))

    async def reach(self, share: float, seconds: float = 600.0) -> None:
        """Wait until so much of the pages was asked for."""
        async with asyncio.timeout(seconds):
            while (await asyncio.to_thread(self.estate.control))["pages"] < share * self.total:
                await asyncio.sleep(0.1)

    async def committed(self) -> list[str]:
        rows = await self.estate.ask(
            "SELECT p.url FROM pages p JOIN scans s ON s.id = p.scan_id WHERE s.owner = ANY(%s)",
            [caller.owner for caller in self.callers],
        )
        return [row["url"] for row in rows]

    @asynccontextmanager
    async def watched(self) -> AsyncGenerator[None]:
        """Notice when scans end, for the length of the block."""
        task = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait({task})

    async def _watch(self) -> None:
        owners = [caller.owner for caller in self.callers]
        query = "SELECT id::text FROM scans WHERE owner = ANY(%s) AND status = 'running'"
        while True:
            asked = list(self.at)
            running = {row["id"] for row in await self.estate.ask(query, owners)}
            now = time.monotonic()
            self.gone.update((one, now) for one in asked if one not in running and one not in self.gone)
            await asyncio.sleep(0.25)

    async def ended(self, over: float, seconds: float = ENDED_SECONDS) -> tuple[float, float]:
        """Wait until everything accepted has ended, within a `watched` block.

        No scan may take longer than `seconds` after its acceptance and after `over`, the end of the fault. Returns the
        most that any took after `over`, of those accepted by then, and after their acceptance, of those accepted later.
        """
        while waiting := [max(over, at) for one, at in self.at.items() if one not in self.gone]:
            assert time.monotonic() - min(waiting) < self.estate.limit(seconds), await self.stuck()
            await asyncio.sleep(0.25)
        early = [self.gone[one] - over for one, at in self.at.items() if at <= over]
        late = [self.gone[one] - at for one, at in self.at.items() if at > over]
        return max(0.0, *early, 0.0), max(0.0, *late, 0.0)

    async def told(self, seconds: float = ENDED_SECONDS) -> Counter[str]:
        """Wait until every event was delivered; how often each message came."""
        owners = [caller.owner for caller in self.callers]
        query = (
            "SELECT count(*) FILTER (WHERE e.handled_at IS NULL) AS open,"
            " (SELECT count(*) FROM deliveries d WHERE d.owner = ANY(%s) AND d.delivered_at IS NULL) AS waiting"
            " FROM events e JOIN scans s ON s.id = e.scan_id WHERE s.owner = ANY(%s)"
        )
        began = time.monotonic()
        while True:
            row = (await self.estate.ask(query, owners, owners))[0]
            if row["open"] == row["waiting"] == 0:
                ours = await self.estate.ask("SELECT id::text FROM deliveries WHERE owner = ANY(%s)", owners)
                heard = (await asyncio.to_thread(self.estate.control, every=True))["hooks"]
                return Counter({row["id"]: heard.get(row["id"], 0) for row in ours})
            assert time.monotonic() - began < self.estate.limit(seconds), row
            await asyncio.sleep(0.25)

    async def stuck(self) -> str:
        rows = await self.estate.ask(
            "SELECT s.url, s.mode, s.phase, s.admitted_at, s.chunks_total, s.chunks_done, c.no, c.kind, c.status,"
            " c.attempts, c.fence, c.worker, c.lease_until - now() AS lease, c.dispatched_at - now() AS sent,"
            " c.not_before - now() AS due FROM scans s LEFT JOIN chunks c ON c.scan_id = s.id AND c.status <> 'done'"
            " WHERE s.owner = ANY(%s) AND s.status = 'running' LIMIT 10",
            [caller.owner for caller in self.callers],
        )
        return "scans are stuck:\n" + "\n".join(str(row) for row in rows)

    async def outcome(self) -> dict[Spec, dict[str, Any]]:
        """Everything that has come of each scan, in a form that two runs can be compared by."""
        ids = list(self.accepted.values())
        by_id: dict[str, dict[str, Any]] = {}
        for row in await self.estate.ask(
            "SELECT id::text, status, reason_code, score, found, done, failed, skipped, incomplete, result->'totals' AS"
            " totals, result->'categories' AS categories FROM scans WHERE id::text = ANY(%s)",
            ids,
        ):
            by_id[row.pop("id")] = row
        parts = {
            "pages": "SELECT scan_id::text, url, final_url, status, error, score, title, depth, checks FROM pages"
            " WHERE scan_id::text = ANY(%s) ORDER BY url",
            "issues": "SELECT scan_id::text, check_id, severity, pages, share, points_lost, points_back FROM issues"
            " WHERE scan_id::text = ANY(%s) ORDER BY check_id, severity",
            "found_at_site": "SELECT scan_id::text, check_id, severity, url, count(*) AS n FROM site_findings"
            " WHERE scan_id::text = ANY(%s) GROUP BY 1, 2, 3, 4 ORDER BY 2, 3, 4",
            "events": "SELECT scan_id::text, kind FROM events WHERE scan_id::text = ANY(%s)",
            "deliveries": "SELECT scan_id::text, event, webhook_id IS NULL AS own FROM deliveries"
            " WHERE scan_id::text = ANY(%s)",
            "units": "SELECT scan_id::text, mode FROM quota_uses WHERE scan_id::text = ANY(%s)",
            "urls": "SELECT scan_id::text, url, skip FROM urls WHERE scan_id::text = ANY(%s) ORDER BY url",
        }
        for name, query in parts.items():
            of: defaultdict[str, list[Any]] = defaultdict(list)
            for row in await self.estate.ask(query, ids):
                of[row.pop("scan_id")].append(row)
            for scan_id, entry in by_id.items():
                entry[name] = of[scan_id]
        return {spec: by_id[scan_id] for spec, scan_id in self.accepted.items() if scan_id in by_id}

    async def rows(self) -> tuple[int, int]:
        """(scans, quota units) of these users in all: one too many means a request that counted twice."""
        owners = [caller.owner for caller in self.callers]
        row = await self.estate.ask(
            "SELECT (SELECT count(*) FROM scans WHERE owner = ANY(%s)) AS scans,"
            " (SELECT count(*) FROM quota_uses WHERE owner = ANY(%s)) AS units",
            owners,
            owners,
        )
        return row[0]["scans"], row[0]["units"]
