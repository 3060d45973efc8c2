"""A launcher to be killed: ``launcher.py services DATA [IDENTITY]`` or ``launcher.py fleet DATA ROOT WORKERS``.

Writes one JSON line when it is up, notes to standard error, and stays until a signal comes.
"""

import asyncio
import json
import os
import signal
import sys
import time
from pathlib import Path

from deploy.local.embedded import embedded_services
from deploy.local.fleet import Fleet, FleetOptions
from deploy.local.identity import Identity, namespace_identity, unprivileged_identity
from deploy.local.screen import Screen
from deploy.local.signals import Interrupts


def announce(**facts: object) -> None:
    """Say that we are up, in one line that a test can read."""
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


def identity_called(name: str) -> Identity | None:
    """The identity to force, None to let the code choose."""
    return {"namespace": namespace_identity, "user": unprivileged_identity}.get(name, lambda: None)()


def services(data: str, identity: str = "auto") -> int:
    """Both servers until killed."""
    with embedded_services(Path(data), identity=identity_called(identity)) as running:
        announce(
            pid=os.getpid(),
            database_url=running.database_url,
            redis_url=running.redis_url,
            pids=[running.postgres.pid, running.valkey.pid],
            data=str(running.postgres.place.data_dir),
        )
        while True:
            time.sleep(60)


def fleet(data: str, root: str, workers: str) -> int:
    """A whole fleet until a signal comes."""
    interrupts = Interrupts()

    async def main() -> int:
        options = FleetOptions(Path(data), workers=int(workers), root=Path(root))
        async with Fleet(options, Screen().note, interrupts) as running:
            announce(pid=os.getpid(), address=running.address, pids=running.supervisor.pids)
            await running.run(asyncio.Event().wait())
        return 0

    return interrupts.run(main())


if __name__ == "__main__":
    # A test run that was started in the background hands on an ignored SIGINT, which we would rightly go on ignoring.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    raise SystemExit(services(*sys.argv[2:]) if sys.argv[1] == "services" else fleet(*sys.argv[2:]))
