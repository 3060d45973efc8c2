"""What a fetch is told: who asks, with which credentials, and how much it may take."""

import re
from base64 import b64encode
from typing import Final

from msgspec import Struct

MAX_BODY: Final = 10_000_000
MAX_STREAM: Final = 60_000_000
"""Sitemaps may have 50 MB (sitemaps.org); what is a little over shall be told apart from what is far over."""
MAX_REDIRECTS: Final = 10

_UNFIT: Final = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class Caps(Struct, frozen=True, kw_only=True):
    """Bounds of one fetch. Times in seconds of waiting for the server, sizes in bytes.

    `head` is the deadline for the head of one hop's answer, connecting included; `total` holds over all hops. `rate` is
    bytes a second, averaged over the body, once `grace` seconds have been waited for it.
    """

    total: float = 25.0
    head: float = 15.0
    connect: float = 10.0
    rate: float = 100.0
    grace: float = 5.0
    body: int = MAX_BODY
    wire: int = MAX_BODY


STREAM: Final = Caps(total=120.0, rate=1_000.0, body=MAX_STREAM, wire=MAX_STREAM)


class FetchOptions(Struct, frozen=True, kw_only=True):
    """How to ask. `basic_auth` (user, password) and `cookie` are sent to `credentials_for`'s origin alone.

    `etag` and `last_modified`, from an earlier answer, are sent with the first hop only, since they belong to that URL.
    Raises `ValueError` for values that can't stand in a header.
    """

    user_agent: str
    accept: str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
    credentials_for: str | None = None
    basic_auth: tuple[str, str] | None = None
    cookie: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    max_redirects: int = MAX_REDIRECTS

    def __post_init__(self) -> None:
        """Refuse line ends and other control characters, which would let a value forge headers."""
        for name in ("user_agent", "accept", "cookie", "etag", "last_modified"):
            value: str | None = getattr(self, name)
            if value is not None and _UNFIT.search(value):
                message = f"{name} holds a control character"
                raise ValueError(message)

    def headers(self, *, first: bool, own: bool) -> dict[str, str]:
        """The request's headers; `first` for the first hop, `own` for a hop to the credentials' origin.

        As Google's crawler asks: no language, and gzip, deflate and brotli.
        https://developers.google.com/search/docs/crawling-indexing/overview-google-crawlers
        """
        headers = {"User-Agent": self.user_agent, "Accept": self.accept, "Accept-Encoding": "gzip, deflate, br"}
        if first and self.etag:
            headers["If-None-Match"] = self.etag
        if first and self.last_modified:
            headers["If-Modified-Since"] = self.last_modified
        if own and self.basic_auth:
            headers["Authorization"] = "Basic " + b64encode(":".join(self.basic_auth).encode()).decode()
        if own and self.cookie:
            headers["Cookie"] = self.cookie
        return headers
