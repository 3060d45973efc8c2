"""Ending a scan: site-level findings, issues, score, result, the event that tells of it; or an error and a refund."""

from collections.abc import Sequence
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
from shared.scoring import Issue, Score, score
from shared.tally import Tally
from workers.workshop import Workshop

TOP_ISSUES = 10
LOOKED_AT_ONCE = 20_000
"""Pages times checks that one statement looks at: some 50 ms, far from its deadline of 5 s."""

_RESULTS = queries("results")
_PAGES = queries("pages")


class Outcome(Struct, frozen=True, kw_only=True):
    """What a scan's pages have come to."""

    tally: Tally
    done: int
    failed: int
    found: int
    fallback: bool = False


async def conclude(conn: Connection, shop: Workshop, scan: Work, outcome: Outcome) -> None:
    """Score, store and complete, in the caller's transaction. Doing it twice writes the same."""
    suppressed = scan.options.get("disable_checks") or ()
    checks = {name: one for name, one in catalogue().items() if name not in suppressed}
    verdict = score(outcome.tally, load_profile(scan.profile), checks, suppressed)
    await _store_issues(conn, scan, verdict.issues, outcome.done)
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


async def _store_issues(conn: Connection, scan: Work, issues: Sequence[Issue], pages: int) -> None:
    await conn.execute(_RESULTS["clear_issues"], {"scan_id": scan.id})
    if not issues:
        return
    examples = await _examples(conn, scan, [issue.check for issue in issues], pages)
    rows = [
        {
            "check_id": issue.check,
            "severity": issue.severity.value,
            "category": catalogue()[issue.check].category.value,
            "pages": issue.pages,
            "share": issue.share,
            "points_lost": issue.points_lost,
            "points_back": issue.points_back,
            "examples": examples.get(issue.check, []),
        }
        for issue in issues
    ]
    await conn.execute(_RESULTS["add_issues"], {"scan_id": scan.id, "issues": Jsonb(rows)})


async def _examples(conn: Connection, scan: Work, checks: Sequence[str], pages: int) -> dict[str, list[dict[str, Any]]]:
    """By check, where it fired: the site-level findings, for want of them pages.

    A check that fired rarely costs a look at every page, so a large site is asked about few checks in one statement.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    at_once = max(1, LOOKED_AT_ONCE // max(1, pages))

    async def ask(query: bytes, wanted: Sequence[str]) -> None:
        for first in range(0, len(wanted), at_once):
            values = {"scan_id": scan.id, "checks": list(wanted[first : first + at_once])}
            for row in await (await conn.execute(query, values)).fetchall():
                found.setdefault(row["check_id"], []).append({"url": row["url"], "evidence": row["evidence"]})

    await ask(_RESULTS["site_examples"], checks)
    await ask(_PAGES["examples"], [check for check in checks if check not in found])
    return found


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
