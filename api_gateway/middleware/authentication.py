"""Finds out who is calling, and whether the route is open to them."""

from ipaddress import IPv4Address, IPv6Address, ip_address

from aiohttp import web

from api_gateway.callers import Caller, by_address, by_login
from api_gateway.routing import ROUTE, Handler, Route
from api_gateway.state import CALLER, GATEWAY, Gateway
from shared.errors import AccountDisabledError, InsufficientScopeError, InvalidTokenError, MissingAuthError
from shared.network import in_networks


def client_address(request: web.Request, gateway: Gateway) -> IPv4Address | IPv6Address:
    """The caller's address: the peer's, or the last untrusted one of X-Forwarded-For behind configured proxies."""
    try:
        address = ip_address(request.remote or "0.0.0.0")  # noqa: S104 - stands for a peer without an address
    except ValueError:
        return IPv4Address(0)
    proxies = gateway.settings.trusted_proxies
    if not in_networks(address, proxies):
        return address
    for hop in reversed(",".join(request.headers.getall("X-Forwarded-For", [])).split(",")):
        try:
            address = ip_address(hop.strip())
        except ValueError:
            break
        if not in_networks(address, proxies):
            break
    return address


def guest(request: web.Request, gateway: Gateway) -> Caller:
    """A caller without credential, known by address."""
    return by_address(client_address(request, gateway), gateway.tiers)


def recall(request: web.Request, gateway: Gateway) -> Caller | None:
    """Who is calling, where an API key tells and Postgres needn't be asked."""
    headers = request.headers.getall("Authorization", ())
    if len(headers) != 1 or not headers[0].startswith("Bearer sk_"):
        return None
    return gateway.credentials.recall(headers[0][7:])


async def _by_login(credential: str, gateway: Gateway) -> Caller:
    claims = gateway.sessions.read(credential)
    record = await gateway.credentials.session(claims.sub, claims.jti)
    if record is None or record.revoked or record.token_version != claims.ver:
        raise InvalidTokenError("This token is invalid or has expired.")
    if record.disabled_at is not None:
        raise AccountDisabledError("This account is disabled.")
    return by_login(record, claims, gateway.tiers)


async def identify(request: web.Request, gateway: Gateway) -> Caller:
    """Who is calling. Raises `MissingAuthError`, `InvalidTokenError` or `AccountDisabledError`."""
    headers = request.headers.getall("Authorization", [])
    if not headers:
        return guest(request, gateway)
    scheme, _, credential = headers[0].partition(" ")
    credential = credential.strip()
    if len(headers) > 1 or scheme.lower() != "bearer" or not credential:
        raise MissingAuthError("Send one header 'Authorization: Bearer <key>'.")
    if credential.startswith("sk_"):
        return await gateway.credentials.find(credential)
    return await _by_login(credential, gateway)


def check_access(route: Route, caller: Caller) -> None:
    """Raises an error of the contract when the route isn't open to the caller."""
    if caller.kind == "guest":
        if not route.open:
            raise MissingAuthError("This endpoint needs a credential: 'Authorization: Bearer <key>'.")
        return
    if route.jwt and caller.session is None:
        raise InvalidTokenError("This endpoint needs a token of POST /auth/login, not an API key.")
    if route.scope is not None and route.scope not in caller.scopes:
        message = f"This credential lacks the scope {route.scope!r}."
        raise InsufficientScopeError(message)


@web.middleware
async def authentication(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A bad credential is refused on every route; access is decided after the request was counted."""
    if ROUTE in request and CALLER not in request:
        request[CALLER] = await identify(request, request.app[GATEWAY])
    return await handler(request)
