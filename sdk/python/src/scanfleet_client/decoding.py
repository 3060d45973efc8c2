"""JSON into dataclasses, and back."""

import dataclasses
import functools
import types
from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from scanfleet_client.errors import UnexpectedAnswerError

T = TypeVar("T")
Convert = Callable[[Any], Any]


class _ShapeError(Exception):
    """The value isn't what the model says; the message names the place."""


def decode(kind: type[T], value: object) -> T:
    """The value as `kind`. What a newer service adds is left out; `UnexpectedAnswerError` names what doesn't fit."""
    try:
        return cast("T", _converter(cast("Any", kind))(value))
    except _ShapeError as error:
        raise UnexpectedAnswerError(f"The answer isn't a {kind.__name__}: {error}") from None


def encode(value: object) -> Any:  # noqa: ANN401
    """Dataclasses as JSON objects, without what is None."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        pairs = ((one.name, getattr(value, one.name)) for one in dataclasses.fields(value))
        return {name: encode(inner) for name, inner in pairs if inner is not None}
    if isinstance(value, (list, tuple)):
        return [encode(one) for one in cast("list[object]", value)]
    return value


def _wrong(wanted: str, value: object) -> _ShapeError:
    return _ShapeError(f"want {wanted}, got {type(value).__name__}")


@functools.cache
def _converter(kind: Any) -> Convert:  # noqa: ANN401
    if dataclasses.is_dataclass(kind):
        return _object(cast("type[Any]", kind))
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in {Union, types.UnionType}:
        inner = _converter(next(one for one in arguments if one is not type(None)))
        return lambda value: None if value is None else inner(value)
    if origin is list:
        return _list(_converter(arguments[0]))
    if origin is dict:
        return functools.partial(_plain, dict)
    # A value that a newer service adds to a closed list comes through as it is.
    return _SCALARS[str if origin is Literal else kind]


def _plain(kind: type, value: Any) -> Any:  # noqa: ANN401
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise _wrong(kind.__name__, value)
    return value


def _number(value: Any) -> float:  # noqa: ANN401
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _wrong("number", value)
    return float(value)


def _moment(value: Any) -> datetime:  # noqa: ANN401
    try:
        return datetime.fromisoformat(_plain(str, value))
    except ValueError:
        raise _wrong("a time as RFC 3339 has it", value) from None


_SCALARS: dict[Any, Convert] = {
    str: functools.partial(_plain, str),
    int: functools.partial(_plain, int),
    bool: functools.partial(_plain, bool),
    float: _number,
    datetime: _moment,
}


def _list(inner: Convert) -> Convert:
    def convert(value: Any) -> list[Any]:  # noqa: ANN401
        found: list[Any] = []
        for one in _plain(list, value):
            try:
                found.append(inner(one))
            except _ShapeError as error:
                raise _ShapeError(f"[{len(found)}]{error}") from None
        return found

    return convert


def _object(kind: type[Any]) -> Convert:
    hints = get_type_hints(kind)
    plan = [(one.name, _converter(hints[one.name])) for one in dataclasses.fields(kind)]
    needed = {one.name for one in dataclasses.fields(kind) if one.default is dataclasses.MISSING}

    def convert(value: Any) -> Any:  # noqa: ANN401
        given = _plain(dict, value)
        found: dict[str, Any] = {}
        for name, inner in plan:
            if name not in given:
                if name in needed:
                    raise _ShapeError(f"{name} is missing")
                continue
            try:
                found[name] = inner(given[name])
            except _ShapeError as error:
                raise _ShapeError(f".{name}: {error}") from None
        return kind(**found)

    return convert
