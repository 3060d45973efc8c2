"""The stage of a single scan: fetch, judge, score and store, all in one message and one transaction."""

from collections.abc import Set as AbstractSet

import msgspec

from shared import chunks
from shared import facts as site_facts
from shared.checks.site import PreviousSite, RobotsFile, SiteInputs
from shared.db.pool import Connection, connection
from shared.db.queries import queries
from shared.host_probes import HostProbes
from shared.metrics import PAGES
from shared.scans import Work
from shared.tally import Tally
from shared.tracing import traced
from workers.analyse import finding_row, judge_site, report_raised
from workers.conclude import Ending, Outcome, conclude, end_in_error, scored
from workers.fetch.politeness import NotBefore
from workers.frontier import url_hash
from workers.lease import Lease
from workers.pages import Assignment, Target, failed, judge, outcome_of, row_values
from workers.places import examples_of
from workers.probes.inputs import with_probes
from workers.probes.missing import Nowhere, probe_missing
from workers.probes.of_host import probe_host, probe_tls
from workers.rescan.before import pages_before, site_before
from workers.scan_page import PageRow
from workers.site import Analysis, SiteFound
from workers.site_files import file_of, robots_file_of, save_robots
from workers.starting import fatal, first_page, open_host
from workers.workshop import Workshop, fetch_options, terms_of

_URLS = queries("urls")
_PAGES = queries("pages")
_RESULTS = queries("results")


async def run(shop: Workshop, scan: Work, lease: Lease) -> None:
    """The whole scan. A host whose turn is far off gives the chunk back."""
    opening = await open_host(shop, scan)
    robots_file = file_of(opening.answer)
    async with connection(shop.pool) as conn:
        before = await pages_before(conn, scan, [opening.url])
        previous = await site_before(conn, scan)
    work = Assignment(
        shop=shop,
        scan=scan,
        lease=lease,
        robots=opening.robots,
        robots_file=robots_file,
        options=fetch_options(scan, shop.settings),
        before=before,
    )
    try:
        fetched = await first_page(work, opening)
        target = Target(0, fetched.url, 0, in_sitemap=False, attempts=0, lastmod=None, alternates=())
        ended = fatal(fetched, opening.robots)
        tls, nowhere, answers = await probe_tls(shop, scan, lease), Nowhere(), HostProbes()
        if ended is None:
            nowhere = await probe_missing(shop, scan, lease, opening.url, opening.robots)
            answers = await probe_host(shop, scan, lease, opening.url, opening.robots)
        work = msgspec.structs.replace(work, tls=tls, missing=nowhere.missing)
        row = await judge(work, target, fetched, terms_of(scan))
    except NotBefore as later:
        async with connection(shop.pool) as conn:
            await chunks.release(conn, lease.claim, wait=later.seconds)
        return
    PAGES.labels(outcome_of(row)).inc()
    probes = msgspec.structs.replace(answers, random=nowhere.random, tls=tls)
    tally, found = _site(scan, row, robots_file_of(opening.answer), previous, probes)
    outcome = Outcome(tally=tally, done=1, failed=int(failed(row)), found=1, fallback=opening.fallback)
    verdict = scored(scan, tally)
    ending = Ending(verdict, examples_of(row, found, [issue.check for issue in verdict.issues]))
    # In a pipeline only what is asked for is waited for: four times instead of nineteen.
    async with connection(shop.pool) as conn, conn.pipeline(), conn.transaction():
        await chunks.hold(conn, lease.claim)
        await _store(conn, scan, row, found)
        await save_robots(conn, scan.id, opening.answer)
        if ended is None:
            await conclude(conn, shop, scan, outcome, ending)
        else:
            await end_in_error(conn, shop, scan, *ended, outcome=outcome)
        await chunks.finish(conn, lease.claim)


def _site(
    scan: Work, row: PageRow, robots: RobotsFile, previous: PreviousSite | None, probes: HostProbes
) -> tuple[Tally, list[SiteFound]]:
    """The site-level checks that one page and its robots.txt can decide."""
    inputs = SiteInputs(
        start_url=scan.url,
        complete=False,
        robots=robots,
        previous=previous,
        suppressed=tuple(scan.options.get("disable_checks") or ()),
    )
    inputs = with_probes(inputs, scan, probes)
    site = judge_site(Analysis([site_facts.decode(row.site)], inputs), terms_of(scan), _Urls(row.url))
    found = list(site.findings())
    report_raised(site)
    return site.tally(row.tally), found


class _Urls:
    """Looks addresses up, of which there is one."""

    def __init__(self, url: str) -> None:
        self._url = url

    def __call__(self, seqs: AbstractSet[int]) -> dict[int, str]:
        return dict.fromkeys(seqs, self._url)


@traced("pages.write")
async def _store(conn: Connection, scan: Work, row: PageRow, found: list[SiteFound]) -> None:
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
    if found:
        async with conn.cursor() as cursor:
            rows = [finding_row(scan.id, n, one) for n, one in enumerate(found)]
            await cursor.executemany(_RESULTS["add_site_finding"], rows)
