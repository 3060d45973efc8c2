"""What the score needs to know of a scan: counts of pages, small enough for one jsonb value, and free to add up.

A tally is a bundle of counters, so merging is addition: associative, commutative, and independent of how pages were
spread over workers. Keys that name two things are joined by a blank (`"title.missing high"`).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Protocol

from msgspec import Struct, field
from msgspec.structs import asdict, replace

from shared.checks.base import Check, Fact, Level, On, Severity
from shared.page import ErrorKind, Page


class FoundLike(Protocol):
    """A finding on a page, as far as the score asks."""

    @property
    def check(self) -> str:
        """Id of the check."""
        ...

    @property
    def severity(self) -> Severity:
        """The finding's severity."""
        ...


class VerdictLike(Protocol):
    """The outcome of the page-level checks on one page (`workers.judge.Verdict`)."""

    @property
    def findings(self) -> Sequence[FoundLike]:
        """What fired."""
        ...

    @property
    def undecided(self) -> Sequence[str]:
        """Ids of checks that apply and could not be decided."""
        ...

    @property
    def classes(self) -> On:
        """The classes of pages this one belongs to."""
        ...


def _counts() -> dict[str, int]:
    return {}


class Tally(Struct, frozen=True, omit_defaults=True):
    """Counters over pages. "Cause" is the id of the check that explains why a page lacks a class (`Gating`)."""

    pages: dict[str, int] = field(default_factory=_counts)
    """Class → pages that belong to it. Pages that were withheld altogether are in none."""
    hits: dict[str, int] = field(default_factory=_counts)
    """"check severity" → pages on which the check fired, each at its worst severity."""
    undecided: dict[str, int] = field(default_factory=_counts)
    """Check → pages (or, site-level, 1) for which it could not be decided."""
    gated: dict[str, int] = field(default_factory=_counts)
    """"cause class" → pages that lack the class through that fault."""
    gated_unknown: dict[str, int] = field(default_factory=_counts)
    """"cause check" → those of them for which the check would stay undecided once the fault is gone."""
    unread: dict[str, int] = field(default_factory=_counts)
    """Class → pages whose membership is unknown through no fault of the site: blocked, given up, forbidden."""
    not_indexable: dict[str, int] = field(default_factory=_counts)
    """Cause → pages that search engines may not index."""
    broken: dict[str, int] = field(default_factory=_counts)
    """Cause → pages that answer 4xx or 5xx, or not at all."""
    home: dict[str, int] = field(default_factory=_counts)
    """Cause → home pages that search engines may not index."""
    totals: dict[str, int] = field(default_factory=_counts)
    """`judged`, `eligible` (could be in an index: indexable or not through a fault or noindex), `blocked`, `4xx`,
    `5xx`, `unreachable`."""
    site_hits: dict[str, int] = field(default_factory=_counts)
    """"check severity" → pages affected, for site-level checks."""
    site_pages: dict[str, int] = field(default_factory=_counts)
    """Site-level check → pages it applies to."""
    site_wide: dict[str, int] = field(default_factory=_counts)
    """Site-level checks that spoke of the site as a whole."""


def merge(*tallies: Tally) -> Tally:
    """Add tallies up. In any order and grouping the result is the same."""
    total = {name: dict[str, int]() for name in Tally.__struct_fields__}
    for tally in tallies:
        for name, counter in total.items():
            one: dict[str, int] = getattr(tally, name)
            for key, count in one.items():
                counter[key] = counter.get(key, 0) + count
    return Tally(**total)


CLASSES: tuple[On, ...] = (On.ANY, On.RESPONSE, On.OK, On.HTML, On.INDEXABLE, On.SECURE)


@cache
def class_name(on: On) -> str:
    """The class's key in a tally. Kept, since an enum takes its time to tell a name: there are 64 classes at most."""
    return (on.name or str(on.value)).lower()


