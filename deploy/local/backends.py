"""Which Postgres and Redis the commands use: those that the environment names, else embedded ones."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local.embedded import EmbeddedServices
from deploy.local.errors import UsageError


@dataclass(frozen=True, slots=True)
class Backends:
    """Addresses of both servers; ``embedded`` when they are ours."""

    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    embedded: EmbeddedServices | None = None


def external_backends(environ: Mapping[str, str] | None = None) -> Backends | None:
    """The servers named by DATABASE_URL and REDIS_URL, None when neither is set. Raises UsageError for one of them."""
    environ = os.environ if environ is None else environ
    database_url, redis_url = environ.get("DATABASE_URL", "").strip(), environ.get("REDIS_URL", "").strip()
    if not database_url and not redis_url:
        return None
    if not database_url or not redis_url:
        given, missing = ("DATABASE_URL", "REDIS_URL") if database_url else ("REDIS_URL", "DATABASE_URL")
        message = (
            f"{given} is set, but {missing} is not. Set both to use servers of your own, or neither for embedded ones."
        )
        raise UsageError(message)
    return Backends(database_url, redis_url)


def backends_for(data_dir: Path) -> Backends:
    """External ones if the environment names them, else embedded ones on ``data_dir``, which are not started here."""
    external = external_backends()
    if external is not None:
        return external
    embedded = EmbeddedServices(data_dir)
    return Backends(embedded.database_url, embedded.redis_url, embedded)
