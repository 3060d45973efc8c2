"""What can go wrong, as types. No text in here ever holds the caller's credential."""

import json
from collections.abc import Mapping
from typing import Any, Final, cast

from scanfleet_client.retry_after import read_retry_after

UNEXPECTED: Final = "UNEXPECTED_ANSWER"
MASK: Final = "[credential]"
MESSAGE_CHARACTERS: Final = 1_000
_ERROR_STATUS: Final = 400
_SERVER_STATUS: Final = 500


class ScanfleetError(Exception):
    """Everything that this package raises about a call derives from it."""


class ConnectionFailedError(ScanfleetError):
    """There was no answer, or only a part of one: refused, broken off, or not verifiable (TLS)."""


class RequestTimeoutError(ScanfleetError):
    """The answer didn't come, or didn't go on, in time."""


class UnexpectedAnswerError(ScanfleetError):
    """A success that doesn't look as the API's contract says, or is larger than this client takes."""


class WaitTimeoutError(ScanfleetError):
    """A scan hadn't ended when the time to wait for it was over. It goes on; `scan_id` is what to ask for later."""

    def __init__(self, scan_id: str, seconds: float) -> None:
        super().__init__(f"Scan {scan_id} has not ended within {seconds:g} s; it goes on.")
        self.scan_id = scan_id


class SignatureError(ScanfleetError):
    """A webhook's message that can't be trusted; `reason` is `malformed`, `mismatch` or `expired`."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class ApiError(ScanfleetError):
    """The service answered with an error.

    Attributes:
        status: the HTTP status.
        code: the contract's code, such as `INVALID_URL`; `UNEXPECTED_ANSWER` where the answer wasn't the service's own.
        message: a sentence for people.
        param: the field or parameter that is at fault.
        retry_after: seconds to wait before another try.
        request_id: what to name when asking the service's operators.
    """

    kind = "api"

    def __init__(
        self,
        *,
        status: int,
        code: str,
        message: str,
        param: str | None = None,
        retry_after: int | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message
        self.param, self.retry_after, self.request_id = param, retry_after, request_id

    def __str__(self) -> str:
        extra = [f"param {self.param}"] if self.param is not None else []
        extra += [f"retry after {self.retry_after} s"] if self.retry_after is not None else []
        extra += [f"request {self.request_id}"] if self.request_id is not None else []
        return f"{self.status} {self.code}: {self.message}" + (f" ({', '.join(extra)})" if extra else "")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self})"


class InvalidRequestError(ApiError):
    """400, 405, 413, 415 and other 4xx: the request itself is wrong; `param` names the field."""

    kind = "invalid_request"


class AuthenticationError(ApiError):
    """401: no credential, or one that isn't valid."""

    kind = "authentication"


class PermissionDeniedError(ApiError):
    """403: the credential doesn't allow it."""

    kind = "permission"


class NotFoundError(ApiError):
    """404."""

    kind = "not_found"


class ConflictError(ApiError):
    """409: the state forbids it."""

    kind = "conflict"


class RateLimitError(ApiError):
    """429: a limit is used up; `retry_after` says for how long."""

    kind = "rate_limit"


class ServerError(ApiError):
    """5xx: the service, or something before it, has a problem."""

    kind = "server"


_BY_STATUS: Final[Mapping[int, type[ApiError]]] = {
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    429: RateLimitError,
}


def _type_of(status: int) -> type[ApiError]:
    if status < _ERROR_STATUS:
        return ApiError
    if status >= _SERVER_STATUS:
        return ServerError
    return _BY_STATUS.get(status, InvalidRequestError)


def masked(text: str, credential: str | None) -> str:
    """The text without the credential."""
    return text.replace(credential, MASK) if credential else text


def as_object(value: object) -> dict[str, Any]:
    """A JSON object; anything else is an empty one."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _envelope(body: bytes) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """The `error` and `meta` of the contract's envelope; None when it isn't one."""
    try:
        given = as_object(json.loads(body))
    except (ValueError, RecursionError):
        return None
    error = as_object(given.get("error"))
    if not (isinstance(error.get("code"), str) and isinstance(error.get("message"), str)):
        return None
    return error, as_object(given.get("meta"))


def _stranger(status: int, headers: Mapping[str, str]) -> str:
    """What to say of an answer that isn't this API's."""
    location = headers.get("Location")
    if status < _ERROR_STATUS and location is not None:
        parts = location.split("/")
        where = "/".join(parts[:3]) if location.startswith(("http://", "https://")) else "another path"
        advice = "redirects aren't followed: give the client the address to use."
        return f"The server redirects to {where}; {advice}"
    return f"The server answered {status} with something else than this API's errors."


def api_error(
    status: int, headers: Mapping[str, str], body: bytes, *, now: float, credential: str | None = None
) -> ApiError:
    """The error that an answer means.

    Args:
        status: its HTTP status.
        headers: its headers; names in any case if the mapping takes them so.
        body: its body.
        now: seconds since the epoch, for a Retry-After that is a date.
        credential: what must not appear in the error.
    """
    wait = read_retry_after(headers.get("Retry-After", ""), now)
    found = _envelope(body)
    if found is None:
        message, request_id = _stranger(status, headers), headers.get("X-Request-Id")
        error = _type_of(status)(
            status=status,
            code=UNEXPECTED,
            message=masked(message, credential),
            retry_after=wait,
            request_id=request_id,
        )
    else:
        told, meta = found
        given, param, request_id = told.get("retry_after"), told.get("param"), meta.get("request_id")
        error = _type_of(status)(
            status=status,
            code=masked(told["code"], credential),
            message=masked(told["message"], credential)[:MESSAGE_CHARACTERS],
            param=masked(param, credential) if isinstance(param, str) else None,
            retry_after=given if type(given) is int and given >= 0 else wait,
            request_id=request_id if isinstance(request_id, str) else headers.get("X-Request-Id"),
        )
    return error
