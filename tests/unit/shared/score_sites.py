"""Made-up sites to score: what they consist of, how they are judged, and how they are repaired.

A site here is a list of `Made` pages: each has a state (fine, answers 500, noindex by mistake, …) and defects, which
show only as far as the state lets them. So "fixing" is what it is in life: the state is repaired and what it hid
comes to light.
"""

from collections.abc import Sequence
from functools import lru_cache

from msgspec import Struct, structs

from shared.checks.base import Check, Fact, Level, On, Severity, classes_of
from shared.checks.limits import load_profile
from shared.ledger import CATEGORY_OF_GROUP
from shared.page import Canonical, Context, ErrorKind, Fetched, FetchError, Page, Previous, Timings
from shared.scoring import Score, Scorer, Tally, add_site_findings, merge, tally_of

PROFILE = load_profile()
URL = "https://example.com/a"


def record(
    check_id: str,
    severity: Severity,
    on: On,
    *,
    level: Level = Level.PAGE,
    also: tuple[Severity, ...] = (),
    needs: tuple[Fact, ...] = (),
) -> Check:
    return Check(
        id=check_id,
        category=CATEGORY_OF_GROUP[check_id.partition(".")[0]],
        severity=severity,
        level=level,
        title="t",
        why="w",
        fix="f",
        source="heuristic",
        on=on,
        needs=needs,
        severities=(severity, *also),
        implies=(),
        bad=(),
        good=(),
        network=None,
        complete_only=False,
    )


_RECORDS = (
    record("status.5xx", Severity.CRITICAL, On.ANY),
    record("status.4xx", Severity.HIGH, On.ANY),
    record("status.timeout", Severity.CRITICAL, On.ANY),
    record("http.charset_missing", Severity.MEDIUM, On.HTML),
    record("http.empty_body", Severity.HIGH, On.OK),
    record("index.noindex", Severity.INFO, On.HTML, also=(Severity.HIGH,)),
    record("index.nofollow_page", Severity.LOW, On.HTML),
    record("canonical.to_root", Severity.HIGH, On.HTML),
    record("https.page_http", Severity.HIGH, On.RESPONSE),
    record("security.hsts_missing", Severity.LOW, On.SECURE),
    record("security.leaked_secret", Severity.CRITICAL, On.HTML),
    record("title.missing", Severity.HIGH, On.HTML),
    record("title.too_long", Severity.LOW, On.INDEXABLE),
    record("content.thin", Severity.MEDIUM, On.INDEXABLE, also=(Severity.LOW,)),
    record("content.changed", Severity.INFO, On.HTML, needs=(Fact.PREVIOUS,)),
    record("index.became_noindex", Severity.HIGH, On.HTML, needs=(Fact.PREVIOUS,)),
    record("hreflang.invalid", Severity.HIGH, On.HTML),
    record("link.dead_end", Severity.LOW, On.HTML),
    record("perf.ttfb_slow", Severity.MEDIUM, On.OK, needs=(Fact.TIMINGS,)),
    record("social.og_missing", Severity.INFO, On.INDEXABLE),
    record("social.og_incomplete", Severity.LOW, On.INDEXABLE),
    record("title.duplicate", Severity.MEDIUM, On.INDEXABLE, level=Level.SITE),
    record("robots.missing", Severity.LOW, On.ANY, level=Level.SITE),
    record("sitemap.missing", Severity.MEDIUM, On.ANY, level=Level.SITE),
    record("scan.incomplete", Severity.INFO, On.ANY, level=Level.SITE),
)
CATALOGUE = {check.id: check for check in sorted(_RECORDS, key=lambda check: check.id)}
_OF_STATE = {"status", "index.noindex", "canonical", "https", "http.empty_body"}
SCORER = Scorer(PROFILE, CATALOGUE)
DEFECTS = [
    check.id
    for check in _RECORDS
    if check.level is Level.PAGE and check.id not in _OF_STATE and check.group not in _OF_STATE
]
STATES = ("fine", "500", "404", "timeout", "empty", "mistaken noindex", "wrong canonical")
OTHERS = ("meant noindex", "pdf", "403", "killed")
FAULTS = {
    "500": "status.5xx",
    "404": "status.4xx",
    "timeout": "status.timeout",
    "wrong canonical": "canonical.to_root",
    "empty": "http.empty_body",
}
REPEATED = "title.duplicate"
BECAME = "index.became_noindex"
SITEWIDE = ("robots.missing", "sitemap.missing")


class Made(Struct, frozen=True):
    """A made-up page."""

    state: str = "fine"
    defects: frozenset[str] = frozenset()
    secure: bool = True
    home: bool = False
    timed: bool = True
    rescanned: bool = False
    duplicate: bool = False


class Site(Struct, frozen=True):
    """A made-up site."""

    pages: tuple[Made, ...]
    wide: frozenset[str] = frozenset()


class Found(Struct, frozen=True):
    check: str
    severity: Severity


class Outcome(Struct, frozen=True):
    findings: tuple[Found, ...]
    undecided: tuple[str, ...]
    classes: On


