"""Trusting a webhook's message."""

import hashlib
import hmac
import json
import re
import time
from typing import Final

from scanfleet_client.decoding import decode
from scanfleet_client.errors import SignatureError
from scanfleet_client.events import WebhookEvent

SIGNATURE_HEADER: Final = "X-Scanfleet-Signature"
TOLERANCE_SECONDS: Final = 300
_HEADER_CHARACTERS: Final = 1_000


def _parts(header: str) -> tuple[str, list[str]]:
    """The time as it was written, and the signatures of scheme v1; several while a secret is being changed."""
    pairs = [part.strip().partition("=") for part in header.split(",")] if len(header) <= _HEADER_CHARACTERS else []
    times = [value for name, _, value in pairs if name == "t"]
    signatures = [value for name, _, value in pairs if name == "v1"]
    if len(times) != 1 or not re.fullmatch("[0-9]{1,15}", times[0]) or not signatures:
        raise SignatureError("malformed", f"{SIGNATURE_HEADER}: want t=<seconds>,v1=<hex>.")
    return times[0], signatures


def verify_signature(
    body: bytes, header: str, secret: str, *, now: float | None = None, tolerance: float = TOLERANCE_SECONDS
) -> None:
    """Return if the message is the service's own and fresh, else raise `SignatureError`.

    Args:
        body: the raw body, before any parsing.
        header: the value of `X-Scanfleet-Signature`.
        secret: the webhook's secret, `whsec_…`.
        now: seconds since the epoch; the clock's by default.
        tolerance: how many seconds the message's time may be off, either way.
    """
    if not secret:
        raise ValueError("secret: is empty, so that anybody could sign")
    at, signatures = _parts(header)
    wanted = hmac.new(secret.encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest().encode()
    # Each one is compared in constant time, and all are.
    if not sum(hmac.compare_digest(wanted, given.encode("utf-8", "replace")) for given in signatures):
        raise SignatureError("mismatch", "The signature isn't the one of this body under this secret.")
    if abs((time.time() if now is None else now) - int(at)) > tolerance:
        raise SignatureError(
            "expired", f"The message is off by more than {tolerance:g} s: a replay, or a clock is off."
        )


def read_webhook(
    body: bytes, header: str, secret: str, *, now: float | None = None, tolerance: float = TOLERANCE_SECONDS
) -> WebhookEvent:
    """The message, verified. It may come more than once; `delivery_id` tells.

    Raises what `verify_signature` does, and `UnexpectedAnswerError` for a body that isn't such a message.
    """
    verify_signature(body, header, secret, now=now, tolerance=tolerance)
    try:
        given: object = json.loads(body)
    except ValueError:
        given = None
    return decode(WebhookEvent, given)
