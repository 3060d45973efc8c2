"""Traces: what became of a request, from HTTP through the queue to each page; off unless the operator wants them.

Without `OTEL_EXPORTER_OTLP_ENDPOINT`, or where the extra `otel` isn't installed, nothing of OpenTelemetry is loaded,
and a span costs a comparison. A scan keeps the trace that it began in (`scans.trace`, as W3C's traceparent), so a
message may be lost or repeated, and old workers need not know of it. Attributes never hold userinfo or values of a
query.
"""

import threading
from collections.abc import Callable, Coroutine, Mapping
from contextlib import AbstractContextManager, nullcontext
from functools import wraps
from typing import Any, Final, Literal, ParamSpec, Protocol, TypeVar

from shared.logs import get_logger, mask
from shared.settings import Settings

P = ParamSpec("P")
T = TypeVar("T")

Value = str | int | float | bool
Kind = Literal["server", "consumer", "internal"]

FLUSH_SECONDS: Final = 3.0
"""For what is still to be sent when a process ends; a drain isn't held up for longer by a collector that is away."""
MOST_URL: Final = 500
"""Characters of an address that are told."""


class Span(Protocol):
    """A piece of work under way."""

    def note(self, attributes: Mapping[str, Value], *, failed: bool = False) -> None:
        """Say more of it; `failed` marks it as an error."""
        ...


class Tracer(Protocol):
    """What makes spans and sends them; `shared.otel` has the only one."""

    def span(
        self, name: str, attributes: Mapping[str, Value], kind: Kind, parent: str | None
    ) -> AbstractContextManager[Span]:
        """A span as long as the block, below `parent` (a traceparent) or else the span around it."""
        ...

    def traceparent(self) -> str | None:
        """The current span as W3C's header, None where nothing is recorded."""
        ...

    def close(self) -> None:
        """Send what is left."""
        ...


class _Silent:
    def note(self, attributes: Mapping[str, Value], *, failed: bool = False) -> None:
        pass


_NOTHING: Final[Mapping[str, Value]] = {}
_OFF: Final[AbstractContextManager[Span]] = nullcontext(_Silent())
_tracer: Tracer | None = None


def configure(service: str, settings: Settings) -> None:
    """Switch tracing on for this process if it is wanted and installed. Called once, in `__main__`."""
    if not settings.otlp_endpoint:
        return
    try:
        from shared import otel  # noqa: PLC0415 - loads OpenTelemetry
    except ModuleNotFoundError as error:
        get_logger().warning(
            "tracing.not_installed",
            missing=error.name,
            do="install the extra `otel`, or unset OTEL_EXPORTER_OTLP_ENDPOINT",
        )
        return
    use(otel.make_tracer(service, settings))


def use(tracer: Tracer | None) -> None:
    """Make spans by this one from now on; None switches tracing off."""
    global _tracer  # noqa: PLW0603 - one a process, as with logging
    _tracer = tracer


def flush() -> None:
    """Send what is left, for at most `FLUSH_SECONDS`. Called once, at the end of `__main__`."""
    if _tracer is not None:
        sending = threading.Thread(target=_tracer.close, daemon=True)
        sending.start()
        sending.join(FLUSH_SECONDS)


def span(
    name: str, attributes: Mapping[str, Value] = _NOTHING, *, kind: Kind = "internal", parent: str | None = None
) -> AbstractContextManager[Span]:
    """A span as long as the block, below `parent` (a traceparent) or else the span around it."""
    return _OFF if _tracer is None else _tracer.span(name, attributes, kind, parent)


def traced(
    name: str, describe: Callable[..., Mapping[str, Value] | None] = lambda *_: _NOTHING
) -> Callable[[Callable[P, Coroutine[Any, Any, T]]], Callable[P, Coroutine[Any, Any, T]]]:
    """A span around each call of a coroutine function.

    `describe` gets the call's arguments and gives attributes, or None for no span.
    """

    def decorate(function: Callable[P, Coroutine[Any, Any, T]]) -> Callable[P, Coroutine[Any, Any, T]]:
        async def within(attributes: Mapping[str, Value], *args: P.args, **kwargs: P.kwargs) -> T:
            with span(name, attributes):
                return await function(*args, **kwargs)

        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, T]:
            if _tracer is None or (attributes := describe(*args, **kwargs)) is None:
                return function(*args, **kwargs)
            return within(attributes, *args, **kwargs)

        return call

    return decorate


def traceparent() -> str | None:
    """The current span as W3C's header, for what goes on elsewhere; None where nothing is recorded."""
    return None if _tracer is None else _tracer.traceparent()


def told(url: str) -> str:
    """An address as an attribute may hold it: without userinfo, values of its query, and fragment."""
    return mask(url.partition("#")[0])[:MOST_URL]
