"""Server-sent events."""

import codecs
from dataclasses import dataclass
from typing import Final

from scanfleet_client.errors import UnexpectedAnswerError

EVENT_CHARACTERS: Final = 1_048_576
_RETRY_DIGITS: Final = 9


@dataclass(frozen=True, slots=True)
class RawEvent:
    """An event as it came over the wire."""

    type: str
    id: str
    data: str


class SseParser:
    """Turns pieces of a stream into events.

    As https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation says. `retry` is the
    pause before another connection that the server asked for, in milliseconds; `last_id` what to name then.
    """

    def __init__(self, limit: int = EVENT_CHARACTERS) -> None:
        """`limit` bounds a line, and an event's data, in characters."""
        self.retry: int | None = None
        self.last_id = ""
        self._limit = limit
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")(errors="replace")
        self._line: list[str] = []
        self._held = 0
        self._after_cr = False
        self._type = ""
        self._data: list[str] = []
        self._size = 0

    def feed(self, piece: bytes) -> list[RawEvent]:
        """The events that `piece` completes. Raises `UnexpectedAnswerError` for one beyond the limit."""
        return self._lines(self._decoder.decode(piece))

    def _lines(self, text: str) -> list[RawEvent]:
        if self._after_cr and text:
            text, self._after_cr = text.removeprefix("\n"), False
        self._after_cr = self._after_cr or text.endswith("\r")
        *lines, rest = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        found: list[RawEvent] = []
        for line in lines:
            self._hold(line)
            event = self._take("".join(self._line))
            self._line, self._held = [], 0
            if event is not None:
                found.append(event)
        self._hold(rest)
        return found

    def _hold(self, text: str) -> None:
        self._line.append(text)
        self._held += len(text)
        self._bound(self._held)

    def _bound(self, size: int) -> None:
        if size > self._limit:
            raise UnexpectedAnswerError(f"An event is longer than {self._limit} characters.")

    def _take(self, line: str) -> RawEvent | None:
        """Take a line; the event that it ends."""
        if not line:
            return self._dispatch()
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
            self._size += len(value) + 1
            self._bound(self._size)
        elif name == "event":
            self._type = value
        elif name == "id" and "\0" not in value:
            self.last_id = value
        elif name == "retry" and value.isascii() and value.isdigit() and len(value) <= _RETRY_DIGITS:
            self.retry = int(value)
        return None

    def _dispatch(self) -> RawEvent | None:
        event = RawEvent(self._type or "message", self.last_id, "\n".join(self._data)) if self._data else None
        self._type, self._data, self._size = "", [], 0
        return event
