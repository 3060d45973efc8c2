"""What a scan found, page by page and issue by issue."""

from typing import Any

from msgspec import Struct

from api_gateway.replies.names import SeverityName


class FoundOnPage(Struct, frozen=True):
    """A finding on a page; `count` is how often the check fired there."""

    check: str
    severity: SeverityName
    evidence: str
    position: str
    count: int


class PageItem(Struct, frozen=True):
    """A page of a scan."""

    url: str
    final_url: str | None
    status: int | None
    error: str | None
    redirects: list[dict[str, Any]]
    score: float | None
    title: str | None
    depth: int | None
    bytes: int | None
    duration_ms: int | None
    facts: dict[str, Any]
    findings: list[FoundOnPage]


class PageList(Struct, frozen=True):
    """A stretch of pages; `next_cursor` is null at the end."""

    items: list[PageItem]
    next_cursor: str | None


class IssueItem(Struct, frozen=True):
    """An issue: a check that fired, at one severity, over the whole scan."""

    check: str
    severity: SeverityName
    category: str
    title: str
    why: str
    fix: str
    source: str
    pages: int
    share: float
    points_lost: float
    points_back: float
    examples: list[dict[str, Any]]


class IssueList(Struct, frozen=True):
    """A stretch of issues, most points back first."""

    items: list[IssueItem]
    next_cursor: str | None
