"""Bounded log files: what a child process writes is kept, but never fills the disk."""

import os
import threading
from collections.abc import Callable
from io import FileIO
from pathlib import Path
from typing import IO

MAX_BYTES = 5 * 1024 * 1024
"""A log is moved to ``<name>.log.1`` at this size, so that a process keeps between 5 and 10 MB."""

MAX_LINE = 64 * 1024
"""Longer lines are split, so that a child that never ends its line can't fill our memory."""


class LogFile:
    """An append-only file with one predecessor. Safe to use from several threads."""

    def __init__(self, path: Path, max_bytes: int = MAX_BYTES) -> None:
        """Open ``path`` for appending; its directory must exist."""
        self.path = path
        self.lost_lines = 0
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._file = _open_private(path)

    def write(self, line: bytes) -> None:
        """Append ``line``. On a full disk it is counted in ``lost_lines`` instead: logging stops no child."""
        with self._lock:
            if self._file.closed:
                return
            try:
                if self._file.tell() + len(line) > self._max_bytes:
                    self._rotate()
                self._file.write(line)
            except OSError:
                self.lost_lines += 1

    def _rotate(self) -> None:
        self._file.close()
        self.path.replace(self.path.with_name(self.path.name + ".1"))
        self._file = _open_private(self.path)

    def close(self) -> None:
        """Close the file; later writes are dropped."""
        with self._lock:
            self._file.close()


def _open_private(path: Path) -> FileIO:
    # Unbuffered, so that the tail is complete when a child has just died.
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600), "ab", buffering=0)


def tail(path: Path, lines: int = 12, max_bytes: int = 16 * 1024) -> str:
    """The last ``lines`` lines of ``path``, or an empty string when there is no such file."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - max_bytes))
            text = file.read(max_bytes).decode("utf-8", "replace")
    except FileNotFoundError:
        return ""
    return "\n".join(text.splitlines()[-lines:])


def pump(stream: IO[bytes], log: LogFile, on_line: Callable[[bytes], None] | None) -> threading.Thread:
    """Copy ``stream`` line by line to ``log`` until it ends, on a thread that is returned."""

    def run() -> None:
        with stream:
            while line := stream.readline(MAX_LINE):
                log.write(line)
                if on_line is not None:
                    on_line(line)

    thread = threading.Thread(target=run, name=f"log-{log.path.stem}", daemon=True)
    thread.start()
    return thread
