"""`python -m tests.chaos.fragile`: a worker with a parser that one page ends at once.

The guards in front of the real parser refuse every page that is known to end it, so the fault has to be put in.
"""

import os
from unittest.mock import patch

import msgspec

from shared.tasks import leave
from tests.chaos.sites import KILLER, ODD
from workers import __main__ as worker
from workers.parser import ParserProcess
from workers.scan_page import PageJob, judge_page

_JOB = msgspec.msgpack.Decoder(PageJob)


def judge(payload: bytes) -> bytes:
    """The real job, except for the page that kills its parser."""
    if KILLER.encode() in payload:
        job = _JOB.decode(payload)
        if job.fetched.url.endswith(f"/p/{ODD}") and job.fetched.body:
            os.abort()
    return judge_page(payload)


if __name__ == "__main__":
    with patch.object(worker, "ParserProcess", lambda _job: ParserProcess("tests.chaos.fragile:judge")):
        leave(worker.main())
