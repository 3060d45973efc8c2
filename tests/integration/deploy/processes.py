"""Starts launchers, kills them, and looks for what they leave."""

import json
import os
import pwd
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
LAUNCHER = Path(__file__).with_name("launcher.py")
UP_SECONDS = 90.0
GONE_SECONDS = 30.0


def until(condition: Callable[[], bool], seconds: float) -> bool:
    """Whether ``condition`` came true within ``seconds``."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def survivors(marker: str) -> list[str]:
    """Processes, ourselves aside, in whose command line, environment or working directory ``marker`` occurs."""
    found: list[str] = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            words = (entry / "cmdline").read_bytes()
            text = words + (entry / "environ").read_bytes() + os.fsencode((entry / "cwd").readlink())
            if marker.encode() in text and int(entry.name) != os.getpid():
                found.append(f"{entry.name} {words.replace(bytes(1), b' ').decode('utf-8', 'replace')[:120]}")
    return found


def nothing_left(marker: str) -> bool:
    """Whether all processes with ``marker`` are gone within the time that an immediate shutdown may take."""
    return until(lambda: not survivors(marker), GONE_SECONDS)


class Launcher:
    """One run of launcher.py."""

    def __init__(self, *arguments: str, prefix: Sequence[str] = (), env: Mapping[str, str] | None = None) -> None:
        """Start it; ``prefix`` is put before the whole command."""
        interpreter = [] if prefix and Path(prefix[-1]).name.startswith("python") else [sys.executable]
        environment = dict(os.environ) | {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"} | dict(env or {})
        for name in ("DATABASE_URL", "REDIS_URL"):
            environment.pop(name, None)
        self.process = subprocess.Popen(
            [*prefix, *interpreter, str(LAUNCHER), *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd="/",
            env=environment,
        )

    def facts(self) -> dict[str, Any]:
        """What it says once it is up. Fails with what it wrote to standard error if it doesn't come up."""
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], UP_SECONDS)
        line = self.process.stdout.readline() if ready else ""
        if not line:
            self.process.kill()
            msg = f"the launcher did not come up: {self.process.communicate()[1]}"
            raise AssertionError(msg)
        facts: dict[str, Any] = json.loads(line)
        return facts

    def end(self, number: signal.Signals) -> tuple[int, str]:
        """Send a signal; the exit status, and what it wrote to standard error."""
        self.process.send_signal(number)
        return self.finish()

    def finish(self) -> tuple[int, str]:
        """Wait for its end; the exit status, and what it wrote to standard error."""
        try:
            _, errors = self.process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        return self.process.returncode, errors


def as_nobody() -> list[str] | None:
    """A prefix that runs a Python as ``nobody``, or None where that is impossible."""
    setpriv = shutil.which("setpriv")
    if os.geteuid() != 0 or setpriv is None:
        return None
    user = pwd.getpwnam("nobody")
    become = [setpriv, f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for python in (os.path.realpath(sys.executable), shutil.which(name, path="/usr/local/bin:/usr/bin")):
        if python is None:
            continue
        # setpriv itself may still reach what nobody can't, so the interpreter has to start itself once more.
        code = (
            "import psycopg, subprocess, sys, deploy.local.embedded; subprocess.run([sys.executable, '-V'], check=True)"
        )
        command = [*become, python, "-c", code]
        if subprocess.run(command, env=nobody_environment(), capture_output=True, check=False, cwd="/").returncode == 0:
            return [*become, python]
    return None


def nobody_environment() -> dict[str, str]:
    """With our packages, and without a home."""
    packages = Path(sys.prefix) / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    return {"PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "PYTHONPATH": f"{ROOT}:{packages}"}
