"""Redirects as they are given with a page: what one hop leaves out, its neighbours tell."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import urljoin

from msgspec import Struct

from shared.page import Hop
from shared.urls import normalise

UNKNOWN_STATUS: Final = 0


class GivenHop(Struct, frozen=True):
    """A redirect that was followed; `location` as sent or absolute."""

    url: str | None = None
    status: int | None = None
    location: str | None = None


GivenHops = tuple[GivenHop | str | list[str | int], ...]
"""A hop is an object, an array of address, status and perhaps target (in any order), or an address alone."""


class Way(Struct, frozen=True):
    """The address asked for, the redirects from there, and the address that answered."""

    url: str
    hops: tuple[Hop, ...] | None
    final_url: str


def way(url: str, final_url: str | None, given: GivenHops | None) -> Way:
    """Understands those too who call the address that answered `url`, and name the one asked for as the first hop's.

    Raises `ValueError` when nothing tells where a redirect leads.
    """
    if not given:
        return Way(url, None if given is None else (), final_url or url)
    known = [_hop(one) for one in given]
    asked = known[0].url or url
    end = final_url or _end(known, asked, url)
    hops: list[Hop] = []
    here = asked
    for n, one in enumerate(known):
        here = one.url or here
        after = known[n + 1].url if n + 1 < len(known) else end
        if not one.location and not after:
            message = f"$.redirects[{n}] says where it was, and nothing says where it leads"
            raise ValueError(message)
        target = _joined(here, one.location or after or "")
        hops.append(Hop(here, one.status or UNKNOWN_STATUS, target))
        here = target
    return Way(asked, tuple(hops), end or here)


def _end(hops: Sequence[GivenHop], asked: str, url: str) -> str | None:
    """Where the last hop leads if it doesn't say so itself."""
    if hops[-1].location is None:
        return url if normalise(asked) != normalise(url) or len(hops) > 1 else None
    return None


def _hop(given: GivenHop | str | list[str | int]) -> GivenHop:
    if isinstance(given, GivenHop):
        return given
    if isinstance(given, str):
        return GivenHop(given)
    url, location, *_ = [*(one for one in given if isinstance(one, str)), None, None]
    return GivenHop(url, next((one for one in given if isinstance(one, int)), None), location)


def _joined(base: str, location: str) -> str:
    try:
        return urljoin(base, location)
    except ValueError:  # not an address; what it was meant to be is shown
        return location
