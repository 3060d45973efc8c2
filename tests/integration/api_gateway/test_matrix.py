"""Who may do what: every route, on own, others', absent and malformed ids, by every kind of caller and scope."""

import re
import uuid
from collections.abc import Awaitable, Callable
from typing import Any, Literal

import pytest
from msgspec import Struct

from api_gateway.examples import EXAMPLES, SITE
from api_gateway.routes import ALL
from api_gateway.routing import PREFIX, Route
from shared import monitors, scans, tokens, webhooks
from shared.clock import uuid7
from shared.monitors import Monitor
from shared.scans import NewScan
from shared.users import User
from tests.integration.api_gateway.conftest import PEPPER, Db, MakeCaller
from tests.integration.api_gateway.seeds import seed

Target = Literal["own", "theirs", "absent", "malformed"]
BODIES: dict[str, Any] = {"create_scan": {"url": SITE}}
OPEN_DOCUMENTS = {"get_openapi", "get_docs"}
"""Open to all, and not in the envelope."""


class Who(Struct, frozen=True):
    """A kind of caller."""

    name: str
    kind: Literal["guest", "jwt", "key"]
    scopes: tuple[str, ...] = ()
    test: bool = False


CALLERS = (
    Who("guest", "guest"),
    Who("login", "jwt", tokens.SCOPES),
    *(Who(f"key-{scope}", "key", (scope,)) for scope in tokens.SCOPES),
    Who("key-all", "key", tokens.SCOPES),
    *(Who(f"test-{scope}", "key", (scope,), test=True) for scope in tokens.SCOPES),
    Who("test-all", "key", tokens.SCOPES, test=True),
)
GUEST = "guest:127.0.0.1"

Make = Callable[[Db, User | None, bool, tuple[str, ...]], Awaitable[uuid.UUID]]


async def make_scan(connection: Db, user: User | None, test: bool, _scopes: tuple[str, ...]) -> uuid.UUID:
    new = NewScan(
        id=uuid7(),
        owner=user.owner if user else GUEST,
        user_id=user.id if user else None,
        tier="pro",
        test=test,
        url=SITE,
        host="example.com",
        mode="single",
        options={},
        profile="p",
        score_version="s",
        request_id="r",
        max_pages=1,
        quota=1_000,
        running=1,
        hours=1,
        kept_days=1,
    )
    assert (await scans.accept(connection, new)).outcome == "accepted"
    await connection.execute("DELETE FROM quota_uses")
    return new.id


async def make_token(connection: Db, user: User | None, test: bool, scopes: tuple[str, ...]) -> uuid.UUID:
    assert user is not None
    mode: Literal["live", "test"] = "test" if test else "live"
    token, _ = await tokens.create(
        connection, user_id=user.id, name="x", scopes=scopes or ("read",), mode=mode, pepper=PEPPER
    )
    return token.id


async def key_of(connection: Db, user: User, scopes: tuple[str, ...], *, test: bool) -> str:
    mode: Literal["live", "test"] = "test" if test else "live"
    _, secret = await tokens.create(connection, user_id=user.id, name="caller", scopes=scopes, mode=mode, pepper=PEPPER)
    return secret


async def make_webhook(connection: Db, user: User | None, test: bool, _scopes: tuple[str, ...]) -> uuid.UUID:
    assert user is not None
    await connection.execute("DELETE FROM webhooks")
    hook, _ = await webhooks.create(
        connection, user_id=user.id, test=test, url=SITE, events=["scan.complete"], key=PEPPER
    )
    return hook.id


async def make_monitor(connection: Db, user: User | None, test: bool, _scopes: tuple[str, ...]) -> uuid.UUID:
    assert user is not None
    await connection.execute("DELETE FROM monitors")
    monitor = Monitor(
        id=uuid7(),
        owner=user.owner,
        user_id=user.id,
        test=test,
        name="m",
        url=SITE,
        host="example.com",
        mode="single",
        options={},
        sealed=None,
        schedule="daily",
        timezone="UTC",
        jitter_seconds=0,
        enabled=False,
        next_run_at=None,
        alerts=[],
        reports=[],
        created_at=user.created_at,
        updated_at=user.created_at,
    )
    assert await monitors.create(connection, monitor, most=1)
    return monitor.id


MAKERS: dict[str, Make] = {
    "/scans/{": make_scan,
    "/tokens/{": make_token,
    "/webhooks/{": make_webhook,
    "/monitors/{": make_monitor,
}
"""How to make what a path's id names; a new kind of resource belongs in here."""


