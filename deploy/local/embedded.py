"""Embedded Postgres and Valkey on one data directory, for the fleet and for tests."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from deploy.local.binaries import postgres_for
from deploy.local.errors import DataDirInUseError, LaunchError
from deploy.local.identity import Identity, choose_identity
from deploy.local.locks import FileLock, is_locked
from deploy.local.place import PostgresPlace, SocketDir, private_dir
from deploy.local.postgres import EmbeddedPostgres
from deploy.local.servers import EmbeddedServer
from deploy.local.valkey import EmbeddedValkey

LOCK_NAME = "lock"
PID_NAME = "launcher.pid"
LOCK_SECONDS = 1.0


class EmbeddedServices:
    """Both servers; ``postgres`` and ``valkey`` can be stopped, killed, paused and started one by one."""

    def __init__(self, data_dir: Path, *, fast: bool = False, identity: Identity | None = None) -> None:
        """Prepare both on ``data_dir``, which the caller has locked. Nothing runs yet."""
        private_dir(data_dir / "logs")
        programs = postgres_for(data_dir / "postgres")
        chosen = identity or choose_identity((programs.postgres,), (data_dir,))
        # Before the sockets: it may have to open the data directory for the user that Postgres runs as.
        place = PostgresPlace(data_dir, programs, chosen, temporary=fast)
        self._socket_dir = SocketDir(data_dir / "run", chosen)
        sockets = self._socket_dir.path
        self.postgres = EmbeddedPostgres(data_dir, chosen, sockets, place, fast=fast)
        self.valkey = EmbeddedValkey(data_dir, sockets, fast=fast)

    @property
    def database_url(self) -> str:
        """Postgres, as psycopg takes it."""
        return self.postgres.url

    @property
    def redis_url(self) -> str:
        """Valkey, as redis-py and dramatiq take it."""
        return self.valkey.url

    @property
    def servers(self) -> tuple[EmbeddedServer, EmbeddedServer]:
        """Both, in the order of their start."""
        return self.valkey, self.postgres

    def start(self) -> None:
        """Start both and wait until they answer."""
        for server in self.servers:
            server.launch()
        for server in self.servers:
            server.start()

    def stop(self) -> None:
        """Stop both, at the same time, and remove what was only needed while they ran."""
        for server in self.servers:
            server.terminate()
        for server in self.servers:
            server.stop()
        self._socket_dir.remove()
        self.postgres.place.remove()


class DataDir:
    """The directory with all state of one fleet, locked for this process while open."""

    def __init__(self, path: Path) -> None:
        """Make the directory if need be and lock it.

        Raises DataDirInUseError when another process has it, LaunchError when it can't be used.
        """
        self.path = path.absolute()
        _prepare(self.path)
        self._lock = FileLock(self.path / LOCK_NAME)
        try:
            free = self._lock.acquire(LOCK_SECONDS)
        except OSError as error:
            message = f"Can't write to {self.path}: {error.strerror}. Choose another --data directory."
            raise LaunchError(message) from error
        if not free:
            message = f"{self.path} is in use by {_holder(self.path)}. Stop that, or choose another --data DIR."
            raise DataDirInUseError(message)
        write_private(self.path / PID_NAME, f"{os.getpid()}\n")

    def close(self) -> None:
        """Give the directory free."""
        (self.path / PID_NAME).unlink(missing_ok=True)
        self._lock.close()


def is_in_use(path: Path) -> bool:
    """Whether a live process has locked the data directory ``path``."""
    return is_locked(path / LOCK_NAME)


def launcher_of(path: Path) -> int | None:
    """The process that has locked the data directory ``path``, if it says so."""
    try:
        return int((path / PID_NAME).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


def write_private(path: Path, text: str) -> None:
    """Write ``text`` to ``path`` with mode 0600, whole or not at all."""
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    partial.replace(path)


@contextmanager
def embedded_services(
    data_dir: Path, *, fast: bool = False, identity: Identity | None = None
) -> Generator[EmbeddedServices]:
    """Both servers, running, for the duration of the block; from the main thread only.

    ``fast`` trades durability against a crash of the machine (not of a process) for speed: for tests.
    """
    directory = DataDir(data_dir)
    try:
        services = EmbeddedServices(directory.path, fast=fast, identity=identity)
        try:
            services.start()
            yield services
        finally:
            services.stop()
    finally:
        directory.close()


def _prepare(path: Path) -> None:
    """Make it, or accept one that is empty or ours: somebody else's files must not end up beside a database."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        # The directory of the demo lies inside the default one, and may be there first.
        foreign = not (path / LOCK_NAME).exists() and any(not (one / LOCK_NAME).exists() for one in path.iterdir())
    except OSError as error:
        message = f"Can't use {path} as the data directory: {error.strerror}. Choose another one with --data DIR."
        raise LaunchError(message) from error
    if foreign:
        message = f"{path} is not empty and holds no scanfleet data. Choose another --data directory."
        raise LaunchError(message)


def _holder(path: Path) -> str:
    pid = launcher_of(path)
    return "another process" if pid is None else f"process {pid}"
