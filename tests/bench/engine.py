"""What a page costs in the engine, from memory: parse, yardstick, and each step of ours, interleaved round by round."""

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from selectolax.lexbor import LexborHTMLParser

from shared import facts
from shared.page import Context, Fetched, Timings
from tests.bench.figures import Plan, Row, median, row
from tests.bench.saved import load
from tests.bench.yardstick import reference
from workers.extract import extract
from workers.scan_page import PageJob, Terms, bench, judge_page, robots_of

_ORIGIN = "http://www.example.com"
_HEADERS = (("Content-Type", "text/html; charset=utf-8"), ("Server", "nginx"), ("Content-Encoding", "gzip"))
_ROBOTS = (200, b"User-agent: *\nDisallow: /private/\n")
_NOW = 1_795_000_000.0
PAGES = 120
STEPS = ("parse", "yardstick", "extract", "judge", "facts", "score", "all")
"""`score` is the tally as well; `all` is the child process's whole job: decode, every step, encode."""

Measured = dict[str, float]


def jobs(pages: Mapping[str, bytes]) -> list[PageJob]:
    """The pages as a sitemap scan would hand them to the parser's child."""
    context = Context(now=_NOW, in_sitemap=True, robots={"*": True, "Googlebot": True}, site_host="www.example.com")
    terms = Terms("default-2026.11")
    return [
        PageJob(
            seq,
            Fetched(
                _ORIGIN + path,
                _ORIGIN + path,
                200,
                _HEADERS,
                body,
                timings=Timings(10, 20),
                http_version="1.1",
                wire_bytes=len(body) // 5,
            ),
            context,
            terms,
            robots=_ROBOTS,
        )
        for seq, (path, body) in enumerate(pages.items())
    ]


def one_round(work: list[PageJob], payloads: list[bytes]) -> Measured:
    """CPU milliseconds a page of each step, every step of a page before the next page."""
    prepared = bench(work[0].terms)
    spent: Measured = {}

    def timed(step: str, function: Callable[..., Any], *arguments: Any) -> Any:
        began = time.thread_time()
        result = function(*arguments)
        spent[step] = spent.get(step, 0.0) + time.thread_time() - began
        return result

    def parse(body: bytes) -> None:
        LexborHTMLParser(body)

    def encode_facts(job: PageJob, page: Any, verdict: Any) -> bytes:
        return facts.encode(facts.facts_of(page, seq=job.seq, classes=verdict.classes, robots=robots_of(job)))

    for job, payload in zip(work, payloads, strict=True):
        timed("parse", parse, job.fetched.body)
        timed("yardstick", reference, job.fetched.body, job.fetched.url)
        page = timed("extract", extract, job.fetched, job.context)
        verdict = timed("judge", prepared.judge, page)
        timed("facts", encode_facts, job, page, verdict)
        timed("score", prepared.scorer.page, verdict, page)
        del page, verdict
        timed("all", judge_page, payload)
    return {step: 1000 * seconds / len(work) for step, seconds in spent.items()}


def measure(pages: Mapping[str, bytes], rounds: int) -> list[Measured]:
    """Rounds after one for warming up, with the collector off as in the child process."""
    work = jobs(pages)
    payloads = [msgspec.msgpack.encode(job) for job in work]
    one_round(work[:20], payloads[:20])
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        return [one_round(work, payloads) for _ in range(rounds)]
    finally:
        gc.enable()
        gc.unfreeze()


def table(measured: list[Measured]) -> list[tuple[str, float, float, float]]:
    """(step, median ms a page, median ratio to parse, median ratio to the yardstick)."""
    return [
        (
            step,
            statistics.median(one[step] for one in measured),
            statistics.median(one[step] / one["parse"] for one in measured),
            statistics.median(one[step] / one["yardstick"] for one in measured),
        )
        for step in STEPS
    ]


def rows(plan: Plan) -> list[Row]:
    """The table's lines."""
    measured = measure(load(plan.folder, PAGES), plan.rounds)
    judging = [one["extract"] + one["judge"] + one["score"] for one in measured]
    share = [100 * one["yardstick"] / all_of for one, all_of in zip(measured, judging, strict=True)]
    checks = [100 * one["judge"] / all_of for one, all_of in zip(measured, judging, strict=True)]
    return [
        *(row("engine", f"{step}, in parses", parses, "×") for step, _, parses, _ in table(measured)),
        row("engine", "the whole job", table(measured)[-1][1], "ms a page"),
        row("engine", "extract, checks and score: speed of the tuned extractor", median(share), "%", least=40.0),
        row("engine", "checks, of extract, checks and score", median(checks), "%", most=35.0),
    ]