_CLASS_NAMES = {on: class_name(on) for on in CLASSES}
_NAMES_OF = {On(bits): tuple(_CLASS_NAMES[on] for on in CLASSES if on.value & bits) for bits in range(64)}

_RANK = {severity: rank for rank, severity in enumerate(reversed(Severity))}

UNREACHABLE: Mapping[ErrorKind, str] = {
    "timeout": "status.timeout",
    "connection": "status.connection_error",
    "dns": "status.dns",
    "tls": "status.tls_error",
    "redirect_loop": "redirect.loop",
    "too_many_redirects": "redirect.chain_too_long",
    "bad_redirect": "redirect.broken",
    "protocol": "status.connection_error",
    "decode": "http.undecodable",
}
"""The site's faults, and the checks that speak of them. Any other kind of error is ours: it is not decided."""

_CONTEXT_FACTS: Mapping[Fact, Callable[[Page], object]] = {
    Fact.PREVIOUS: lambda page: page.context.previous,
    Fact.IN_SITEMAP: lambda page: page.context.in_sitemap,
    Fact.ROBOTS: lambda page: page.context.robots,
    Fact.DEPTH: lambda page: page.context.depth,
    Fact.ASSETS: lambda page: page.context.assets,
    Fact.EXTERNAL: lambda page: page.context.external,
}
"""Facts that a page's own fault doesn't hide: what is unknown now stays unknown when the page is repaired."""

_ANSWER_FACTS: Mapping[Fact, Callable[[Page], object]] = {
    Fact.HEADERS: lambda page: page.fetched.headers,
    Fact.REDIRECTS: lambda page: page.fetched.redirects,
    Fact.TIMINGS: lambda page: page.fetched.timings,
    Fact.HTTP_VERSION: lambda page: page.fetched.http_version,
    Fact.WIRE_BYTES: lambda page: page.fetched.wire_bytes,
}
"""Facts of an answer: who didn't write them down of an error (a saved page, say) wouldn't of the page either."""
_ALL_FACTS = {**_CONTEXT_FACTS, **_ANSWER_FACTS}


def unknown_for_good(page: Page) -> frozenset[Fact]:
    """What would still be unknown of the page if its fault were repaired."""
    facts = _CONTEXT_FACTS if page.status is None else _ALL_FACTS
    return frozenset(fact for fact, get in facts.items() if get(page) is None)


_HIDES_HTML = {"http.empty_body", "http.content_type_missing", "http.content_type_wrong"}
_INTENDED_INDEX = {
    "index.nofollow_page",
    "index.nosnippet",
    "index.noimageindex",
    "index.max_image_preview_none",
    "index.unknown_directive",
    "index.partial_bot_block",
}
"""Checks of group index that don't speak of the noindex itself."""
_BLOCKING_STATUS = {403, 429}


class Gating(Struct, frozen=True):
    """Which classes a page lacks through a fault, and which fault: fixing that one brings the class's checks back.

    `unread` are classes whose membership nobody knows. A page may be kept from the index on purpose: then
    `not_indexable` names the cause without any class being gated.
    """

    causes: tuple[tuple[On, str], ...] = ()
    unread: On = On(0)
    blocked: bool = False
    not_indexable: str = ""
    broken: str = ""
    eligible: bool = False


def _worst(verdict: VerdictLike, wanted: Iterable[str], default: str = "") -> str:
    """The heaviest finding that weighs something among `wanted` (ids, or groups given as `group.`)."""
    ids = tuple(wanted)
    best, rank = default, 0
    for found in verdict.findings:
        if found.check.startswith(ids) and found.check not in _INTENDED_INDEX and _RANK[found.severity] > rank:
            best, rank = found.check, _RANK[found.severity]
    return best


def _blocked(verdict: VerdictLike, page: Page) -> bool:
    if page.error is not None and page.error.kind == "blocked_by_server":
        return True
    if any(found.check == "status.blocked_by_server" for found in verdict.findings):
        return True
    return page.status in _BLOCKING_STATUS and not _worst(verdict, ("status.",))


