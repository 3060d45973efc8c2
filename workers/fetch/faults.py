"""Every way in which a fetch can fail, as a `FetchError` whose message says nothing about our own network."""

import asyncio
import ssl
from collections.abc import Iterator
from typing import Final

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError

from shared.network import BadUrl
from shared.page import ErrorKind, FetchError
from workers.fetch.decode import DecodeFault, TooMuch
from workers.fetch.guard import ForbiddenAddress


class FetchFault(Exception):  # noqa: N818 - the server's fault, not ours
    """A fault that was found by us; `error` is what the fetch ends with."""

    def __init__(self, kind: ErrorKind, message: str) -> None:
        """`message` is for people."""
        super().__init__(message)
        self.error: Final = FetchError(kind, message)


EXPECTED: Final = (
    FetchFault,
    BadUrl,
    DecodeFault,
    TooMuch,
    aiohttp.ClientError,
    HttpProcessingError,
    TimeoutError,
    OSError,
    EOFError,
    # What URL and header parsing raise on hostile input.
    ValueError,
    AssertionError,
    RuntimeError,
)
"""What a fetch may raise inside; all of it becomes a `FetchError`. `asyncio.CancelledError` is not among it."""

_PLAIN: Final[tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], ErrorKind, str], ...]] = (
    (ForbiddenAddress, "forbidden_address", "the address is not a public one, or its port is not fetched"),
    (TooMuch, "too_large", ""),
    (DecodeFault, "decode", ""),
    (TimeoutError, "timeout", "no answer in time"),
    (asyncio.IncompleteReadError, "connection", "the connection was closed before the answer was complete"),
    (ssl.SSLError, "tls", "the TLS handshake failed"),
    (aiohttp.ClientConnectorDNSError, "dns", "the host's name has no address"),
    (aiohttp.InvalidURL, "bad_url", "the URL can't be requested"),
    (aiohttp.ServerDisconnectedError, "connection", "the server closed the connection without an answer"),
    (aiohttp.ClientConnectorError, "connection", "no connection could be made"),
    ((aiohttp.ClientResponseError, HttpProcessingError), "protocol", "the answer is not valid HTTP"),
    ((aiohttp.ClientConnectionError, OSError), "connection", "the connection broke"),
)


def fetch_error(caught: BaseException) -> FetchError:
    """The typed form of anything in `EXPECTED`."""
    if isinstance(caught, FetchFault):
        return caught.error
    if isinstance(caught, BadUrl):
        kind: ErrorKind = "forbidden_address" if caught.fault in {"address", "port"} else "bad_url"
        return FetchError(kind, str(caught))
    if isinstance(caught, aiohttp.ClientConnectorCertificateError):
        return FetchError("tls", f"the certificate is not trusted: {_certificate_fault(caught.certificate_error)}")
    if isinstance(caught, aiohttp.ClientPayloadError):
        return _payload_error(caught)
    chain = list(_causes(caught))
    for types, kind, message in _PLAIN:
        if any(isinstance(one, types) for one in chain):
            return FetchError(kind, message or str(caught))
    return FetchError("protocol", "the answer can't be read")


def _certificate_fault(error: Exception) -> str:
    """OpenSSL's words for it, such as "certificate has expired" or a host name that isn't in the certificate."""
    told = error.verify_message if isinstance(error, ssl.SSLCertVerificationError) else ""
    return told or "verification failed"


def _payload_error(caught: aiohttp.ClientPayloadError) -> FetchError:
    """A body that broke off is the connection's fault; one with bad framing the protocol's."""
    text = str(caught)
    if any(isinstance(one, HttpProcessingError) for one in _causes(caught)) and "ContentLength" not in text:
        broken_off = "Not enough data" in text
        return (
            FetchError("connection", "the answer broke off")
            if broken_off
            else FetchError("protocol", "the body's framing is not valid HTTP")
        )
    return FetchError("connection", "the answer broke off")


def _causes(caught: BaseException) -> Iterator[BaseException]:
    """The exception, what it wraps, and what it was raised from."""
    todo: list[BaseException | None] = [caught]
    seen: set[int] = set()
    while todo:
        one = todo.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        todo.append(one.__cause__)
        if isinstance(one, aiohttp.ClientConnectorError):
            todo.append(one.os_error)
