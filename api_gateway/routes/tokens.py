"""API keys: listing, making, renewing and revoking them."""

from collections.abc import Collection
from typing import Annotated, Any, Literal

import msgspec
from aiohttp import web
from msgspec import Meta, Struct

from api_gateway.bodies import path_id, read_body
from api_gateway.replies.accounts import TokenItem, TokenList, TokenSecret
from api_gateway.routing import Route, route
from api_gateway.state import CALLER, GATEWAY, Caller
from api_gateway.wire import success
from shared import tokens
from shared.db.pool import Connection, connection
from shared.errors import (
    ConflictError,
    ForbiddenError,
    InsufficientScopeError,
    InternalError,
    InvalidScopesError,
    NotFoundError,
)
from shared.tokens import Token

MOST_KEYS = 200
"""Keys in use per user (heuristic)."""


Scope = Annotated[str, Meta(max_length=50, extra_json_schema={"enum": list(tokens.SCOPES)})]
"""A string here, so that an unknown one is answered with its own code; a closed list in the document."""


class TokenRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """The body of POST /tokens. Without `mode`, the key gets that of the caller: live, or test for a test key."""

    name: Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$")]
    scopes: Annotated[list[Scope], Meta(max_length=20, extra_json_schema={"minItems": 1})] = msgspec.field(
        default_factory=lambda: ["read"]
    )
    mode: Literal["live", "test"] | None = None


def token_view(token: Token) -> dict[str, Any]:
    """A key as the API shows it."""
    return {
        "id": str(token.id),
        "client_id": token.client_id,
        "name": token.name,
        "prefix": f"{token.prefix}…{token.last4}",
        "scopes": list(token.scopes),
        "mode": token.mode,
        "created_at": token.created_at,
        "last_used_at": token.last_used_at,
        "revoked_at": token.revoked_at,
    }


def _user(caller: Caller) -> Any:  # noqa: ANN401
    if caller.user_id is None:
        message = "A guest got past the scopes."
        raise InternalError(message)
    return caller.user_id


def _check(caller: Caller, mode: str, scopes: Collection[str]) -> None:
    """A key reaches only keys of its own mode, and only those that can do no more than itself."""
    if caller.kind != "key":
        return
    if (mode == "test") != caller.test:
        message = "Live and test keys don't see each other."
        raise NotFoundError(message)
    if beyond := sorted(set(scopes) - caller.scopes):
        message = f"This credential lacks the scope {beyond[0]!r}."
        raise InsufficientScopeError(message)


async def _reachable(conn: Connection, request: web.Request) -> Token:
    caller = request[CALLER]
    token = await tokens.get(conn, path_id(request, "id", "API key"))
    if token is None:
        message = "There is no API key with this id."
        raise NotFoundError(message)
    if token.user_id != caller.user_id:
        message = "This API key belongs to somebody else."
        raise ForbiddenError(message)
    _check(caller, token.mode, token.scopes)
    return token


@route("GET", "/tokens", summary="The user's API keys", scope="read", reply=TokenList)
async def list_tokens(request: web.Request) -> web.Response:
    """Newest first, the revoked ones too; with an API key, those of its own mode."""
    gateway, caller = request.app[GATEWAY], request[CALLER]
    async with connection(gateway.pool) as conn:
        found = await tokens.list_of(conn, _user(caller))
    items = [token_view(one) for one in found if caller.kind == "jwt" or (one.mode == "test") == caller.test]
    return success(request, {"items": items}, gateway.clock)


@route(
    "POST",
    "/tokens",
    summary="Make an API key",
    scope="read",
    body=TokenRequest,
    reply=TokenSecret,
    status=201,
    errors=(InvalidScopesError, InsufficientScopeError, NotFoundError, ConflictError),
)
async def create_token(request: web.Request) -> web.Response:
    """The only answer that shows `token`, the secret."""
    gateway, caller = request.app[GATEWAY], request[CALLER]
    asked = await read_body(request, TokenRequest)
    scopes = tokens.check_scopes(asked.scopes)
    mode: Literal["live", "test"] = asked.mode or ("test" if caller.test else "live")
    _check(caller, mode, scopes)
    async with connection(gateway.pool) as conn:
        if sum(one.revoked_at is None for one in await tokens.list_of(conn, _user(caller))) >= MOST_KEYS:
            message = f"There are {MOST_KEYS} API keys in use already; revoke one first."
            raise ConflictError(message)
        token, secret = await tokens.create(
            conn, user_id=_user(caller), name=asked.name, scopes=scopes, mode=mode, pepper=gateway.settings.secret_key
        )
    return success(request, {**token_view(token), "token": secret}, gateway.clock, status=201)


@route(
    "POST",
    "/tokens/{id}/regenerate",
    summary="Give an API key a new secret",
    scope="read",
    reply=TokenSecret,
    errors=(ForbiddenError, ConflictError),
)
async def regenerate_token(request: web.Request) -> web.Response:
    """The old secret stops working at once; the new one is shown this once."""
    gateway = request.app[GATEWAY]
    async with connection(gateway.pool) as conn:
        token = await _reachable(conn, request)
        renewed = await tokens.regenerate(conn, token, pepper=gateway.settings.secret_key)
    if renewed is None:
        message = "This API key was revoked; make a new one."
        raise ConflictError(message)
    gateway.credentials.forget()
    return success(request, {**token_view(renewed[0]), "token": renewed[1]}, gateway.clock)


@route("DELETE", "/tokens/{id}", summary="Revoke an API key", scope="read", reply=TokenItem, errors=(ForbiddenError,))
async def revoke_token(request: web.Request) -> web.Response:
    """Any use of it is refused from now on. Revoking a revoked key changes nothing."""
    gateway = request.app[GATEWAY]
    async with connection(gateway.pool) as conn:
        token = await _reachable(conn, request)
        await tokens.revoke(conn, token.id)
        revoked = await tokens.get(conn, token.id)
    gateway.credentials.forget()
    return success(request, token_view(revoked or token), gateway.clock)


ROUTES: list[Route] = [list_tokens, create_token, regenerate_token, revoke_token]
