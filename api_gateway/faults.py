"""Which errors a route may answer: what follows from its record, and what the record adds."""

from collections.abc import Mapping, Sequence
from typing import Any

from api_gateway.examples import META
from api_gateway.headers import ALWAYS, references
from api_gateway.routing import Route
from shared import errors
from shared.errors import ServiceError

Json = dict[str, Any]
Fault = type[ServiceError]

EVERYWHERE: tuple[Fault, ...] = (
    errors.InvalidRequestError,
    errors.MissingAuthError,
    errors.InvalidTokenError,
    errors.AccountDisabledError,
    errors.RateLimitError,
    errors.InternalError,
    errors.UnavailableError,
)
WITH_BODY = (408, 413, 415)
"""All of them say INVALID_REQUEST."""

MESSAGES: Mapping[Fault, Json] = {
    errors.InvalidRequestError: {"message": "Unknown parameter 'colour'.", "param": "colour"},
    errors.MissingAuthError: {"message": "This endpoint needs a credential: 'Authorization: Bearer <key>'."},
    errors.InvalidTokenError: {"message": "This API key is invalid or was revoked."},
    errors.InvalidCredentialsError: {"message": "Wrong e-mail address or password."},
    errors.AccountDisabledError: {"message": "This account is disabled."},
    errors.InsufficientScopeError: {"message": "This credential lacks the scope 'scan'."},
    errors.ForbiddenError: {"message": "This scan belongs to somebody else."},
    errors.InvalidUrlError: {"message": "the scheme ftp is not fetched, only http and https", "param": "url"},
    errors.InvalidScopesError: {"message": "Unknown scope 'admin'; there are: read, scan, export.", "param": "scopes"},
    errors.NotFoundError: {"message": "There is no scan with this id."},
    errors.ConflictError: {"message": "This scan has already ended."},
    errors.RateLimitError: {"message": "Scan limit reached (5/5).", "retry_after": 14_400},
    errors.InternalError: {"message": "Something went wrong on our side; the request id finds it."},
    errors.UnavailableError: {"message": "Try again in 3 s: the database can't be reached."},
}
REASONS = {
    400: "The request is wrong",
    401: "The credential is missing or doesn't hold",
    403: "Not for this caller",
    404: "No such thing",
    408: "The body came too slowly",
    409: "The state forbids it",
    413: "The body is too large",
    415: "The body is not application/json",
    429: "A limit is reached",
    500: "A fault of ours",
    503: "A part that is needed is away",
}
EXTRA_HEADERS = {401: ("WWW-Authenticate",), 429: ("Retry-After",), 503: ("Retry-After",)}


def faults_of(route: Route) -> dict[int, tuple[Fault, ...]]:
    """Status to the errors that come with it."""
    found: list[Fault] = [*EVERYWHERE, *route.errors]
    if route.scope is not None:
        found.append(errors.InsufficientScopeError)
    if "{" in route.path:
        found += [errors.NotFoundError, errors.ForbiddenError]
    told: dict[int, tuple[Fault, ...]] = {}
    for fault in sorted(set(found), key=lambda one: one.code):
        told[fault.http] = (*told.get(fault.http, ()), fault)
    if route.body is not None:
        told |= dict.fromkeys(WITH_BODY, (errors.InvalidRequestError,))
    return told


def response_name(status: int, faults: Sequence[Fault]) -> str:
    """The name of the component that describes them, such as `Error403ForbiddenInsufficientScope`."""
    return f"Error{status}" + "".join(one.__name__.removesuffix("Error") for one in faults)


def _response(status: int, faults: Sequence[Fault]) -> Json:
    codes = [one.code for one in faults]
    schema: Json = {
        "type": "object",
        "properties": {
            "success": {"const": False},
            "error": {
                "allOf": [{"$ref": "#/components/schemas/Error"}, {"properties": {"code": {"enum": codes}}}],
            },
            "meta": {"$ref": "#/components/schemas/Meta"},
        },
        "required": ["success", "error", "meta"],
    }
    examples = {
        one.code: {
            "summary": (one.__doc__ or one.code).strip(),
            "value": {"success": False, "error": {"code": one.code, **MESSAGES[one]}, "meta": META},
        }
        for one in faults
    }
    return {
        "description": f"{REASONS[status]}: {', '.join(codes)}.",
        "headers": references(*ALWAYS, *EXTRA_HEADERS.get(status, ())),
        "content": {"application/json": {"schema": schema, "examples": examples}},
    }


def responses(routes: Sequence[Route]) -> Json:
    """Every error response of these routes, by name."""
    found: Json = {}
    for route in routes:
        for status, faults in faults_of(route).items():
            found.setdefault(response_name(status, faults), _response(status, faults))
    return dict(sorted(found.items()))
