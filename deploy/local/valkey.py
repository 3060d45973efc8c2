"""An embedded Valkey: the queue and the limits, on a unix socket, persistent."""

import socket
from contextlib import suppress
from pathlib import Path

from deploy.local.binaries import valkey_server
from deploy.local.locks import FileLock
from deploy.local.place import private_dir
from deploy.local.process import Child, start_child
from deploy.local.servers import EmbeddedServer

PING_SECONDS = 1.0


class EmbeddedValkey(EmbeddedServer):
    """Runs as ourselves. Keeps an append-only file: a crash costs at most the last second."""

    name = "valkey"
    programs = frozenset({"valkey-server"})

    @property
    def socket_path(self) -> Path:
        """The socket that it listens on."""
        return self.sockets / "valkey.sock"

    @property
    def url(self) -> str:
        """As redis-py and dramatiq take it."""
        return f"unix://{self.socket_path}?db=0"

    def _work_dir(self) -> Path:
        return self.state / "valkey"

    def is_ready(self) -> bool:
        """Whether it answers PING; while it loads its data it doesn't."""
        with socket.socket(socket.AF_UNIX) as client, suppress(OSError):
            client.settimeout(PING_SECONDS)
            client.connect(str(self.socket_path))
            client.sendall(b"PING\r\n")
            return client.recv(64).startswith(b"+PONG")
        return False

    def _start_child(self, lock: FileLock) -> Child:
        private_dir(self._work_dir())
        # A server would silently take over the socket of another; the lock has shown that there is none.
        self.socket_path.unlink(missing_ok=True)
        return start_child(
            [str(valkey_server()), *self._arguments()],
            log_path=self.log_path,
            cwd=self._work_dir(),
            keep_fds=(lock.fd,),
            env={"LC_ALL": "C"},
        )

    def _arguments(self) -> list[str]:
        settings = {
            "port": "0",
            "unixsocket": str(self.socket_path),
            "unixsocketperm": "700",
            "dir": str(self._work_dir()),
            "daemonize": "no",
            "loglevel": "warning",
            "appendonly": "yes",
            "appendfsync": "no" if self.fast else "everysec",
            # The append-only file holds everything; snapshots would fork a second copy for nothing.
            "save": "",
            # Evicting would drop queued work and limits; a refused write is an error that somebody sees.
            "maxmemory-policy": "noeviction",
            "maxmemory": "1gb",
        }
        return [word for name, value in settings.items() for word in (f"--{name}", value)]
