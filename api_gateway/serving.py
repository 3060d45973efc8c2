"""The HTTP server: what isn't HTTP, or asks what HTTP can't give, is answered in the contract's envelope too."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from aiohttp import web
from aiohttp.web_protocol import RequestHandler
from aiohttp.web_request import BaseRequest

from api_gateway.middleware.errors import translated
from api_gateway.state import REQUEST_ID
from api_gateway.wire import failure
from shared.clock import SYSTEM
from shared.errors import InternalError, InvalidRequestError, ServiceError
from shared.logs import get_logger

Handle = Callable[[BaseRequest], Awaitable[web.StreamResponse]]


def _answer(request: BaseRequest, error: ServiceError) -> web.Response:
    """An error of a request that never got as far as the application, and its last answer on this connection."""
    request[REQUEST_ID] = secrets.token_hex(16)
    response = failure(request, error, SYSTEM)
    response.headers["X-Request-Id"] = request[REQUEST_ID]
    response.force_close()
    return response


def _fault(message: str) -> InvalidRequestError:
    """The parser's message, without the bytes that it quotes."""
    reason = message.partition("\n")[0].partition(": b")[0].rstrip(":. ")
    return InvalidRequestError(f"This is no HTTP request that can be answered: {reason}.")


class _Connection(RequestHandler):
    """aiohttp's, but for its errors in plain text."""

    __slots__ = ()

    def handle_error(
        self, request: BaseRequest, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> web.StreamResponse:
        """What the parser or the application raised. Raises `ConnectionError` where a part of the answer is sent."""
        if request.writer.output_size > 0:
            reason = "a part of the answer was sent already"
            raise ConnectionError(reason)
        if status < HTTPStatus.INTERNAL_SERVER_ERROR:
            get_logger().info("http.unreadable", error=type(exc).__name__)
            return _answer(request, _fault(message or HTTPStatus(status).phrase))
        get_logger().error("http.failed", error=type(exc).__name__, exc_info=exc)
        return _answer(request, InternalError("Something went wrong on our side; the request id finds it."))


def _enveloped(handle: Handle) -> Handle:
    """The application, whose framework refuses an unknown `Expect` before any middleware sees it."""

    async def answer(request: BaseRequest) -> web.StreamResponse:
        try:
            return await handle(request)
        except web.HTTPException as error:
            return _answer(request, translated(error))

    return answer


class _Server(web.Server):
    def __call__(self) -> RequestHandler:
        """A connection's protocol."""
        return _Connection(self, loop=self._loop, **self._kwargs)


class Runner(web.AppRunner):
    """Runs an application behind such connections."""

    async def _make_server(self) -> web.Server:
        made = await super()._make_server()
        return _Server(
            _enveloped(made.request_handler),
            request_factory=made.request_factory,
            loop=asyncio.get_running_loop(),
            **self._kwargs,
        )
