"""Reads the ingress queue, which other programs write: a message that can't be read is handed on with the reason."""

import dataclasses
import json
import uuid
from typing import Any, cast

from dramatiq import Message

from shared.jobs import INGRESS_QUEUE, VERSION
from workers.broker import Broker, HardenedConsumer

ACTOR = "submit_scan"
MAX_KEPT = 2_000
"""Bytes of an unreadable message that are handed on."""


FIELDS = frozenset(field.name for field in dataclasses.fields(Message))
"""The seven of a dramatiq message."""


def fault(data: bytes, redis_id: str) -> str | None:
    """Why the bytes under `redis_id` aren't a message for `submit_scan`; None when they are."""
    try:
        message: Any = json.loads(data)
    except (ValueError, RecursionError):
        return "The message is not JSON."
    if not isinstance(message, dict):
        return "The message must be a JSON object."
    fields = cast("dict[str, Any]", message)
    if wrong := FIELDS ^ fields.keys():
        name = min(wrong)
        return (
            f"{name}: {'missing' if name in FIELDS else 'unknown field'}; the fields are {', '.join(sorted(FIELDS))}."
        )
    options, arguments = fields["options"], fields["kwargs"]
    faults = {
        f"queue_name: must be {INGRESS_QUEUE!r}.": fields["queue_name"] != INGRESS_QUEUE,
        f"actor_name: must be {ACTOR!r}.": fields["actor_name"] != ACTOR,
        "args: must be an empty list; the scan stands in kwargs.": fields["args"] != [],
        "kwargs: must be an object with v and scan.": not isinstance(arguments, dict) or "unreadable" in arguments,
        "message_id: must be a text.": not isinstance(fields["message_id"], str),
        "options: must hold redis_message_id, the id under which Redis has the message, and nothing else.": (
            options != {"redis_message_id": redis_id}
        ),
    }
    return next((reason for reason, applies in faults.items() if applies), None)


def unreadable(data: bytes, redis_id: str, reason: str) -> bytes:
    """A message that the actor can read in place of one that it can't."""
    text = data[:MAX_KEPT].decode(errors="replace")
    encoded: bytes = Message[None](
        queue_name=INGRESS_QUEUE,
        actor_name=ACTOR,
        args=(),
        kwargs={"v": VERSION, "unreadable": [reason, text, redis_id]},
        options={"redis_message_id": redis_id},
    ).encode()
    return encoded


class IngressConsumer(HardenedConsumer):
    """Dramatiq tells a message's id from the message itself, which a stranger may have got wrong: Redis is asked."""

    def __init__(self, broker: "IngressBroker", queue_name: str, prefetch: int, timeout: int) -> None:
        """As dramatiq makes it: at the start, after each pause, and after each lost connection."""
        self._new = True
        super().__init__(broker, queue_name, prefetch, timeout)

    @property
    def message_cache(self) -> list[bytes]:
        """Messages fetched and not handed out yet."""
        return self._cache

    @message_cache.setter
    def message_cache(self, fetched: list[bytes | None]) -> None:
        self._cache = self._readable(fetched) if fetched else []

    def _fetch(self) -> bool:
        """As for every queue; a consumer's first look also finds what Redis gave to one whose connection broke."""
        found = super()._fetch()
        if self._new:
            free = self._free()
            self._cache += [self._take_in_hand(redis_id, data) for redis_id, data in free.items()]
            self._new = False
        return found or bool(self._cache)

    def _readable(self, fetched: list[bytes | None]) -> list[bytes]:
        free = self._free()
        readable: list[bytes] = []
        for data in fetched:
            redis_id = _take(free, data) if data is not None else None
            if data is not None and redis_id is not None:
                readable.append(self._take_in_hand(redis_id, data))
        return readable

    def _take_in_hand(self, redis_id: str, data: bytes) -> bytes:
        self.broker.in_hand.add(redis_id)
        reason = fault(data, redis_id)
        return data if reason is None else unreadable(data, redis_id, reason)

    def let_go(self, message: Any) -> None:  # noqa: ANN401
        """The message has been dealt with."""
        self.broker.in_hand.discard(message.options["redis_message_id"])
        super().let_go(message)

    def _free(self) -> dict[str, bytes]:
        """What this process holds and nobody deals with yet.

        Who has a message in hand is asked before Redis is: threads let go of messages all the time, and of two with
        the same bytes the first would be done twice, the second never.
        """
        in_hand = self.broker.in_hand.copy()
        return {redis_id: body for redis_id, body in self._held().items() if redis_id not in in_hand}

    def _held(self) -> dict[str, bytes]:
        """What this process holds and has not acknowledged, by its id in Redis. Ids without a message are let go."""
        broker = self.broker
        acks, messages = self._keys()
        ids: list[bytes] = sorted(broker.client.smembers(acks))
        if not ids:
            return {}
        bodies = broker.client.hmget(messages, ids)
        if lost := [one for one, body in zip(ids, bodies, strict=True) if body is None]:
            broker.client.srem(acks, *lost)
        return {self._name(one, body): body for one, body in zip(ids, bodies, strict=True) if body is not None}

    def _name(self, redis_id: bytes, body: bytes) -> str:
        """The id as text. One that isn't any gets another, or the message could never be acknowledged."""
        try:
            return redis_id.decode()
        except UnicodeDecodeError:
            name = str(uuid.uuid4())
        acks, messages = self._keys()
        with self.broker.client.pipeline(transaction=True) as pipe:
            pipe.hset(messages, name, body).sadd(acks, name).hdel(messages, redis_id).srem(acks, redis_id).execute()
        return name

    def _keys(self) -> tuple[str, str]:
        """Of the set of ids that are held, and of the messages."""
        broker = self.broker
        acks = f"{broker.namespace}:__acks__.{broker.broker_id}.{self.queue_name}"
        return acks, f"{broker.namespace}:{self.queue_name}.msgs"


def _take(held: dict[str, bytes], data: bytes) -> str | None:
    """The id under which Redis holds `data`, each id once: the one it names itself where that is right."""
    try:
        named = json.loads(data)["options"]["redis_message_id"]
    except (ValueError, TypeError, KeyError, RecursionError):
        named = None
    if isinstance(named, str) and held.get(named) == data:
        del held[named]
        return named
    for redis_id, body in held.items():
        if body == data:
            del held[redis_id]
            return redis_id
    return None


class IngressBroker(Broker):
    """The broker of the ingress queue."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        """As dramatiq's."""
        self.in_hand: set[str] = set()
        """Ids in Redis of the messages that this process deals with; consumers come and go meanwhile."""
        super().__init__(*args, **kwargs)  # type: ignore[no-untyped-call]  # pyright: ignore[reportUnknownMemberType]

    @property
    def consumer_class(self) -> Any:  # noqa: ANN401
        """What reads the queue."""
        return IngressConsumer
