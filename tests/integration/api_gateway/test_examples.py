"""Every example of the document is carried out, and what comes back is what the document says."""

from collections.abc import Callable, Sequence
from typing import Any, cast

import jsonschema_rs
import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer

from api_gateway.examples import META, SECOND_ID
from api_gateway.openapi import document
from api_gateway.routes import ALL
from api_gateway.routing import PREFIX, Route
from shared.users import User
from tests.integration.api_gateway.conftest import Db
from tests.integration.api_gateway.seeds import seed

DOCUMENT = document(ALL)
EXACT = {
    "register",
    "list_tokens",
    "get_scan",
    "list_pages",
    "get_profile",
    "logout",
    "list_webhooks",
    "delete_webhook",
    "list_deliveries",
    "get_monitor",
    "list_monitors",
    "list_runs",
    "list_alerts",
    "page_history",
    "delete_monitor",
}
"""Answers in which nothing depends on the time, on chance or on the catalogue's texts."""


def shape(value: Any) -> Any:
    """Keys and types, and of lists the first element."""
    if isinstance(value, dict):
        return {name: shape(one) for name, one in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [shape(one) for one in cast("Sequence[Any]", value)[:1]]
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__


def request_of(route: Route) -> tuple[str, Any]:
    """Path and body as the document gives them."""
    operation = DOCUMENT["paths"][route.path.removeprefix(PREFIX)][route.method.lower()]
    path = DOCUMENT["servers"][0]["url"] + route.path.removeprefix(PREFIX)
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", parameter["example"])
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("example")
    return path, body


@pytest.mark.parametrize("route", ALL, ids=lambda one: one.name)
async def test_example(route: Route, server: TestServer, connection: Db, jwt_of: Callable[[User], str]) -> None:
    user = await seed(connection)
    operation = DOCUMENT["paths"][route.path.removeprefix(PREFIX)][route.method.lower()]
    path, body = request_of(route)
    headers = {"X-Request-Id": META["request_id"]}
    if operation["security"]:
        headers["Authorization"] = f"Bearer {jwt_of(user)}"
    async with (
        ClientSession() as session,
        session.request(route.method, server.make_url(path), json=body, headers=headers) as response,
    ):
        assert response.status == route.status
        documented = operation["responses"][str(route.status)]
        content = documented["content"][response.content_type]
        for name in documented["headers"]:
            assert name in response.headers
        if "example" not in content:
            assert await response.read()
            return
        answer = await response.json()
    schema = {**content["schema"], "components": DOCUMENT["components"]}
    jsonschema_rs.validator_for(schema, validate_formats=True).validate(answer)
    assert shape(answer) == shape(content["example"])
    if route.name in EXACT:
        assert answer["data"] == content["example"]["data"]
    assert answer["meta"]["request_id"] == META["request_id"]


@pytest.mark.parametrize("route", [one for one in ALL if one.query], ids=lambda one: one.name)
async def test_example_parameters(
    route: Route, server: TestServer, connection: Db, jwt_of: Callable[[User], str]
) -> None:
    headers = {"Authorization": f"Bearer {jwt_of(await seed(connection))}"}
    path, _ = request_of(route)
    query = {one.name: str(one.example) for one in route.query if one.example is not None}
    async with ClientSession(headers=headers) as session:
        async with session.get(server.make_url(path), params=query) as response:
            assert response.status == route.status
        async with session.get(server.make_url(path), params=[(name, "?") for name in query] * 2) as response:
            assert response.status == 400


async def test_stopping_answers_with_the_scan(
    server: TestServer, connection: Db, jwt_of: Callable[[User], str]
) -> None:
    headers = {"Authorization": f"Bearer {jwt_of(await seed(connection))}"}
    url = server.make_url(f"/api/v1/scans/{SECOND_ID}/stop")
    async with ClientSession(headers=headers) as session, session.post(url) as response:
        assert (response.status, (await response.json())["data"]["scan_id"]) == (200, SECOND_ID)
    row = await (await connection.execute("SELECT stop_requested_at FROM scans WHERE id = %s", [SECOND_ID])).fetchone()
    assert row is not None
    assert row["stop_requested_at"] is not None
