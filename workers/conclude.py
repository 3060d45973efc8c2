"""Ending a scan: site-level findings, issues, score, result, the event that tells of it; or an error and a refund."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct
from psycopg.types.json import Jsonb

from shared import scans
from shared.checks import catalogue
from shared.checks.base import Severity
from shared.checks.limits import load_profile
from shared.clock import utc
from shared.db.pool import Connection
from shared.db.queries import queries
from shared.logs import get_logger
from shared.metrics import SCAN_DURATION, SCANS
from shared.scans import Work
from shared.scoring import Score, score
from shared.tally import Tally
from workers.places import examples
from workers.workshop import Workshop

TOP_ISSUES = 10

_RESULTS = queries("results")


class Outcome(Struct, frozen=True, kw_only=True):
    """What a scan's pages have come to."""

    tally: Tally
    done: int
    failed: int
    found: int
    fallback: bool = False


class Ending(Struct, frozen=True):
    """What a scan has come to, ready to be written."""

    verdict: Score
    examples: Mapping[str, Sequence[Mapping[str, Any]]]


def scored(scan: Work, tally: Tally) -> Score:
    """The score, by the scan's profile and without the checks that it disables."""
    suppressed = scan.options.get("disable_checks") or ()
    checks = {name: one for name, one in catalogue().items() if name not in suppressed}
    return score(tally, load_profile(scan.profile), checks, suppressed)


async def prepare(conn: Connection, scan: Work, tally: Tally) -> Ending:
    """Score, and look up where issues were found: outside any transaction, since a large site takes its time."""
    verdict = scored(scan, tally)
    return Ending(verdict, await examples(conn, scan.id, [issue.check for issue in verdict.issues]))


async def conclude(conn: Connection, shop: Workshop, scan: Work, outcome: Outcome, ending: Ending) -> None:
    """Store and complete, in the caller's transaction. Doing it twice writes the same."""
    verdict = ending.verdict
    await _store_issues(conn, scan, ending)
    result = result_of(scan, outcome, verdict)
    ended = await scans.finish(
        conn,
        scan.id,
        status="complete",
        score=verdict.score,
        result=result,
        found=outcome.found,
        done=outcome.done,
        failed=outcome.failed,
    )
    if ended:
        count_ended(shop, scan, "complete")


async def end_in_error(
    conn: Connection, shop: Workshop, scan: Work, code: str, reason: str, *, outcome: Outcome
) -> None:
    """End a scan that could not be done, and give its unit back."""
    ended = await scans.finish(
        conn,
        scan.id,
        status="error",
        reason_code=code,
        reason=reason,
        found=outcome.found,
        done=outcome.done,
        failed=outcome.failed,
    )
    if ended:
        await scans.refund(conn, scan.id)
        count_ended(shop, scan, "error")


def count_ended(shop: Workshop, scan: Work, outcome: str) -> None:
    """Metrics and a log line."""
    seconds = (utc(shop.clock.now()) - scan.created_at).total_seconds()
    SCANS.labels(scan.mode, outcome).inc()
    SCAN_DURATION.labels(scan.mode).observe(seconds)
    get_logger().info("scan.ended", mode=scan.mode, outcome=outcome, seconds=round(seconds, 3))


async def _store_issues(conn: Connection, scan: Work, ending: Ending) -> None:
    await conn.execute(_RESULTS["clear_issues"], {"scan_id": scan.id})
    if not ending.verdict.issues:
        return
    rows = [
        {
            "check_id": issue.check,
            "severity": issue.severity.value,
            "category": catalogue()[issue.check].category.value,
            "pages": issue.pages,
            "share": issue.share,
            "points_lost": issue.points_lost,
            "points_back": issue.points_back,
            "examples": ending.examples.get(issue.check, []),
        }
        for issue in ending.verdict.issues
    ]
    await conn.execute(_RESULTS["add_issues"], {"scan_id": scan.id, "issues": Jsonb(rows)})


def result_of(scan: Work, outcome: Outcome, verdict: Score) -> dict[str, Any]:
    """The `result` of GET /scans/{id}."""
    counts = dict.fromkeys((one.value for one in Severity), 0)
    for issue in verdict.issues:
        counts[issue.severity.value] += 1
    top = sorted(verdict.issues, key=lambda one: (-one.points_back, -_rank(one.severity), -one.pages, one.check))
    return {
        "score": verdict.score,
        "grade": verdict.grade,
        "score_version": load_profile(scan.profile).score_version,
        "profile": scan.profile,
        "coverage": verdict.coverage,
        "categories": [{"id": one.id, "score": one.score, "weight": one.weight} for one in verdict.categories],
        "totals": {"pages": outcome.done, "issues": counts},
        "top_issues": [
            {
                "check": one.check,
                "severity": one.severity.value,
                "pages": one.pages,
                "share": one.share,
                "points_back": one.points_back,
                "title": catalogue()[one.check].title,
                "fix": catalogue()[one.check].fix,
            }
            for one in top[:TOP_ISSUES]
        ],
        "gates": [one.id for one in verdict.gates if one.hit],
        "incomplete": scan.incomplete,
        "scheme_fallback": outcome.fallback,
        "suppressed": list(verdict.suppressed),
    }


_RANKS = {severity: rank for rank, severity in enumerate(reversed(Severity))}


def _rank(severity: Severity) -> int:
    return _RANKS[severity]
