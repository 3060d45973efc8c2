"""Keeps every connection away from addresses that are not public: one judgement of names, one of sockets.

The socket factory is the wall: it sees the final address of IP literals, names, redirect hops, DNS rebinding and each
happy-eyeballs attempt. The resolver refuses a name as soon as one of its answers is bad, so that no such name is
tried at all and the reason is known.
"""

import asyncio
import socket
import threading
from collections.abc import Callable, Sequence
from typing import Any, Final

from aiohttp.abc import AbstractResolver, ResolveResult

from shared.network import Network, forbidden_address, forbidden_endpoint

AddressInfo = tuple[int | socket.AddressFamily, int | socket.SocketKind, int, str, tuple[Any, ...]]
"""As `socket.getaddrinfo` gives it."""
MAX_ANSWERS: Final = 16
"""Addresses of one name that are tried."""
LOOKUPS: Final = 32
"""Names looked up at once in one process; more wait."""


class ForbiddenAddress(OSError):  # noqa: N818 - a refusal, not an error
    """A connection that must not be made. An `OSError` since that is what connectors pass on; `reason` fits a label."""

    def __init__(self, reason: str) -> None:
        """`reason` as in `shared.network.forbidden_endpoint`."""
        super().__init__(f"this address is not fetched ({reason.replace('_', ' ')})")
        self.reason: Final = reason


class Guard:
    """Judges addresses; `socket` is a connector's socket factory."""

    def __init__(self, allow: Sequence[Network] = (), *, on_refused: Callable[[str], None] | None = None) -> None:
        """`allow` are the operator's networks; `on_refused` is told the reason of every refusal (a metric)."""
        self.allow: Final = tuple(allow)
        self._on_refused: Final = on_refused

    def socket(self, info: AddressInfo) -> socket.socket:
        """A socket for this address. Raises `ForbiddenAddress`."""
        family, kind, protocol, _, address = info
        self.check(str(address[0]), int(address[1]))
        return socket.socket(family=family, type=kind, proto=protocol)

    def check(self, ip: str, port: int) -> None:
        """Raise `ForbiddenAddress` where this endpoint must not be connected to."""
        self._refuse(forbidden_endpoint(ip, port, self.allow))

    def check_answers(self, ips: Sequence[str]) -> None:
        """Raise `ForbiddenAddress` when any answer to a name is bad, "mixed" when others are good (rebinding)."""
        reasons = [forbidden_address(ip, self.allow) for ip in ips]
        first = next((reason for reason in reasons if reason), None)
        self._refuse("mixed" if first and None in reasons else first)

    def _refuse(self, reason: str | None) -> None:
        if reason is None:
            return
        if self._on_refused is not None:
            self._on_refused(reason)
        raise ForbiddenAddress(reason)


class GuardedResolver(AbstractResolver):
    """Another resolver whose answers pass the guard before anybody sees them."""

    def __init__(self, guard: Guard, inner: AbstractResolver) -> None:
        """Take over `inner`, and close it with this one."""
        self._guard: Final = guard
        self._inner: Final = inner

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The name's addresses. Raises `ForbiddenAddress`, and `OSError` when there are none."""
        answers = await self._inner.resolve(host, port, family)
        if not answers:
            raise socket.gaierror(socket.EAI_NONAME, "the name has no address")
        self._guard.check_answers([answer["host"] for answer in answers])
        return answers[:MAX_ANSWERS]

    async def close(self) -> None:
        """Close the inner resolver."""
        await self._inner.close()


class SystemResolver(AbstractResolver):
    """The machine's resolver, each look-up in a daemon thread.

    A pool would be joined at exit, and a name server that never answers holds a look-up for half a minute; uvloop's own
    look-ups share four threads, so that four such names would stop all others.
    """

    def __init__(self) -> None:
        """At most `LOOKUPS` at once."""
        self._free: Final = asyncio.Semaphore(LOOKUPS)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The name's addresses. Raises `socket.gaierror`."""
        async with self._free:
            found = await _in_thread(host, port, family)
        return [
            ResolveResult(hostname=host, host=ip, port=port, family=kind, proto=0, flags=socket.AI_NUMERICHOST)
            for kind, ip in found
        ]

    async def close(self) -> None:
        """Nothing is held."""


async def _in_thread(host: str, port: int, family: int) -> list[tuple[int, str]]:
    loop = asyncio.get_running_loop()
    future: asyncio.Future[list[tuple[int, str]]] = loop.create_future()

    def settle(found: list[tuple[int, str]], error: Exception | None) -> None:
        if future.done():
            return
        if error is None:
            future.set_result(found)
        else:
            future.set_exception(error)

    def look_up() -> None:
        found: list[tuple[int, str]] = []
        error: Exception | None = None
        try:
            infos = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM)
            found = [(int(info[0]), str(info[4][0])) for info in infos]
        except (OSError, UnicodeError) as caught:
            error = caught
        if not loop.is_closed():
            loop.call_soon_threadsafe(settle, found, error)

    threading.Thread(target=look_up, name="look-up", daemon=True).start()
    return await future
