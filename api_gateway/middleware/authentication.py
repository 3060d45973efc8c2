"""Finds out who is calling, and whether the route is open to them."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from aiohttp import web

from api_gateway.credentials import Account
from api_gateway.routing import ROUTE, Handler, Route
from api_gateway.state import CALLER, GATEWAY, Caller, Gateway
from shared.errors import (
    AccountDisabledError,
    InsufficientScopeError,
    InternalError,
    InvalidTokenError,
    MissingAuthError,
)
from shared.network import in_networks
from shared.tiers import Tier
from shared.tokens import SCOPES, well_formed

IPV6_PREFIX = 64


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
    """A caller without credential, known by address: IPv4 whole, IPv6 by its /64."""
    address = client_address(request, gateway)
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    name = str(address)
    if isinstance(address, IPv6Address):
        name = str(ip_network((address, IPV6_PREFIX), strict=False).network_address) + f"/{IPV6_PREFIX}"
    return Caller(
        kind="guest",
        owner=f"guest:{name}",
        user_id=None,
        email=None,
        tier_name="guest",
        tier=gateway.tiers["guest"],
        scopes=frozenset(),
        permissions=frozenset(),
        test=False,
        token_id=None,
        rate_key=f"guest:{name}",
    )


def _tier(account: Account, gateway: Gateway) -> Tier:
    tier = gateway.tiers.get(account.tier)
    if tier is None:
        message = f"The tier {account.tier!r} is not configured."
        raise InternalError(message)
    return tier.with_overrides(account.overrides)


def _enabled(account: Account) -> None:
    if account.disabled_at is not None:
        raise AccountDisabledError("This account is disabled.")


async def _by_key(credential: str, gateway: Gateway) -> Caller:
    record = await gateway.credentials.find(credential) if well_formed(credential) else None
    if record is None or record.revoked_at is not None:
        raise InvalidTokenError("This API key is invalid or was revoked.")
    _enabled(record)
    return Caller(
        kind="key",
        owner=f"user:{record.user_id}",
        user_id=record.user_id,
        email=record.email,
        tier_name=record.tier,
        tier=_tier(record, gateway),
        scopes=frozenset(record.scopes),
        permissions=frozenset(record.permissions),
        test=record.mode == "test",
        token_id=record.id,
        rate_key=f"key:{record.id}",
    )


async def _by_login(credential: str, gateway: Gateway) -> Caller:
    claims = gateway.sessions.read(credential)
    record = await gateway.credentials.session(claims.sub, claims.jti)
    if record is None or record.revoked or record.token_version != claims.ver:
        raise InvalidTokenError("This token is invalid or has expired.")
    _enabled(record)
    return Caller(
        kind="jwt",
        owner=f"user:{record.user_id}",
        user_id=record.user_id,
        email=record.email,
        tier_name=record.tier,
        tier=_tier(record, gateway),
        scopes=frozenset(SCOPES),
        permissions=frozenset(record.permissions),
        test=False,
        token_id=None,
        rate_key=f"user:{record.user_id}",
        session=claims,
    )


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
        return await _by_key(credential, gateway)
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
    gateway = request.app[GATEWAY]
    if request.get(ROUTE) is None:
        return await handler(request)
    request[CALLER] = await identify(request, gateway)
    return await handler(request)
