"""The stage that does a chunk's pages."""

from shared import chunks
from shared.db.pool import connection
from shared.scans import Work
from workers.lease import Lease
from workers.pages import Assignment, Writer, condemned, judge, poisonous, targets, work_through
from workers.probes.missing import load_missing
from workers.probes.of_host import load_tls
from workers.rescan.before import pages_before
from workers.site_files import load_robots, parsed, settled
from workers.workshop import Workshop, fetch_options, terms_of


async def run(shop: Workshop, scan: Work, lease: Lease) -> int | None:
    """Do the pages that aren't committed yet; the number of the reduce chunk when this was the scan's last one."""
    async with connection(shop.pool) as conn:
        waiting = await targets(conn, lease.claim)
        scan = await settled(conn, scan)
        robots_file = await load_robots(conn, scan.id)
        tls = await load_tls(conn, scan)
        nowhere = await load_missing(conn, scan)
        before = await pages_before(conn, scan, [target.url for target in waiting])
    work = Assignment(
        shop=shop,
        scan=scan,
        lease=lease,
        robots=parsed(*robots_file),
        robots_file=robots_file,
        options=fetch_options(scan, shop.settings),
        before=before,
        tls=tls,
        missing=nowhere.missing,
    )
    healthy, poison = poisonous(waiting)
    writer = Writer(work)
    for target in poison:
        await writer.put(await judge(work, target, condemned(target), terms_of(scan)))
    pause = await work_through(work, writer, healthy)
    async with connection(shop.pool) as conn:
        if pause is not None:
            await chunks.release(conn, lease.claim, wait=pause)
            return None
        async with conn.transaction():
            return await chunks.end(conn, lease.claim)
