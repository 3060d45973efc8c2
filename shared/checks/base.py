"""What a check is: a pure function with a record from which tests, documentation and the API are made."""

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from enum import Enum, IntFlag, StrEnum
from typing import TYPE_CHECKING, Protocol, TypeVar

from msgspec import Struct

from shared.checks.sample import Sample, sample
from shared.page import Page
from shared.reading.challenge import challenge

if TYPE_CHECKING:
    from shared.checks.site import Site, SiteFinding


class Severity(StrEnum):
    """How much a finding matters; the points of each stand in the profile."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"


class Category(StrEnum):
    """The seven categories of the score."""

    INDEXING = "indexing"
    ON_PAGE = "on_page"
    LINKS = "links"
    INTERNATIONAL = "international"
    PERFORMANCE = "performance"
    SECURITY = "security"
    SOCIAL = "social"
    SCAN = "scan"
    """Facts about the scan itself; weighs nothing."""


class Level(StrEnum):
    """What a check needs to look at."""

    PAGE = "page"
    SITE = "site"


class On(IntFlag):
    """The pages a check applies to. A page belongs to every class it satisfies (`classes_of`)."""

    ANY = 1
    """Every page that was asked for, answered or not."""
    RESPONSE = 2
    """An HTTP response arrived, whatever its status."""
    OK = 4
    """The final status is 2xx, the body arrived whole or cut at the cap, and it isn't a challenge for robots."""
    HTML = 8
    """OK, the document is HTML and its body isn't empty."""
    INDEXABLE = 16
    """HTML with status 200, no noindex, and no canonical elsewhere."""
    SECURE = 32
    """RESPONSE over https."""


class Fact(Enum):
    """What may be unknown about a page. A check that needs an unknown fact is "not decided" for that page."""

    STATUS = "status"
    HEADERS = "headers"
    REDIRECTS = "redirects"
    TIMINGS = "timings"
    HTTP_VERSION = "http_version"
    WIRE_BYTES = "wire_bytes"
    TLS = "tls"
    IN_SITEMAP = "in_sitemap"
    ROBOTS = "robots"
    DEPTH = "depth"
    ASSETS = "assets"
    EXTERNAL = "external"
    PREVIOUS = "previous"


class Finding(Struct, frozen=True, gc=False):
    """One place where a check fires. `severity` overrides the record's and must be declared there (`severities`)."""

    evidence: str
    at: str = ""
    severity: Severity | None = None


class Limits(Mapping[str, float]):
    """Thresholds by check id (`title.too_long`, or `title.pixel_width.min` where a check has several)."""

    def __init__(self, values: Mapping[str, float]) -> None:
        """`values` are complete: asking for a missing one is a KeyError, not a default."""
        self._values = dict(values)

    def __getitem__(self, key: str) -> float:
        """The threshold named `key`."""
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        """Names of all thresholds."""
        return iter(self._values)

    def __len__(self) -> int:
        """Number of thresholds."""
        return len(self._values)


PageFunction = Callable[[Page, Limits], Iterator[Finding]]


class SiteFunction(Protocol):
    """A site-level check."""

    def __call__(self, site: "Site", limits: Limits, /) -> "Iterator[SiteFinding]":
        """Yield what is wrong with the site."""
        ...


class Check(Struct, frozen=True):
    """A check's record. `title`, `why` and `fix` come from the docstring.

    `implies` lists ids that the bad example necessarily raises as well. `gate` marks the checks whose failing hides
    others (a page that answers 500 can't be judged on its title). `withheld` is set on site-level checks that are valid
    only on a complete crawl.
    """

    id: str
    category: Category
    severity: Severity
    level: Level
    title: str
    why: str
    fix: str
    source: str
    on: On
    needs: tuple[Fact, ...]
    severities: tuple[Severity, ...]
    implies: tuple[str, ...]
    bad: tuple[Sample, ...]
    good: tuple[Sample, ...]
    network: str | None
    complete_only: bool
    page: PageFunction | None = None
    site: SiteFunction | None = None

    @property
    def group(self) -> str:
        """The part of the id before the dot."""
        return self.id.partition(".")[0]


class CatalogueError(ValueError):
    """A check's record is malformed or repeated."""


_ID = re.compile(r"[a-z][a-z0-9]*\.[a-z0-9][a-z0-9_]*")
_registry: dict[str, Check] = {}


