"""What runs in the parser's child processes: one page in, its verdict out. A page that hangs ends its child alone."""

import os
from functools import lru_cache
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from deploy.local.audit.answers import fault_of, line_of
from deploy.local.audit.given import MAX_BODY, Material, NotAPageError, id_of, read_line, saved_page, without_document
from deploy.local.audit.judging import PageReport, auditor, worst_of
from deploy.local.audit.terms import Terms
from shared import facts as site_facts
from shared.checks.base import Severity
from shared.checks.sample import NOW, sample
from shared.page import Context, Fetched, FetchError, Page
from shared.robots import Robots, parse
from shared.tally import Tally, tally_of

LINE_JOB: Final = "deploy.local.audit.child:judge_line"
FILE_JOB: Final = "deploy.local.audit.child:judge_file"
ROBOTS_AGENTS: Final = ("*", "Googlebot", "Bingbot")
"""Whose permission the checks ask for; the same as in a scan."""
_SUCCESS: Final = 200


class LineJob(Struct, frozen=True, array_like=True):
    """A line as it came. `unread` says why its document must not be touched again; `number` counts from 1."""

    terms: Terms
    now: float
    number: int
    line: bytes
    unread: str = ""


class LineAnswer(Struct, frozen=True, array_like=True):
    """What to write, and what the exit status depends on."""

    output: bytes
    faulty: bool = False
    score: float | None = None
    worst: Severity | None = None


class FileJob(Struct, frozen=True, array_like=True, kw_only=True):
    """A saved page. `sitemaps`: how many list it, None where there are none; `robots`: the file's octets."""

    terms: Terms
    now: float
    seq: int
    path: bytes
    url: str
    base: str
    robots: bytes | None = None
    sitemaps: int | None = None
    lastmod: str | None = None
    alternates: tuple[tuple[str, str], ...] = ()
    unread: str = ""


class FileAnswer(Struct, frozen=True, array_like=True):
    """The verdict on a saved page, its part in the site's, and the addresses it refers to."""

    report: PageReport
    facts: bytes
    tally: Tally
    targets: tuple[str, ...]


_LINES: Final = msgspec.msgpack.Decoder(LineJob)
_FILES: Final = msgspec.msgpack.Decoder(FileJob)
_ENCODE: Final = msgspec.msgpack.Encoder()


def warm_up() -> None:
    """Load what the first page loads: profile, word lists, suffixes."""
    example = sample().fetched
    given = saved_page(example.url, example.body, example.status, list(example.headers or ()))
    auditor(Terms()).judge(given, NOW)


def judge_line(payload: bytes) -> bytes:
    """An encoded `LineJob` in, an encoded `LineAnswer` out."""
    return _ENCODE.encode(answer_line(_LINES.decode(payload)))


def answer_line(job: LineJob) -> LineAnswer:
    """The answer to one line, whatever it holds."""
    try:
        given = read_line(job.line)
        if job.unread:
            given = without_document(given, "parser_killed", job.unread)
        judged = auditor(job.terms).judge(given, job.now)
    except NotAPageError as error:
        return LineAnswer(fault_of(id_of(job.line), f"line {job.number}: {error}"), faulty=True)
    return LineAnswer(
        line_of(given.id, judged.report), score=judged.report.score, worst=worst_of(judged.report.findings)
    )


def judge_file(payload: bytes) -> bytes:
    """An encoded `FileJob` in, an encoded `FileAnswer` out. Raises `OSError` for a file that can't be read."""
    return _ENCODE.encode(answer_file(_FILES.decode(payload)))


def answer_file(job: FileJob) -> FileAnswer:
    """Judge one saved page. Raises `OSError`."""
    ours = auditor(job.terms)
    robots = _robots(job.robots) if job.robots is not None else None
    judged = ours.judge_material(_material(job, robots))
    page = judged.page
    facts = site_facts.facts_of(
        page,
        seq=job.seq,
        classes=judged.verdict.classes,
        robots=robots,
        lastmod=job.lastmod,
        sitemaps=job.sitemaps or 0,
    )
    return FileAnswer(
        judged.report, site_facts.encode(facts), tally_of(judged.verdict, page, ours.checks), _targets(page)
    )


@lru_cache(maxsize=2)
def _robots(body: bytes) -> Robots:
    return parse(body)


def _material(job: FileJob, robots: Robots | None) -> Material:
    body, error = b"", None
    if job.unread:
        error = FetchError("parser_killed", job.unread)
    else:
        body, error = read_document(Path(os.fsdecode(job.path)))
    fetched = Fetched(job.url, job.url, _SUCCESS, None, body, redirects=None, error=error)
    context = Context(
        now=job.now,
        is_home=job.url == job.base,
        in_sitemap=None if job.sitemaps is None else job.sitemaps > 0,
        robots=None if robots is None else {agent: robots.allowed(job.url, agent) for agent in ROBOTS_AGENTS},
        sitemap_alternates=job.alternates,
    )
    return Material(fetched, context, as_html=True, has_body=True, written=(job.url, job.url), is_file=True)


def read_document(path: Path) -> tuple[bytes, FetchError | None]:
    """The file's octets, or why they are not judged. Raises `OSError`."""
    with path.open("rb") as file:
        body = file.read(MAX_BODY + 1)
    if len(body) > MAX_BODY:
        return b"", FetchError("too_large", f"the file is larger than {MAX_BODY} bytes")
    return body, None


def _targets(page: Page) -> tuple[str, ...]:
    """Addresses that the page links to or names as another form of itself, each once."""
    urls = [link.url for link in page.links if link.internal]
    urls += [one.url for one in page.canonicals]
    urls += [one.url for one in page.alternates]
    urls += [tag.url for tag in page.link_tags if not tag.rel.isdisjoint(("next", "prev", "amphtml"))]
    return tuple(dict.fromkeys(url for url in urls if url))[: site_facts.MAX_LINKS]
