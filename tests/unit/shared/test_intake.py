"""From a request to a scan's row: the operator's floor of politeness."""

import uuid
from typing import Any

import msgspec
import pytest

from shared.errors import ForbiddenError
from shared.intake import Requester, new_scan
from shared.requests import ScanRequest, validate
from shared.settings import Settings, read_settings
from shared.tiers import load_tiers

ENV = {
    "DATABASE_URL": "postgresql://x",
    "REDIS_URL": "redis://x",
    "SECRET_KEY": "s" * 40,
    "ALLOW_NETWORKS": "127.0.0.0/8",
}


def settings(**more: str) -> Settings:
    return read_settings({**ENV, **more})


def row(url: str, given: Settings, permissions: frozenset[str] = frozenset(), **options: Any) -> dict[str, Any]:
    tier = load_tiers()["pro"]
    asked = validate(
        msgspec.convert({"url": url, "options": options}, ScanRequest),
        tier=tier,
        tier_name="pro",
        permissions=permissions,
        allow=given.allow_networks,
        floor=given.floor,
    )
    who = Requester(owner="user:1", user_id=None, tier_name="pro", tier=tier, permissions=permissions, test=False)
    return new_scan(asked, who, given, scan_id=uuid.uuid4(), request_id="r").options


STRICT = settings(LEAST_DELAY_MS="1000", MOST_CONCURRENCY="2")


def test_without_a_floor_everything_of_the_contract_may_be_asked_for() -> None:
    assert row("https://example.com/", settings(), delay_ms=0, concurrency=10) == {"delay_ms": 0, "concurrency": 10}
    assert row("https://example.com/", settings()) == {}


@pytest.mark.parametrize(("name", "value"), [("delay_ms", 999), ("concurrency", 3)])
def test_below_the_floor_needs_the_permission(name: str, value: int) -> None:
    with pytest.raises(ForbiddenError) as refused:
        row("https://example.com/", STRICT, **{name: value})
    assert refused.value.param == f"options.{name}"
    assert row("https://example.com/", STRICT, frozenset({"below_floor"}), **{name: value})[name] == value


def test_the_floor_holds_where_the_defaults_are_below_it() -> None:
    assert row("https://example.com/", STRICT) == {"delay_ms": 1000, "concurrency": 2}
    assert row("https://example.com/", STRICT, delay_ms=3000)["delay_ms"] == 3000


def test_the_operators_own_hosts_know_no_floor() -> None:
    assert row("http://127.0.0.1:8080/", STRICT, delay_ms=0, concurrency=10) == {"delay_ms": 0, "concurrency": 10}
    assert row("http://127.0.0.1:8080/", STRICT) == {}
