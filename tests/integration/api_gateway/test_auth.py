"""Registering, logging in and out; what a login token may look like."""

import asyncio
from typing import Any

import jwt
import msgspec
import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer

from api_gateway import passwords
from api_gateway.app import build
from api_gateway.middleware import deadline
from api_gateway.sessions import Sessions
from shared import users
from shared.clock import SYSTEM
from shared.settings import Settings
from shared.users import User
from tests.integration.api_gateway.conftest import Client, Db, Eventually, MakeCaller, MakeKey

ANN = {"email": "ann@example.com", "password": "correct horse"}


async def logged_in(caller: MakeCaller) -> Client:
    status, data, headers = await caller(None)("POST", "/auth/login", json=ANN)
    assert (status, data["token_type"], data["expires_in"]) == (200, "Bearer", 86_400)
    assert set(data) == {"access_token", "token_type", "expires_in"}
    assert headers["Cache-Control"] == "no-store"
    return caller(data["access_token"])


async def test_registering_then_logging_in(caller: MakeCaller) -> None:
    status, data, _ = await caller(None)("POST", "/auth/register", json={**ANN, "email": "New@Example.com"})
    assert (status, data) == (201, {"email": "new@example.com", "tier": "free"})
    status, data, _ = await caller(None)("POST", "/auth/login", json={**ANN, "email": "NEW@example.com"})
    assert status == 200
    status, profile, _ = await caller(data["access_token"])("GET", "/user/profile")
    assert (status, profile["email"], profile["tier"]) == (200, "new@example.com", "free")


async def test_registering_a_known_address_changes_nothing(caller: MakeCaller, user: User, connection: Db) -> None:
    other = {"email": user.email, "password": "another password"}
    status, data, _ = await caller(None)("POST", "/auth/register", json=other)
    assert (status, data) == (201, {"email": user.email, "tier": "free"})
    assert await users.by_email(connection, user.email) == user
    assert (await caller(None)("POST", "/auth/login", json=other))[0] == 401


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"email": "nonsense", "password": "long enough"}, "email"),
        ({"email": "ann@example", "password": "long enough"}, "email"),
        ({"email": "new@example.com", "password": "short"}, "password"),
        ({"email": "new@example.com"}, "password"),
        ({"email": "new@example.com", "password": "long enough", "tier": "ceo"}, "tier"),
    ],
)
async def test_what_cannot_be_registered(caller: MakeCaller, body: Any, param: str) -> None:
    status, error, _ = await caller(None)("POST", "/auth/register", json=body)
    assert (status, error["code"], error["param"]) == (400, "INVALID_REQUEST", param)


async def test_registration_switched_off(settings: Settings) -> None:
    closed = msgspec.structs.replace(settings, registration=False)
    async with TestServer(build(closed)) as server, ClientSession() as session:
        client = Client(session, str(server.make_url("")).rstrip("/"), None)
        status, error, _ = await client("POST", "/auth/register", json=ANN)
        assert (status, error["code"]) == (403, "FORBIDDEN")


async def test_wrong_and_unknown_look_the_same(caller: MakeCaller, user: User) -> None:
    wrong = await caller(None)("POST", "/auth/login", json={**ANN, "password": "wrong horse"})
    unknown = await caller(None)("POST", "/auth/login", json={**ANN, "email": "nobody@example.com"})
    assert wrong[:2] == unknown[:2]
    assert (wrong[0], wrong[1]["code"]) == (401, "INVALID_CREDENTIALS")
    assert user.email == ANN["email"]


@pytest.mark.parametrize("email", ["ann@example.com", "nobody@example.com"])
@pytest.mark.usefixtures("patient")
async def test_the_eleventh_failure_waits(caller: MakeCaller, user: User, email: str) -> None:
    tries = [{"email": spelling, "password": "wrong horse"} for spelling in (email, email.upper()) * 8]
    answers = await asyncio.gather(*(caller(None)("POST", "/auth/login", json=one) for one in tries))
    assert sorted(status for status, _, _ in answers) == [401] * 10 + [429] * 6
    for _, error, headers in (one for one in answers if one[0] == 429):
        assert error["code"] == "RATE_LIMIT_EXCEEDED"
        assert 800 < error["retry_after"] <= 900
        assert headers["Retry-After"] == str(error["retry_after"])
    status, _, _ = await caller(None)("POST", "/auth/login", json={**ANN, "email": email})
    assert status == 429, "the right password must not tell that it is right"
    assert user.email == "ann@example.com"


