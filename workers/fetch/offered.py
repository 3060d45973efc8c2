"""Which HTTP version an https origin offers at best.

The client itself speaks HTTP/1.1 only, so the version of its own answers says nothing about the site. One TLS handshake
per origin that offers h2 by ALPN (RFC 7301, RFC 9113 section 3.2) does; it sends no request and trusts nobody.
"""

import asyncio
import socket
import ssl
from collections import OrderedDict
from ipaddress import ip_address
from typing import Final

import aiohappyeyeballs
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from workers.fetch.guard import AddressInfo, Guard

KEPT: Final = 4_096
FRESH: Final = 3_600.0
"""Seconds for which an answer is believed."""
DEADLINE: Final = 3.0
_DELAY: Final = 0.25
_VERSIONS: Final = {"h2": "2", "http/1.1": "1.1", "http/1.0": "1.0"}


class OfferedVersions:
    """Asks each origin once in `FRESH` seconds; keeps the `KEPT` latest."""

    def __init__(self, guard: Guard, resolver: AbstractResolver) -> None:
        """`resolver` must be a guarded one."""
        self._guard: Final = guard
        self._resolver: Final = resolver
        self._known: Final[OrderedDict[str, tuple[float, asyncio.Task[str | None]]]] = OrderedDict()
        self._running: Final[set[asyncio.Task[str | None]]] = set()
        self._context: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._context.check_hostname = False
        self._context.verify_mode = ssl.CERT_NONE
        self._context.set_alpn_protocols(["h2", "http/1.1"])

    def ask(self, url: str) -> asyncio.Task[str | None]:
        """The version that the URL's origin offers, such as "2"; None when it couldn't be told. Begins at once."""
        at = URL(url, encoded=True)
        host, port = at.raw_host or "", at.port or 443
        key = f"{host}:{port}"
        now = asyncio.get_running_loop().time()
        known = self._known.get(key)
        if known is not None and now - known[0] < FRESH and not known[1].cancelled():
            return known[1]
        task = asyncio.create_task(self._shake(host, port), name="offered-version")
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        self._known[key] = (now, task)
        self._known.move_to_end(key)
        if len(self._known) > KEPT:
            self._known.popitem(last=False)
        return task

    async def close(self) -> None:
        """End what is still under way."""
        self._known.clear()
        for task in tuple(self._running):
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _shake(self, host: str, port: int) -> str | None:
        try:
            async with asyncio.timeout(DEADLINE):
                return await self._chosen(host, port)
        except (OSError, RuntimeError, ValueError):  # a server that shakes no second hand: not known, so not decided
            return None

    async def _chosen(self, host: str, port: int) -> str | None:
        loop = asyncio.get_running_loop()
        sock = await aiohappyeyeballs.start_connection(  # pyright: ignore[reportUnknownMemberType]
            [_info(one) for one in await self._addresses(host, port)],
            happy_eyeballs_delay=_DELAY,
            socket_factory=self._guard.socket,
        )
        try:
            transport, _ = await loop.create_connection(
                asyncio.Protocol, sock=sock, ssl=self._context, server_hostname=host.rstrip(".")
            )
        except BaseException:
            sock.close()
            raise
        layer: ssl.SSLObject = transport.get_extra_info("ssl_object")
        transport.abort()
        # A server without ALPN speaks HTTP/1.1 (RFC 7301 section 3.1).
        return _VERSIONS.get(layer.selected_alpn_protocol() or "http/1.1")

    async def _addresses(self, host: str, port: int) -> list[ResolveResult]:
        try:
            literal = ip_address(host)
        except ValueError:
            return await self._resolver.resolve(host, port, socket.AF_UNSPEC)
        family = socket.AF_INET if literal.version == 4 else socket.AF_INET6  # noqa: PLR2004
        return [ResolveResult(hostname=host, host=host, port=port, family=family, proto=0, flags=0)]


def _info(found: ResolveResult) -> AddressInfo:
    ip, port = found["host"], found["port"]
    if ":" in ip:
        return socket.AF_INET6, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (ip, port, 0, 0)
    return socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (ip, port)
