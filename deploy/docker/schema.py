"""`python -m deploy.docker.schema`: wait until the database has every migration that this code knows.

New code must not run on an old schema; so each pod waits here for the job that migrates. The other way round is fine.
"""

import os
import sys
import time

import psycopg

from shared.db.migrate import pending

WAIT_SECONDS = 600.0
LOOK_SECONDS = 1.0
CONNECT_SECONDS = 5


def missing(url: str) -> str:
    """What is still to come, in words; empty when nothing is."""
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=CONNECT_SECONDS) as conn:
            return ", ".join(pending(conn))
    except psycopg.Error as error:
        return f"the database can't be asked ({type(error).__name__})"


def main() -> int:
    """0 when the schema is there, 1 after ten minutes without it, 2 without DATABASE_URL."""
    url = os.environ.get("DATABASE_URL", "")
    if not url:
        sys.stderr.write("DATABASE_URL is not set\n")
        return 2
    end = time.monotonic() + WAIT_SECONDS
    told = ""
    while left := missing(url):
        if left != told:
            told = left
            sys.stderr.write(f"waiting for the schema: {left}\n")
        if time.monotonic() > end:
            return 1
        time.sleep(LOOK_SECONDS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
