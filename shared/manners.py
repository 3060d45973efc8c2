"""How politely a scan asks, from its options and the operator's networks; the contract's defaults."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct

from shared.network import in_networks
from shared.settings import Network

CONCURRENCY = 3
DELAY_MS = 500
LOCAL_CONCURRENCY = 10
LOCAL_DELAY_MS = 0


class Manners(Struct, frozen=True):
    """Requests at once to a host, and the pause of each slot between its requests in milliseconds."""

    concurrency: int
    delay_ms: int


def is_local(url: str, networks: Sequence[Network]) -> bool:
    """Whether the host is the operator's own: an address in ALLOW_NETWORKS, or localhost where that is one."""
    return _is_near("/".join(url.split("/", 3)[:3]), tuple(networks))


@lru_cache(maxsize=4_096)
def _is_near(origin: str, networks: tuple[Network, ...]) -> bool:
    """Asked again for every page of a site: 15 us without the cache."""
    host = urlsplit(origin).hostname or ""
    try:
        address = ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        return False
    return in_networks(address, networks)


def manners(options: Mapping[str, Any], url: str, networks: Sequence[Network]) -> Manners:
    """What the options say, else the defaults for that host."""
    near = is_local(url, networks)
    delay = options.get("delay_ms")
    return Manners(
        options.get("concurrency") or (LOCAL_CONCURRENCY if near else CONCURRENCY),
        delay if delay is not None else (LOCAL_DELAY_MS if near else DELAY_MS),
    )
