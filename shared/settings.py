"""All settings, read once from the environment at start. Nothing else reads `os.environ`."""

import os
from collections.abc import Callable, Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from shared.tiers import Tier, load_tiers

Network = IPv4Network | IPv6Network
T = TypeVar("T")

MIN_SECRET = 32


class SettingsError(ValueError):
    """Names every setting that is missing or malformed, one a line."""


class Floor(Struct, frozen=True):
    """How hard a host may be asked by scans of users without the permission for more."""

    delay_ms: int = 0
    concurrency: int = 10


class Settings(Struct, frozen=True, kw_only=True):
    """What the services are told from outside. Secrets don't show in `repr`."""

    database_url: str
    redis_url: str
    secret_key: str
    gateway_host: str
    gateway_port: int
    metrics_host: str
    metrics_port: int
    allow_networks: tuple[Network, ...]
    trusted_proxies: tuple[Network, ...]
    registration: bool
    log_format: str
    log_level: str
    worker_name: str
    worker_threads: int
    namespace: str
    pool_size: int
    scan_hours: int
    user_agent: str
    floor: Floor
    smtp_url: str
    mail_from: str
    public_url: str
    otlp_endpoint: str
    otlp_headers: tuple[tuple[str, str], ...]
    trace_share: float
    tiers: Mapping[str, Tier]

    def __repr__(self) -> str:
        """Only what isn't secret."""
        return f"Settings(gateway={self.gateway_host}:{self.gateway_port}, worker={self.worker_name})"


USER_AGENT = "Mozilla/5.0 (compatible; Scanfleet/0.1; +https://github.com/scanfleet/scanfleet)"


def read_settings(env: Mapping[str, str] | None = None) -> Settings:
    """Read the environment. Raises `SettingsError` naming all faults at once, never a secret's value."""
    env = os.environ if env is None else env
    faults: list[str] = []

    def get(name: str, convert: Callable[[str], T], default: T | None = None) -> T:
        raw = env.get(name, "").strip()
        if raw:
            try:
                return convert(raw)
            except (ValueError, OSError) as error:
                faults.append(f"{name}: {error}")
        elif default is None:
            faults.append(f"{name} is not set")
        return default  # type: ignore[return-value]  # a fault is recorded, so this value is never used

    settings = Settings(
        database_url=get("DATABASE_URL", str),
        redis_url=get("REDIS_URL", _redis_url),
        secret_key=get("SECRET_KEY", _secret),
        gateway_host=get("GATEWAY_HOST", str, "127.0.0.1"),
        gateway_port=get("GATEWAY_PORT", _between(0, 65_535), 8080),
        metrics_host=get("METRICS_HOST", str, "127.0.0.1"),
        metrics_port=get("METRICS_PORT", _between(0, 65_535), 0),
        allow_networks=get("ALLOW_NETWORKS", _networks, ()),
        trusted_proxies=get("TRUSTED_PROXIES", _networks, ()),
        registration=get("REGISTRATION", _flag, True),
        log_format=get("LOG_FORMAT", _one_of("json", "text"), "text"),
        log_level=get("LOG_LEVEL", _one_of("debug", "info", "warning", "error"), "info"),
        worker_name=get("WORKER_NAME", str, f"{os.uname().nodename}-{os.getpid()}"),
        worker_threads=get("WORKER_THREADS", _between(1, 64), 4),
        namespace=get("NAMESPACE", str, "scanfleet"),
        pool_size=get("POOL_SIZE", _between(1, 200), 10),
        scan_hours=get("SCAN_HOURS", _between(1, 24 * 30), 24),
        user_agent=get("USER_AGENT", str, USER_AGENT),
        floor=Floor(
            delay_ms=get("LEAST_DELAY_MS", _between(0, 10_000), Floor().delay_ms),
            concurrency=get("MOST_CONCURRENCY", _between(1, 10), Floor().concurrency),
        ),
        smtp_url=get("SMTP_URL", _smtp_url, ""),
        mail_from=get("MAIL_FROM", _mail_from, "scanfleet@localhost"),
        public_url=get("PUBLIC_URL", _public_url, ""),
        otlp_endpoint=get("OTEL_EXPORTER_OTLP_ENDPOINT", _endpoint, ""),
        otlp_headers=get("OTEL_EXPORTER_OTLP_HEADERS", _headers, ()),
        trace_share=get("OTEL_TRACES_SAMPLER_ARG", _share, 1.0),
        tiers=get("TIERS_FILE", lambda raw: load_tiers(Path(raw)), load_tiers()),
    )
    if faults:
        raise SettingsError("\n".join(faults))
    return settings


def _between(low: int, high: int) -> Callable[[str], int]:
    def convert(raw: str) -> int:
        value = int(raw)
        if not low <= value <= high:
            message = f"{value} is not between {low} and {high}"
            raise ValueError(message)
        return value

    return convert


def _one_of(*allowed: str) -> Callable[[str], str]:
    def convert(raw: str) -> str:
        if raw.lower() not in allowed:
            message = f"{raw!r} is not one of {', '.join(allowed)}"
            raise ValueError(message)
        return raw.lower()

    return convert


def _flag(raw: str) -> bool:
    return _one_of("true", "false", "1", "0", "yes", "no")(raw) in {"true", "1", "yes"}


def _networks(raw: str) -> tuple[Network, ...]:
    return tuple(ip_network(part.strip()) for part in raw.split(",") if part.strip())


def _secret(raw: str) -> str:
    if len(raw) < MIN_SECRET:
        message = f"must have at least {MIN_SECRET} characters"
        raise ValueError(message)
    return raw


def _smtp_url(raw: str) -> str:
    parts = urlsplit(raw)
    if parts.scheme not in {"smtp", "smtps", "smtp+starttls"} or not parts.hostname:
        message = "must be smtp://, smtp+starttls:// or smtps://, with USER:PASSWORD@ if needed, HOST and :PORT"
        raise ValueError(message)
    return raw


def _mail_from(raw: str) -> str:
    if raw.count("@") != 1 or any(character.isspace() or character in "<>,;" for character in raw):
        message = "must be a bare e-mail address"
        raise ValueError(message)
    return raw


def _public_url(raw: str) -> str:
    parts = urlsplit(raw)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        message = "must be the gateway's http or https address as its users know it"
        raise ValueError(message)
    return raw.rstrip("/")


def _endpoint(raw: str) -> str:
    parts = urlsplit(raw)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        message = "must be the collector's http or https address, without /v1/traces"
        raise ValueError(message)
    return raw.rstrip("/").removesuffix("/v1/traces")


def _headers(raw: str) -> tuple[tuple[str, str], ...]:
    pairs = [part.partition("=") for part in raw.split(",") if part.strip()]
    if not all(name.strip() and equals for name, equals, _ in pairs):
        message = "must be name=value pairs with commas between them, values percent-encoded"
        raise ValueError(message)
    return tuple((name.strip(), unquote(value.strip())) for name, _, value in pairs)


def _share(raw: str) -> float:
    value = float(raw)
    if not 0.0 <= value <= 1.0:
        message = f"{value:g} is not between 0 and 1"
        raise ValueError(message)
    return value


def _redis_url(raw: str) -> str:
    if urlsplit(raw).scheme not in {"redis", "rediss", "unix"}:
        message = "must begin with redis://, rediss:// or unix://"
        raise ValueError(message)
    return raw
