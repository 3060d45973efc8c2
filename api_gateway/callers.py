"""Who is calling: records of keys and users, and the callers that they make."""

from collections.abc import Mapping
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address, ip_network
from typing import Literal
from uuid import UUID

from msgspec import Struct

from api_gateway.sessions import Claims
from shared.errors import InternalError
from shared.intake import Requester
from shared.quota import Rate
from shared.tiers import Tier
from shared.tokens import SCOPES

IPV6_PREFIX = 64


class Account(Struct, frozen=True, kw_only=True):
    """What a credential's user may do."""

    user_id: UUID
    email: str
    tier: str
    overrides: dict[str, int]
    permissions: tuple[str, ...]
    disabled_at: datetime | None


class KeyRecord(Account, frozen=True, kw_only=True):
    """An API key joined with its user."""

    id: UUID
    client_id: str
    name: str
    scopes: tuple[str, ...]
    mode: str
    revoked_at: datetime | None


class SessionRecord(Account, frozen=True, kw_only=True):
    """A user as a login token sees it; `revoked` is the token's."""

    token_version: int
    revoked: bool


class Caller(Requester, frozen=True, kw_only=True):
    """Who is calling. `rate_key` is the request limit's bucket, `session` the login."""

    kind: Literal["key", "jwt", "guest"]
    email: str | None
    scopes: frozenset[str]
    token_id: UUID | None
    rate_key: str
    rate: Rate
    session: Claims | None = None


def _tier(account: Account, tiers: Mapping[str, Tier]) -> Tier:
    tier = tiers.get(account.tier)
    if tier is None:
        message = f"The tier {account.tier!r} is not configured."
        raise InternalError(message)
    return tier.with_overrides(account.overrides)


def by_key(record: KeyRecord, tiers: Mapping[str, Tier]) -> Caller:
    """The caller whose API key this is."""
    tier = _tier(record, tiers)
    return Caller(
        kind="key",
        owner=f"user:{record.user_id}",
        user_id=record.user_id,
        email=record.email,
        tier_name=record.tier,
        tier=tier,
        scopes=frozenset(record.scopes),
        permissions=frozenset(record.permissions),
        test=record.mode == "test",
        token_id=record.id,
        rate_key=f"key:{record.id}",
        rate=Rate(tier.requests, tier.burst),
    )


def by_login(record: SessionRecord, claims: Claims, tiers: Mapping[str, Tier]) -> Caller:
    """The caller who logged in. A login carries every scope."""
    tier = _tier(record, tiers)
    return Caller(
        kind="jwt",
        owner=f"user:{record.user_id}",
        user_id=record.user_id,
        email=record.email,
        tier_name=record.tier,
        tier=tier,
        scopes=frozenset(SCOPES),
        permissions=frozenset(record.permissions),
        test=False,
        token_id=None,
        rate_key=f"user:{record.user_id}",
        rate=Rate(tier.requests, tier.burst),
        session=claims,
    )


def by_address(address: IPv4Address | IPv6Address, tiers: Mapping[str, Tier]) -> Caller:
    """A guest: IPv4 whole, IPv6 by its /64."""
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    name = str(address)
    if isinstance(address, IPv6Address):
        name = str(ip_network((address, IPV6_PREFIX), strict=False).network_address) + f"/{IPV6_PREFIX}"
    tier = tiers["guest"]
    return Caller(
        kind="guest",
        owner=f"guest:{name}",
        user_id=None,
        email=None,
        tier_name="guest",
        tier=tier,
        scopes=frozenset(),
        permissions=frozenset(),
        test=False,
        token_id=None,
        rate_key=f"guest:{name}",
        rate=Rate(tier.requests, tier.burst),
    )
