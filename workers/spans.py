"""What a trace tells of a worker's work: a span for each chunk, and below it for each page of a scan's first chunks."""

from collections.abc import Mapping, Sized
from contextlib import AbstractContextManager
from typing import Final, Protocol

from shared.chunks import Claim
from shared.scans import Work
from shared.tracing import Span, Value, span, told

DETAILED_CHUNKS: Final = 20
"""Chunks of a scan whose pages are told one by one: 1,000 pages. Of a larger scan the rest is told by chunk, since
stores of traces refuse a trace of some ten thousand spans."""


class Held(Protocol):
    """Work on a chunk that is held."""

    @property
    def claim(self) -> Claim:
        """The held chunk."""
        ...


class Addressed(Protocol):
    """What has an address."""

    @property
    def url(self) -> str:
        """The address."""
        ...


def chunk_span(scan: Work, claim: Claim) -> AbstractContextManager[Span]:
    """A claimed chunk's, below the request that its scan began with."""
    attributes: dict[str, Value] = {
        "scanfleet.scan_id": str(scan.id),
        "scanfleet.mode": scan.mode,
        "scanfleet.chunk": claim.no,
        "scanfleet.attempts": claim.attempts,
        "scanfleet.request_id": scan.request_id,
    }
    return span(f"chunk {claim.kind}", attributes, kind="consumer", parent=scan.trace)


def of_url(work: Held, url: str, *_: object) -> Mapping[str, Value] | None:
    """Attributes of what is done to an address for a chunk."""
    return {"url.full": told(url)} if work.claim.no < DETAILED_CHUNKS else None


def of_page(work: Held, page: Addressed, *_: object) -> Mapping[str, Value] | None:
    """Attributes of what is done to a page of a chunk."""
    return of_url(work, page.url)


def of_batch(_conn: object, work: Held, _sieve: object, batch: Sized, *_: object) -> Mapping[str, Value]:
    """Attributes of a commit of pages."""
    return {"scanfleet.chunk": work.claim.no, "scanfleet.pages": len(batch)}


def of_robots(_shop: object, _scan: object, url: str) -> Mapping[str, Value]:
    """Attributes of a question for robots.txt."""
    return {"url.full": told(url)}
