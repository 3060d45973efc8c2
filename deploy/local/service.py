"""A program of the fleet as something that can be launched again and again."""

import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from deploy.local.process import Child, start_child


class Runner(Protocol):
    """What the supervisor needs of a service or an embedded server."""

    @property
    def name(self) -> str:
        """Unique in the fleet; also the name of its log."""
        ...

    @property
    def log_path(self) -> Path:
        """Where its output goes."""
        ...

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        ...

    def launch(self) -> None:
        """Start the process; does nothing while it runs. Raises LaunchError."""
        ...

    def poll(self) -> int | None:
        """Exit status of the last launch, None while it runs."""
        ...

    def terminate(self) -> None:
        """Ask it to end; return at once."""
        ...

    def kill(self) -> None:
        """End it and all that it started."""
        ...


@dataclass(frozen=True, slots=True)
class ServiceSpec:
    """What to run: ``argv`` begins with an absolute path; ``env`` is all of the environment that it gets."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(repr=False)
    cwd: Path


class Service:
    """A child that keeps no state of its own: killed without asking when its parent dies."""

    def __init__(self, spec: ServiceSpec, log_dir: Path, on_line: Callable[[str, bytes], None] | None = None) -> None:
        """Nothing is started yet. ``on_line`` gets the service's name and each line, on a thread of its own."""
        self.spec = spec
        self.log_path = log_dir / f"{spec.name}.log"
        self._on_line = on_line
        self._child: Child | None = None

    @property
    def name(self) -> str:
        """The name of the service."""
        return self.spec.name

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._child.pid if self._child is not None and self._child.poll() is None else None

    def launch(self) -> None:
        """Start the process unless it runs. Raises LaunchError."""
        if self.pid is None:
            spec = self.spec
            self._child = start_child(spec.argv, log_path=self.log_path, env=spec.env, cwd=spec.cwd, on_line=self._hear)

    def poll(self) -> int | None:
        """Exit status of the last launch, None while it runs. Raises RuntimeError before the first."""
        if self._child is None:
            message = f"{self.name} was never launched"
            raise RuntimeError(message)
        return self._child.poll()

    def terminate(self) -> None:
        """SIGTERM to the main process: how it ends its own children is its business."""
        if self._child is not None and self._child.poll() is None:
            self._child.send(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL to the whole process group, and reap."""
        if self._child is not None and self._child.poll() is None:
            self._child.send_group(signal.SIGKILL)
            self._child.wait(5.0)

    def _hear(self, line: bytes) -> None:
        if self._on_line is not None:
            self._on_line(self.name, line)