def registered() -> Mapping[str, Check]:
    """All checks whose modules were imported; use `shared.checks.catalogue` instead, which imports them all."""
    return _registry


def _texts(function: Callable[..., object], check_id: str) -> tuple[str, str, str]:
    doc = inspect.getdoc(function) or ""
    body, separator, fix = doc.partition("\n\nFix:")
    title, _, why = body.partition("\n\n")
    if not (title.strip() and why.strip() and separator and fix.strip()):
        message = f"{check_id}: the docstring needs a title line, a reason, and a paragraph that begins with 'Fix:'"
        raise CatalogueError(message)
    return " ".join(title.split()), " ".join(why.split()), " ".join(fix.split())


def _register(record: Check) -> None:
    if not _ID.fullmatch(record.id):
        message = f"malformed check id {record.id!r}: it is group.name in lower case"
        raise CatalogueError(message)
    if record.id in _registry:
        message = f"check id {record.id!r} is already taken"
        raise CatalogueError(message)
    if not record.source:
        message = f"{record.id}: name the rule's source, or 'heuristic'"
        raise CatalogueError(message)
    _registry[record.id] = record


F = TypeVar("F", bound=PageFunction)
G = TypeVar("G", bound=SiteFunction)

Samples = str | Sample | tuple[Sample | str, ...]


def _samples(given: Samples | None) -> tuple[Sample, ...]:
    if given is None:
        return (sample(),)
    many = given if isinstance(given, tuple) else (given,)
    return tuple(sample(html=one) if isinstance(one, str) else one for one in many)


def check(  # noqa: PLR0913
    check_id: str,
    category: Category,
    severity: Severity,
    *,
    bad: Samples,
    good: Samples | None = None,
    source: str,
    on: On = On.HTML,
    needs: tuple[Fact, ...] = (),
    severities: tuple[Severity, ...] = (),
    implies: tuple[str, ...] = (),
    network: str | None = None,
) -> Callable[[F], F]:
    """Register a page-level check.

    `bad` must fire and `good` (default: the clean sample page) must not; a str is a whole HTML document. `network` is
    the `checks_network` option that switches it on. Raises `CatalogueError` for a malformed record.
    """

    def decorate(function: F) -> F:
        title, why, fix = _texts(function, check_id)
        _register(
            Check(
                id=check_id,
                category=category,
                severity=severity,
                level=Level.PAGE,
                title=title,
                why=why,
                fix=fix,
                source=source,
                on=on,
                needs=needs,
                severities=(severity, *severities),
                implies=implies,
                bad=_samples(bad),
                good=_samples(good),
                network=network,
                complete_only=False,
                page=function,
            )
        )
        return function

    return decorate


def site_check(  # noqa: PLR0913
    check_id: str,
    category: Category,
    severity: Severity,
    *,
    source: str,
    on: On = On.ANY,
    severities: tuple[Severity, ...] = (),
    implies: tuple[str, ...] = (),
    network: str | None = None,
    complete_only: bool = False,
    needs: tuple[Fact, ...] = (),
) -> Callable[[G], G]:
    """Register a site-level check. `on` is the class of pages whose number is the denominator of its share.

    `complete_only`: the verdict is withheld when the crawl is incomplete. Raises `CatalogueError`.
    """

    def decorate(function: G) -> G:
        title, why, fix = _texts(function, check_id)
        _register(
            Check(
                id=check_id,
                category=category,
                severity=severity,
                level=Level.SITE,
                title=title,
                why=why,
                fix=fix,
                source=source,
                on=on,
                needs=needs,
                severities=(severity, *severities),
                implies=implies,
                bad=(),
                good=(),
                network=network,
                complete_only=complete_only,
                site=function,
            )
        )
        return function

    return decorate


def classes_of(page: Page) -> On:
    """Every class of pages that `page` belongs to."""
    classes = On.ANY
    if page.status is None:
        return classes
    classes |= On.RESPONSE
    if page.is_https:
        classes |= On.SECURE
    if not 200 <= page.status < 300 or page.error is not None or challenge(page):  # noqa: PLR2004
        return classes
    classes |= On.OK
    if page.is_html and page.source:
        classes |= On.HTML
        if page.indexable:
            classes |= On.INDEXABLE
    return classes
