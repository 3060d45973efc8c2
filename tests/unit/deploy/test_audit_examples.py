"""Every check's own examples, given as lines: the command line judges as the engine does."""

from typing import Any

import msgspec
import pytest

from deploy.local.audit.given import read_line
from deploy.local.audit.judging import Auditor
from deploy.local.audit.terms import Terms
from shared.checks import catalogue
from shared.checks.base import Check, Level
from shared.checks.sample import CLEAN_HEADERS, NOW, Sample, sample
from workers.extract import extract
from workers.judge import Judge

CHECKS = [check for check in catalogue().values() if check.level is Level.PAGE]
AUDITOR = Auditor(Terms())
JUDGE = Judge(AUDITOR.limits)


def as_line(example: Sample) -> bytes:
    fetched, context = example.fetched, example.context
    members: dict[str, Any] = {
        "url": fetched.url,
        "final_url": fetched.final_url,
        "status": fetched.status,
        "headers": fetched.headers,
        "body_base64": fetched.body,
        "redirects": fetched.redirects,
        "error": fetched.error,
        "timings_ms": fetched.timings,
        "http_version": fetched.http_version,
        "wire_bytes": fetched.wire_bytes,
        "truncated": fetched.truncated,
        "tls": fetched.tls,
        "fetched_at": fetched.fetched_at,
        **{name: getattr(context, name) for name in context.__struct_fields__},
    }
    return msgspec.json.encode(members)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
def test_a_line_is_judged_as_a_fetched_page(check: Check) -> None:
    for example in (*check.bad, *check.good):
        judged = AUDITOR.judge(read_line(as_line(example)), NOW)
        wanted = JUDGE(extract(example.fetched, example.context))
        assert judged.verdict.findings == wanted.findings
        assert judged.verdict.undecided == wanted.undecided


def only_markup(example: Sample) -> bool:
    """Whether the example differs from the clean page in its document alone."""
    clean = sample(html=example.fetched.body, url=example.fetched.url, final_url=example.fetched.final_url)
    return example == clean


FILES = [
    (check, example)
    for check in CHECKS
    if not check.needs
    for example in check.bad
    if only_markup(example) and example.fetched.url.isascii()
]


def test_most_checks_can_be_tried_with_a_file() -> None:
    assert len({check.id for check, _ in FILES}) > 100
    assert CLEAN_HEADERS["Content-Type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize(("check", "example"), FILES, ids=[f"{check.id}-{n}" for n, (check, _) in enumerate(FILES)])
def test_a_file_without_headers_shows_the_defect_and_nothing_else(check: Check, example: Sample) -> None:
    members = {"url": example.fetched.url, "html": example.fetched.body.decode("utf-8", "replace"), "now": NOW}
    judged = AUDITOR.judge(read_line(msgspec.json.encode(members)), NOW)
    fired = {found.check for found in judged.report.findings}
    assert check.id in fired | set(judged.report.not_decided)
    assert not fired - {check.id, *check.implies}
