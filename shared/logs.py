"""Structured logs: one line an event, `noun.verb` with fields; JSON in production, readable text otherwise."""

import io
import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog
from structlog.typing import Processor

_SECRET_KEYS = re.compile(r"pass|secret|token|authorization|cookie|api_?key", re.IGNORECASE)
_USERINFO = re.compile(r"(?<=//)[^/@\s]+@")
_QUERY_VALUES = re.compile(r"(?<=[?&])([^=&\s]+)=[^&\s]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def mask(text: str) -> str:
    """`text` without userinfo, query values and control characters, so that a URL can be logged."""
    return _CONTROL.sub(" ", _QUERY_VALUES.sub(r"\1=…", _USERINFO.sub("…@", text)))


def _masked_lines(text: str) -> str:
    """A traceback without userinfo and query values; it keeps its lines."""
    return _QUERY_VALUES.sub(r"\1=…", _USERINFO.sub("…@", text))


def _plain_traceback(out: TextIO, exc_info: Any) -> None:  # noqa: ANN401 - structlog's own types
    """For people, the same as in production: locals, which structlog shows by default, would put keys into the log."""
    text = io.StringIO()
    structlog.dev.plain_traceback(text, exc_info)
    out.write(_masked_lines(text.getvalue()))


def _masked_exception(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    if isinstance(exception := event.get("exception"), str):
        event["exception"] = _masked_lines(exception)
    return event


def _masked(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if _SECRET_KEYS.search(key):
            event[key] = "…"
        elif isinstance(value, str) and key not in {"exception", "event", "timestamp", "level"}:
            event[key] = mask(value)
    return event


def _of(service: str) -> Processor:
    """Every line names its service. Bound to a context it would be missing from what other threads log."""

    def name(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        event["service"] = service
        return event

    return name


def configure(service: str, *, log_format: str = "text", level: str = "info") -> None:
    """Set up logging of this process, the libraries' own included. Called once, in `__main__`."""
    shared_processors: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        _of(service),
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _masked,
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=_plain_traceback)
    )
    exceptions: list[Any] = [structlog.processors.format_exc_info, _masked_exception] if log_format == "json" else []
    structlog.configure(
        processors=[*shared_processors, *exceptions, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared_processors,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *exceptions, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)


def get_logger() -> structlog.typing.FilteringBoundLogger:
    """A logger that carries whatever was bound to the current context (request_id, scan_id)."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger()
    return logger
