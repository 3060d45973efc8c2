"""Dates as sitemaps and feeds write them."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_W3C = re.compile(
    r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2})"
    r"(T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,20})?)?(?:Z|[+-][0-9]{2}:[0-9]{2}))?)?)?"
)


def parse_w3c_datetime(text: str) -> datetime | None:
    """The moment, with a zone, that a W3C date (https://www.w3.org/TR/NOTE-datetime) names; None when it is none.

    A year, a month or a day is its first moment in UTC. A time needs its zone.
    """
    found = _W3C.fullmatch(text)
    if found is None:
        return None
    year, month, day, time = found.groups()
    try:
        if time is not None:
            return datetime.fromisoformat(text)
        return datetime(int(year), int(month or 1), int(day or 1), tzinfo=UTC)
    except ValueError:
        return None


def parse_rfc822_datetime(text: str) -> datetime | None:
    """The moment that an RSS pubDate names (RFC 822 with a four-digit year), or None."""
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
