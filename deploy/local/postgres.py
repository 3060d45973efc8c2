"""An embedded Postgres: one database, one user, a unix socket in a private directory."""

import os
import shutil
import signal
import subprocess
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from deploy.local.errors import LaunchError
from deploy.local.identity import Identity
from deploy.local.locks import FileLock
from deploy.local.place import PostgresPlace
from deploy.local.process import Child, spawn_command, start_child
from deploy.local.servers import EmbeddedServer

USER = "scanfleet"
DATABASE = "scanfleet"
INITDB_SECONDS = 120.0
CONNECT_SECONDS = 2

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    # Nobody replicates from this server, so it needs to write only what a crash needs.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "512MB",
    "random_page_cost": "1.1",
    # Short queries: compiling them costs more than it saves; parallel ones need /dev/shm, 64 MB in many containers.
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_min_messages": "warning",
    "log_line_prefix": "%m [%p] ",
    "log_checkpoints": "off",
    "logging_collector": "off",
}
FAST_SETTINGS = {
    # A commit is with the kernel all the same: it outlives the server's processes, though not the machine.
    "fsync": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "shared_buffers": "64MB",
}


class EmbeddedPostgres(EmbeddedServer):
    """Postgres under a user that it accepts (see identity.py), with trust for whoever may enter the socket's directory.

    Dies with its parent by an immediate shutdown (SIGQUIT), which takes its own children along.
    """

    name = "postgres"
    programs = frozenset({"postgres", "initdb"})
    # Crash recovery replays at most max_wal_size; on a slow disk that takes a while.
    start_seconds = 120.0
    # "Fast" shutdown (PostgreSQL manual, 18.5): clients are disconnected, everything is written.
    stop_signal = signal.SIGINT

    def __init__(self, state: Path, identity: Identity, sockets: Path, place: PostgresPlace, *, fast: bool) -> None:
        """Take ``place`` for data and programs."""
        super().__init__(state, sockets, fast=fast)
        self.identity = identity
        self.place = place

    @property
    def url(self) -> str:
        """As libpq and psycopg take it."""
        return self._url(DATABASE)

    def _url(self, database: str) -> str:
        return f"postgresql:///{database}?host={quote(str(self.sockets), safe='/')}&user={USER}"

    def _work_dir(self) -> Path:
        return self.place.data_dir

    def is_ready(self) -> bool:
        """Whether it takes connections. Makes the database when it answers for the first time."""
        try:
            with psycopg.connect(self._url("postgres"), connect_timeout=CONNECT_SECONDS, autocommit=True) as connection:
                query = "SELECT 1 FROM pg_database WHERE datname = %s"
                if connection.execute(query, (DATABASE,)).fetchone() is None:
                    connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
        except psycopg.OperationalError:
            return False
        return True

    def _start_child(self, lock: FileLock) -> Child:
        self._initialise(lock)
        self._heal()
        settings = SETTINGS | (FAST_SETTINGS if self.fast else {}) | {"unix_socket_directories": str(self.sockets)}
        words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return start_child(
            [str(self.place.programs.postgres), "-D", str(self.place.data_dir), *words],
            log_path=self.log_path,
            cwd=self.place.data_dir,
            keep_fds=(lock.fd,),
            identity=self.identity.spec,
            death_signal=signal.SIGQUIT,
            env=_environment(),
        )

    def _initialise(self, lock: FileLock) -> None:
        """Make the data directory if there is none: under another name first, so that it is whole or absent."""
        data_dir = self.place.data_dir
        if (data_dir / "PG_VERSION").exists():
            _chown_tree(data_dir, self.identity.owner)
            return
        partial = data_dir.with_name("postgres.partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(mode=0o700)
        _chown_tree(partial, self.identity.owner)
        self._run_initdb(partial, lock)
        if data_dir.exists():
            data_dir.rmdir()
        partial.rename(data_dir)

    def _run_initdb(self, target: Path, lock: FileLock) -> None:
        # The built-in provider sorts the same on every system and on every libc (PostgreSQL manual, 23.1.4).
        locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        options = [*locale, "--auth=trust", f"--username={USER}", "--no-instructions"]
        if self.fast:
            options.append("--no-sync")
        command = [str(self.place.programs.initdb), f"--pgdata={target}", *options]
        try:
            done = subprocess.run(
                spawn_command(command, identity=self.identity.spec),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
                timeout=INITDB_SECONDS,
                pass_fds=(lock.fd,),
                cwd=target,
                env=_environment(),
                start_new_session=True,
            )
        except subprocess.TimeoutExpired as error:
            message = f"initdb did not finish within {INITDB_SECONDS:.0f} s in {target}."
            raise LaunchError(message) from error
        if done.returncode != 0:
            output = "\n".join((done.stdout + done.stderr).strip().splitlines()[-6:])
            message = f"Postgres could not make its data directory {target}:\n{output}"
            raise LaunchError(message)

    def _heal(self) -> None:
        """Remove what only a running server should have; the lock has shown that there is none.

        Postgres itself believes a stale postmaster.pid when its number now belongs to any other process of the same
        user, which in a container is the rule.
        """
        (self.place.data_dir / "postmaster.pid").unlink(missing_ok=True)
        for name in (".s.PGSQL.5432", ".s.PGSQL.5432.lock"):
            (self.sockets / name).unlink(missing_ok=True)


def _environment() -> dict[str, str]:
    """A small one: PG* variables of the user's shell must not steer this server."""
    kept = {name: os.environ[name] for name in ("TMPDIR", "LD_LIBRARY_PATH") if name in os.environ}
    return {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", **kept}


def _chown_tree(root: Path, owner: tuple[int, int]) -> None:
    """Give everything to ``owner`` if the top isn't theirs yet (the way to run changed since the last start)."""
    if root.stat().st_uid == owner[0]:
        return
    try:
        for directory, _, files in os.walk(root, topdown=False):
            for name in files:
                os.chown(Path(directory) / name, *owner, follow_symlinks=False)
            os.chown(directory, *owner)
    except PermissionError as error:
        message = (
            f"{root} belongs to another user. Start scanfleet as that user, or choose another one with --data DIR."
        )
        raise LaunchError(message) from error