def expected(route: Route, who: Who, target: Target | None) -> set[str]:
    """Codes that may come back, "ok" for success; CONFLICT where the state may forbid what the caller is allowed to."""
    fine = {"ok", "CONFLICT"}
    if who.kind == "guest" and not route.open:
        return {"MISSING_AUTH"}
    if route.jwt and who.kind != "jwt":
        return {"INVALID_TOKEN"}
    if who.kind != "guest" and route.scope is not None and route.scope not in who.scopes:
        return {"INSUFFICIENT_SCOPE"}
    if target in {"absent", "malformed"}:
        return {"NOT_FOUND"}
    return {"FORBIDDEN"} if target == "theirs" else fine


def targets(route: Route) -> list[Target | None]:
    return ["own", "theirs", "absent", "malformed"] if re.search(r"{\w*id}", route.path) else [None]


async def path_of(
    route: Route, target: Target | None, connection: Db, owner: User | None, stranger: User, who: Who
) -> str:
    path = route.path.removeprefix(PREFIX)
    found = re.search(r"{\w*id}", path)
    if found is None or target is None:
        return path
    if target == "malformed":
        return path.replace(found.group(), "not-an-id")
    if target == "absent":
        return path.replace(found.group(), str(uuid7()))
    make = next(make for start, make in MAKERS.items() if path.startswith(start))
    made = await make(connection, stranger if target == "theirs" else owner, who.test, who.scopes)
    return path.replace(found.group(), str(made))


def query_of(route: Route) -> dict[str, str]:
    return {one.name: str(one.example) for one in route.query if one.required}


@pytest.mark.parametrize("route", [one for one in ALL if one.name not in OPEN_DOCUMENTS], ids=lambda one: one.name)
async def test_route(
    route: Route,
    connection: Db,
    stranger: User,
    caller: MakeCaller,
    jwt_of: Callable[[User], str],
) -> None:
    user = await seed(connection)
    wrong: list[str] = []
    for who in CALLERS:
        if who.kind == "key":
            client = caller(await key_of(connection, user, who.scopes, test=who.test))
        else:
            client = caller(jwt_of(user) if who.kind == "jwt" else None)
        for target in targets(route):
            if who.kind == "guest" and not route.open and target == "own":
                continue
            if route.media == "text/event-stream" and target == "own":
                continue
            owner = None if who.kind == "guest" else user
            path = await path_of(route, target, connection, owner, stranger, who)
            example = EXAMPLES[route.name].body if route.name in EXAMPLES else None
            body = BODIES.get(route.name, example)
            if route.name == "create_token" and who.test:
                body = {"name": "x"}
            status, data, _ = await client(route.method, path, json=body, params=query_of(route))
            code = "ok" if status == route.status else data["code"]
            if code not in expected(route, who, target):
                wrong.append(f"{who.name} {target}: {status} {code}")
    assert not wrong


async def test_test_and_live_are_apart(connection: Db, caller: MakeCaller, jwt_of: Callable[[User], str]) -> None:
    """An own thing of the other mode doesn't exist, on every route that takes an id."""
    user = await seed(connection)
    live, test = [caller(await key_of(connection, user, tokens.SCOPES, test=one)) for one in (False, True)]
    for route in ALL:
        if targets(route) == [None]:
            continue
        for client, other in ((live, True), (test, False)):
            who = Who("other mode", "key", tokens.SCOPES, test=other)
            path = await path_of(route, "own", connection, user, user, who)
            status, error, _ = await client(route.method, path, params=query_of(route))
            assert (status, error["code"]) == (404, "NOT_FOUND"), path
    path = await path_of(
        next(one for one in ALL if one.name == "get_scan"), "own", connection, user, user, Who("", "key", test=True)
    )
    assert (await caller(jwt_of(user))("GET", path))[0] == 404


async def test_one_guest_is_not_another(connection: Db, caller: MakeCaller) -> None:
    other = await make_scan(connection, None, test=False, _scopes=())
    await connection.execute("UPDATE scans SET owner = 'guest:203.0.113.9' WHERE id = %s", [other])
    for route in ALL:
        if route.guest and "{scan_id}" in route.path:
            path = route.path.removeprefix(PREFIX).replace("{scan_id}", str(other))
            status, error, _ = await caller(None)(route.method, path)
            assert (status, error["code"]) == (403, "FORBIDDEN")
