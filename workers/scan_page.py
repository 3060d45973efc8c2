"""What happens to a fetched page in the parser's child process: extract, judge, score, and shrink to a row."""

from functools import lru_cache
from typing import Any

import msgspec
from msgspec import Struct

from shared import facts as site_facts
from shared.checks import catalogue
from shared.checks.base import Check
from shared.checks.limits import DEFAULT_PROFILE, load_profile
from shared.checks.sample import sample
from shared.page import Context, ErrorKind, Fetched, FetchError, Page
from shared.robots import Robots, from_fetch
from shared.scoring import Scorer
from shared.tally import Tally
from workers.extract import TooDeep, extract
from workers.judge import Judge, Verdict
from workers.probes.candidates import Look, look_at
from workers.rescan.keeping import (
    MAX_LINKS,
    Again,
    judges,
    pack_links,
    previous_of,
    stays_dated,
    told,
    validators,
    verdict_again,
)

MAX_TITLE = 500
MAX_FACT = 500


class Terms(Struct, frozen=True):
    """By what a scan's pages are judged: profile, overridden thresholds, checks that are switched off."""

    profile: str
    thresholds: tuple[tuple[str, float], ...] = ()
    disabled: tuple[str, ...] = ()


class PageJob(Struct, frozen=True):
    """A page to judge. `links` asks for its outgoing links, which a crawl follows; `robots` is (status, body).

    `look` asks for a `Look` at the page instead of its verdict. `keep` is the verdict's key, under which the next scan
    may take it over; None: it shall not.
    """

    seq: int
    fetched: Fetched
    context: Context
    terms: Terms
    links: bool = False
    robots: tuple[int | None, bytes] | None = None
    lastmod: str | None = None
    look: bool = False
    keep: bytes | None = None


class PageRow(Struct, frozen=True):
    """A judged page as Postgres keeps it; `findings` and `facts` are JSON, `site` is for the site-level analysis."""

    seq: int
    url: str
    final_url: str
    status: int | None
    error: str | None
    score: float | None
    title: str | None
    depth: int | None
    size: int | None
    duration_ms: int | None
    checks: list[str]
    findings: bytes
    facts: bytes
    site: bytes
    tally: Tally
    links: list[str]
    raised: list[tuple[str, str]]
    etag: str | None = None
    last_modified: str | None = None
    verdict_key: bytes | None = None
    again: bytes | None = None


class Bench(Struct, frozen=True):
    """The prepared judge of one set of terms."""

    judge: Judge
    scorer: Scorer
    checks: dict[str, Check]


@lru_cache(maxsize=32)
def bench(terms: Terms) -> Bench:
    """Prepare judge and profile once for all pages of a scan."""
    profile = load_profile(terms.profile)
    judge = Judge(profile.limits(dict(terms.thresholds)), disabled=terms.disabled)
    checks = {name: one for name, one in catalogue().items() if name not in terms.disabled}
    return Bench(judge, Scorer(profile, checks), checks)


def _cut(text: str | None, most: int = MAX_FACT) -> str | None:
    return text if text is None or len(text) <= most else text[: most - 1] + "…"


def robots_said(page: Page) -> str:
    """The page's robots directives, of metas and header alike, each once and in an order of their own."""
    said = {
        ("" if one.agent in {"robots", "*"} else f"{one.agent}: ")
        + (one.name if one.value is None else f"{one.name}:{one.value}")
        for one in page.directives
    }
    return ", ".join(sorted(said))


def page_facts(page: Page) -> dict[str, Any]:
    """What a person who looks at one page wants to see besides its findings."""
    fetched = page.fetched
    facts: dict[str, Any] = {
        "redirects": [{"url": hop.url, "status": hop.status, "location": hop.location} for hop in page.redirects or ()],
        "content_type": _cut(page.header("content-type"), 200),
        "http_version": fetched.http_version,
        "truncated": fetched.truncated,
        "wire_bytes": fetched.wire_bytes,
    }
    if page.error is not None:
        facts["error_message"] = _cut(page.error.message)
    else:
        facts["robots"] = _cut(robots_said(page))
    if fetched.timings is not None:
        facts["ttfb_ms"] = round(fetched.timings.ttfb) if fetched.timings.ttfb is not None else None
    if page.is_html:
        internal = sum(1 for link in page.links if link.internal)
        facts |= {
            "description": _cut(page.meta("description")),
            "canonical": _cut(page.canonical_url, 2_000),
            "h1": _cut(next((heading.text for heading in page.headings if heading.level == 1), None)),
            "language": page.language,
            "html_lang": _cut(page.html_attributes.get("lang"), 50),
            "indexable": page.indexable,
            "noindex": page.noindex,
            "words": page.words,
            "readability": page.readability,
            "keywords": [word for word, _ in page.keywords[:10]],
            "internal_links": internal,
            "external_links": len(page.links) - internal,
            "images": len(page.images),
            "schema_types": sorted({kind for item in page.items for kind in item.types})[:20],
            "content_hash": page.content_hash,
        }
    return facts


