"""File locks that the kernel forgets with their last holder (flock(2))."""

import fcntl
import os
import time
from collections.abc import Callable
from pathlib import Path

POLL_SECONDS = 0.02


class FileLock:
    """An exclusive lock on a file.

    The lock belongs to the open file: a child that inherits ``fd`` holds it too, until it and all of its children
    are gone. So "the lock is free" proves that nothing of a killed server is left.
    """

    def __init__(self, path: Path) -> None:
        """Name the lock file; nothing is opened yet."""
        self.path = path
        self._fd: int | None = None

    @property
    def fd(self) -> int:
        """The descriptor to pass on to a child; only while held."""
        if self._fd is None:
            message = f"{self.path} is not locked"
            raise RuntimeError(message)
        return self._fd

    def try_acquire(self) -> bool:
        """Take the lock if it is free. Raises OSError when the file can't be opened."""
        fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            return False
        self._fd = fd
        return True

    def acquire(self, seconds: float, on_wait: Callable[[], None] | None = None) -> bool:
        """Take the lock within ``seconds``; ``on_wait`` is called between attempts. False if it stayed taken."""
        end = time.monotonic() + seconds
        while not self.try_acquire():
            if time.monotonic() >= end:
                return False
            if on_wait is not None:
                on_wait()
            time.sleep(POLL_SECONDS)
        return True

    def close(self) -> None:
        """Close our descriptor. The lock itself lasts as long as a child that inherited it."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def is_locked(path: Path) -> bool:
    """Whether somebody holds the lock on ``path`` now."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        # Shared, so that two who ask at the same time don't see each other.
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(fd)
    return False