def page_of(made: Made) -> Page:
    state = made.state
    url = URL if made.secure else URL.replace("https", "http")
    status: int | None = {"500": 500, "404": 404, "403": 403, "timeout": None}.get(state, 200)
    kinds: dict[str, ErrorKind] = {"timeout": "timeout", "403": "blocked_by_server", "killed": "parser_killed"}
    error = FetchError(kinds[state], "") if state in kinds else None
    context = Context(
        now=0.0,
        is_home=made.home,
        in_sitemap=state != "meant noindex",
        previous=Previous() if made.rescanned else None,
    )
    canonicals = (Canonical("/", "https://example.com/", "html", in_head=True, at=""),)
    return Page(
        fetched=Fetched(url, url, status, error=error, timings=Timings() if made.timed and status else None),
        context=context,
        url=url,
        final_url=url,
        status=status,
        headers={},
        sniffed={"pdf": "pdf", "empty": "empty"}.get(state, "html"),
        is_html=state not in {"pdf", "empty"} and status == 200,
        source="x" if status == 200 else "",
        canonicals=canonicals if state == "wrong canonical" else (),
        is_https=made.secure,
        is_home=made.home,
        noindex="noindex" in state,
    )


@lru_cache(maxsize=4_096)
def judged(made: Made) -> tuple[Outcome, Page]:
    page = page_of(made)
    classes = classes_of(page)
    findings: list[Found] = []
    if made.state in FAULTS:
        findings.append(Found(FAULTS[made.state], CATALOGUE[FAULTS[made.state]].severity))
    if "noindex" in made.state:
        mistaken = made.state == "mistaken noindex" or made.home
        findings.append(Found("index.noindex", Severity.HIGH if mistaken else Severity.INFO))
    if On.RESPONSE in classes and not made.secure:
        findings.append(Found("https.page_http", Severity.HIGH))
    undecided: list[str] = []
    for check in _RECORDS:
        if check.level is not Level.PAGE or check.on not in classes:
            continue
        if (Fact.PREVIOUS in check.needs and not made.rescanned) or (Fact.TIMINGS in check.needs and not made.timed):
            undecided.append(check.id)
        elif check.id in made.defects and (check.id != BECAME or page.noindex):
            findings.append(Found(check.id, check.severity))
    return Outcome(tuple(findings), tuple(undecided), classes), page


@lru_cache(maxsize=4_096)
def tallied(made: Made) -> Tally:
    return tally_of(*judged(made), CATALOGUE)


def tally_pages(site: Site) -> list[Tally]:
    return [tallied(made) for made in site.pages]


def with_site(tally: Tally, site: Site) -> Tally:
    visible = [made for made in site.pages if made.state == "fine"]
    repeated = sum(made.duplicate for made in visible)
    tally = add_site_findings(tally, "title.duplicate", {Severity.MEDIUM: repeated}, len(visible))
    for check in SITEWIDE:
        tally = add_site_findings(tally, check, {CATALOGUE[check].severity: int(check in site.wide)}, None)
    return tally


def tally_site(site: Site) -> Tally:
    return with_site(merge(*tally_pages(site)), site)


def scored(site: Site) -> Score:
    return SCORER.score(tally_site(site))


def points(site: Site) -> float:
    outcome = scored(site).score
    return 100.0 if outcome is None else outcome


_STATES = (*STATES, *OTHERS, "fine", "fine", "fine", "fine", "fine")


def _decode(code: int) -> Made:
    """A page from one number: a tenth of the time that drawing its fields one by one takes, and it still shrinks."""
    state, defects, flags = code & 15, code >> 4 & 0xFFFF & code >> 20, code >> 36
    return Made(
        state=_STATES[state],
        defects=frozenset(defect for n, defect in enumerate(DEFECTS) if defects >> n & 1),
        secure=not flags & 1,
        timed=not flags & 2,
        rescanned=bool(flags & 4),
        duplicate=bool(flags & 8),
    )


def site_of(codes: Sequence[int], wide: int) -> Site:
    """A site from numbers: one of 40 bits a page, and one of three bits for the site."""
    first, *rest = (_decode(code) for code in codes)
    marked = frozenset(check for n, check in enumerate(SITEWIDE) if wide >> n & 1)
    return Site((structs.replace(first, home=bool(wide & 4)), *rest), marked)


def repairs(site: Site) -> list[Site]:
    """Every single thing that could be fixed on the site, each fixed alone."""
    fixed = [structs.replace(site, wide=site.wide - {check}) for check in sorted(site.wide)]
    for n, found in enumerate(site.pages):
        # Who got no answer can't know whether it would have been timed: the score takes it that it would.
        made = structs.replace(found, timed=True) if found.state == "timeout" else found
        better = [structs.replace(made, defects=made.defects - {defect}) for defect in sorted(made.defects)]
        if made.state in STATES and made.state != "fine":
            better.append(structs.replace(made, state="fine"))
        if made.state in {"500", "404", "timeout"}:
            better += [structs.replace(made, state=state) for state in (*OTHERS[:2], "mistaken noindex", "empty")]
        if made.state == "meant noindex" and made.home:
            better.append(structs.replace(made, state="fine"))
        if not made.secure:
            better.append(structs.replace(made, secure=True))
        if made.duplicate:
            better.append(structs.replace(made, duplicate=False))
        fixed += [structs.replace(site, pages=(*site.pages[:n], one, *site.pages[n + 1 :])) for one in better]
    return fixed


def without(site: Site, check: str) -> Site:
    """The site with one issue repaired on all pages; a page whose fault is gone has nothing left to hide."""
    states = {found: state for state, found in FAULTS.items()}
    pages: list[Made] = []
    for made in site.pages:
        better = structs.replace(made, defects=made.defects - {check}, duplicate=made.duplicate and check != REPEATED)
        if made.state == states.get(check, "-"):
            shown = frozenset(found.check for found in judged(made)[0].findings)
            better = structs.replace(better, state="fine", defects=better.defects & shown)
        pages.append(better)
    return Site(tuple(pages), site.wide - {check})
