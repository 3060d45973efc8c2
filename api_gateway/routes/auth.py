"""Accounts and sessions: registering, logging in and out."""

from typing import Annotated

from aiohttp import web
from msgspec import Meta, Struct

from api_gateway.bodies import read_body
from api_gateway.middleware.authentication import guest
from api_gateway.passwords import unhurried
from api_gateway.replies.accounts import LoggedIn, LoggedOut, Registered, Verified
from api_gateway.routing import Route, route
from api_gateway.sessions import SECONDS
from api_gateway.state import CALLER, GATEWAY
from api_gateway.wire import success
from shared import users
from shared.clock import utc, uuid7
from shared.db.pool import connection
from shared.db.queries import queries
from shared.errors import (
    AccountDisabledError,
    ForbiddenError,
    InvalidCredentialsError,
    InvalidTokenError,
)
from shared.tokens import SCOPES

NEW_TIER = "free"
EMAIL = r"^[^@\s\x00-\x1f\x7f,;<>\"()\[\]\\]+@[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?\.[A-Za-z0-9-]{2,}$"
"""What `users.clean_email` takes, as a pattern for the API's document."""
_SQL = queries("sessions")


class RegisterRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """The body of POST /auth/register."""

    email: Annotated[str, Meta(min_length=6, max_length=users.MAX_EMAIL, pattern=EMAIL)]
    password: Annotated[str, Meta(min_length=users.MIN_PASSWORD, max_length=users.MAX_PASSWORD)]


class LoginRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """The body of POST /auth/login."""

    email: Annotated[str, Meta(min_length=1, max_length=users.MAX_EMAIL)]
    password: Annotated[str, Meta(min_length=1, max_length=users.MAX_PASSWORD)]


@route(
    "POST",
    "/auth/register",
    summary="Make an account",
    body=RegisterRequest,
    reply=Registered,
    status=201,
    errors=(ForbiddenError,),
)
async def register(request: web.Request) -> web.Response:
    """The answer is the same for an address that has an account already, which is left as it is."""
    gateway = request.app[GATEWAY]
    if not gateway.settings.registration:
        raise ForbiddenError("Registration is switched off; ask whoever runs this service for an account.")
    asked = await read_body(request, RegisterRequest)
    email = users.clean_email(asked.email)
    async with gateway.passwords.turn(request), unhurried(request):
        password_hash = await users.hash_password(users.check_password(asked.password))
    values = {"id": uuid7(gateway.clock), "email": email, "password_hash": password_hash, "tier": NEW_TIER}
    async with connection(gateway.pool) as conn:
        await conn.execute(_SQL["register"], values)
    return success(request, {"email": email, "tier": NEW_TIER}, gateway.clock, status=201)


@route(
    "POST",
    "/auth/login",
    summary="Get a login token",
    body=LoginRequest,
    reply=LoggedIn,
    errors=(InvalidCredentialsError, AccountDisabledError),
)
async def login(request: web.Request) -> web.Response:
    """The token holds for 24 hours. After 10 failures in 15 minutes an account is closed to further tries."""
    gateway = request.app[GATEWAY]
    asked = await read_body(request, LoginRequest)
    address = guest(request, gateway).owner
    email = asked.email.strip().lower()
    ask_redis = not gateway.limiter.degraded
    async with gateway.passwords.turn(request):
        attempt = await gateway.attempts.take(email, address, ask_redis=ask_redis)
        async with connection(gateway.pool) as conn:
            user = await users.by_email(conn, email)
        async with unhurried(request):
            right = await users.verify_password(user, asked.password)
    if user is None or not right:
        raise InvalidCredentialsError("Wrong e-mail address or password.")
    await gateway.attempts.give_back(attempt, ask_redis=ask_redis)
    if user.disabled_at is not None:
        raise AccountDisabledError("This account is disabled.")
    data = {"access_token": gateway.sessions.issue(user), "token_type": "Bearer", "expires_in": SECONDS}
    return success(request, data, gateway.clock)


@route("GET", "/auth/verify", summary="Is this login token valid?", jwt=True, reply=Verified)
async def verify(request: web.Request) -> web.Response:
    """Who the token stands for, and until when. An invalid one is answered with 401, as everywhere."""
    gateway, caller = request.app[GATEWAY], request[CALLER]
    session = caller.session
    if session is None:
        raise InvalidTokenError("This endpoint needs a token of POST /auth/login.")
    data = {
        "valid": True,
        "user_id": str(caller.user_id),
        "email": caller.email,
        "tier": caller.tier_name,
        "scopes": list(SCOPES),
        "issued_at": utc(session.iat),
        "expires_at": utc(session.exp),
    }
    return success(request, data, gateway.clock)


@route("POST", "/auth/logout", summary="Revoke this login token", jwt=True, reply=LoggedOut)
async def logout(request: web.Request) -> web.Response:
    """Every gateway refuses the token from now on."""
    gateway = request.app[GATEWAY]
    session = request[CALLER].session
    if session is None:
        raise InvalidTokenError("This endpoint needs a token of POST /auth/login.")
    values = {"jti": session.jti, "user_id": session.sub, "expires_at": utc(session.exp)}
    async with connection(gateway.pool) as conn:
        await conn.execute(_SQL["revoke"], values)
    gateway.credentials.forget()
    return success(request, {"revoked": True}, gateway.clock)


ROUTES: list[Route] = [register, login, verify, logout]
