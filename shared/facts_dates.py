"""When a page says that it was changed last."""

from collections.abc import Iterable

from shared.page import Page
from shared.sitemaps.dates import parse_rfc822_datetime, parse_w3c_datetime

_DAY = 86_400.0
_META_NAMES = ("article:modified_time", "og:updated_time", "last-modified", "dcterms.modified")


def moment(text: str | None) -> float:
    """Seconds since the epoch of a W3C date, 0 when it is none."""
    found = parse_w3c_datetime(text.strip()) if text else None
    return found.timestamp() if found else 0.0


def _said(page: Page) -> Iterable[str]:
    for item in page.items:
        for value in item.properties.get("dateModified", ()):
            if isinstance(value, str):
                yield value
    for name in _META_NAMES:
        yield page.meta(name) or ""


def modified_at(page: Page) -> float:
    """Seconds since the epoch, 0 unknown: structured data, metas, else Last-Modified.

    A Last-Modified of less than a day before the fetch says only that the server makes the page anew each time.
    """
    known = [at for at in map(moment, _said(page)) if at]
    if known:
        return max(known)
    header = page.header("last-modified")
    date = parse_rfc822_datetime(header) if header else None
    if date is None:
        return 0.0
    at, fetched = date.timestamp(), page.fetched.fetched_at or page.context.now
    return at if at < fetched - _DAY else 0.0
