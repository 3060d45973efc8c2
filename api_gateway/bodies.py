"""Reading what a request brings: its body, its ids, its idempotency key."""

import asyncio
import contextlib
import re
from collections.abc import Sequence
from typing import Any, TypeVar, cast
from uuid import UUID

import msgspec
from aiohttp import web
from aiohttp.web_exceptions import HTTPRequestEntityTooLarge

from api_gateway.middleware.deadline import ALLOWANCE
from shared.errors import InvalidRequestError, NotFoundError
from shared.intake import IDEMPOTENCY_KEY, stored_key
from shared.requests import decode_json
from shared.scans import parse_id

MAX_BODY = 256 * 1024
BODY_SECONDS = 10.0
_KEY = re.compile(IDEMPOTENCY_KEY)

T = TypeVar("T")


async def read_body(request: web.Request, type_: type[T]) -> T:
    """The JSON body as `type_`. Raises `InvalidRequestError` for a wrong media type, a slow body, or bad content."""
    sent = request.content_type
    if sent not in {"application/json", "application/octet-stream"} or (
        sent == "application/octet-stream" and "Content-Type" in request.headers
    ):
        message = f"Send the body as application/json, not {sent}."
        raise InvalidRequestError(message, http=415)
    body = await _bytes(request)
    if not body.strip():
        message = "The body is empty; send a JSON object."
        raise InvalidRequestError(message)
    value: T
    try:
        value = decode_json(body, type_)
    except InvalidRequestError:
        plain = _with_whole_numbers(body)
        if plain is None:
            raise
        value = decode_json(plain, type_)
    return value


def _with_whole_numbers(body: bytes) -> bytes | None:
    """The body with `3.0` written as `3`, None where that changes nothing (JSON Schema 2020-12: both are integers)."""
    try:
        value = msgspec.json.decode(body)
        changed = _whole(value)
        return None if repr(changed) == repr(value) else msgspec.json.encode(changed)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None


def _whole(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {name: _whole(one) for name, one in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [_whole(one) for one in cast("Sequence[Any]", value)]
    return value


async def _bytes(request: web.Request) -> bytes:
    allowance = request.get(ALLOWANCE)
    try:
        if request.content.is_eof():
            # It came with the head, so nothing is waited for: timer and pause would cost 10 µs.
            return await request.read()
        with allowance.paused() if allowance else contextlib.nullcontext():
            async with asyncio.timeout(BODY_SECONDS):
                return await request.read()
    except TimeoutError as error:
        message = f"The body did not arrive within {BODY_SECONDS:.0f} s."
        raise InvalidRequestError(message, http=408, headers={"Connection": "close"}) from error
    except HTTPRequestEntityTooLarge:
        raise
    except web.RequestPayloadError as error:
        message = "The body is not encoded as its headers say."
        raise InvalidRequestError(message, headers={"Connection": "close"}) from error


def path_id(request: web.Request, name: str, what: str) -> UUID:
    """The UUID in the path. Raises `NotFoundError`: an id that can't be one names nothing."""
    found = parse_id(request.match_info[name])
    if found is None:
        message = f"There is no {what} with this id."
        raise NotFoundError(message)
    return found


def idempotency_key(request: web.Request, *, test: bool) -> str | None:
    """The Idempotency-Key header, apart for test mode. Raises `InvalidRequestError` for a malformed one."""
    sent = request.headers.getall("Idempotency-Key", [])
    if not sent:
        return None
    if len(sent) > 1 or not _KEY.fullmatch(sent[0]):
        message = "Idempotency-Key: once, 1 to 255 visible ASCII characters."
        raise InvalidRequestError(message, param="Idempotency-Key")
    return stored_key(sent[0], test=test)
