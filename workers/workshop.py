"""What all work of one worker process shares."""

import asyncio
import threading
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
from msgspec import Struct, field
from redis.asyncio import Redis

from shared.clock import Clock
from shared.db.pool import Pool
from shared.requests import ScanOptions
from shared.scans import Work
from shared.seal import unseal
from shared.settings import Settings
from workers.fetch.client import Fetcher
from workers.fetch.options import FetchOptions
from workers.fetch.politeness import Politeness
from workers.parser import ParserProcess
from workers.scan_page import Terms


class Workshop(Struct, frozen=True, kw_only=True):
    """Connections, the fetcher, the parser and the drain flag of one process."""

    settings: Settings
    pool: Pool
    redis: Redis
    fetcher: Fetcher
    politeness: Politeness
    parser: ParserProcess
    clock: Clock
    drain: asyncio.Event
    away: threading.Event = field(default_factory=threading.Event)
    """Set while this process can't reach Postgres: it takes no messages then, which others could act on."""
    held: dict[asyncio.Event, UUID] = field(default_factory=dict)
    """Of each chunk under way here: what tells it to stop, and its scan."""
    suspects: set[tuple[UUID, int]] = field(default_factory=set)
    """Chunks under way here that may be what ends their workers: at most one at a time."""


def terms_of(scan: Work) -> Terms:
    """By what the scan's pages are judged."""
    options = msgspec.convert(scan.options, ScanOptions)
    thresholds = tuple(sorted((options.thresholds or {}).items()))
    return Terms(scan.profile, thresholds, tuple(sorted(options.disable_checks or ())))


def fetch_options(scan: Work, settings: Settings) -> FetchOptions:
    """How the scan's requests are made; its credentials go to its own origin only."""
    secrets = unseal(scan.sealed, settings.secret_key) if scan.sealed else {}
    auth = secrets.get("basic_auth")
    parts = urlsplit(scan.url)
    return FetchOptions(
        user_agent=scan.options.get("user_agent") or settings.user_agent,
        credentials_for=f"{parts.scheme}://{parts.netloc}" if secrets else None,
        basic_auth=(auth["username"], auth["password"]) if auth else None,
        cookie=secrets.get("cookie"),
    )
