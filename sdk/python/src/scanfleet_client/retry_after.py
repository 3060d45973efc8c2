"""The Retry-After header."""

import math
from email.utils import parsedate_to_datetime

_DIGITS = 9
"""More seconds than these digits hold (31 years) is no time to wait."""


def read_retry_after(header: str, now: float) -> int | None:
    """Seconds to wait, at least 0; None where the header says nothing that can be read.

    Both forms of RFC 9110, section 10.2.3: seconds, and a date. `now` is seconds since the epoch.
    """
    text = header.strip()
    if text.isascii() and text.isdigit():
        return int(text) if len(text) <= _DIGITS else None
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0, math.ceil(at.timestamp() - now)) if at.tzinfo is not None else None
