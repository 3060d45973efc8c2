"""The site-level analysis of a scan: facts streamed out of Postgres, findings streamed back under the fence.

It runs in a thread of its own with blocking connections, since it computes for seconds on large sites.
"""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from itertools import islice
from typing import Any, cast

import psycopg
from psycopg.rows import DictRow, dict_row

from shared import facts as site_facts
from shared.checks.limits import load_profile
from shared.checks.site import SiteInputs
from shared.chunks import Claim, LeaseLostError
from shared.db.pool import connect_arguments
from shared.db.queries import queries
from shared.facts import SiteFacts
from shared.logs import get_logger
from shared.metrics import CHECKS_RAISED
from shared.tally import Tally
from workers.scan_page import Terms
from workers.site import Analysis, SiteFound, SiteJudge

STATEMENT_SECONDS = 60.0
READ_AT_ONCE = 2_000
WRITTEN_AT_ONCE = 500

_CHUNKS = queries("chunks")
_PAGES = queries("pages")
_RESULTS = queries("results")

SyncConnection = psycopg.Connection[DictRow]


def judge_site(site: Analysis, terms: Terms, url_of: Any) -> SiteJudge:  # noqa: ANN401
    """The site-level checks over this site, ready to be asked for findings."""
    limits = load_profile(terms.profile).limits(dict(terms.thresholds))
    return SiteJudge(site, limits, url_of, disabled=terms.disabled)


def report_raised(judge: SiteJudge) -> None:
    """Log and count the checks that raised."""
    for outcome in judge.outcomes.values():
        if outcome.raised:
            CHECKS_RAISED.labels(outcome.check.partition(".")[0]).inc()
            get_logger().error("check.raised", check=outcome.check, error=outcome.raised)


def finding_row(scan_id: Any, n: int, found: SiteFound) -> dict[str, Any]:  # noqa: ANN401
    """The finding's columns."""
    return {
        "scan_id": scan_id,
        "n": n,
        "check": found.check,
        "severity": found.severity.value,
        "seq": found.seq,
        "url": found.url,
        "evidence": found.evidence,
        "position": found.position,
    }


def analyse(database_url: str, held: Claim, inputs: SiteInputs, terms: Terms, tally: Tally) -> Tally:
    """Judge the stored site, store its findings, and add their figures to `tally`. Raises `LeaseLostError`."""
    with _connect(database_url) as reading, _connect(database_url) as writing:

        def url_of(seqs: AbstractSet[int]) -> Mapping[int, str]:
            values = {"scan_id": held.scan_id, "seqs": list(seqs)}
            return {row["seq"]: row["url"] for row in reading.execute(_PAGES["urls_of"], values)}

        site = Analysis(_stored(reading, held), inputs)
        judge = judge_site(site, terms, url_of)
        _write(writing, held, judge.findings())
        _correct(writing, held, site.moved())
        report_raised(judge)
        return judge.tally(tally)


def _connect(database_url: str) -> SyncConnection:
    arguments: Any = connect_arguments("worker-analysis", statement_seconds=STATEMENT_SECONDS)
    conn: Any = psycopg.connect(database_url, autocommit=True, **arguments)
    conn.row_factory = dict_row
    return cast("SyncConnection", conn)


def _stored(conn: SyncConnection, held: Claim) -> Iterator[SiteFacts]:
    after = -1
    while True:
        values = {"scan_id": held.scan_id, "after": after, "limit": READ_AT_ONCE}
        rows = conn.execute(_PAGES["site_facts"], values).fetchall()
        if not rows:
            return
        for row in rows:
            facts = site_facts.decode(row["site"])
            yield site_facts.listed(facts, row["lastmod"]) if row["in_sitemap"] else facts
        after = rows[-1]["seq"]


def _write(conn: SyncConnection, held: Claim, found: Iterator[SiteFound]) -> None:
    """In short transactions, each of which proves the lease: a long one would keep the heartbeat waiting."""
    with conn.transaction():
        _hold(conn, held)
        conn.execute(_RESULTS["clear_site_findings"], {"scan_id": held.scan_id})
    n = 0
    while batch := list(islice(found, WRITTEN_AT_ONCE)):
        with conn.transaction(), conn.cursor() as cursor:
            _hold(conn, held)
            cursor.executemany(
                _RESULTS["add_site_finding"], [finding_row(held.scan_id, n + i, one) for i, one in enumerate(batch)]
            )
        n += len(batch)


def _correct(conn: SyncConnection, held: Claim, moved: Iterator[tuple[int, int | None]]) -> None:
    """Write down how many clicks from the start the pages are, where the crawl couldn't know yet."""
    while batch := list(islice(moved, READ_AT_ONCE)):
        with conn.transaction():
            _hold(conn, held)
            values = {"scan_id": held.scan_id, "seqs": [seq for seq, _ in batch], "depths": [one for _, one in batch]}
            conn.execute(_PAGES["set_depths"], values)


def _hold(conn: SyncConnection, held: Claim) -> None:
    if conn.execute(_CHUNKS["hold"], held.key).fetchone() is None:
        raise LeaseLostError
