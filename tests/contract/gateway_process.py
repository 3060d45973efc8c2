"""A gateway as it is deployed: a process of its own."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import msgspec
from msgspec import Struct

from deploy.local.process import spawn_command
from shared.tiers import load_tiers

ROOT = Path(__file__).parents[2]
SECRET = "a secret of at least thirty-two characters"
START_SECONDS = 120.0


class Running(Struct, frozen=True):
    """Where it listens, its process, and what it logged so far."""

    url: str
    pid: int
    log: Path


def free_port() -> int:
    """A port that nothing listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def roomy_tiers(path: Path, *, requests: int = 1_000_000) -> Path:
    """The tiers with request limits that a test doesn't reach."""
    lines: list[str] = []
    for name, tier in load_tiers().items():
        figures = {**msgspec.structs.asdict(tier), "requests": requests, "burst": requests}
        lines += [f"[{name}]", *(f"{key} = {value}" for key, value in figures.items())]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def _answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=0.5):
        return True
    return False


def _start(environment: Mapping[str, str], log: IO[bytes]) -> subprocess.Popen[bytes]:
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return subprocess.Popen(
        spawn_command([sys.executable, "-m", "api_gateway"]),
        cwd=ROOT,
        env={**inherited, **environment},
        stdout=log,
        stderr=log,
    )


@contextmanager
def gateway(database_url: str, redis_url: str, folder: Path, **settings: str) -> Generator[Running]:
    """Runs for the length of the block; `settings` are environment variables."""
    port, log = free_port(), folder / "gateway.log"
    environment = {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "SECRET_KEY": SECRET,
        "GATEWAY_PORT": str(port),
        "LOG_FORMAT": "json",
        **settings,
    }
    with log.open("wb") as file:
        process = _start(environment, file)
        try:
            deadline = time.monotonic() + START_SECONDS
            while not _answers(port):
                assert process.poll() is None, log.read_text(encoding="utf-8")
                assert time.monotonic() < deadline, log.read_text(encoding="utf-8")
                time.sleep(0.05)
            yield Running(f"http://127.0.0.1:{port}", process.pid, log)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
