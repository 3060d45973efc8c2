"""`audit DIRECTORY`: every page through the parsers, then the site as a whole."""

import os
from collections.abc import AsyncGenerator, Callable
from typing import Final

import msgspec
from msgspec.structs import replace

from deploy.local.audit.child import FILE_JOB, FileAnswer, FileJob
from deploy.local.audit.folder import Folder
from deploy.local.audit.inputs import Surroundings
from deploy.local.audit.pool import AHEAD, GaveUpError, InOrder, Pool
from deploy.local.audit.site import Collector
from deploy.local.audit.terms import Terms
from shared.robots import MAX_BYTES
from workers.parser import JobFailed

_ENCODE: Final = msgspec.msgpack.Encoder()
_ANSWER: Final = msgspec.msgpack.Decoder(FileAnswer)


async def judge_pages(
    folder: Folder, around: Surroundings, terms: Terms, now: float, jobs: int, unread: Callable[[str], None]
) -> Collector:
    """Judge all pages of the directory. `unread` is told of every file that could not be."""
    collector = Collector(folder, around, terms)
    async with Pool(FILE_JOB, min(jobs, len(folder.pages))) as pool:

        async def work(job: FileJob) -> FileAnswer | str:
            return await _answer(pool, job)

        order = InOrder(work, window=AHEAD * jobs, size_of=lambda _: 0)
        async for answer in order.answers(_jobs(folder, around, terms, now)):
            if isinstance(answer, str):
                unread(answer)
            else:
                collector.add(answer)
    return collector


async def _jobs(folder: Folder, around: Surroundings, terms: Terms, now: float) -> AsyncGenerator[FileJob]:
    """Whatever is asked of robots.txt is asked of as much of it as search engines read."""
    robots = None if around.robots is None else around.robots[:MAX_BYTES]
    for seq, page in enumerate(folder.pages):
        listing = around.listed.get(page.url) if around.listed is not None else None
        yield FileJob(
            terms=terms,
            now=now,
            seq=seq,
            path=os.fsencode(page.path.absolute()),
            url=page.url,
            base=folder.base,
            robots=robots,
            sitemaps=None if around.listed is None else listing.files if listing else 0,
            lastmod=listing.lastmod if listing else None,
            alternates=listing.alternates if listing else (),
        )


async def _answer(pool: Pool, job: FileJob) -> FileAnswer | str:
    """The verdict on a file, or why there is none. A page that ends its parser is judged without its document."""
    try:
        try:
            payload = await pool.run(_ENCODE.encode(job))
        except GaveUpError as error:
            payload = await pool.run(_ENCODE.encode(replace(job, unread=str(error))))
    except (GaveUpError, JobFailed) as error:
        return f"{os.fsdecode(job.path)}: {error}"
    return _ANSWER.decode(payload)
