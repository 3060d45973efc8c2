"""Login tokens: JWTs under one algorithm, every claim required, checked against the gateway's clock."""

import hashlib
import hmac
import uuid
from typing import Any
from uuid import UUID

import jwt
import msgspec
from msgspec import Struct

from shared.clock import Clock
from shared.errors import InvalidTokenError
from shared.users import User

ALGORITHM = "HS256"
ISSUER = "scanfleet"
AUDIENCE = "scanfleet-api"
SECONDS = 86_400
SKEW_SECONDS = 60
"""How far the clocks of two gateways may differ (heuristic)."""
CLAIMS = ("iss", "aud", "exp", "iat", "sub", "jti")
MAX_LENGTH = 2_000


class Claims(Struct, frozen=True, kw_only=True):
    """What a login token says. `ver` is the user's token version: raising that one ends all sessions (RFC 7519)."""

    iss: str
    aud: str
    exp: int
    iat: int
    sub: UUID
    jti: UUID
    ver: int


class Sessions:
    """Issues and reads login tokens."""

    def __init__(self, secret_key: str, clock: Clock) -> None:
        """The signing key is derived, so that a leaked one tells nothing of the service's secret."""
        self._key = hmac.new(secret_key.encode(), b"login-token-v1", hashlib.sha256).digest()
        self._clock = clock

    def issue(self, user: User) -> str:
        """A token that holds for 24 hours."""
        now = int(self._clock.now())
        claims: dict[str, Any] = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "exp": now + SECONDS,
            "iat": now,
            "sub": str(user.id),
            "jti": str(uuid.uuid4()),
            "ver": user.token_version,
        }
        return jwt.encode(claims, self._key, algorithm=ALGORITHM)

    def read(self, token: str) -> Claims:
        """The claims of a token that is ours and in its time. Raises `InvalidTokenError`, in the same words always."""
        refused = InvalidTokenError("This token is invalid or has expired.")
        if len(token) > MAX_LENGTH or not token.isascii():
            raise refused
        try:
            payload = jwt.decode(
                token,
                self._key,
                algorithms=[ALGORITHM],
                issuer=ISSUER,
                audience=AUDIENCE,
                # Times are compared below, with the clock that the tests can set.
                options={"require": list(CLAIMS), "verify_exp": False, "verify_iat": False, "verify_nbf": False},
            )
            claims = msgspec.convert(payload, Claims)
        except (jwt.PyJWTError, msgspec.ValidationError, ValueError, RecursionError) as error:
            raise refused from error
        now = self._clock.now()
        if not claims.iat - SKEW_SECONDS <= now < claims.exp <= claims.iat + SECONDS:
            raise refused
        return claims
