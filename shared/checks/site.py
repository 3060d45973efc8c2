"""What a site-level check may ask: `Site`, a protocol that `workers.site` answers from the pages' `SiteFacts`.

Pages are named by their sequence number; their addresses are looked up only for findings that are kept. So evidence
says `{0}`, `{1}` where an address of `SiteFinding.others` shall stand.
"""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Literal, Protocol

from msgspec import Struct

from shared.checks.base import On, Severity
from shared.facts_record import NONE, Flag
from shared.host_probes import HostProbes
from shared.robots import Robots


class SiteFinding(Struct, frozen=True, gc=False):
    """One place where a site-level check fires.

    It belongs to the page `seq`, or to the site as a whole (None; `url` may then name what it is about). `count` is how
    many places it stands for. `severity` overrides the record's and must be declared there.
    """

    evidence: str
    seq: int | None = None
    url: str | None = None
    at: str = ""
    severity: Severity | None = None
    others: tuple[int, ...] = ()
    count: int = 1


class State(StrEnum):
    """Why an address is no good target. Exactly one holds for an address; one that wasn't fetched has none."""

    BROKEN = "broken"
    """It answers 4xx or 5xx, or not at all (refused, DNS, TLS), directly or after redirects."""
    REDIRECT = "redirect"
    NOINDEX = "noindex"
    BLOCKED = "blocked"
    """robots.txt keeps Googlebot away."""
    NONCANONICAL = "noncanonical"
    """Its canonical is another page."""


Relation = Literal["link", "canonical", "hreflang", "next", "prev", "amphtml"]
Key = Literal["title", "description", "h1", "content", "params", "slash", "case"]
Inlinks = Literal["none", "one", "nofollow_only", "noindex_only", "mixed"]
Mismatch = Literal["hreflang_return", "hreflang_return_lang", "sequence", "amp_return"]
Outlier = Literal["words", "title_end", "type", "style"]


class Edge(Struct, frozen=True, gc=False):
    """From page to page. At most five of a kind are given for one source; `count`: how many places this stands for."""

    source: int
    target: int
    label: str = ""
    count: int = 1


class RobotsFile(Struct, frozen=True):
    """How robots.txt was had. `hops` are the redirects followed, `error` the kind of failure."""

    url: str
    robots: Robots
    status: int | None = 200
    hops: int = 0
    error: str | None = None
    content_type: str | None = None
    hash: str = ""


class Fault(Struct, frozen=True):
    """Something wrong in a sitemap file: its check, the line if known."""

    kind: str
    line: int | None
    text: str


class SitemapFile(Struct, frozen=True):
    """A sitemap that was asked for. `declared`: robots.txt or an index names it (else a guess at a usual path)."""

    url: str
    status: int | None = 200
    kind: str = "urlset"
    urls: int = 0
    bytes: int = 0
    problems: Sequence[Fault] = ()
    counts: Mapping[str, int] = {}
    """Problems by kind, where more were found than are listed."""
    error: str | None = None
    declared: bool = True


class TextFile(Struct, frozen=True):
    """A small text file that was asked for, such as /llms.txt."""

    url: str
    status: int | None
    text: str = ""


class PreviousSite(Struct, frozen=True):
    """What the scan before knew of the site."""

    robots_hash: str | None = None
    sitemap_urls: int | None = None


class SiteInputs(Struct, frozen=True, kw_only=True):
    """What the analysis knows besides pages. None: not known, so not decided.

    `complete`: every address that was found was fetched, or tried, in a crawl over links; otherwise `reason` says why
    not. `skipped` counts addresses by why they were not fetched; with "more" in it, these are the least.
    """

    start_url: str
    complete: bool
    reason: str = ""
    robots: RobotsFile | None = None
    sitemaps: tuple[SitemapFile, ...] | None = None
    previous: PreviousSite | None = None
    moved_to: str = ""
    """The host that was scanned, where the start page redirects to another one."""
    skipped: Mapping[str, int] = {}
    rate_limited: int = 0
    suppressed: tuple[str, ...] = ()
    llms_txt: TextFile | None = None
    network: tuple[str, ...] = ()
    """The options of `checks_network` whose probes were made; checks of the others aren't decided."""
    probes: HostProbes | None = None
    unknown: tuple[str, ...] = ()
    """Ids of checks whose probes were made and told nothing certain."""


