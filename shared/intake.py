"""From a validated request to the row of a scan: the same for HTTP, messages of other programs, and monitors."""

import hashlib
import hmac
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
from msgspec import Struct

from shared.checks.limits import DEFAULT_PROFILE, load_profile
from shared.manners import CONCURRENCY, DELAY_MS, is_local
from shared.requests import ScanRequest, split_secrets
from shared.scans import NewScan
from shared.seal import seal
from shared.settings import Floor, Settings
from shared.tiers import Tier
from shared.tracing import traceparent

IDEMPOTENCY_KEY = r"^[\x21-\x7e]{1,255}$"


class Requester(Struct, frozen=True, kw_only=True):
    """Who asks for a scan. `owner` names quota and scans: `user:<uuid>` or `guest:<network>`."""

    owner: str
    user_id: UUID | None
    tier_name: str
    tier: Tier
    permissions: frozenset[str]
    test: bool


def stored_key(key: str, *, test: bool) -> str:
    """An Idempotency-Key as it is kept. No blank is part of one, so a live one can't be mistaken for a test one."""
    return f"test {key}" if test else key


def body_hash(body: object, secret_key: str) -> bytes:
    """What tells one request body from another under the same Idempotency-Key; keyed, since it may hold credentials."""
    text = msgspec.json.encode(body, order="sorted")
    return hmac.new(b"idempotency:" + secret_key.encode(), text, hashlib.sha256).digest()


def _as_polite_as_the_floor(options: dict[str, Any], floor: Floor) -> None:
    """Where nothing was asked for, and our defaults are below the operator's floor, the floor holds."""
    if "delay_ms" not in options and floor.delay_ms > DELAY_MS:
        options["delay_ms"] = floor.delay_ms
    if "concurrency" not in options and floor.concurrency < CONCURRENCY:
        options["concurrency"] = floor.concurrency


def new_scan(
    asked: ScanRequest,
    who: Requester,
    settings: Settings,
    *,
    scan_id: UUID,
    request_id: str,
    key: str | None = None,
) -> NewScan:
    """The row-to-be of a validated request. `key` is an Idempotency-Key."""
    plain, secrets = split_secrets(asked.options)
    if not is_local(asked.url, settings.allow_networks):
        _as_polite_as_the_floor(plain, settings.floor)
    profile = asked.options.profile or DEFAULT_PROFILE
    pages = min(asked.options.max_pages or who.tier.pages, who.tier.pages)
    return NewScan(
        id=scan_id,
        owner=who.owner,
        user_id=who.user_id,
        tier=who.tier_name,
        test=who.test,
        url=asked.url,
        host=urlsplit(asked.url).netloc,
        mode=asked.mode,
        options=plain,
        sealed=seal(secrets, settings.secret_key) if secrets else None,
        webhook_url=asked.webhook_url,
        profile=profile,
        score_version=load_profile(profile).score_version,
        request_id=request_id,
        max_pages=1 if asked.mode == "single" else pages,
        quota=who.tier.scans(asked.mode),
        running=who.tier.running,
        hours=settings.scan_hours,
        kept_days=who.tier.kept_days,
        key=key,
        hash=body_hash(asked, settings.secret_key) if key else None,
        trace=traceparent(),
    )
