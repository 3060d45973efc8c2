"""The first answer of a scan: its own URL, by the other scheme if need be, and what to say when there is none."""

from msgspec import Struct

from shared.network import other_scheme
from shared.page import ErrorKind, Fetched
from workers.pages import Assignment, fetch

NO_ANSWER: frozenset[ErrorKind] = frozenset({"timeout", "connection", "dns", "tls", "protocol"})
"""Errors after which the other scheme is worth a try."""

REASONS: dict[str, str] = {
    "dns": "The host's name does not resolve. Check its spelling.",
    "connection": "The host refused or reset the connection. Check that a server listens there.",
    "tls": "The TLS connection could not be made. Check the host's certificate.",
    "timeout": "The host did not answer in time. Try again later, or check that it is reachable from here.",
    "protocol": "The host's answer is not valid HTTP.",
    "forbidden_address": "The host's name leads to an address that this service must not connect to.",
    "blocked_by_robots": "robots.txt disallows this URL for our robot. Allow it there, or ask for the permission to "
    "ignore robots.txt.",
    "bad_url": "The URL can't be fetched.",
    "nothing_found": "Neither the sitemaps nor the start page led to a page that belongs to this scan.",
}
"""Errors of the scan's own URL that end it, and what a person can do about each."""


class Start(Struct, frozen=True):
    """The answer to the scan's own URL. `fallback` tells that the other scheme answered instead."""

    fetched: Fetched
    fallback: bool


async def first_answer(work: Assignment) -> Start:
    """Fetch the scan's URL; where it doesn't answer at all, by the other scheme (never with credentials)."""
    fetched = await fetch(work, work.scan.url)
    if fetched.error is None or fetched.error.kind not in NO_ANSWER or fetched.status is not None or work.scan.sealed:
        return Start(fetched, fallback=False)
    other = other_scheme(work.scan.url)
    if other is None:
        return Start(fetched, fallback=False)
    second = await fetch(work, other)
    if second.status is None:
        return Start(fetched, fallback=False)
    return Start(second, fallback=True)


def fatal(fetched: Fetched) -> tuple[str, str] | None:
    """(code, reason) when the scan can't be done for want of an answer."""
    if fetched.error is None or fetched.status is not None or fetched.error.kind not in REASONS:
        return None
    return fetched.error.kind, REASONS[fetched.error.kind]
