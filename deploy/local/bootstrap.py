"""Makes ``.venv`` beside the script match a lock file, then becomes ``python -m deploy.local`` in it.

Standard library only: nothing else is installed when this runs. A second start does no more than hash two files
(30 ms), so nothing here may be slow to import either.
"""

import fcntl
import os
import shutil
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

from deploy.local.checkout import DEV_LOCK, RUN_LOCK, Checkout, SetupError, say

DEV_COMMANDS = frozenset({"test", "bench"})
EXIT_NOT_STARTED = 3
OTHER_INSTALL_SECONDS = 900.0


def lock_for(arguments: Sequence[str], checkout: Checkout) -> str:
    """The lock file that the command needs.

    An environment that has the development tools keeps them when the run lock changes: taking them away for ``up``
    and fetching them again for ``test`` would cost more than they do.
    """
    command = next((word for word in arguments if not word.startswith("-")), "")
    if command in DEV_COMMANDS:
        return DEV_LOCK
    if checkout.satisfies(RUN_LOCK) or not (checkout.root / DEV_LOCK).exists() or not checkout.has_tools():
        return RUN_LOCK
    return DEV_LOCK if checkout.pins(RUN_LOCK) <= checkout.pins(DEV_LOCK) else RUN_LOCK


@contextmanager
def one_at_a_time(root: Path) -> Generator[None]:
    """Hold the checkout for this process: two first starts must not install into the same place."""
    # A lock on the directory itself leaves no file behind and works in a read-only checkout.
    fd = os.open(root, os.O_RDONLY | os.O_CLOEXEC)
    try:
        _wait_for(fd, time.monotonic() + OTHER_INSTALL_SECONDS)
        yield
    finally:
        os.close(fd)


def _wait_for(fd: int, end: float) -> None:
    told = False
    while True:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > end:
                message = "Another scanfleet has been installing here for 15 minutes. End it, and start again."
                raise SetupError(message) from None
            if not told:
                say("Another scanfleet is installing here; waiting for it.")
                told = True
            time.sleep(0.1)
        else:
            return


def ensure(checkout: Checkout, lock: str) -> None:
    """Make ``.venv`` hold ``lock``. Raises SetupError."""
    from deploy.local import installer  # noqa: PLC0415 - imports subprocess, 15 ms that a second start can do without

    with one_at_a_time(checkout.root):
        if checkout.satisfies(lock):
            return
        try:
            installer.install(checkout, lock)
        except OSError as error:
            raise installer.explain_os_error(error, checkout.root) from error


def become(checkout: Checkout, arguments: Sequence[str]) -> NoReturn:
    """Replace this process by the command line program."""
    environment = {name: value for name, value in os.environ.items() if name not in {"PYTHONHOME", "PYTHONSTARTUP"}}
    environment["PYTHONPATH"] = str(checkout.root)
    sys.stdout.flush()
    sys.stderr.flush()
    # -P: whatever lies in the working directory must not be imported in place of a module of ours.
    os.execve(checkout.python, [str(checkout.python), "-P", "-m", "deploy.local", *arguments], environment)  # noqa: S606 - no shell


def main(root: str, arguments: Sequence[str]) -> NoReturn:
    """Set up if need be and run; exits with 3 when that is impossible."""
    checkout = Checkout(Path(root))
    try:
        lock = lock_for(arguments, checkout)
        if not checkout.satisfies(lock):
            ensure(checkout, lock)
        become(checkout, arguments)
    except SetupError as error:
        width = min(shutil.get_terminal_size().columns, 110)
        say(_wrapped(str(error), width))
    except KeyboardInterrupt:
        say("Stopped. The next start goes on from here.")
    sys.exit(EXIT_NOT_STARTED)


def _wrapped(text: str, width: int) -> str:
    import textwrap  # noqa: PLC0415 - only on the way out

    head, *details = text.split("\n")
    return "\n".join([textwrap.fill(head, width, break_long_words=False), *details])
