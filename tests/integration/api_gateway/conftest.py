"""A gateway on a real socket, with users and keys of its own."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import psycopg
import pytest
from aiohttp import ClientSession, TCPConnector
from aiohttp.test_utils import TestServer
from psycopg.rows import dict_row

from api_gateway import attempts
from api_gateway.app import build
from api_gateway.middleware import deadline
from api_gateway.sessions import Sessions
from shared import tokens, users
from shared.clock import SYSTEM
from shared.settings import Settings, read_settings
from shared.users import User

PEPPER = "a secret of at least thirty-two characters"


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Handlers may take as long as a busy machine needs: what is tested isn't how quick they are."""
    monkeypatch.setattr(deadline, "SECONDS", 60.0)
    monkeypatch.setattr(attempts, "BUDGET_SECONDS", 5.0)


@pytest.fixture
def settings(database_url: str, redis_url: str) -> Settings:
    return read_settings(
        {
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "SECRET_KEY": PEPPER,
            "ALLOW_NETWORKS": "127.0.0.0/8",
            "NAMESPACE": "test",
        }
    )


class Client:
    """Speaks to a gateway as one caller; every answer is checked for the envelope."""

    def __init__(self, session: ClientSession, base: str, key: str | None) -> None:
        self.session, self.base, self.key = session, base, key

    async def __call__(
        self, method: str, path: str, *, headers: dict[str, str] | None = None, **arguments: Any
    ) -> tuple[int, dict[str, Any], Any]:
        sent = dict(headers or {})
        if self.key is not None and "Authorization" not in sent:
            sent["Authorization"] = f"Bearer {self.key}"
        url = self.base + "/api/v1" + path
        async with self.session.request(method, url, headers=sent, **arguments) as response:
            body = await response.json()
            assert body["success"] is (response.status < 400)
            assert body["meta"]["version"] == "1.0"
            assert body["meta"]["request_id"] == response.headers["X-Request-Id"]
            return response.status, body.get("data") or body.get("error"), response.headers


MakeKey = Callable[..., Awaitable[str]]
MakeCaller = Callable[[str | None], Client]
Db = psycopg.AsyncConnection[Any]
Eventually = Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]


@pytest.fixture
def eventually() -> Eventually:
    """Ask again until it is so, for at most 10 s."""

    async def wait(ask: Callable[[], Awaitable[bool]]) -> None:
        async with asyncio.timeout(10):
            while not await ask():
                await asyncio.sleep(0.02)

    return wait


async def connected(database_url: str) -> Db:
    """A connection like the services' own."""
    return await psycopg.AsyncConnection[Any].connect(database_url, autocommit=True, row_factory=dict_row)


@pytest.fixture
async def connection(settings: Settings) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
    async with await connected(settings.database_url) as conn:
        yield conn


@pytest.fixture
async def user(connection: psycopg.AsyncConnection[Any]) -> User:
    return await users.create(connection, email="ann@example.com", password="correct horse", tier="pro")


@pytest.fixture
async def stranger(connection: psycopg.AsyncConnection[Any]) -> User:
    return await users.create(connection, email="bob@example.com", password="correct horse", tier="free")


@pytest.fixture
def jwt_of(settings: Settings) -> Callable[[User], str]:
    return Sessions(settings.secret_key, SYSTEM).issue


@pytest.fixture
def make_key(connection: psycopg.AsyncConnection[Any], user: User) -> MakeKey:
    async def make(*scopes: str, mode: Any = "live", owner: User | None = None) -> str:
        _, secret = await tokens.create(
            connection,
            user_id=(owner or user).id,
            name="test",
            scopes=scopes or ("read", "scan", "export"),
            mode=mode,
            pepper=PEPPER,
        )
        return secret

    return make


@pytest.fixture
async def server(settings: Settings) -> AsyncIterator[TestServer]:
    running = TestServer(build(settings))
    async with running:
        yield running


@pytest.fixture
async def caller(server: TestServer) -> AsyncIterator[Callable[[str | None], Client]]:
    async with ClientSession(connector=TCPConnector(limit=0)) as session:
        yield lambda key: Client(session, str(server.make_url("")).rstrip("/"), key)


@pytest.fixture
async def client(caller: Callable[[str | None], Client], make_key: MakeKey) -> Client:
    return caller(await make_key())
