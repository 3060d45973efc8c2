"""What becomes of a submission that is refused: a reason that its sender, or the operator, can read."""

import json
import re
from collections.abc import Mapping
from typing import Any, get_args
from uuid import UUID

from msgspec import Struct

from shared import scans
from shared.checks.limits import DEFAULT_PROFILE, load_profile
from shared.clock import Clock, uuid7
from shared.db.pool import Connection
from shared.db.queries import queries
from shared.errors import AccountDisabledError, InsufficientScopeError, InternalError, InvalidTokenError, ServiceError
from shared.intake import Requester
from shared.logs import get_logger, mask
from shared.metrics import SUBMISSIONS
from shared.requests import MAX_URL
from shared.settings import Settings
from shared.tokens import hash_secret, well_formed

MAX_MESSAGE = 500
"""Characters of a message that are kept with the reason why it was set aside."""
MAX_REASON = 1_000

_SQL = queries("submissions")
_TOKENS = queries("tokens")
_KEYS = re.compile(r"sk_(live|test)_\w+")
_SECRETS = re.compile(
    r'(\\*"(?:token|password|cookie|authorization|secret)\\*"\s*:\s*\\*")(?:[^"\\]|\\.)*', re.IGNORECASE
)


class Sender(Requester, frozen=True, kw_only=True):
    """Whose key a submission bears; `fault` is why it may start no scan."""

    fault: ServiceError | None = None


class RefusedError(Exception):
    """A submission that becomes no scan: why, and whose it is as far as that is known."""

    def __init__(self, error: ServiceError, sender: Sender | None = None) -> None:
        """`error` is what POST /scans would answer."""
        super().__init__(error.message)
        self.error = error
        self.sender = sender


def masked(message: str) -> str:
    """What is kept of a message: without keys and passwords, cut short."""
    return mask(_SECRETS.sub(r"\1…", _KEYS.sub(r"sk_\1_…", message)))[:MAX_MESSAGE]


def clean(value: object) -> str:
    """Text that Postgres takes: no NUL, no lone surrogate."""
    text = value if isinstance(value, str) else "" if value is None else str(value)
    return text.replace("\x00", "�").encode(errors="replace").decode()


async def sender_of(conn: Connection, token: str, settings: Settings) -> Sender:
    """Whose API key it is. Raises `RefusedError` when it is nobody's."""
    row = None
    if well_formed(token):
        digest = hash_secret(token, settings.secret_key)
        row = await (await conn.execute(_TOKENS["by_hash"], {"secret_hash": digest})).fetchone()
    if row is None or row["revoked_at"] is not None:
        raise RefusedError(InvalidTokenError("token: this API key is invalid or was revoked."))
    tier = settings.tiers.get(row["tier"])
    fault: ServiceError | None = None
    if row["disabled_at"] is not None:
        fault = AccountDisabledError("This account is disabled.")
    elif "scan" not in row["scopes"]:
        fault = InsufficientScopeError("This API key lacks the scope 'scan'.")
    elif tier is None:
        fault = InternalError(f"The tier {row['tier']!r} is not configured.")
    return Sender(
        owner=f"user:{row['user_id']}",
        user_id=row["user_id"],
        tier_name=row["tier"],
        tier=(tier or settings.tiers["free"]).with_overrides(row["overrides"]),
        permissions=frozenset(row["permissions"]),
        test=row["mode"] == "test",
        fault=fault,
    )


class Refusals(Struct, frozen=True):
    """Writes refusals down."""

    settings: Settings
    clock: Clock

    async def record(self, conn: Connection, refused: RefusedError, scan: object) -> None:
        """Under the id that the sender chose, as a scan that ended; where that can't be done, set aside."""
        asked: Mapping[str, Any] = scan if isinstance(scan, Mapping) else {}  # pyright: ignore[reportUnknownVariableType]
        scan_id = scans.parse_id(str(asked.get("id", "")))
        sender = refused.sender or await self._known(conn, asked)
        if scan_id is not None and sender is not None and await self._under_id(conn, refused, sender, scan_id, asked):
            return
        await self.set_aside(conn, refused.error, json.dumps(scan, default=str), clean(asked.get("id")))

    async def set_aside(self, conn: Connection, error: ServiceError, message: str, name: str) -> None:
        """Keep the reason and a masked stretch of the message."""
        values = {
            "id": uuid7(self.clock),
            "name": clean(name)[:200],
            "code": error.code,
            "reason": clean(error.message)[:MAX_REASON],
            "message": masked(clean(message)),
        }
        await conn.execute(_SQL["set_aside"], values)
        SUBMISSIONS.labels("set_aside").inc()
        get_logger().warning("submission.set_aside", code=error.code, reason=error.message, name=name[:200])

    async def _known(self, conn: Connection, asked: Mapping[str, Any]) -> Sender | None:
        """Whose key a submission bears that is malformed otherwise."""
        token = asked.get("token")
        if not isinstance(token, str):
            return None
        try:
            return await sender_of(conn, token, self.settings)
        except RefusedError:
            return None

    async def _under_id(
        self, conn: Connection, refused: RefusedError, sender: Sender, scan_id: UUID, asked: Mapping[str, Any]
    ) -> bool:
        mode = asked.get("mode", "single")
        values: dict[str, Any] = {
            "id": scan_id,
            "owner": sender.owner,
            "user_id": sender.user_id,
            "tier": sender.tier_name,
            "test": sender.test,
            "url": clean(asked.get("url"))[:MAX_URL],
            "mode": mode if mode in get_args(scans.Mode) else "single",
            "profile": DEFAULT_PROFILE,
            "score_version": load_profile(DEFAULT_PROFILE).score_version,
            "request_id": clean(asked.get("request_id"))[:64] or str(scan_id),
            "code": refused.error.code,
            "reason": clean(refused.error.message)[:MAX_REASON],
            "kept_days": sender.tier.kept_days,
        }
        if await (await conn.execute(_SQL["reject"], values)).fetchone() is not None:
            SUBMISSIONS.labels("refused").inc()
            get_logger().info("submission.refused", scan_id=str(scan_id), code=refused.error.code)
            return True
        row = await scans.get(conn, scan_id)
        if row is None or row["owner"] != sender.owner or row["test"] != sender.test:
            return False
        SUBMISSIONS.labels("repeated").inc()
        return True
