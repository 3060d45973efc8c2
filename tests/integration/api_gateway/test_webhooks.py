"""Webhooks from the API to a receiver's socket."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest

from shared import users
from shared.settings import Settings
from shared.webhooks import RETRIES
from tests.integration.api_gateway.conftest import Client, MakeKey
from tests.integration.api_gateway.receivers import Post, Receiver, posting, receiving
from tests.integration.api_gateway.rows import Database, add_scan, end

NOBODY = "01890000-0000-7000-8000-000000000000"


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as one:
        yield one


@pytest.fixture
async def post(settings: Settings) -> AsyncIterator[Post]:
    async with posting(settings) as one:
        yield one


async def rows(connection: Database) -> list[dict[str, Any]]:
    return await (await connection.execute("SELECT * FROM deliveries ORDER BY id")).fetchall()


def verified(headers: dict[str, str], body: bytes, secret: str) -> bool:
    at, digest = (part.partition("=")[2] for part in headers["X-Scanfleet-Signature"].split(","))
    wanted = hmac.new(secret.encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(digest, wanted)


async def test_making_listing_deleting(client: Client) -> None:
    status, made, headers = await client("POST", "/webhooks", json={"url": "https://example.com/hook"})
    assert status == 201
    assert headers["Cache-Control"] == "no-store"
    assert made["secret"].startswith("whsec_")
    assert made["events"] == ["scan.complete", "scan.error", "scan.stopped", "alert.triggered"]
    _, listed, _ = await client("GET", "/webhooks")
    assert listed["items"] == [{name: value for name, value in made.items() if name != "secret"}]
    assert (await client("DELETE", f"/webhooks/{made['id']}"))[:2] == (200, {"id": made["id"], "deleted": True})
    assert (await client("DELETE", f"/webhooks/{made['id']}"))[0] == 404
    assert (await client("GET", "/webhooks"))[1] == {"items": []}


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ({}, "INVALID_REQUEST", "url"),
        ({"url": "http://10.0.0.1/"}, "INVALID_URL", "url"),
        ({"url": "ftp://example.com/"}, "INVALID_URL", "url"),
        ({"url": "https://example.com/", "events": []}, "INVALID_REQUEST", "events"),
        ({"url": "https://example.com/", "events": ["scan.begun"]}, "INVALID_REQUEST", "events[0]"),
        ({"url": "https://example.com/", "secret": "x"}, "INVALID_REQUEST", "secret"),
    ],
)
async def test_bad_bodies(client: Client, body: Any, code: str, param: str) -> None:
    status, error, _ = await client("POST", "/webhooks", json=body)
    assert (status, error["code"], error["param"]) == (400, code, param)


async def test_twenty_at_most_at_any_concurrency(client: Client) -> None:
    calls = (client("POST", "/webhooks", json={"url": f"https://example.com/{n}"}) for n in range(25))
    statuses = sorted([answer[0] for answer in await asyncio.gather(*calls)])
    assert statuses == [201] * 20 + [409] * 5
    assert (await client("POST", "/webhooks", json={"url": None}))[0] == 201


async def test_who_may_do_what(
    caller: Callable[[str | None], Client], make_key: MakeKey, connection: Database, client: Client
) -> None:
    bob = await users.create(connection, email="bob@example.com", password="correct horse", tier="free")
    _, hook, _ = await client("POST", "/webhooks", json={"url": "https://example.com/hook"})
    paths = [("DELETE", "/webhooks/{}"), ("GET", "/webhooks/{}/deliveries")]
    others = caller(await make_key(owner=bob))
    tester = caller(await make_key(mode="test"))
    reader, exporter = caller(await make_key("read")), caller(await make_key("export"))
    for method, path in paths:
        assert (await others(method, path.format(hook["id"])))[1]["code"] == "FORBIDDEN"
        assert (await tester(method, path.format(hook["id"])))[1]["code"] == "NOT_FOUND"
        assert (await client(method, path.format(NOBODY)))[1]["code"] == "NOT_FOUND"
        assert (await client(method, path.format("nonsense")))[1]["code"] == "NOT_FOUND"
        assert (await exporter(method, path.format(hook["id"])))[1]["code"] == "INSUFFICIENT_SCOPE"
        assert (await caller(None)(method, path.format(hook["id"])))[1]["code"] == "MISSING_AUTH"
    assert (await reader("POST", "/webhooks", json={"url": "https://example.com/"}))[1]["code"] == "INSUFFICIENT_SCOPE"
    assert (await reader("DELETE", f"/webhooks/{hook['id']}"))[1]["code"] == "INSUFFICIENT_SCOPE"
    assert len((await reader("GET", "/webhooks"))[1]["items"]) == 1
    assert (await tester("GET", "/webhooks"))[1]["items"] == []
    assert (await others("GET", "/webhooks"))[1]["items"] == []


async def test_a_scan_s_end_is_told_of_once_and_signed(
    client: Client, connection: Database, user: users.User, post: Post, receiver: Receiver
) -> None:
    _, hook, _ = await client("POST", "/webhooks", json={"url": receiver.url + "/a"})
    _, deaf, _ = await client("POST", "/webhooks", json={"url": receiver.url + "/b", "events": ["scan.error"]})
    scan_id = await add_scan(connection, user, status="running")
    await end(connection, scan_id)
    await asyncio.gather(post.plan(), post.plan())
    (due,) = await post.dispatch()
    assert await post.dispatch() == []
    await post.deliver(due, due, due)
    ((headers, body),) = receiver.got
    assert verified(headers, body, hook["secret"])
    assert not verified(headers, body, deaf["secret"])
    message = json.loads(body)
    assert message["delivery_id"] == str(due) == headers["X-Scanfleet-Delivery"]
    assert message["event"] == "scan.complete"
    assert message["occurred_at"].endswith("Z")
    assert message["data"] == {
        "scan_id": str(scan_id),
        "url": "https://example.com/",
        "score": 71.5,
        "issues": {"critical": 0, "high": 1, "medium": 2, "low": 0, "info": 1},
    }
    _, log, _ = await client("GET", f"/webhooks/{hook['id']}/deliveries")
    (item,) = log["items"]
    assert (item["status"], item["attempts"], item["last_status"], item["scan_id"]) == (
        "delivered",
        1,
        200,
        str(scan_id),
    )
    assert item["next_attempt_at"] is None
    assert (await client("GET", f"/webhooks/{deaf['id']}/deliveries"))[1] == {"items": [], "next_cursor": None}
    await post.run()
    assert len(receiver.got) == 1


@pytest.mark.parametrize("status", ["error", "stopped"])
async def test_other_ends(
    client: Client, connection: Database, user: users.User, post: Post, receiver: Receiver, status: str
) -> None:
    await client("POST", "/webhooks", json={"url": receiver.url})
    await end(connection, await add_scan(connection, user, status="running"), status)
    await post.run()
    message = json.loads(receiver.got[0][1])
    assert message["event"] == f"scan.{status}"
    assert message["data"]["score"] is None
    assert set(message["data"]["issues"].values()) == {0}


async def test_a_scan_s_own_address_and_the_default_secret(
    client: Client, connection: Database, user: users.User, post: Post, receiver: Receiver
) -> None:
    own = receiver.url + "/own"
    await end(connection, await add_scan(connection, user, status="running", webhook_url=own))
    await post.run()
    assert "X-Scanfleet-Signature" in receiver.got[0][0]
    (default,) = (await client("GET", "/webhooks"))[1]["items"]
    assert default["url"] is None
    _, renewed, _ = await client("POST", "/webhooks", json={"url": None})
    assert renewed["id"] == default["id"]
    assert not verified(*receiver.got[0], renewed["secret"])
    await end(connection, await add_scan(connection, user, status="running", webhook_url=own))
    await post.run()
    assert verified(*receiver.got[1], renewed["secret"])
    _, log, _ = await client("GET", f"/webhooks/{default['id']}/deliveries?limit=1")
    assert log["items"][0]["url"] == own
    _, rest, _ = await client("GET", f"/webhooks/{default['id']}/deliveries?limit=1&cursor={log['next_cursor']}")
    assert rest["next_cursor"] is None
    assert rest["items"][0]["delivery_id"] < log["items"][0]["delivery_id"]
    await client("POST", "/webhooks", json={"url": None, "events": ["scan.stopped"]})
    await end(connection, await add_scan(connection, user, status="running", webhook_url=own))
    await post.run()
    assert len(receiver.got) == 2


async def test_a_guest_s_address_hears_unsigned(connection: Database, post: Post, receiver: Receiver) -> None:
    scan_id = await add_scan(connection, None, owner="guest:1.2.3.4", status="running", webhook_url=receiver.url)
    await end(connection, scan_id)
    await post.run()
    assert "X-Scanfleet-Signature" not in receiver.got[0][0]


async def test_test_scans_tell_test_webhooks_only(
    client: Client,
    caller: Callable[[str | None], Client],
    make_key: MakeKey,
    connection: Database,
    user: users.User,
    post: Post,
    receiver: Receiver,
) -> None:
    tester = caller(await make_key(mode="test"))
    await client("POST", "/webhooks", json={"url": receiver.url + "/live"})
    _, hook, _ = await tester("POST", "/webhooks", json={"url": receiver.url + "/test"})
    await end(connection, await add_scan(connection, user, status="running", test=True))
    await post.run()
    ((headers, body),) = receiver.got
    assert verified(headers, body, hook["secret"])


async def test_retries_follow_the_schedule_and_end(
    client: Client, connection: Database, user: users.User, post: Post, receiver: Receiver
) -> None:
    _, hook, _ = await client("POST", "/webhooks", json={"url": receiver.url})
    receiver.status = 302
    await end(connection, await add_scan(connection, user, status="running"))
    await post.plan()
    for attempt, wait in enumerate(RETRIES, 1):
        await post.deliver(*await post.dispatch())
        (row,) = await rows(connection)
        assert (row["attempts"], row["last_status"], row["given_up_at"]) == (attempt, 302, None)
        pause = row["next_attempt_at"] - row["first_attempt_at"]
        assert abs(pause - timedelta(seconds=wait)) < timedelta(seconds=1)
        assert await post.dispatch() == []
        await post.deliver(row["id"])
        assert len(receiver.got) == attempt
        await connection.execute("UPDATE deliveries SET next_attempt_at = now()")
    await post.deliver(*await post.dispatch())
    (row,) = await rows(connection)
    assert (row["attempts"], row["next_attempt_at"]) == (9, None)
    assert row["given_up_at"] is not None
    assert len({body for _, body in receiver.got}) == 1
    assert len({json.loads(body)["delivery_id"] for _, body in receiver.got}) == 1
    _, log, _ = await client("GET", f"/webhooks/{hook['id']}/deliveries")
    assert (log["items"][0]["status"], log["items"][0]["last_error"]) == ("given_up", "the receiver answered 302")


async def test_a_hanging_receiver_costs_its_time_and_no_more(
    client: Client, connection: Database, user: users.User, settings: Settings, receiver: Receiver
) -> None:
    receiver.hang = True
    await client("POST", "/webhooks", json={"url": receiver.url})
    await end(connection, await add_scan(connection, user, status="running"))
    async with posting(settings, seconds=0.2) as post:
        async with asyncio.timeout(5):
            await post.run()
    (row,) = await rows(connection)
    assert row["last_error"] == "timeout: no answer within 0.2 s"
    assert row["next_attempt_at"] is not None


async def test_an_address_inside_is_refused_at_the_socket(
    client: Client, connection: Database, user: users.User, settings: Settings, receiver: Receiver
) -> None:
    await client("POST", "/webhooks", json={"url": receiver.url})
    await end(connection, await add_scan(connection, user, status="running"))
    async with posting(settings, allow_networks=()) as post:
        await post.run()
    (row,) = await rows(connection)
    assert row["last_error"].startswith("forbidden_address: ")
    assert receiver.got == []


async def test_a_worker_killed_in_between(
    client: Client, connection: Database, user: users.User, post: Post, receiver: Receiver
) -> None:
    await client("POST", "/webhooks", json={"url": receiver.url})
    await end(connection, await add_scan(connection, user, status="running"))
    await post.plan()
    (due,) = await post.dispatch()
    receiver.hang = True
    killed = asyncio.create_task(post.deliver(due))
    while not receiver.got:
        await asyncio.sleep(0.01)
    killed.cancel()
    await asyncio.gather(killed, return_exceptions=True)
    receiver.hang = False
    assert await post.dispatch() == []
    await connection.execute("UPDATE deliveries SET lease_until = now() - interval '1 second'")
    await post.deliver(*await post.dispatch())
    (row,) = await rows(connection)
    assert (row["attempts"], row["last_status"]) == (2, 200)
    assert row["delivered_at"] is not None
    assert [json.loads(body)["delivery_id"] for _, body in receiver.got] == [str(due)] * 2


async def test_a_lost_lease_writes_nothing(
    client: Client, connection: Database, user: users.User, post: Post, receiver: Receiver
) -> None:
    await client("POST", "/webhooks", json={"url": receiver.url})
    await end(connection, await add_scan(connection, user, status="running"))
    await post.plan()
    (due,) = await post.dispatch()
    receiver.hang = True
    slow = asyncio.create_task(post.deliver(due))
    while not receiver.got:
        await asyncio.sleep(0.01)
    await connection.execute("UPDATE deliveries SET fence = fence + 1")
    receiver.hang = False
    await slow
    (row,) = await rows(connection)
    assert (row["delivered_at"], row["last_status"]) == (None, None)


async def test_one_owner_s_dead_receivers_leave_room_for_others(
    client: Client, connection: Database, user: users.User, post: Post, receiver: Receiver
) -> None:
    bob = await users.create(connection, email="bob@example.com", password="correct horse", tier="free")
    for _ in range(30):
        await end(connection, await add_scan(connection, user, status="running", webhook_url=receiver.url))
    await end(connection, await add_scan(connection, bob, status="running", webhook_url=receiver.url))
    await post.plan()
    due = await post.dispatch()
    owners = [row["user_id"] for row in await rows(connection) if row["id"] in due]
    assert len(owners) == 9
    assert owners.count(bob.id) == 1


async def test_interrupted_during_the_last_attempt(
    client: Client, connection: Database, user: users.User, post: Post, receiver: Receiver
) -> None:
    await client("POST", "/webhooks", json={"url": receiver.url})
    await end(connection, await add_scan(connection, user, status="running"))
    await post.plan()
    await connection.execute("UPDATE deliveries SET attempts = 9, first_attempt_at = now()")
    await post.deliver(*await post.dispatch())
    (row,) = await rows(connection)
    assert row["given_up_at"] is not None
    assert "interrupted" in row["last_error"]
    assert receiver.got == []


async def test_a_secret_sealed_with_another_key(
    client: Client, connection: Database, user: users.User, settings: Settings, receiver: Receiver
) -> None:
    await client("POST", "/webhooks", json={"url": receiver.url})
    await end(connection, await add_scan(connection, user, status="running"))
    async with posting(settings, secret_key="another secret of thirty-two characters") as post:
        await post.run()
    (row,) = await rows(connection)
    assert row["last_error"] == "the secret can't be read any more; make this webhook anew"
    assert row["next_attempt_at"] is not None
    assert receiver.got == []


async def test_a_deleted_webhook_gets_nothing_more(
    client: Client, connection: Database, user: users.User, post: Post, receiver: Receiver
) -> None:
    _, hook, _ = await client("POST", "/webhooks", json={"url": receiver.url})
    await end(connection, await add_scan(connection, user, status="running"))
    await post.plan()
    due = await post.dispatch()
    await client("DELETE", f"/webhooks/{hook['id']}")
    await post.deliver(*due)
    assert (receiver.got, await rows(connection)) == ([], [])
