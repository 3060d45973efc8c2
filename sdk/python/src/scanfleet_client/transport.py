"""Calls over HTTP: credential, deadlines, repeats, and what answers mean."""

import asyncio
import dataclasses
import json
import random
import re
import ssl
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar

import aiohttp
from yarl import URL

from scanfleet_client.addresses import Value, address, api_base
from scanfleet_client.errors import (
    ConnectionFailedError,
    RequestTimeoutError,
    ScanfleetError,
    UnexpectedAnswerError,
    api_error,
    as_object,
    masked,
)
from scanfleet_client.retry import RetryPolicy, pause
from scanfleet_client.version import __version__

CONNECT_SECONDS: Final = 10.0
ANSWER_BYTES: Final = 67_108_864
"""500 pages with all their findings are some 5 MB."""
ERROR_BYTES: Final = 65_536
_OK: Final = range(200, 300)
T = TypeVar("T")


def _checked_token(token: str | None) -> str | None:
    if token is not None and not re.fullmatch(r"[\x21-\x7e]{1,8000}", token):
        raise ValueError("token: want an API key or the token of a log-in, without blanks or line ends")
    return token


class Transport:
    """Speaks to one service. Not shared between event loops."""

    def __init__(
        self,
        base_url: str,
        token: str | None,
        *,
        timeout: float,
        retry: RetryPolicy,
        tls: ssl.SSLContext | None,
        proxy: str | None,
    ) -> None:
        if not timeout > 0:
            raise ValueError("timeout: a number of seconds above 0")
        self.base = api_base(base_url)
        self.timeout = timeout
        self.retry = retry
        self.clock: Callable[[], float] = time.monotonic
        self.sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
        self.draw: Callable[[], float] = random.random
        self._token = _checked_token(token)
        self._tls = tls
        self._proxy = proxy
        self._sessions: dict[bool, aiohttp.ClientSession] = {}

    def use(self, token: str | None) -> None:
        """Use another credential from now on."""
        self._token = _checked_token(token)

    async def close(self) -> None:
        """Close all connections."""
        sessions, self._sessions = list(self._sessions.values()), {}
        for session in sessions:
            await session.close()

    def _session(self, method: str) -> aiohttp.ClientSession:
        # A connection that was kept may be closed by the service at the moment it is used. A read is repeated then;
        # what must not be repeated gets a new connection.
        fresh = method != "GET"
        session = self._sessions.get(fresh)
        if session is None:
            session = self._sessions[fresh] = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=self._tls or True, force_close=fresh),
                timeout=aiohttp.ClientTimeout(total=None, connect=None, sock_connect=CONNECT_SECONDS),
                cookie_jar=aiohttp.DummyCookieJar(),
                proxy=self._proxy,
                headers={"User-Agent": f"scanfleet-python/{__version__}"},
                middlewares=(_once,),
            )
        return session

    def _headers(self, more: Mapping[str, str]) -> dict[str, str]:
        credential = {"Authorization": f"Bearer {self._token}"} if self._token is not None else {}
        return {"Accept": "application/json", **more, **credential}

    async def _open(
        self, method: str, url: str, headers: Mapping[str, str], data: bytes | None, seconds: float
    ) -> aiohttp.ClientResponse:
        """A response whose body is still to be read; an answer that is an error is raised."""
        async with self._told_of(method, seconds):
            response = await self._session(method).request(
                method, URL(url, encoded=True), headers=self._headers(headers), data=data, allow_redirects=False
            )
            if response.status in _OK:
                return response
            try:
                body = await _bounded(response, ERROR_BYTES, cut=True)
            finally:
                response.close()
            raise api_error(response.status, response.headers, body, now=time.time(), credential=self._token)

    @asynccontextmanager
    async def _told_of(self, what: str, seconds: float) -> AsyncGenerator[None]:
        """Bound the block in time, and turn the library's errors into ours: theirs can hold the request's headers."""
        try:
            async with asyncio.timeout(seconds):
                yield
        except TimeoutError:
            raise RequestTimeoutError(f"{what} {self.base}: no answer within {seconds:.3g} s.") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            told = masked(f"{what} {self.base}: {type(error).__name__}: {error}", self._token)
            raise ConnectionFailedError(told) from None

    async def _answer(
        self, method: str, url: str, headers: Mapping[str, str], data: bytes | None, seconds: float
    ) -> bytes:
        """The whole body of a success."""
        began = self.clock()
        response = await self._open(method, url, headers, data, seconds)
        try:
            async with self._told_of(method, max(0.0, seconds - (self.clock() - began))):
                body = await _bounded(response, ANSWER_BYTES)
        except BaseException:
            response.close()
            raise
        response.release()
        return body

    async def repeat(
        self, method: str, attempt: Callable[[float], Awaitable[T]], *, keyed: bool, within: float | None = None
    ) -> T:
        """What `attempt(seconds)` gives, tried as the policy says; all in all at most `within` seconds."""
        policy = self.retry if within is None else dataclasses.replace(self.retry, total=min(within, self.retry.total))
        began, number = self.clock(), 1
        while True:
            left = policy.total - (self.clock() - began)
            try:
                return await attempt(min(self.timeout, left) if number > 1 or within is not None else self.timeout)
            except ScanfleetError as error:
                elapsed = self.clock() - began
                wait = pause(
                    policy,
                    method=method,
                    keyed=keyed,
                    attempt=number,
                    elapsed=elapsed,
                    drawn=self.draw(),
                    error=error,
                )
                if wait is None:
                    raise
            await self.sleep(wait)
            number += 1

    async def call(
        self,
        method: str,
        path: str,
        *ids: str,
        query: Mapping[str, Value] | None = None,
        body: Mapping[str, Any] | None = None,
        key: str | None = None,
        within: float | None = None,
    ) -> Any:  # noqa: ANN401
        """The parsed answer to a call: whatever JSON it is.

        `key` is an Idempotency-Key, kept over repeats. Raises `ScanfleetError`, and `ValueError` for arguments that
        can't be sent.
        """
        url = address(self.base, path, ids, (query or {}).items())
        headers: dict[str, str] = {}
        data: bytes | None = None
        if body is not None:
            data = json.dumps(body, allow_nan=False).encode()
            headers["Content-Type"] = "application/json"
        if key is not None:
            if not re.fullmatch(r"[\x21-\x7e]{1,255}", key):
                raise ValueError("idempotency_key: 1 to 255 visible ASCII characters")
            headers["Idempotency-Key"] = key
        answer = await self.repeat(
            method,
            lambda seconds: self._answer(method, url, headers, data, seconds),
            keyed=key is not None,
            within=within,
        )
        try:
            return json.loads(answer)
        except (ValueError, RecursionError):
            raise UnexpectedAnswerError(f"{method} {path}: the answer isn't JSON.") from None

    async def data(
        self,
        method: str,
        path: str,
        *ids: str,
        query: Mapping[str, Value] | None = None,
        body: Mapping[str, Any] | None = None,
        key: str | None = None,
        within: float | None = None,
    ) -> Any:  # noqa: ANN401
        """As `call`, taken out of the contract's envelope."""
        answer = await self.call(method, path, *ids, query=query, body=body, key=key, within=within)
        envelope = as_object(answer)
        if envelope.get("success") is not True or "data" not in envelope:
            raise UnexpectedAnswerError(f"{method} {path}: the answer has no data; is this the address of the API?")
        return envelope["data"]

    async def open(
        self, path: str, *ids: str, headers: Mapping[str, str], seconds: float | None = None
    ) -> aiohttp.ClientResponse:
        """A GET whose body is read piece by piece (`piece`), opened without repeats. The caller closes it."""
        return await self._open("GET", address(self.base, path, ids), headers, None, seconds or self.timeout)

    async def piece(self, response: aiohttp.ClientResponse, seconds: float) -> bytes:
        """The next bytes, b"" at the end. Raises `ConnectionFailedError` where the end is missing."""
        async with self._told_of("GET", seconds):
            return await response.content.readany()


async def _once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Keep aiohttp from sending a GET or DELETE again by itself, which it does on these two errors, without a pause."""
    try:
        return await handler(request)
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise aiohttp.ClientConnectionError(str(error)) from None


async def _bounded(response: aiohttp.ClientResponse, most: int, *, cut: bool = False) -> bytes:
    """The body; beyond `most` bytes cut, or `UnexpectedAnswerError`."""
    pieces: list[bytes] = []
    size = 0
    while piece := await response.content.readany():
        pieces.append(piece)
        size += len(piece)
        if size > most:
            if cut:
                break
            raise UnexpectedAnswerError(f"The answer is longer than {most} bytes.")
    return b"".join(pieces)[:most]
