"""Values on the command line that need more than a conversion."""

import argparse
from ipaddress import ip_network
from urllib.parse import urlsplit


def network(raw: str) -> str:
    """A network in CIDR notation, as it is usually written."""
    try:
        return str(ip_network(raw))
    except ValueError as error:
        message = f"{error} (a network looks like 127.0.0.0/8)"
        raise argparse.ArgumentTypeError(message) from error


def port(raw: str) -> int:
    """A TCP port from 1 to 65535."""
    return _between(raw, 1, 65535, "a port")


def worker_count(raw: str) -> int:
    """How many worker processes, 1 to 64."""
    return _between(raw, 1, 64, "a number of workers")


def percentage(raw: str) -> int:
    """A score from 0 to 100."""
    return _between(raw, 0, 100, "a score")


def web_address(raw: str) -> str:
    """An http or https URL; ``https://`` is added where there is no scheme."""
    address = raw if "://" in raw else f"https://{raw}"
    parts = urlsplit(address)
    if parts.scheme.lower() not in {"http", "https"} or not parts.hostname:
        message = f"{raw!r} is not an http or https address"
        raise argparse.ArgumentTypeError(message)
    return address


def _between(raw: str, low: int, high: int, what: str) -> int:
    if not raw.isdecimal() or not low <= int(raw) <= high:
        message = f"{raw!r} is not {what} from {low} to {high}"
        raise argparse.ArgumentTypeError(message)
    return int(raw)
