"""The stage of a single scan: fetch, judge, score and store, all in one message and one transaction."""

from shared import chunks, scans
from shared.db.pool import Connection, connection
from shared.db.queries import queries
from shared.metrics import PAGES
from shared.scans import Work
from workers.conclude import Outcome, conclude, end_in_error
from workers.frontier import url_hash
from workers.lease import Lease
from workers.pages import Assignment, Target, failed, judge, outcome_of, row_values
from workers.polite import NotBefore
from workers.scan_page import PageRow
from workers.site_files import fetch_robots, file_of, parsed, save_robots
from workers.starting import fatal, first_answer
from workers.workshop import Workshop, fetch_options, terms_of

_URLS = queries("urls")
_PAGES = queries("pages")


async def run(shop: Workshop, scan: Work, lease: Lease) -> None:
    """The whole scan. A host whose turn is far off gives the chunk back."""
    answer = await fetch_robots(shop, scan, scan.url)
    robots_file = file_of(answer)
    work = Assignment(
        shop=shop,
        scan=scan,
        lease=lease,
        robots=parsed(*robots_file),
        robots_file=robots_file,
        options=fetch_options(scan, shop.settings),
    )
    try:
        start = await first_answer(work)
    except NotBefore as later:
        async with connection(shop.pool) as conn:
            await chunks.release(conn, lease.claim, wait=later.seconds)
        return
    target = Target(0, start.fetched.url, 0, in_sitemap=False, attempts=0, lastmod=None, alternates=())
    row = await judge(work, target, start.fetched, terms_of(scan))
    PAGES.labels(outcome_of(row)).inc()
    outcome = Outcome(tally=row.tally, done=1, failed=int(failed(row)), found=1, fallback=start.fallback)
    ended = fatal(start.fetched)
    async with connection(shop.pool) as conn, conn.transaction():
        await chunks.hold(conn, lease.claim)
        await scans.begin(conn, scan.id, "analysing")
        await _store(conn, scan, row)
        await save_robots(conn, scan.id, answer)
        if ended is None:
            await conclude(conn, shop, scan, outcome)
        else:
            await end_in_error(conn, shop, scan, *ended, outcome=outcome)
        await chunks.finish(conn, lease.claim)


async def _store(conn: Connection, scan: Work, row: PageRow) -> None:
    columns = {
        "scan_id": scan.id,
        "seqs": [0],
        "hashes": [url_hash(row.url)],
        "urls": [row.url],
        "depths": [0],
        "in_sitemap": [False],
        "lastmods": [None],
        "facts": [None],
        "skips": [None],
    }
    await conn.execute(_URLS["insert"], columns)
    await conn.execute(_PAGES["insert"], row_values(scan.id, row))


