"""Addresses of calls."""

import re
from collections.abc import Iterable, Sequence
from typing import Final
from urllib.parse import quote, urlsplit

PREFIX: Final = "/api/v1"
Value = str | int | float | bool | None


def api_base(address: str) -> str:
    """Where the API of the service at `address` begins, without a slash at the end.

    Raises `ValueError` for what isn't a plain http or https address: credentials don't belong into it.
    """
    advice = "base_url: want the service's address, such as https://seo.example.com, without user, query or fragment"
    if not re.fullmatch(r"[\x21-\x7e]+", address):
        raise ValueError(advice)
    try:
        parts = urlsplit(address)
        plain = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        plain = False
    else:
        plain = plain and "@" not in parts.netloc and not set("?#") & set(address)
    if not plain:
        raise ValueError(advice)
    base = address.rstrip("/")
    return base if base.endswith(PREFIX) else base + PREFIX


def _segment(value: str) -> str:
    if value in {"", ".", ".."}:
        raise ValueError(f"id: {value!r} can't be one")
    return quote(value, safe="")


def _text(value: str | float) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def address(base: str, path: str, ids: Sequence[str] = (), query: Iterable[tuple[str, Value]] = ()) -> str:
    """The address of a call.

    Args:
        base: as `api_base` gives it.
        path: as the contract has it, with `{…}` where ids go, in order.
        ids: these; each stays one segment of the path, whatever it holds.
        query: parameters; None is left out.
    """
    left = iter(ids)
    filled = re.sub(r"\{\w+\}", lambda _: _segment(next(left)), path)
    pairs = [f"{name}={quote(_text(value), safe='')}" for name, value in query if value is not None]
    return base + filled + ("?" + "&".join(pairs) if pairs else "")
