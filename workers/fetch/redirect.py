"""Where an answer points to, read as browsers read a Location header."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import urljoin

from shared.network import BadUrl, Network, check_url
from workers.fetch.faults import FetchFault

REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
"""RFC 9110 section 15.4; 300 and 304 are answers, and 305 and 306 are obsolete."""

_DROPPED: Final = str.maketrans("", "", "\t\r\n")
_STRIPPED: Final = "".join(map(chr, range(0x21)))


def location(status: int, headers: Sequence[tuple[str, str]]) -> str | None:
    """The Location of a redirect; None for other answers and for an empty one, which browsers don't follow."""
    if status not in REDIRECTS:
        return None
    value = next((value for name, value in headers if name.lower() == "location"), "")
    return value.translate(_DROPPED).strip(_STRIPPED) or None


def target(base: str, value: str, allow: Sequence[Network]) -> str:
    """The absolute URL that a Location leads to, in the spelling that is requested.

    Raises `BadUrl` where our own rules forbid it, `FetchFault` ("bad_redirect") where it is no http(s) URL.
    """
    head, mark, query = value.partition("?")
    try:
        return check_url(urljoin(base, head.replace("\\", "/") + mark + query), allow_networks=allow)
    except BadUrl as error:
        if error.fault in {"address", "port"}:
            raise
        raise FetchFault("bad_redirect", f"the redirect can't be followed: {error}") from error
    except ValueError as error:
        raise FetchFault("bad_redirect", "the redirect's target is not a URL") from error
