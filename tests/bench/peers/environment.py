"""An environment for each peer, since their versions contradict each other's: in the user's cache, made once.

pip takes packages from where the user has told it to; nothing here names a place.
"""

import fcntl
import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.bench.peers.roster import Peer

INSTALL_SECONDS = 900.0
MOST_TOLD = 200
_UNWANTED = {"PIP_TARGET", "PIP_PREFIX", "PIP_REQUIREMENT", "PIP_CONSTRAINT", "PIP_USER", "PIP_REQUIRE_VIRTUALENV"}


class NotInstalledError(Exception):
    """A peer that this machine can't have: the message says why, in a line."""


def cache_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """The user's cache directory (XDG Base Directory Specification: a relative path there is to be ignored)."""
    told = Path(environ.get("XDG_CACHE_HOME", ""))
    return told if told.is_absolute() else Path.home() / ".cache"


def python_of(name: str, peer: Peer, cache: Path, say: Callable[[str], None]) -> Path:
    """A Python that has exactly the peer's pins. Raises `NotInstalledError`."""
    home = cache / "scanfleet" / "peers" / name
    try:
        home.mkdir(parents=True, exist_ok=True)
        with _alone(home):
            return _made(home, name, peer, say)
    except OSError as error:
        message = f"{home} can't be written: {error.strerror or error}; XDG_CACHE_HOME names another place"
        raise NotInstalledError(message) from error


@contextmanager
def _alone(home: Path) -> Generator[None]:
    descriptor = os.open(home, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        message = f"another bench is installing into {home}: try again when it has ended"
        raise NotInstalledError(message) from error
    finally:
        os.close(descriptor)


def _made(home: Path, name: str, peer: Peer, say: Callable[[str], None]) -> Path:
    venv, stamp, pins, log = (home / part for part in ("venv", "installed", "pins.txt", "install.log"))
    python = venv / "bin" / "python"
    identity = hashlib.sha256(f"{sys.version}\n{sys.base_prefix}\n{peer.install}\n{peer.versions}".encode()).hexdigest()
    if python.exists() and stamp.exists() and stamp.read_text() == identity:
        return python
    say(f"installing {name} into {venv}")
    stamp.unlink(missing_ok=True)
    pins.write_text("\n".join(peer.versions.split()) + "\n")
    log.write_text("")
    _run([sys.executable, "-m", "venv", "--clear", str(venv)], log)
    _run([str(python), "-m", "pip", "install", "--no-input", "--constraint", str(pins), *peer.install.split()], log)
    stamp.write_text(identity)
    return python


def _run(command: Sequence[str], log: Path) -> None:
    env = {name: value for name, value in os.environ.items() if name not in _UNWANTED and not name.startswith("PYTHON")}
    with log.open("ab") as out:
        try:
            status = subprocess.run(
                command, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=out, timeout=INSTALL_SECONDS, check=False
            ).returncode
        except subprocess.TimeoutExpired as error:
            message = f"installing took longer than {INSTALL_SECONDS / 60:.0f} minutes (all of it in {log})"
            raise NotInstalledError(message) from error
    if status:
        message = f"{_reason(log.read_text(errors='replace'))} (all of it in {log})"
        raise NotInstalledError(message)


def _reason(text: str) -> str:
    """pip's first error, or what venv says first."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("ERROR")]
    return (errors or lines or ["nothing was said"])[0][:MOST_TOLD]