async def test_success_is_not_counted(caller: MakeCaller, user: User) -> None:
    for _ in range(14):
        assert (await caller(None)("POST", "/auth/login", json=ANN))[0] == 200
    assert user.email == ANN["email"]


@pytest.mark.usefixtures("patient")
async def test_failures_are_counted_per_address_too(settings: Settings, caller: MakeCaller, user: User) -> None:
    for number in range(20):
        body = {"email": f"n{number}@example.com", "password": "x"}
        assert (await caller(None)("POST", "/auth/login", json=body))[0] == 401
    tight = msgspec.structs.replace(
        settings, tiers={**settings.tiers, "guest": msgspec.structs.replace(settings.tiers["guest"], burst=20)}
    )
    async with TestServer(build(tight)) as server, ClientSession() as session:
        client = Client(session, str(server.make_url("")).rstrip("/"), None)
        status, error, _ = await client("POST", "/auth/login", json=ANN)
        assert (status, error["code"]) == (429, "RATE_LIMIT_EXCEEDED")
    assert user.email == ANN["email"]


async def test_verify_and_logout(caller: MakeCaller, user: User, eventually: Eventually, settings: Settings) -> None:
    client = await logged_in(caller)
    status, data, _ = await client("GET", "/auth/verify")
    assert (status, data["valid"], data["user_id"], data["email"]) == (200, True, str(user.id), user.email)
    assert data["scopes"] == ["read", "scan", "export"]
    async with TestServer(build(settings)) as second:
        other = Client(client.session, str(second.make_url("")).rstrip("/"), client.key)
        assert (await other("GET", "/auth/verify"))[0] == 200
        assert (await client("POST", "/auth/logout"))[0] == 200
        status, error, _ = await client("GET", "/auth/verify")
        assert (status, error["code"]) == (401, "INVALID_TOKEN")

        async def refused() -> bool:
            return (await other("GET", "/user/profile"))[0] == 401

        await eventually(refused)
    assert (await (await logged_in(caller))("GET", "/auth/verify"))[0] == 200


async def test_an_api_key_is_no_login(client: Client, caller: MakeCaller) -> None:
    for path, method in (("/auth/verify", "GET"), ("/auth/logout", "POST")):
        status, error, _ = await client(method, path)
        assert (status, error["code"]) == (401, "INVALID_TOKEN")
        status, error, _ = await caller(None)(method, path)
        assert (status, error["code"]) == (401, "MISSING_AUTH")


@pytest.mark.parametrize(
    "change", [{"password": "a new password"}, {"end_sessions": True}], ids=["password", "by hand"]
)
async def test_what_ends_sessions(
    caller: MakeCaller, user: User, connection: Db, eventually: Eventually, change: dict[str, Any]
) -> None:
    client = await logged_in(caller)
    assert await users.update(connection, user.email, **change)

    async def refused() -> bool:
        return (await client("GET", "/auth/verify"))[1].get("code") == "INVALID_TOKEN"

    await eventually(refused)


async def test_a_disabled_account(
    caller: MakeCaller, user: User, make_key: MakeKey, connection: Db, eventually: Eventually
) -> None:
    session, key = await logged_in(caller), caller(await make_key())
    assert await users.update(connection, user.email, disabled=True)
    for client in (session, key):

        async def refused(client: Client = client) -> bool:
            return (await client("GET", "/user/profile"))[1].get("code") == "ACCOUNT_DISABLED"

        await eventually(refused)
    assert (await caller(None)("POST", "/auth/login", json=ANN))[1]["code"] == "ACCOUNT_DISABLED"
    assert (await caller(None)("POST", "/auth/login", json={**ANN, "password": "wrong horse"}))[0] == 401


