"""Finds out who is calling, and whether the route is open to them."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from aiohttp import web

from api_gateway.credentials import KeyRecord
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
from shared.tokens import well_formed

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


def _of_key(record: KeyRecord, gateway: Gateway) -> Caller:
    tier = gateway.tiers.get(record.tier)
    if tier is None:
        message = f"The tier {record.tier!r} is not configured."
        raise InternalError(message)
    return Caller(
        kind="key",
        owner=f"user:{record.user_id}",
        user_id=record.user_id,
        email=record.email,
        tier_name=record.tier,
        tier=tier.with_overrides(record.overrides),
        scopes=frozenset(record.scopes),
        permissions=frozenset(record.permissions),
        test=record.mode == "test",
        token_id=record.id,
        rate_key=f"key:{record.id}",
    )


async def identify(request: web.Request, gateway: Gateway) -> Caller:
    """Who is calling. Raises `MissingAuthError`, `InvalidTokenError` or `AccountDisabledError`."""
    header = request.headers.get("Authorization")
    if header is None:
        return guest(request, gateway)
    scheme, _, credential = header.partition(" ")
    credential = credential.strip()
    if scheme.lower() != "bearer" or not credential:
        raise MissingAuthError("Send the header 'Authorization: Bearer <key>'.")
    if credential.startswith("sk_"):
        record = await gateway.credentials.find(credential) if well_formed(credential) else None
        if record is None or record.revoked_at is not None:
            raise InvalidTokenError("This API key is invalid or was revoked.")
        if record.disabled_at is not None:
            raise AccountDisabledError("This account is disabled.")
        return _of_key(record, gateway)
    raise InvalidTokenError("This token is invalid or has expired.")


def check_access(route: Route, caller: Caller) -> None:
    """Raises `MissingAuthError` or `InsufficientScopeError` when the route isn't open to the caller."""
    if route.scope is None or (caller.kind == "guest" and route.guest):
        return
    if caller.kind == "guest":
        raise MissingAuthError("This endpoint needs a credential: 'Authorization: Bearer <key>'.")
    if route.scope not in caller.scopes:
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
