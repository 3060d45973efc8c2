"""The envelope that every JSON response under /api/v1 stands in."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, cast

import msgspec
from aiohttp import web
from aiohttp.web_request import BaseRequest

from api_gateway.state import REQUEST_ID
from shared.clock import Clock, rfc3339, utc
from shared.errors import ServiceError

VERSION = "1.0"
JSON = "application/json; charset=utf-8"
HEADERS = {"Content-Type": JSON, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def _default(value: object) -> object:
    if isinstance(value, datetime):
        return rfc3339(value.astimezone(UTC))
    message = f"{type(value).__name__} can't be sent"
    raise TypeError(message)


ENCODER = msgspec.json.Encoder(enc_hook=_default)


def _times(value: Any) -> Any:  # noqa: ANN401
    """Replace datetimes by RFC 3339 in UTC, with milliseconds."""
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, dict):
        items = cast("dict[str, Any]", value)
        return {key: _times(one) for key, one in items.items()}
    if isinstance(value, list | tuple):
        return [_times(one) for one in cast("list[Any]", value)]
    return value


@lru_cache(maxsize=4)
def _second(seconds: int) -> str:
    """A second's part of its RFC 3339 times: making it anew for every answer takes as long as encoding the answer."""
    return rfc3339(utc(seconds)).removesuffix("000Z")


def _meta(request: BaseRequest, clock: Clock) -> dict[str, str]:
    seconds, milliseconds = divmod(int(clock.now() * 1000), 1000)
    return {
        "timestamp": f"{_second(seconds)}{milliseconds:03d}Z",
        "version": VERSION,
        "request_id": request.get(REQUEST_ID, ""),
    }


def success(
    request: web.Request, data: object, clock: Clock, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    """A successful response. `data` that is encoded already, as `msgspec.Raw`, is sent as it is."""
    told = data if isinstance(data, msgspec.Raw) else _times(data)
    body = {"success": True, "data": told, "meta": _meta(request, clock)}
    return web.Response(body=ENCODER.encode(body), status=status, headers={**HEADERS, **(headers or {})})


def failure(request: BaseRequest, error: ServiceError, clock: Clock) -> web.Response:
    """An error response; `Retry-After` is rounded up to whole seconds."""
    told: dict[str, object] = {"code": error.code, "message": error.message}
    headers = {**HEADERS, **error.headers}
    if error.param:
        told["param"] = error.param
    if error.retry_after is not None:
        seconds = max(1, int(-(-error.retry_after // 1)))
        headers["Retry-After"] = str(seconds)
        if error.status == 429:  # noqa: PLR2004
            told["retry_after"] = seconds
    if error.status == 401:  # noqa: PLR2004
        headers["WWW-Authenticate"] = 'Bearer realm="scanfleet"'
    body = {"success": False, "error": told, "meta": _meta(request, clock)}
    return web.Response(body=ENCODER.encode(body), status=error.status, headers=headers)
