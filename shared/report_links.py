"""Signed links to a scan's PDF report: whoever has one may read it until its day, without an account."""

import base64
import binascii
import hashlib
import hmac
from datetime import UTC, datetime
from uuid import UUID

from shared.settings import Settings

PATH = "/reports"
"""Where the gateway serves them, outside the API: links are for people."""
_ID_BYTES, _TIME_BYTES, _MAC_BYTES = 16, 5, 16


def _mac(secret_key: str, message: bytes) -> bytes:
    return hmac.new(b"report-link:" + secret_key.encode(), message, hashlib.sha256).digest()[:_MAC_BYTES]


def report_token(secret_key: str, scan_id: UUID, until: datetime) -> str:
    """The link's last part: scan, end (seconds since the epoch) and HMAC-SHA256 of both, cut to 128 bits."""
    message = scan_id.bytes + int(until.timestamp()).to_bytes(_TIME_BYTES)
    return base64.urlsafe_b64encode(message + _mac(secret_key, message)).decode().rstrip("=")


def read_token(secret_key: str, token: str) -> tuple[UUID, datetime] | None:
    """Scan and end that a token names; None for one that wasn't made with this key."""
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (binascii.Error, ValueError):
        return None
    message, mac = raw[:-_MAC_BYTES], raw[-_MAC_BYTES:]
    if len(message) != _ID_BYTES + _TIME_BYTES or not hmac.compare_digest(mac, _mac(secret_key, message)):
        return None
    until = datetime.fromtimestamp(int.from_bytes(message[_ID_BYTES:]), UTC)
    return UUID(bytes=message[:_ID_BYTES]), until


def report_link(settings: Settings, scan_id: UUID, until: datetime) -> str:
    """The whole address."""
    return f"{settings.public_url}{PATH}/{report_token(settings.secret_key, scan_id, until)}"
