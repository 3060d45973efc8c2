"""The last stage of a scan of many pages: the site as a whole, the score, the end."""

import asyncio

import msgspec

from shared import chunks
from shared.db.pool import Connection, connection
from shared.db.queries import queries
from shared.scans import Work
from shared.tally import Tally, merge
from workers.analyse import analyse
from workers.conclude import Outcome, conclude, end_in_error, prepare
from workers.lease import Lease
from workers.places import counted
from workers.site_files import site_inputs
from workers.starting import REASONS
from workers.workshop import Workshop, terms_of

_CHUNKS = queries("chunks")
_TALLY = msgspec.msgpack.Decoder(Tally)
MERGED_AT_ONCE = 200


async def run(shop: Workshop, scan: Work, lease: Lease) -> None:
    """Add up, analyse, score, complete."""
    async with connection(shop.pool) as conn:
        tally = await merged(conn, scan)
        done, failed = await counted(conn, scan.id)
        inputs = await site_inputs(conn, scan)
    ending = None
    if done:
        tally = await asyncio.to_thread(analyse, shop.settings.database_url, lease.claim, inputs, terms_of(scan), tally)
        async with connection(shop.pool) as conn:
            ending = await prepare(conn, scan, tally)
    outcome = Outcome(tally=tally, done=done, failed=failed, found=done)
    async with connection(shop.pool) as conn, conn.transaction():
        await chunks.hold(conn, lease.claim)
        if ending is not None:
            await conclude(conn, shop, scan, outcome, ending)
        else:
            await end_in_error(conn, shop, scan, "nothing_found", REASONS["nothing_found"], outcome=outcome)
        await chunks.finish(conn, lease.claim)


async def merged(conn: Connection, scan: Work) -> Tally:
    """The sum of all chunks' tallies, read in short steps: a long transaction would hold up vacuum."""
    total, after = Tally(), -1
    while True:
        values = {"scan_id": scan.id, "after": after, "most": MERGED_AT_ONCE}
        rows = await (await conn.execute(_CHUNKS["tallies"], values)).fetchall()
        if not rows:
            return total
        total = merge(total, *(_TALLY.decode(row["tally"]) for row in rows))
        after = rows[-1]["no"]
