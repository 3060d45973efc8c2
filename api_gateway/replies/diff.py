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


class PersistingIssue(DiffIssue, frozen=True):
    """An issue in both scans.

    `changed`: it isn't the same as before. Told are the pages that it came to, that are rid of it, and on which it says
    something else; issues of the site as a whole have the addresses that they name instead.
    """

    changed: bool
    severity_before: SeverityName
    pages_new: int
    pages_fixed: int
    pages_changed: int


class DiffIssues(Struct, frozen=True):
    """All issues of the two scans, the most severe first."""

    new: list[DiffIssue]
    fixed: list[DiffIssue]
    persisting: list[PersistingIssue]


class DiffPage(Struct, frozen=True):
    """A page or sitemap that only one of the scans has, with its HTTP status there."""

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


class Redirect(Struct, frozen=True):
    """Where a page leads, and the status that says so."""

    status: int
    url: str


class RedirectChange(Struct, frozen=True):
    """Redirects; None where there was none."""

    before: Redirect | None
    after: Redirect | None


class FlagChange(Struct, frozen=True):
    """Yes or no."""

    before: bool | None
    after: bool | None


class ChangedPage(Struct, frozen=True, omit_defaults=True):
    """A page that both scans have, with what changed.

    `robots` are the directives of its metas and of X-Robots-Tag, in one spelling and order. Where a redirect changed,
    title and what follows are another page's, and aren't compared.
    """

    url: str
    status: StatusChange | UnsetType = UNSET
    redirect: RedirectChange | UnsetType = UNSET
    title: TextChange | UnsetType = UNSET
    canonical: TextChange | UnsetType = UNSET
    noindex: FlagChange | UnsetType = UNSET
    robots: TextChange | UnsetType = UNSET


class DiffPages(Struct, frozen=True):
    """A section of pages or sitemaps; `total` counts all of them."""

    total: int
    items: list[DiffPage]
    next_cursor: str | None


class ChangeCounts(Struct, frozen=True):
    """On how many pages each of them changed."""

    status: int
    redirect: int
    title: int
    canonical: int
    noindex: int
    robots: int


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


class DiffTexts(Struct, frozen=True):
    """A section of lines or URLs; `total` counts all of them."""

    total: int
    items: list[str]
    next_cursor: str | None


class ChangedFile(Struct, frozen=True):
    """A sitemap that both scans asked for and that answered otherwise."""

    url: str
    status: StatusChange


class ChangedFiles(Struct, frozen=True):
    """A section of sitemaps; `total` counts all of them."""

    total: int
    items: list[ChangedFile]
    next_cursor: str | None


class RobotsChanges(Struct, frozen=True, omit_defaults=True):
    """robots.txt: lines that were added and removed, each as often as it was; `reordered`: only their order changed.

    Lines are compared without blanks at their ends, and empty ones not at all. Where a scan had no answer, or one of a
    fault of the server, only the status is compared.
    """

    reordered: bool
    added: DiffTexts
    removed: DiffTexts
    status: StatusChange | UnsetType = UNSET


class SitemapChanges(Struct, frozen=True):
    """Sitemaps that appeared, vanished or answered otherwise, and the URLs that all of them together list."""

    appeared: DiffPages
    vanished: DiffPages
    changed: ChangedFiles
    urls_appeared: DiffTexts
    urls_vanished: DiffTexts


class Diff(Struct, frozen=True):
    """What changed from the scan `before` to the scan `after`.

    `robots` is null where one of them has no record of robots.txt, `sitemaps` where one of them reads no sitemaps.
    """

    before: DiffSide
    after: DiffSide
    score_change: float | None
    issues: DiffIssues
    pages: DiffSections
    robots: RobotsChanges | None
    sitemaps: SitemapChanges | None
