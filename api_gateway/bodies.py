"""Reading what a request brings: its body, its query, its ids."""

import asyncio
from typing import Any, TypeVar
from uuid import UUID

from aiohttp import web

from shared.errors import InvalidRequestError, NotFoundError
from shared.requests import decode_json
from shared.scans import parse_id

MAX_BODY = 256 * 1024
BODY_SECONDS = 10.0

T = TypeVar("T")


async def read_body(request: web.Request, type_: type[T]) -> T:
    """The JSON body as `type_`. Raises `InvalidRequestError` for a wrong media type, a slow body, or bad content."""
    if request.content_type not in {"application/json", "application/octet-stream"} or (
        request.content_type == "application/octet-stream" and "Content-Type" in request.headers
    ):
        message = f"Send the body as application/json, not {request.content_type}."
        raise InvalidRequestError(message, http=415)
    try:
        async with asyncio.timeout(BODY_SECONDS):
            body = await request.read()
    except TimeoutError as error:
        message = f"The body did not arrive within {BODY_SECONDS:.0f} s."
        raise InvalidRequestError(message, http=408, headers={"Connection": "close"}) from error
    if not body.strip():
        message = "The body is empty; send a JSON object."
        raise InvalidRequestError(message)
    value: T = decode_json(body, type_)
    return value


def path_id(request: web.Request, name: str, what: str) -> UUID:
    """The UUID in the path. Raises `NotFoundError`: an id that can't be one names nothing."""
    found = parse_id(request.match_info[name])
    if found is None:
        message = f"There is no {what} with this id."
        raise NotFoundError(message)
    return found


def whole_number(request: web.Request, name: str, default: int, low: int, high: int) -> int:
    """A whole number from the query. Raises `InvalidRequestError` outside low..high."""
    raw = request.query.get(name)
    if raw is None:
        return default
    if not raw.isascii() or not raw.isdigit() or len(raw) > 9 or not low <= int(raw) <= high:  # noqa: PLR2004
        message = f"{name}: a whole number between {low} and {high}."
        raise InvalidRequestError(message, param=name)
    return int(raw)


def one_of(request: web.Request, name: str, allowed: Any) -> str | None:  # noqa: ANN401
    """A word from the query. Raises `InvalidRequestError` when it isn't among `allowed`."""
    raw = request.query.get(name)
    if raw is not None and raw not in allowed:
        message = f"{name}: one of {', '.join(allowed)}."
        raise InvalidRequestError(message, param=name)
    return raw


def text(request: web.Request, name: str, most: int = 500) -> str | None:
    """A text from the query. Raises `InvalidRequestError` for one that is too long or holds control characters."""
    raw = request.query.get(name)
    if raw is None:
        return None
    if not 1 <= len(raw) <= most or not raw.isprintable():
        message = f"{name}: 1 to {most} printable characters."
        raise InvalidRequestError(message, param=name)
    return raw
