"""Days as web pages write them."""

import re
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime

_ISO = re.compile(r"\s*(\d{4})-(\d{2})-(\d{2})(?=$|[T\s])")
_ISO_BASIC = re.compile(r"\s*(\d{4})(\d{2})(\d{2})(?=$|T)")


def day_of(text: str) -> date | None:
    """The calendar day that an ISO 8601 date or date-time names, as written there; None when it names none.

    The zone is left alone: a page that says "2 November" means that day, wherever its server stands.
    """
    match = _ISO.match(text) or _ISO_BASIC.match(text)
    if match is None:
        return None
    try:
        return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None


def http_day(text: str) -> date | None:
    """The day of an HTTP date (RFC 9110 section 5.6.7), None when it isn't one."""
    try:
        return parsedate_to_datetime(text).date()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def day_at(seconds: float) -> date:
    """The UTC day of a moment given in seconds since the epoch."""
    return datetime.fromtimestamp(seconds, UTC).date()
