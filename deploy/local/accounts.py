"""Users and API keys of a fleet on this machine. The only place here that calls the repositories."""

import contextlib
import os
import secrets
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import msgspec
import psycopg
from psycopg.rows import dict_row

from deploy.local.embedded import write_private
from deploy.local.errors import LaunchError, UsageError
from shared import tokens, users
from shared.db.pool import Connection, connect_arguments
from shared.db.queries import queries
from shared.tiers import load_tiers

LOCAL_EMAIL = "local@scanfleet.invalid"
LOCAL_KEY = "local.key"
LOCAL_QUOTA = 1_000_000
_SUBMISSIONS = queries("submissions")


@dataclass(frozen=True, slots=True)
class Accounts:
    """Works on one connection."""

    connection: Connection = field(repr=False)
    pepper: str = field(repr=False)

    async def create_user(self, email: str, password: str, tier: str) -> users.User:
        """Make a user. Raises ServiceError for a taken or malformed address, UsageError for an unknown tier."""
        check_tier(tier)
        return await users.create(self.connection, email=email, password=password, tier=tier)

    async def create_key(self, email: str, name: str, scopes: Sequence[str], mode: Literal["live", "test"]) -> str:
        """Make a key for the user with that address; its secret. Raises UsageError when there is no such user."""
        user = await users.by_email(self.connection, email)
        if user is None:
            message = f"There is no user {email}. Make one with: scanfleet user create {email} --password-stdin"
            raise UsageError(message)
        _, secret = await tokens.create(
            self.connection, user_id=user.id, name=name, scopes=scopes, mode=mode, pepper=self.pepper
        )
        return secret

    async def update_user(
        self,
        email: str,
        *,
        tier: str | None = None,
        overrides: Mapping[str, int] | None = None,
        permissions: Sequence[str] | None = None,
        disabled: bool | None = None,
        end_sessions: bool = False,
    ) -> None:
        """Change what isn't None. Raises UsageError for an unknown user, tier or figure."""
        if tier is not None:
            check_tier(tier)
        if overrides:
            try:
                load_tiers()["free"].with_overrides(overrides)
            except msgspec.ValidationError as error:
                raise UsageError(f"overrides: {error}") from error
        granted = None if permissions is None else list(permissions)
        if not await users.update(
            self.connection,
            email,
            tier=tier,
            overrides=overrides,
            permissions=granted,
            disabled=disabled,
            end_sessions=end_sessions,
        ):
            raise UsageError(f"There is no user {email}.")

    async def keys_of(self, email: str) -> list[tokens.Token]:
        """The user's keys, newest first. Raises UsageError when there is no such user."""
        user = await users.by_email(self.connection, email)
        if user is None:
            raise UsageError(f"There is no user {email}.")
        return await tokens.list_of(self.connection, user.id)

    async def revoke(self, email: str, client_id: str) -> None:
        """Revoke the user's key with that client id for good. Raises UsageError when there is none."""
        key = next((one for one in await self.keys_of(email) if one.client_id == client_id), None)
        if key is None:
            raise UsageError(f"{email} has no key {client_id}; see: scanfleet token list {email}")
        await tokens.revoke(self.connection, key.id)

    async def set_aside(self, limit: int) -> list[dict[str, Any]]:
        """What other programs sent that became no scan and has no sender, the newest first, each with the reason."""
        return await (await self.connection.execute(_SUBMISSIONS["list"], {"limit": limit})).fetchall()

    async def local_key(self, data_dir: Path) -> str:
        """The key of the command line itself: made once, kept in the data directory, hardly limited."""
        path = data_dir / LOCAL_KEY
        with contextlib.suppress(FileNotFoundError):
            kept = path.read_text(encoding="ascii").strip()
            # Made for another database or under another SECRET_KEY, it is of no use here.
            if await tokens.is_valid(self.connection, kept, pepper=self.pepper, scopes=tokens.SCOPES):
                return kept
        if await users.by_email(self.connection, LOCAL_EMAIL) is None:
            await self.create_user(LOCAL_EMAIL, secrets.token_urlsafe(32), "pro")
            quota = {"single": LOCAL_QUOTA, "sitemap": LOCAL_QUOTA, "crawl": LOCAL_QUOTA}
            await users.update(self.connection, LOCAL_EMAIL, overrides=quota)
        key = await self.create_key(LOCAL_EMAIL, "command line", tokens.SCOPES, "live")
        write_private(path, key + "\n")
        return key


def check_tier(tier: str) -> None:
    """Raises UsageError for a tier that the tiers file doesn't have."""
    tiers = load_tiers(Path(path) if (path := os.environ.get("TIERS_FILE")) else None)
    if tier not in tiers or tier == "guest":
        message = f"There is no tier {tier!r}; there are: {', '.join(name for name in tiers if name != 'guest')}."
        raise UsageError(message)


@contextlib.asynccontextmanager
async def open_accounts(database_url: str, pepper: str) -> AsyncGenerator[Accounts]:
    """Connect. Raises LaunchError when the database can't be reached."""
    try:
        connection = await Connection.connect(
            database_url, autocommit=True, row_factory=dict_row, **connect_arguments("scanfleet-cli")
        )
    except psycopg.OperationalError as error:
        message = f"The database can't be reached: {error}"
        raise LaunchError(message) from error
    async with connection:
        yield Accounts(connection, pepper)
