"""Gateway and workers share a message, not code: what one writes is what the other declares."""

import json
import uuid

import msgspec
from dramatiq import Message
from dramatiq.brokers.stub import StubBroker

from shared.jobs import ACTORS, Job, encode
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
