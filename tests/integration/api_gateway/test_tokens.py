"""API keys over HTTP: who may make, renew and revoke which."""

from collections.abc import Callable
from typing import Any

import pytest

from shared import tokens
from shared.tokens import well_formed
from shared.users import User
from tests.integration.api_gateway.conftest import PEPPER, Client, Db, Eventually, MakeCaller, MakeKey

ITEM = {"id", "client_id", "name", "prefix", "scopes", "mode", "created_at", "last_used_at", "revoked_at"}
NOBODY = "0192d3a0-0000-7000-8000-000000000000"


@pytest.fixture
def session(caller: MakeCaller, user: User, jwt_of: Callable[[User], str]) -> Client:
    return caller(jwt_of(user))


async def test_life_of_a_key(session: Client, caller: MakeCaller, eventually: Eventually) -> None:
    status, made, headers = await session("POST", "/tokens", json={"name": "laptop", "scopes": ["scan", "read"]})
    assert (status, set(made), headers["Cache-Control"]) == (201, ITEM | {"token"}, "no-store")
    secret = made["token"]
    assert well_formed(secret)
    assert made["prefix"] == f"{secret[:12]}…{secret[-4:]}"
    assert (made["scopes"], made["mode"], made["revoked_at"]) == (["read", "scan"], "live", None)
    key = caller(secret)
    assert (await key("GET", "/user/profile"))[0] == 200

    status, data, _ = await session("GET", "/tokens")
    assert (status, [one["id"] for one in data["items"]]) == (200, [made["id"]])
    assert set(data["items"][0]) == ITEM

    status, renewed, _ = await session("POST", f"/tokens/{made['id']}/regenerate")
    assert (status, renewed["id"], renewed["client_id"]) == (200, made["id"], made["client_id"])
    assert (await key("GET", "/user/profile"))[1]["code"] == "INVALID_TOKEN"
    key = caller(renewed["token"])
    assert (await key("GET", "/user/profile"))[0] == 200

    status, revoked, _ = await session("DELETE", f"/tokens/{made['id']}")
    assert (status, set(revoked), revoked["revoked_at"] is None) == (200, ITEM, False)
    assert (await key("GET", "/user/profile"))[1]["code"] == "INVALID_TOKEN"
    again = await session("DELETE", f"/tokens/{made['id']}")
    assert (again[0], again[1]["revoked_at"]) == (200, revoked["revoked_at"])
    status, error, _ = await session("POST", f"/tokens/{made['id']}/regenerate")
    assert (status, error["code"]) == (409, "CONFLICT")


async def test_defaults(session: Client) -> None:
    status, made, _ = await session("POST", "/tokens", json={"name": "x"})
    assert (status, made["scopes"], made["mode"]) == (201, ["read"], "live")


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ({}, "INVALID_REQUEST", "name"),
        ({"name": ""}, "INVALID_REQUEST", "name"),
        ({"name": "x" * 101}, "INVALID_REQUEST", "name"),
        ({"name": "a\nb"}, "INVALID_REQUEST", "name"),
        ({"name": "x", "scopes": ["admin"]}, "INVALID_SCOPES", "scopes"),
        ({"name": "x", "scopes": []}, "INVALID_SCOPES", "scopes"),
        ({"name": "x", "scopes": "read"}, "INVALID_REQUEST", "scopes"),
        ({"name": "x", "mode": "prod"}, "INVALID_REQUEST", "mode"),
        ({"name": "x", "user_id": 1}, "INVALID_REQUEST", "user_id"),
    ],
)
async def test_what_is_refused(session: Client, body: Any, code: str, param: str) -> None:
    status, error, _ = await session("POST", "/tokens", json=body)
    assert (status, error["code"], error["param"]) == (400, code, param)


async def test_a_key_grants_no_more_than_it_has(
    caller: MakeCaller, make_key: MakeKey, connection: Db, user: User
) -> None:
    reader = caller(await make_key("read"))
    wider, _ = await tokens.create(
        connection, user_id=user.id, name="wide", scopes=["read", "scan"], mode="live", pepper=PEPPER
    )
    for method, path, body in (
        ("POST", "/tokens", {"name": "x", "scopes": ["read", "scan"]}),
        ("POST", f"/tokens/{wider.id}/regenerate", None),
        ("DELETE", f"/tokens/{wider.id}", None),
    ):
        status, error, _ = await reader(method, path, json=body)
        assert (status, error["code"]) == (403, "INSUFFICIENT_SCOPE")
    assert (await reader("POST", "/tokens", json={"name": "x"}))[0] == 201
    scanner = caller(await make_key("scan"))
    assert (await scanner("GET", "/tokens"))[1]["code"] == "INSUFFICIENT_SCOPE"


async def test_modes_do_not_see_each_other(
    caller: MakeCaller, make_key: MakeKey, connection: Db, user: User, session: Client
) -> None:
    live, test = caller(await make_key()), caller(await make_key(mode="test"))
    status, made, _ = await test("POST", "/tokens", json={"name": "x"})
    assert (status, made["mode"], made["token"][:8]) == (201, "test", "sk_test_")
    other, _ = await tokens.create(
        connection, user_id=user.id, name="live", scopes=["read"], mode="live", pepper=PEPPER
    )
    assert {one["mode"] for one in (await test("GET", "/tokens"))[1]["items"]} == {"test"}
    assert {one["mode"] for one in (await live("GET", "/tokens"))[1]["items"]} == {"live"}
    assert {one["mode"] for one in (await session("GET", "/tokens"))[1]["items"]} == {"live", "test"}
    for client, mode, token_id in ((test, "live", other.id), (live, "test", made["id"])):
        assert (await client("POST", "/tokens", json={"name": "x", "mode": mode}))[0] == 404
        assert (await client("POST", f"/tokens/{token_id}/regenerate"))[0] == 404
        assert (await client("DELETE", f"/tokens/{token_id}"))[0] == 404
    assert (await session("DELETE", f"/tokens/{made['id']}"))[0] == 200


async def test_of_somebody_else_and_of_nobody(session: Client, connection: Db, stranger: User) -> None:
    theirs, _ = await tokens.create(
        connection, user_id=stranger.id, name="theirs", scopes=["read"], mode="live", pepper=PEPPER
    )
    for token_id, status, code in ((theirs.id, 403, "FORBIDDEN"), (NOBODY, 404, "NOT_FOUND"), ("x", 404, "NOT_FOUND")):
        for method, path in (("POST", f"/tokens/{token_id}/regenerate"), ("DELETE", f"/tokens/{token_id}")):
            answer = await session(method, path)
            assert (answer[0], answer[1]["code"]) == (status, code)


async def test_last_use_is_written_down(
    caller: MakeCaller, make_key: MakeKey, session: Client, eventually: Eventually
) -> None:
    await caller(await make_key("read"))("GET", "/user/profile")

    async def written() -> bool:
        return (await session("GET", "/tokens"))[1]["items"][0]["last_used_at"] is not None

    await eventually(written)
