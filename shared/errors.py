"""The error tree. It is the API's error table: one class a code, its HTTP status beside it."""

from collections.abc import Mapping
from typing import ClassVar


class ServiceError(Exception):
    """Something a caller is told about. `message` is shown as it is, so it never holds a secret or a query."""

    code: ClassVar[str] = "INTERNAL_ERROR"
    http: ClassVar[int] = 500

    def __init__(
        self,
        message: str,
        *,
        param: str | None = None,
        retry_after: float | None = None,
        headers: Mapping[str, str] | None = None,
        http: int | None = None,
    ) -> None:
        """`param` names the offending field; `retry_after` is in seconds; `http` overrides the class's status."""
        super().__init__(message)
        self.message = message
        self.param = param
        self.retry_after = retry_after
        self.headers = dict(headers or {})
        self.status = http or self.http


class MissingAuthError(ServiceError):
    """Authorization header missing or malformed."""

    code = "MISSING_AUTH"
    http = 401


class InvalidTokenError(ServiceError):
    """Token invalid, expired or revoked."""

    code = "INVALID_TOKEN"
    http = 401


class InvalidCredentialsError(ServiceError):
    """Wrong e-mail address or password."""

    code = "INVALID_CREDENTIALS"
    http = 401


class InsufficientScopeError(ServiceError):
    """The token lacks the scope."""

    code = "INSUFFICIENT_SCOPE"
    http = 403


class AccountDisabledError(ServiceError):
    """The account is disabled."""

    code = "ACCOUNT_DISABLED"
    http = 403


class ForbiddenError(ServiceError):
    """The resource belongs to somebody else, or the tier doesn't include it."""

    code = "FORBIDDEN"
    http = 403


class InvalidRequestError(ServiceError):
    """Missing or malformed parameters, broken JSON; also 405, 413 and 415."""

    code = "INVALID_REQUEST"
    http = 400


class InvalidUrlError(ServiceError):
    """Not an http(s) URL, or one that this service must not fetch."""

    code = "INVALID_URL"
    http = 400


class InvalidScopesError(ServiceError):
    """Unrecognised scopes."""

    code = "INVALID_SCOPES"
    http = 400


class NotFoundError(ServiceError):
    """No such resource."""

    code = "NOT_FOUND"
    http = 404


class ConflictError(ServiceError):
    """The state forbids it."""

    code = "CONFLICT"
    http = 409


class RateLimitError(ServiceError):
    """Scan or request limit exceeded."""

    code = "RATE_LIMIT_EXCEEDED"
    http = 429


class InternalError(ServiceError):
    """A fault of ours."""


class UnavailableError(ServiceError):
    """A part that the request needs is down."""

    code = "SERVICE_UNAVAILABLE"
    http = 503
