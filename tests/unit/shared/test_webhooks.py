"""How a message looks, how it is signed, when it is tried again."""

import json
from datetime import UTC, datetime
from itertools import pairwise
from uuid import UUID

import pytest

from shared.seal import seal
from shared.webhooks import RETRIES, new_secret, opened, payload, retry_after, sign

ID = UUID("01890000-0000-7000-8000-000000000000")
AT = datetime(2026, 2, 25, 10, 30, tzinfo=UTC)


def test_a_known_signature() -> None:
    # printf '1750000000.{"a":1}' | openssl dgst -sha256 -hmac whsec_x
    assert (
        sign("whsec_x", b'{"a":1}', 1_750_000_000)
        == "t=1750000000,v1=88869525cee7a4b778a9d8a05693907ececece3c7bb8793a1adf1601830ed0ef"
    )


def test_the_signature_depends_on_everything() -> None:
    signed = {sign(key, body, at) for key in ("a", "b") for body in (b"{}", b"{ }") for at in (1, 2)}
    assert len(signed) == 8


def test_secrets_are_long_and_different() -> None:
    made = {new_secret() for _ in range(100)}
    assert len(made) == 100
    assert all(one.startswith("whsec_") and len(one) == 49 for one in made)


def test_a_message() -> None:
    body = payload(
        delivery_id=ID,
        event="scan.complete",
        at=AT,
        scan_id=ID,
        url="https://example.com/",
        score=71.5,
        issues={"high": 2},
    )
    assert json.loads(body) == {
        "event": "scan.complete",
        "occurred_at": "2026-02-25T10:30:00.000Z",
        "delivery_id": str(ID),
        "data": {
            "scan_id": str(ID),
            "url": "https://example.com/",
            "score": 71.5,
            "issues": {"critical": 0, "high": 2, "medium": 0, "low": 0, "info": 0},
        },
    }


def test_eight_retries_at_growing_distances() -> None:
    waits = [retry_after(attempts) for attempts in range(1, 10)]
    assert waits == [30, 120, 600, 1_800, 7_200, 21_600, 43_200, 86_400, None]
    assert all(a < b for a, b in pairwise(RETRIES))


def test_a_secret_under_another_key_is_an_error() -> None:
    sealed = seal({"secret": "whsec_x"}, "one key")
    assert opened(sealed, "one key") == "whsec_x"
    with pytest.raises(ValueError, match="SECRET_KEY"):
        opened(sealed, "another key")