@lru_cache(maxsize=32)
def _robots(status: int | None, body: bytes) -> Robots:
    return from_fetch(status, body)


def robots_of(job: PageJob) -> Robots | None:
    """The site's robots.txt, parsed once for all its pages."""
    return _robots(*job.robots) if job.robots is not None else None


def row_of(job: PageJob, page: Page, verdict: Verdict, prepared: Bench) -> PageRow:
    """The row of a judged page."""
    fetched = job.fetched
    score, tally = prepared.scorer.page(verdict, page)
    total = fetched.timings.total if fetched.timings else None
    links: list[str] = []
    if job.links and not page.nofollow:
        followed = (one.url for one in page.links if one.url and one.internal and "nofollow" not in one.rel)
        links = list(dict.fromkeys(followed))
    return PageRow(
        seq=job.seq,
        url=fetched.url,
        final_url=fetched.final_url,
        status=fetched.status,
        error=fetched.error.kind if fetched.error else None,
        score=score,
        title=_cut(page.title, MAX_TITLE) if page.titles else None,
        depth=job.context.depth,
        size=len(fetched.body) if fetched.status is not None else None,
        duration_ms=round(total) if total is not None else None,
        checks=list(dict.fromkeys(found.check for found in verdict.findings)),
        findings=msgspec.json.encode(verdict.findings),
        facts=msgspec.json.encode(page_facts(page)),
        site=site_facts.encode(
            site_facts.facts_of(page, seq=job.seq, classes=verdict.classes, robots=robots_of(job), lastmod=job.lastmod)
        ),
        tally=tally,
        links=links,
        raised=list(verdict.raised),
    )


def judge_job(job: PageJob) -> PageRow:
    """Extract and judge. A document nested too deep is judged by its head only, as an error of its own kind."""
    prepared = bench(job.terms)
    try:
        page = extract(job.fetched, job.context)
    except TooDeep as error:
        job = without_body(job, "too_deep", str(error))
        page = extract(job.fetched, job.context)
    verdict = prepared.judge(page)
    row = row_of(job, page, verdict, prepared)
    return row if job.keep is None else kept(row, job, page, verdict, prepared)


def kept(row: PageRow, job: PageJob, page: Page, verdict: Verdict, prepared: Bench) -> PageRow:
    """The row with what the next scan needs to take it over, if the answer has validators and nothing is against it."""
    fetched, terms = job.fetched, job.terms
    etag, last_modified = validators(fetched)
    if (etag or last_modified) is None or len(row.links) > MAX_LINKS or not stays_dated(page):
        return row
    again = verdict_again(page, verdict, judges(terms.profile, terms.thresholds, terms.disabled))
    if again is None:
        return row
    page.context = msgspec.structs.replace(page.context, previous=previous_of(page))
    same = again.findings == verdict.findings
    settled = same and job.context.previous is not None and again.undecided == verdict.undecided
    score, tally = (row.score, row.tally) if settled else prepared.scorer.page(again, page)
    blob = Again(
        fetched_at=fetched.fetched_at or job.context.now,
        score=score,
        tally=tally,
        links=pack_links(row.links),
        headers=told(fetched),
        http_version=fetched.http_version,
        findings=None if same else msgspec.json.encode(again.findings),
        checks=None if same else list(dict.fromkeys(found.check for found in again.findings)),
    )
    return msgspec.structs.replace(
        row, etag=etag, last_modified=last_modified, verdict_key=job.keep, again=_ENCODER.encode(blob)
    )


def without_body(job: PageJob, kind: ErrorKind, message: str) -> PageJob:
    """The same page as one whose document couldn't be read."""
    fetched = msgspec.structs.replace(job.fetched, body=b"", error=FetchError(kind, message))
    return msgspec.structs.replace(job, fetched=fetched)


_DECODER = msgspec.msgpack.Decoder(PageJob)
_ENCODER = msgspec.msgpack.Encoder()


def warm_up() -> None:
    """Load what the first page loads: profile, word lists, suffixes."""
    example = sample()
    judge_job(PageJob(0, example.fetched, example.context, Terms(DEFAULT_PROFILE)))


def judge_page(payload: bytes) -> bytes:
    """The child process's job: an encoded `PageJob` in, an encoded `PageRow` (or `Look`) out."""
    job = _DECODER.decode(payload)
    return _ENCODER.encode(look(job) if job.look else judge_job(job))


def look(job: PageJob) -> Look:
    """Extract only. A document nested too deep has nothing to show."""
    try:
        return look_at(extract(job.fetched, job.context))
    except TooDeep:
        return Look()