@pytest.mark.parametrize("claim", ["iss", "aud", "exp", "iat", "sub", "jti", "ver"])
async def test_every_claim_is_required(caller: MakeCaller, user: User, settings: Settings, claim: str) -> None:
    sessions = Sessions(settings.secret_key, SYSTEM)
    claims = jwt.decode(sessions.issue(user), options={"verify_signature": False})
    key = sessions._key  # pyright: ignore[reportPrivateUsage]
    assert (await caller(jwt.encode(claims, key, "HS256"))("GET", "/auth/verify"))[0] == 200
    del claims[claim]
    status, error, _ = await caller(jwt.encode(claims, key, "HS256"))("GET", "/auth/verify")
    assert (status, error["code"]) == (401, "INVALID_TOKEN")


@pytest.mark.parametrize(
    ("changes", "shifts"),
    [
        ({"iss": "somebody"}, {}),
        ({"aud": "another-api"}, {}),
        ({"sub": "nobody"}, {}),
        ({"sub": "00000000-0000-7000-8000-000000000000"}, {}),
        ({"jti": 7}, {}),
        ({"ver": 1}, {}),
        ({"exp": 1e30}, {}),
        ({}, {"exp": -86_401}),
        ({}, {"exp": 1}),
        ({}, {"iat": 600, "exp": 600}),
    ],
)
async def test_forged_claims(
    caller: MakeCaller, user: User, settings: Settings, changes: dict[str, object], shifts: dict[str, int]
) -> None:
    sessions = Sessions(settings.secret_key, SYSTEM)
    claims: dict[str, Any] = jwt.decode(sessions.issue(user), options={"verify_signature": False})
    claims.update(changes)
    for name, seconds in shifts.items():
        claims[name] += seconds
    key = sessions._key  # pyright: ignore[reportPrivateUsage]
    status, error, _ = await caller(jwt.encode(claims, key, "HS256"))("GET", "/auth/verify")
    assert (status, error["code"]) == (401, "INVALID_TOKEN")


async def test_other_algorithms_and_keys(caller: MakeCaller, user: User, settings: Settings) -> None:
    sessions = Sessions(settings.secret_key, SYSTEM)
    good = sessions.issue(user)
    claims = jwt.decode(good, options={"verify_signature": False})
    key = sessions._key  # pyright: ignore[reportPrivateUsage]
    head, body, signature = good.split(".")
    long_key = key * 2
    for token in (
        jwt.encode(claims, "", "none"),
        jwt.encode(claims, long_key, "HS512"),
        jwt.encode(claims, long_key, "HS256"),
        jwt.encode(claims, settings.secret_key, "HS256"),
        f"{head}.{body}.",
        f"{head}.{body}.{signature[:-2]}",
        f"{head}.{body}",
        "[" * 1_500,
        "eyJ" + "W1tb" * 400 + "." + body + "." + signature,
    ):
        status, error, _ = await caller(token)("GET", "/auth/verify")
        assert (status, error["code"]) == (401, "INVALID_TOKEN")


async def test_hashing_has_time_of_its_own(caller: MakeCaller, user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """The handler's deadline is for Postgres: a busy machine may need longer for a password, but not for ever."""
    verify = users.verify_password
    monkeypatch.setattr(deadline, "SECONDS", 1.0)

    async def slowly(found: User | None, password: str) -> bool:
        await asyncio.sleep(1.5)
        return await verify(found, password)

    monkeypatch.setattr(users, "verify_password", slowly)
    assert (await caller(None)("POST", "/auth/login", json=ANN))[0] == 200
    monkeypatch.setattr(passwords, "SECONDS", 0.1)
    status, error, headers = await caller(None)("POST", "/auth/login", json=ANN)
    assert (status, error["code"], headers["Retry-After"]) == (503, "SERVICE_UNAVAILABLE", "5")
    assert user.email == ANN["email"]
