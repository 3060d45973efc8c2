"""What changed from one scan to another."""

from uuid import UUID

from msgspec import UNSET, Struct, UnsetType

from api_gateway.replies.names import Moment, ScanMode, SeverityName


class DiffSide(Struct, frozen=True):
    """One of the two scans; `incomplete` says why it did not cover the whole site, if so."""

    scan_id: UUID
    url: str
    mode: ScanMode
    finished_at: Moment | None
    score: float | None
    grade: str | None
    pages: int
    incomplete: str | None


class DiffIssue(Struct, frozen=True):
    """An issue in one scan or both, with the pages concerned; `severity` is the later scan's if it has one."""

    check: str
    severity: SeverityName
    title: str
    pages_before: int
    pages_after: int


class DiffIssues(Struct, frozen=True):
    """All issues of the two scans, the most severe first."""

    new: list[DiffIssue]
    fixed: list[DiffIssue]
    persisting: list[DiffIssue]


class DiffPage(Struct, frozen=True):
    """A page that only one of the scans has, with its HTTP status there."""

    url: str
    status: int | None


class StatusChange(Struct, frozen=True):
    """HTTP statuses; None where there was no answer."""

    before: int | None
    after: int | None


class TextChange(Struct, frozen=True):
    """Texts; None where there was none."""

    before: str | None
    after: str | None


class FlagChange(Struct, frozen=True):
    """Yes or no."""

    before: bool | None
    after: bool | None


class ChangedPage(Struct, frozen=True, omit_defaults=True):
    """A page that both scans have, with what changed."""

    url: str
    status: StatusChange | UnsetType = UNSET
    title: TextChange | UnsetType = UNSET
    canonical: TextChange | UnsetType = UNSET
    noindex: FlagChange | UnsetType = UNSET


class DiffPages(Struct, frozen=True):
    """A section of pages; `total` counts all of them."""

    total: int
    items: list[DiffPage]
    next_cursor: str | None


class ChangeCounts(Struct, frozen=True):
    """On how many pages each of them changed."""

    status: int
    title: int
    canonical: int
    noindex: int


class ChangedPages(Struct, frozen=True):
    """Pages that changed; `total` counts all of them."""

    total: int
    items: list[ChangedPage]
    next_cursor: str | None
    by_field: ChangeCounts


class DiffSections(Struct, frozen=True):
    """Pages by what became of them."""

    appeared: DiffPages
    vanished: DiffPages
    changed: ChangedPages


class Diff(Struct, frozen=True):
    """What changed from the scan `before` to the scan `after`."""

    before: DiffSide
    after: DiffSide
    score_change: float | None
    issues: DiffIssues
    pages: DiffSections
