"""One child process: dies with its parent, has its own process group, and logs to a bounded file."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from deploy.local.errors import LaunchError
from deploy.local.logfile import LogFile, pump

SPAWN = Path(__file__).with_name("spawn.py")
PUMP_DEADLINE = 1.0


def spawn_command(
    argv: Sequence[str], *, identity: str = "self", death_signal: signal.Signals = signal.SIGKILL
) -> list[str]:
    """``argv`` wrapped so that it dies with this process and runs as ``identity`` (see spawn.py)."""
    wrapper = [sys.executable, "-I", "-S", str(SPAWN), str(os.getpid()), str(int(death_signal)), identity]
    return [*wrapper, *argv]


class Child:
    """A running child. Start one with :func:`start_child`."""

    def __init__(self, process: subprocess.Popen[bytes], log: LogFile, pumping: threading.Thread) -> None:
        """Take over a process whose output ``pumping`` copies to ``log``."""
        self._process = process
        self._log = log
        self._pumping = pumping
        self._ended = False

    @property
    def pid(self) -> int:
        """The process id, which is also the id of its process group."""
        return self._process.pid

    @property
    def log_path(self) -> Path:
        """Where its output goes."""
        return self._log.path

    def poll(self) -> int | None:
        """Its exit status (negative: the signal that ended it), or None while it runs. Reaps it."""
        status = self._process.poll()
        if status is not None and not self._ended:
            self._ended = True
            # What it started must not outlive it. Only now: later the number may belong to somebody else's group.
            self.send_group(signal.SIGKILL)
            # A grandchild in a session of its own may hold the pipe open; the deadline keeps that from holding us up.
            self._pumping.join(PUMP_DEADLINE)
            self._log.close()
        return status

    def wait(self, seconds: float) -> int | None:
        """Wait at most ``seconds`` for its end; the exit status, or None if it still runs."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(max(seconds, 0.0))
        return self.poll()

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the process itself."""
        self._process.send_signal(number)

    def send_group(self, number: signal.Signals) -> None:
        """Send a signal to the process and all that it started and that stayed in its group."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, number)


def start_child(
    argv: Sequence[str],
    *,
    log_path: Path,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    identity: str = "self",
    death_signal: signal.Signals = signal.SIGKILL,
    keep_fds: Sequence[int] = (),
    on_line: Callable[[bytes], None] | None = None,
) -> Child:
    """Start ``argv`` (an absolute path first). Raises LaunchError when it can't be started.

    Only from the main thread: the kernel sends the parent-death signal when the *thread* that forked ends (prctl(2)).
    """
    if threading.current_thread() is not threading.main_thread():
        message = "child processes must be started from the main thread, or they die with the thread"
        raise RuntimeError(message)
    log = LogFile(log_path)
    try:
        process = subprocess.Popen(
            spawn_command(argv, identity=identity, death_signal=death_signal),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=None if env is None else dict(env),
            cwd=cwd,
            pass_fds=keep_fds,
            start_new_session=True,
        )
    except OSError as error:
        log.close()
        message = f"Could not start {argv[0]}: {error}"
        raise LaunchError(message) from error
    if process.stdout is None:
        message = "the output of a child is always a pipe"
        raise RuntimeError(message)
    return Child(process, log, pump(process.stdout, log, on_line))
