"""From the outcome of GET /robots.txt to what it means for a crawler."""

from http import HTTPStatus

from shared.robots.file import Robots
from shared.robots.lines import LineReader

MAX_REDIRECTS = 5
"""Hops that a fetcher follows before it calls the file missing (RFC 9309, section 2.3.1.2)."""


def parse(body: bytes) -> Robots:
    """Reads a file. Never raises: what cannot be understood is in `problems`."""
    reader = LineReader(body)
    return Robots(
        groups=reader.groups(),
        sitemaps=tuple(reader.sitemaps),
        problems=tuple(reader.problems),
        problem_count=reader.problem_count,
        content_signals=tuple(reader.signals),
    )


def from_fetch(status: int | None, body: bytes) -> Robots:
    """The meaning of the final answer to GET /robots.txt; `status` is None when there was none.

    2xx is read. A redirect left after five hops and every 4xx but 429 mean that there are no rules. 429, 5xx and no
    answer mean that nothing may be fetched for now (RFC 9309, section 2.3.1; for 429 Google's page on robots.txt).
    """
    if status is None or not HTTPStatus.OK <= status < 600:  # noqa: PLR2004
        return Robots(status_class="unreachable")
    if status < HTTPStatus.MULTIPLE_CHOICES:
        return parse(body)
    if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Robots(status_class="server_error")
    return Robots(status_class="missing")
