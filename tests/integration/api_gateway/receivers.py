"""A receiver of webhooks on loopback, and a scheduler and a worker to send to it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import msgspec
from aiohttp import web
from aiohttp.test_utils import TestServer
from redis.asyncio import Redis

from scheduler.chores import webhooks as chores
from scheduler.office import Office
from shared.clock import SYSTEM
from shared.db.pool import make_pool
from shared.settings import Settings
from workers.deliver import Mailroom, deliver
from workers.fetch.guard import Guard
from workers.fetch.sender import Sender


class Receiver:
    """Remembers what it was sent; answers with `status`, or not at all while `hang` is set."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.status = 200
        self.hang = False
        self.url = ""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.got.append((dict(request.headers), await request.read()))
        while self.hang:
            await asyncio.sleep(0.01)
        return web.Response(status=self.status, headers={"Location": self.url + "/elsewhere"}, text="x" * 1000)


@asynccontextmanager
async def receiving() -> AsyncGenerator[Receiver]:
    receiver = Receiver()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", receiver.answer)
    async with TestServer(app) as server:
        receiver.url = str(server.make_url("")).rstrip("/")
        yield receiver
        receiver.hang = False


class Post:
    """The scheduler's chores and a worker's part, by hand."""

    def __init__(self, office: Office, room: Mailroom) -> None:
        self.office, self.room = office, room

    async def plan(self) -> None:
        await chores.plan(self.office)

    async def dispatch(self) -> list[UUID]:
        """Dispatch, take the messages off the queue, and say whose they are."""
        await chores.dispatch(self.office)
        queue = f"{self.office.settings.namespace}:webhooks"
        found: list[UUID] = []
        for rid in await self.office.redis.lrange(queue, 0, -1):
            message = msgspec.json.decode(await self.office.redis.hget(f"{queue}.msgs", rid) or b"")
            assert (message["actor_name"], message["queue_name"]) == ("deliver_webhook", "webhooks")
            found.append(UUID(message["kwargs"]["delivery_id"]))
        await self.office.redis.delete(queue, f"{queue}.msgs")
        return found

    async def deliver(self, *ids: UUID) -> None:
        await asyncio.gather(*(deliver(self.room, one, "r-1") for one in ids))

    async def run(self) -> None:
        """Everything that is due, once."""
        await self.plan()
        await self.deliver(*await self.dispatch())


@asynccontextmanager
async def posting(settings: Settings, *, seconds: float = 10.0, **changes: Any) -> AsyncGenerator[Post]:
    settings = msgspec.structs.replace(settings, **changes)
    pool = make_pool(settings.database_url, application="test", size=4)
    await pool.open()
    redis = Redis.from_url(settings.redis_url)
    office = Office(settings=settings, pool=pool, redis=redis, clock=SYSTEM)
    async with Sender(Guard(settings.allow_networks), seconds=seconds) as sender:
        room = Mailroom(settings=settings, pool=pool, sender=sender, clock=SYSTEM, drain=asyncio.Event())
        yield Post(office, room)
    await redis.aclose()
    await pool.close()
