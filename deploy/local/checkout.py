"""The directory that scanfleet was cloned to, and what its ``.venv`` holds. Standard library only."""

import hashlib
import json
import os
import sys
from pathlib import Path
from typing import cast

RUN_LOCK = "requirements.lock"
DEV_LOCK = "requirements-dev.lock"


class SetupError(Exception):
    """The environment could not be made; the message is for the person at the terminal."""


class Checkout:
    """The directory of the script: its lock files, its ``.venv`` and what the stamp says of it."""

    def __init__(self, root: Path) -> None:
        """Look at ``root`` without changing anything."""
        self.root = root
        self.venv = root / ".venv"
        self.python = self.venv / "bin" / "python"
        self.installing = self.venv / ".scanfleet-installing"
        self._stamp = self.venv / ".scanfleet-stamp"

    def read_stamp(self) -> dict[str, str]:
        """What was installed, by lock file; empty when unknown, or when the Python under it has changed."""
        if self.installing.exists():
            return {}
        try:
            stamp = json.loads(self._stamp.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        if not isinstance(stamp, dict):
            return {}
        known = cast("dict[str, str]", stamp)
        return known if known.get("python") == python_identity(self.python) != "" else {}

    def write_stamp(self, installed: str) -> None:
        """Record that lock file ``installed`` is installed, and the run lock with it if it is part of that."""
        stamp = {"python": python_identity(self.python), installed: self.digest(installed)}
        if installed == DEV_LOCK and self.pins(RUN_LOCK) <= self.pins(DEV_LOCK):
            stamp[RUN_LOCK] = self.digest(RUN_LOCK)
        partial = self._stamp.with_suffix(".partial")
        partial.write_text(json.dumps(stamp), encoding="utf-8")
        partial.replace(self._stamp)

    def digest(self, lock: str) -> str:
        """The hash of a lock file. Raises SetupError when it is missing."""
        try:
            return hashlib.sha256((self.root / lock).read_bytes()).hexdigest()
        except FileNotFoundError as error:
            message = f"{self.root / lock} is missing; the checkout is not complete. Clone it again."
            raise SetupError(message) from error

    def pins(self, lock: str) -> set[str]:
        """The exact versions that a lock file asks for, with their markers."""
        lines = (self.root / lock).read_text(encoding="utf-8").splitlines()
        return {line.rstrip(" \\") for line in lines if "==" in line and not line.startswith(("#", " "))}

    def has_tools(self) -> bool:
        """Whether ``.venv`` has the development tools, by our hand or by a developer's own."""
        return DEV_LOCK in self.read_stamp() or (self.venv / "bin" / "pytest").exists()

    def satisfies(self, lock: str) -> bool:
        """Whether ``.venv`` holds all of ``lock``."""
        return self.read_stamp().get(lock) == self.digest(lock)


def python_identity(python: Path) -> str:
    """Which interpreter stands behind ``python``; empty when there is none that we may start.

    That of ``.venv`` counts, not the one that runs us: two users with different Pythons share an environment instead
    of rebuilding it in turn. A distribution that replaces its Python changes the file.
    """
    try:
        status = python.stat()
    except OSError:
        return ""
    if not os.access(python, os.X_OK):
        return ""
    return f"{os.path.realpath(python)} {status.st_size} {status.st_mtime_ns}"


def say(text: str) -> None:
    """Tell the person at the terminal. Never on standard output, which belongs to the command."""
    sys.stderr.write(f"scanfleet: {text}\n")
    sys.stderr.flush()