def _failed(verdict: VerdictLike, page: Page) -> Gating | None:
    """The gating of a page that gave no usable answer, None when it gave one."""
    if page.error is None and page.status is not None and page.status < 400:  # noqa: PLR2004
        return None
    missing = ~verdict.classes & (On.RESPONSE | On.OK | On.HTML | On.INDEXABLE | On.SECURE)
    if page.status is not None:
        missing &= ~On.SECURE
    if page.error is not None and page.error.kind in UNREACHABLE:
        cause = _worst(verdict, ("status.", "redirect."), UNREACHABLE[page.error.kind])
    elif page.error is not None or page.status is None:
        return Gating(unread=missing)
    else:
        cause = _worst(verdict, ("status.",), "status.5xx" if page.status >= 500 else "status.4xx")  # noqa: PLR2004
    causes = tuple((on, cause) for on in CLASSES if on in missing)
    return Gating((*causes, *_insecure(verdict)), not_indexable=cause, broken=cause, eligible=True)


def _insecure(verdict: VerdictLike) -> tuple[tuple[On, str], ...]:
    """Moving a page to https brings the checks on https answers."""
    if On.RESPONSE not in verdict.classes or On.SECURE in verdict.classes:
        return ()
    cause = _worst(verdict, ("https.",))
    return ((On.SECURE, cause),) if cause else ()


def _disallowed(page: Page) -> bool:
    robots = page.context.robots
    return robots is not None and not robots.get("Googlebot", robots.get("*", True))


def _index_cause(verdict: VerdictLike, page: Page) -> tuple[str, str]:
    """(fault that keeps an HTML page out of the index or "", what keeps it out for whatever reason or "")."""
    if page.noindex:
        fault = _worst(verdict, ("index.",))
        if not fault and (page.is_home or page.context.in_sitemap):
            fault = "index.noindex"
        return fault, fault or "index.noindex"
    if On.INDEXABLE in verdict.classes:
        disallowed = _disallowed(page)
        return "", _worst(verdict, ("index.blocked",), "index.blocked") if disallowed else ""
    fault = _worst(verdict, ("canonical.",)) if page.canonical_url not in {None, page.final_url} else ""
    return fault, fault


def gating(verdict: VerdictLike, page: Page) -> Gating:
    """What hides checks on this page."""
    if _blocked(verdict, page):
        return Gating(unread=On(63), blocked=True)
    failed = _failed(verdict, page)
    if failed is not None:
        return failed
    causes = list(_insecure(verdict))
    if On.HTML in verdict.classes:
        fault, reason = _index_cause(verdict, page)
        if fault and On.INDEXABLE not in verdict.classes:
            causes.append((On.INDEXABLE, fault))
        return Gating(tuple(causes), not_indexable=reason, eligible=bool(reason) or On.INDEXABLE in verdict.classes)
    fault = _worst(verdict, _HIDES_HTML) if page.sniffed in {"html", "empty"} else ""
    if fault and On.OK in verdict.classes:
        causes += [(On.HTML, fault), (On.INDEXABLE, fault)]
        return Gating(tuple(causes), not_indexable=fault, eligible=True)
    return Gating(tuple(causes))


def _add(counter: dict[str, int], key: str) -> None:
    counter[key] = counter.get(key, 0) + 1


def worst_by_check(verdict: VerdictLike) -> dict[str, Severity]:
    """The checks that fired, each with its worst severity on this page."""
    worst: dict[str, Severity] = {}
    for found in verdict.findings:
        known = worst.get(found.check)
        if known is None or _RANK[found.severity] > _RANK[known]:
            worst[found.check] = found.severity
    return worst


