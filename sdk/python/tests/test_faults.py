"""A client against servers that fail."""

import logging
from typing import Any

import pytest

from scanfleet_client import (
    ApiError,
    AsyncClient,
    Client,
    ConnectionFailedError,
    RequestTimeoutError,
    RetryPolicy,
    ScanfleetError,
    UnexpectedAnswerError,
)
from tests.fault_server import faulty, vectors

FAULTS = vectors("faults")
TOKEN = "sk_live_0123456789abcdefghijklmnopqrstuvwxyzABCD"
KINDS = {
    ConnectionFailedError: "connection",
    RequestTimeoutError: "timeout",
    UnexpectedAnswerError: "unexpected",
}


def client_of(address: str) -> AsyncClient:
    return AsyncClient(address, TOKEN, timeout=FAULTS["timeout"], retry=RetryPolicy(**FAULTS["policy"]))


async def outcome(client: AsyncClient, call: str) -> str:
    calls: dict[str, Any] = {
        "list_checks": client.list_checks,
        "create_scan": lambda: client.create_scan("https://example.com/"),
        "create_scans": lambda: client.create_scans(["https://example.com/"]),
        "create_token": lambda: client.create_token("laptop"),
        "revoke_token": lambda: client.revoke_token("0199c29f-10aa-7b6e-a3f4-5c2d9e8b7a60"),
    }
    try:
        await calls[call]()
    except ScanfleetError as error:
        assert TOKEN not in f"{error} {error!r} {error.__cause__!r}"
        return error.kind if isinstance(error, ApiError) else KINDS[type(error)]
    return "ok"


@pytest.mark.parametrize("case", FAULTS["cases"], ids=[case["name"] for case in FAULTS["cases"]])
async def test_scenarios(case: dict[str, Any], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with (
        faulty([FAULTS["cases"][0]["answers"][0]]) as other,
        faulty(case["answers"], other.address.replace("127.0.0.1", "localhost")) as server,
        client_of(server.address) as client,
    ):
        assert await outcome(client, case["call"]) == case["result"]
        assert len(server.asked) == case["requests"]
        assert other.asked == []
        assert {one.headers["authorization"] for one in server.asked} == {f"Bearer {TOKEN}"}
        keys = {one.headers.get("idempotency-key") for one in server.asked}
        if "same_key" in case:
            assert len(keys) == 1
            assert (keys != {None}) == bool(case["same_key"])
        assert len({one.body for one in server.asked}) == 1
        assert TOKEN not in repr(client)
    assert TOKEN not in caplog.text


async def test_a_deletion_on_a_connection_that_was_kept_isnt_repeated_by_the_library() -> None:
    well = FAULTS["cases"][0]["answers"][0]
    async with faulty([well, {"drop": True}]) as server, client_of(server.address) as client:
        await client.list_checks()
        assert await outcome(client, "revoke_token") == "connection"
        assert [one.line.split()[0] for one in server.asked] == ["GET", "DELETE"]


async def test_every_start_has_a_key_of_its_own_unless_one_is_given() -> None:
    accepted = next(case for case in FAULTS["cases"] if case["name"].startswith("a scan's start keeps"))["answers"][-1]
    async with faulty([accepted]) as server, client_of(server.address) as client:
        await client.create_scan("https://example.com/")
        await client.create_scan("https://example.com/")
        await client.create_scan("https://example.com/", idempotency_key="order-7")
        with pytest.raises(ValueError, match="idempotency_key"):
            await client.create_scan("https://example.com/", idempotency_key="a\r\nb")
    keys = [one.headers["idempotency-key"] for one in server.asked]
    assert len(set(keys)) == 3
    assert keys[2] == "order-7"


def test_a_refused_connection_in_the_synchronous_client() -> None:
    with Client("http://127.0.0.1:9", TOKEN, retry=RetryPolicy(attempts=2, base=0.001)) as client:
        assert repr(client) == "Client('http://127.0.0.1:9/api/v1')"
        with pytest.raises(ConnectionFailedError) as caught:
            client.list_checks()
        assert TOKEN not in str(caught.value)
    with pytest.raises(RuntimeError, match="closed"):
        client.list_checks()
    client.close()


@pytest.mark.parametrize("token", ["", "a b", "a\r\nX-Evil: 1", "ä"])
def test_tokens_that_would_be_something_else_in_a_header(token: str) -> None:
    with pytest.raises(ValueError, match="token") as caught:
        AsyncClient("http://127.0.0.1:9", token)
    assert token == "" or token not in str(caught.value)


@pytest.mark.parametrize("values", [{"attempts": 0}, {"base": -1.0}, {"total": float("nan")}, {"cap": float("inf")}])
def test_policies_without_a_bound(values: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(values))):
        RetryPolicy(**values)