class Site(Protocol):
    """A whole site. Pages that only redirect, or that were met under a second address, are no pages of their own."""

    @property
    def inputs(self) -> SiteInputs:
        """What is known besides pages."""
        ...

    def count(self, on: On) -> int:
        """Pages of a class."""
        ...

    def pages(self, have: Flag, lack: Flag = NONE) -> Iterator[int]:
        """Pages with all flags of `have` and none of `lack`."""
        ...

    def number(self, have: Flag, lack: Flag = NONE) -> int:
        """How many `pages` gives."""
        ...

    def edges(self, relation: Relation, state: State) -> Iterator[Edge]:
        """Relations whose target is in that state, by source."""
        ...

    def listed(self, state: State) -> Iterator[int]:
        """Addresses in a sitemap that are in that state (redirecting ones included)."""
        ...

    def linked(self, have: Flag) -> Iterator[Edge]:
        """Addresses with these flags that a page links to; the source is one of those pages, `count` how many."""
        ...

    def same(self, key: Key) -> Iterator[Edge]:
        """Indexable pages that share something, each with another one of the group and the group's size."""
        ...

    def near(self, least: float, words: int) -> Iterator[Edge]:
        """Indexable pages of at least `words` words as similar as `least` (0-1) to another; label: percent."""
        ...

    def cycles(self, relation: Literal["canonical", "next"]) -> Iterator[tuple[int, ...]]:
        """Loops, each at most ten pages of it in order."""
        ...

    def inlinks(self, kind: Inlinks) -> Iterator[Edge]:
        """Pages with such links from other pages; the target is the page, the source one that links, else itself."""
        ...

    def unlinked(self, relation: Literal["canonical", "hreflang"]) -> Iterator[Edge]:
        """Relations whose target no page links to."""
        ...

    def mismatches(self, kind: Mismatch) -> Iterator[Edge]:
        """Relations that the target doesn't return as it should; label: the language where there is one."""
        ...

    def languages_of_one(self) -> Iterator[Edge]:
        """Addresses that hreflang gives to several languages; label: two of them."""
        ...

    def uncrawled_alternates(self) -> Iterator[Edge]:
        """Pages with alternates on this site that were not fetched; count: how many."""
        ...

    def languages(self) -> Mapping[str, int]:
        """Pages by language."""
        ...

    def without_language(self) -> Iterator[int]:
        """Pages with neither lang nor hreflang."""
        ...

    def deep(self, clicks: int) -> Iterator[Edge]:
        """Pages more than `clicks` from the start; count: one, label: the clicks."""
        ...

    def weak(self) -> Iterator[Edge]:
        """Indexable pages that the site's links favour least; label: their rank among the pages, in percent."""
        ...

    def fragments(self) -> Iterator[Edge]:
        """Links to a place that the target page hasn't."""
        ...

    def outliers(self, kind: Outlier, share: float) -> Iterator[Edge]:
        """Pages unlike their siblings; the target is a typical sibling, the label says what they lack."""
        ...

    def broken_assets(self) -> Iterator[tuple[int, str, str, int]]:
        """(page, address, kind, status or 0) of internal assets that a probe found broken."""
        ...

    def disallowed_assets(self) -> Iterator[tuple[int, str]]:
        """(page, address) of scripts, styles and images that robots.txt keeps from Googlebot."""
        ...

    def lastmod_drift(self, days: float) -> Iterator[tuple[int, int]]:
        """(page, days) where the sitemap's lastmod and the page's own date differ by more."""
        ...

    def lastmod_uniform(self) -> int:
        """How many listed pages carry one and the same lastmod, if all do and they are too many for chance; else 0."""
        ...

    def listed_often(self) -> Iterator[tuple[int, int]]:
        """(page, files) for pages in several sitemap files."""
        ...