def _gate(tally: Tally, gate: Gating, page: Page, checks: Iterable[Check]) -> None:
    unknown = unknown_for_good(page)
    # Few checks need anything, so that is asked first: 0.15 ms a page.
    needy = [c for c in checks if c.needs and c.level is Level.PAGE and not unknown.isdisjoint(c.needs)]
    for on, cause in gate.causes:
        _add(tally.gated, f"{cause} {_CLASS_NAMES[on]}")
        for check in needy:
            if check.on == on:
                _add(tally.gated_unknown, f"{cause} {check.id}")


def frame_of(classes: On, undecided: Iterable[str], gate: Gating, page: Page, checks: Iterable[Check]) -> Tally:
    """The tally of a page before its findings: the same for all pages of its kind."""
    tally = Tally()
    for name in _NAMES_OF[gate.unread]:
        tally.unread[name] = 1
    if gate.blocked:
        tally.totals["blocked"] = 1
        return tally
    tally.totals["judged"] = 1
    for name in _NAMES_OF[classes]:
        tally.pages[name] = 1
    for check_id in undecided:
        tally.undecided[check_id] = 1
    if gate.causes:
        _gate(tally, gate, page, checks)
    if gate.eligible:
        tally.totals["eligible"] = 1
    if gate.not_indexable:
        tally.not_indexable[gate.not_indexable] = 1
        if page.is_home:
            tally.home[gate.not_indexable] = 1
    if gate.broken:
        tally.broken[gate.broken] = 1
        status = page.status or 0
        tally.totals["unreachable" if page.error or status < 400 else "5xx" if status >= 500 else "4xx"] = 1  # noqa: PLR2004
    return tally


def was_read(tally: Tally) -> bool:
    """Whether anything is known of the content of a page: one was read, or a fault of the site hides it."""
    name = _CLASS_NAMES[On.HTML]
    return bool(tally.pages.get(name)) or any(count and key.endswith(f" {name}") for key, count in tally.gated.items())


def tally_of(verdict: VerdictLike, page: Page, catalogue: Mapping[str, Check]) -> Tally:
    """The tally of one judged page. `catalogue` are the checks that were asked."""
    gate = gating(verdict, page)
    frame = frame_of(verdict.classes, verdict.undecided, gate, page, catalogue.values())
    return frame if gate.blocked else with_hits(frame, worst_by_check(verdict))


def with_hits(frame: Tally, worst: Mapping[str, Severity]) -> Tally:
    """The tally of a page from what its kind has in common and the checks that fired, each at its worst severity."""
    return replace(frame, hits={f"{check} {severity.value}": 1 for check, severity in worst.items()})


SiteOutcome = tuple[str, Mapping[Severity, int], int | None]
"""Of a site-level check: id, affected pages by severity, and out of how many pages.

None as denominator: the check speaks of the site as a whole, and any count makes its share 1.
"""


def add_site_outcomes(tally: Tally, outcomes: Iterable[SiteOutcome]) -> Tally:
    """`tally` with the outcomes of site-level checks: all at once, since each merge copies the tally.

    Call it for checks that pass as well (nothing affected), so that they count as decided.
    """
    added = Tally()
    for check_id, affected, denominator in outcomes:
        added.site_hits.update({f"{check_id} {severity.value}": count for severity, count in affected.items() if count})
        if denominator is None:
            added.site_wide[check_id] = 1
        else:
            added.site_pages[check_id] = denominator
    return merge(tally, added)


def add_site_findings(tally: Tally, check_id: str, affected: Mapping[Severity, int], denominator: int | None) -> Tally:
    """`tally` with the outcome of one site-level check, as `add_site_outcomes` has it."""
    return add_site_outcomes(tally, [(check_id, affected, denominator)])


def withhold(tally: Tally, check_ids: Iterable[str]) -> Tally:
    """`tally` with site-level checks marked as not decided."""
    return merge(tally, Tally(undecided=dict.fromkeys(check_ids, 1)))


def as_json(tally: Tally) -> dict[str, dict[str, int]]:
    """A plain value for a jsonb column; `msgspec.convert(value, Tally)` reads it back."""
    return {name: counter for name, counter in asdict(tally).items() if counter}
