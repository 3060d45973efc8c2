"""What embedded Postgres and Valkey have in common: one locked directory, one child, ready or not."""

import os
import signal
import time
from abc import ABC, abstractmethod
from contextlib import suppress
from pathlib import Path

from deploy.local.errors import LaunchError
from deploy.local.locks import FileLock
from deploy.local.logfile import tail
from deploy.local.process import Child

POLL_SECONDS = 0.02
LEFTOVER_SECONDS = 15.0
REAP_SECONDS = 5.0
GRACE_SECONDS = 2.0
"""How long processes of a killed run may take to end by themselves before they are ended."""


class EmbeddedServer(ABC):
    """A database server on one directory, reached over a unix socket.

    ``start`` / ``stop`` for everyday use; ``launch`` / ``is_ready`` for those who wait in their own way; ``kill``,
    ``pause`` and ``resume`` to see what happens. It can be started again on the same data after any of them.
    """

    name: str
    programs: frozenset[str]
    """What its processes are called."""
    start_seconds: float = 60.0
    stop_signal = signal.SIGTERM

    def __init__(self, state: Path, sockets: Path, *, fast: bool) -> None:
        """Name the directory for state and the one for sockets; both must exist."""
        self.state = state
        self.sockets = sockets
        self.fast = fast
        self.log_path = state / "logs" / f"{self.name}.log"
        self._child: Child | None = None

    @property
    def pid(self) -> int | None:
        """The process id of the server, or None while it isn't running."""
        return self._child.pid if self._child is not None and self._child.poll() is None else None

    @property
    @abstractmethod
    def url(self) -> str:
        """How clients reach it."""

    @abstractmethod
    def is_ready(self) -> bool:
        """Whether it answers now."""

    @abstractmethod
    def _start_child(self, lock: FileLock) -> Child:
        """Start the server so that it inherits ``lock``. Nothing of an earlier run is alive."""

    @abstractmethod
    def _work_dir(self) -> Path:
        """The directory in which every process of the server works: by it leftovers are recognised."""

    def poll(self) -> int | None:
        """Exit status of the last launch, None while it runs. Raises RuntimeError before the first."""
        if self._child is None:
            message = f"{self.name} was never launched"
            raise RuntimeError(message)
        return self._child.poll()

    def launch(self) -> None:
        """Start the process without waiting until it is ready. Ends what a killed run left of it first."""
        if self.pid is not None:
            return
        lock = FileLock(self.state / f"{self.name}.lock")
        began = time.monotonic()

        def end_leftovers() -> None:
            if time.monotonic() - began > GRACE_SECONDS:
                signal_working_in(self._work_dir(), self.programs, signal.SIGKILL)

        try:
            if not lock.acquire(LEFTOVER_SECONDS, end_leftovers):
                message = (
                    f"A {self.name} of an earlier run still uses {self._work_dir()} and does not end. "
                    "Find it with ps, end it, and start again."
                )
                raise LaunchError(message)
            self._child = self._start_child(lock)
        finally:
            lock.close()

    def start(self) -> None:
        """Start it and wait until it answers. Raises LaunchError with the end of its log if it doesn't."""
        self.launch()
        end = time.monotonic() + self.start_seconds
        while not self.is_ready():
            self.check_alive()
            if time.monotonic() > end:
                self.kill()
                message = f"{self.name} was not ready within {self.start_seconds:.0f} s.\n{tail(self.log_path)}"
                raise LaunchError(message)
            time.sleep(POLL_SECONDS)

    def check_alive(self) -> None:
        """Raise LaunchError with the end of the log if the process has ended."""
        status = self.poll()
        if status is not None:
            message = f"{self.name} ended right after its start (status {status}).\n{tail(self.log_path)}"
            raise LaunchError(message)

    def terminate(self) -> None:
        """Ask it to end in order; return at once."""
        if self.pid is not None and self._child is not None:
            self.resume()
            self._child.send(self.stop_signal)

    def stop(self, seconds: float = 10.0) -> None:
        """End it in order, or by force after ``seconds``."""
        if self._child is None:
            return
        self.terminate()
        if self._child.wait(seconds) is None:
            self.kill()

    def kill(self) -> None:
        """Send SIGKILL to all of its processes and wait until the main one is gone."""
        self._signal_all(signal.SIGKILL)
        if self._child is not None:
            self._child.wait(REAP_SECONDS)

    def kill_main(self) -> None:
        """Send SIGKILL to the main process alone, as the kernel does when memory runs out, and reap it."""
        if self._child is not None:
            self._child.send(signal.SIGKILL)
            self._child.wait(REAP_SECONDS)

    def pause(self) -> None:
        """Stop all of its processes where they are (SIGSTOP)."""
        self._signal_all(signal.SIGSTOP)

    def resume(self) -> None:
        """Let them go on (SIGCONT)."""
        self._signal_all(signal.SIGCONT)

    def _signal_all(self, number: signal.Signals) -> None:
        if self._child is not None and self._child.poll() is None:
            self._child.send(number)
        signal_working_in(self._work_dir(), self.programs, number)


def signal_working_in(directory: Path, programs: frozenset[str], number: signal.Signals) -> None:
    """Send a signal to every process called one of ``programs`` whose working directory is ``directory``.

    Needed because each Postgres process starts a session of its own and so leaves the process group. Linux only;
    elsewhere it does nothing.
    """
    wanted = directory.resolve()
    for entry in Path("/proc").glob("[0-9]*"):
        # Processes end, and other users' don't let us look: neither is one of ours.
        with suppress(OSError):
            program = (entry / "comm").read_text(encoding="utf-8").strip()
            if program in programs and (entry / "cwd").readlink() == wanted:
                os.kill(int(entry.name), number)
