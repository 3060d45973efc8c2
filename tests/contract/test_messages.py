"""Gateway and workers share a message, not code: what one writes is what the other declares."""

import inspect
import json
import uuid

import msgspec
import pytest
from dramatiq import Message
from dramatiq.brokers.stub import StubBroker

from shared.jobs import ACTORS, VERSION, Job, encode
from workers.actors import Work, declare


async def _never(*_: object) -> None:
    raise AssertionError


def test_workers_declare_exactly_the_named_actors() -> None:
    declared: dict[str, str] = {}
    for queue in set(ACTORS.values()):
        broker = StubBroker(middleware=[])
        declare(broker, queue, Work(_never, _never, _never, _never, _never))
        declared |= {name: broker.get_actor(name).queue_name for name in broker.get_declared_actors()}
    assert declared == dict(ACTORS)


def test_a_message_has_exactly_dramatiqs_seven_fields() -> None:
    job = Job("run_chunk", uuid.uuid4(), 7, "request")
    raw = encode(job, "rid")
    assert sorted(json.loads(raw)) == sorted(
        ["queue_name", "actor_name", "args", "kwargs", "options", "message_id", "message_timestamp"]
    )
    message: Message[None] = Message.decode(raw)
    assert message.kwargs == {"v": 1, "scan_id": str(job.scan_id), "no": 7, "request_id": "request"}
    assert message.options == {"redis_message_id": "rid"}
    assert msgspec.json.decode(raw)["queue_name"] == "chunks"


class Heard:
    """What the actors called."""

    def __init__(self) -> None:
        self.ran: list[tuple[uuid.UUID, int, str]] = []
        self.left: list[tuple[uuid.UUID, int]] = []

    async def run(self, scan_id: uuid.UUID, no: int, request_id: str) -> None:
        self.ran.append((scan_id, no, request_id))

    async def leave(self, scan_id: uuid.UUID, no: int) -> None:
        self.left.append((scan_id, no))


async def _take(heard: Heard, actor: str, kwargs: dict[str, object]) -> None:
    broker = StubBroker(middleware=[])
    declare(broker, ACTORS[actor], Work(heard.run, heard.leave, _never, _never, _never))
    await inspect.unwrap(broker.get_actor(actor).fn)(**kwargs)


@pytest.mark.parametrize("actor", ["run_single", "run_chunk"])
@pytest.mark.parametrize("version", [VERSION - 1, VERSION])
async def test_a_message_of_this_or_the_version_before_is_done(actor: str, version: int) -> None:
    heard, scan_id = Heard(), uuid.uuid4()
    sent = {"v": version, "scan_id": str(scan_id), "no": 2, "request_id": "r", "something_newer": {"a": [1]}}
    await _take(heard, actor, sent)
    assert (heard.ran, heard.left) == ([(scan_id, 2, "r")], [])


@pytest.mark.parametrize("actor", ["run_single", "run_chunk"])
async def test_a_message_of_the_next_version_is_left_to_a_newer_worker(actor: str) -> None:
    heard, scan_id = Heard(), uuid.uuid4()
    await _take(heard, actor, {"v": VERSION + 1, "scan_id": str(scan_id), "no": 2, "pages": "as nobody knows yet"})
    assert (heard.ran, heard.left) == ([], [(scan_id, 2)])


@pytest.mark.parametrize("kwargs", [{}, {"scan_id": 7}, {"scan_id": "x"}, {"scan_id": str(uuid.uuid4()), "no": None}])
async def test_a_message_that_names_no_work_is_dropped(kwargs: dict[str, object]) -> None:
    heard = Heard()
    await _take(heard, "run_chunk", kwargs)
    assert (heard.ran, heard.left) == ([], [])
