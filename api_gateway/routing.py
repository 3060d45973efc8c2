"""Routes as records: what a route needs, takes and answers stands beside its handler, and OpenAPI is made from it."""

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from msgspec import Struct

from api_gateway.parameters import Parameter
from shared.errors import ServiceError

PREFIX = "/api/v1"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Route(Struct, frozen=True, kw_only=True):
    """One endpoint.

    `scope` None: no credential needed; `guest` lets callers without one in; `jwt` demands a login. `limited` False: the
    handler counts the request itself; `bounded` False: it may stream for long. `media` is what it answers with,
    `errors` what it may answer besides the errors that follow from the rest.
    """

    method: str
    path: str
    handler: Handler
    name: str
    summary: str
    scope: str | None
    guest: bool
    jwt: bool
    body: type[Any] | None
    query: tuple[Parameter, ...]
    reply: type[Any] | None
    status: int
    limited: bool
    bounded: bool
    idempotent: bool
    media: str
    errors: tuple[type[ServiceError], ...]

    @property
    def open(self) -> bool:
        """Whether a caller without credential gets in."""
        return not self.jwt and (self.scope is None or self.guest)


ROUTE = web.RequestKey("route", Route)


def route(  # noqa: PLR0913
    method: str,
    path: str,
    *,
    summary: str,
    scope: str | None = None,
    guest: bool = False,
    jwt: bool = False,
    body: type[Any] | None = None,
    query: tuple[Parameter, ...] = (),
    reply: type[Any] | None = None,
    status: int = 200,
    limited: bool = True,
    bounded: bool = True,
    idempotent: bool = False,
    media: str = "application/json",
    errors: tuple[type[ServiceError], ...] = (),
) -> Callable[[Handler], Route]:
    """Make a handler a `Route`; the module's routes are then listed in `api_gateway.routes.ALL`."""

    def decorate(handler: Handler) -> Route:
        return Route(
            method=method,
            path=PREFIX + path,
            handler=handler,
            name=getattr(handler, "__name__", path),
            summary=summary,
            scope=scope,
            guest=guest,
            jwt=jwt,
            body=body,
            query=query,
            reply=reply,
            status=status,
            limited=limited,
            bounded=bounded,
            idempotent=idempotent,
            media=media,
            errors=errors,
        )

    return decorate
