"""The beginning of every scan: does the host answer, by which scheme, and what may be fetched there."""

import msgspec
from msgspec import Struct

from shared.network import other_scheme
from shared.page import ErrorKind, Fetched
from shared.robots import Robots
from shared.scans import Work
from workers.pages import Assignment, fetch
from workers.polite import host_slot
from workers.site_files import at_home, fetch_robots, robots_of
from workers.workshop import Workshop, fetch_options

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
    "robots_unavailable": "robots.txt answers with a server error, so everything counts as disallowed for now. Repair "
    "it, or try again later.",
    "bad_url": "The URL can't be fetched.",
    "nothing_found": "Neither the sitemaps nor the start page led to a page that belongs to this scan.",
}
"""Why a scan couldn't be done, and what a person can do about it."""


class Opening(Struct, frozen=True):
    """How the host was found: the start URL by the scheme that answers, and its robots.txt."""

    url: str
    robots: Robots
    answer: Fetched
    fallback: bool
    error: str | None


def _silent(fetched: Fetched) -> bool:
    return fetched.status is None and fetched.error is not None and fetched.error.kind in NO_ANSWER


async def open_host(shop: Workshop, scan: Work) -> Opening:
    """Ask for robots.txt; where the host is silent, by the other scheme (never with credentials)."""
    answer = await fetch_robots(shop, scan, scan.url)
    url, fallback = scan.url, False
    other = other_scheme(scan.url)
    if _silent(answer) and other is not None and scan.sealed is None:
        second = await fetch_robots(shop, scan, other)
        if not _silent(second):
            url, answer, fallback = other, second, True
    hard = answer.error.kind if answer.error is not None and answer.status is None else None
    # A robots.txt that times out says nothing of the pages; one that can't be connected to says all of them are out.
    error = hard if hard in {"dns", "connection", "tls", "protocol", "forbidden_address", "bad_url"} else None
    return Opening(url, robots_of(answer), answer, fallback, error)


async def settle(shop: Workshop, scan: Work, opening: Opening) -> tuple[Work, Opening]:
    """Where the site lives: if the start page redirects to another host, that one is scanned.

    Asked only where robots.txt led to another host already, as it does where a whole host redirects: else the start
    page would be fetched twice. Not with credentials, which are for the host that they were given for. Raises
    `NotBefore`.
    """
    if at_home(scan, opening.answer.final_url) is scan:
        return scan, opening
    options = fetch_options(scan, shop.settings)
    allowed = not scan.options.get("respect_robots", True) or opening.robots.allowed(opening.url, options.user_agent)
    if scan.test or scan.sealed is not None or not allowed:
        return scan, opening
    async with host_slot(shop, scan, opening.robots, opening.url) as slot:
        fetched = await shop.fetcher.probe(opening.url, options)
        slot.answered(fetched)
    home = at_home(scan, fetched.final_url)
    if home is scan or fetched.status is None:
        return scan, opening
    answer = await fetch_robots(shop, home, home.url)
    return home, Opening(home.url, robots_of(answer), answer, opening.fallback, None)


async def first_page(work: Assignment, opening: Opening) -> Fetched:
    """The start page. A host without any answer to robots.txt is told of as what it is, not as disallowed."""
    if opening.error is not None and opening.answer.error is not None:
        return msgspec.structs.replace(opening.answer, url=opening.url, final_url=opening.url)
    return await fetch(work, opening.url)


def fatal(fetched: Fetched, robots: Robots) -> tuple[str, str] | None:
    """(code, reason) when the scan can't be done for want of an answer."""
    if fetched.error is None or fetched.status is not None:
        return None
    code: str = fetched.error.kind
    if code == "blocked_by_robots" and robots.status_class in {"server_error", "unreachable"}:
        code = "robots_unavailable"
    return (code, REASONS[code]) if code in REASONS else None
