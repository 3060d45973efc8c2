"""Free TCP ports on loopback."""

import socket

from deploy.local.errors import LaunchError


def free_ports(count: int, host: str = "127.0.0.1") -> list[int]:
    """``count`` different ports that were free a moment ago."""
    sockets = [socket.create_server((host, 0)) for _ in range(count)]
    ports = [int(one.getsockname()[1]) for one in sockets]
    for one in sockets:
        one.close()
    return ports


def check_free(host: str, port: int) -> None:
    """Raise LaunchError, naming the way out, when ``port`` can't be listened on."""
    try:
        socket.create_server((host, port)).close()
    except OSError as error:
        message = f"Can't listen on {host}:{port}: {error.strerror}. Choose another one with --port."
        raise LaunchError(message) from error
