"""Turns every error into the envelope, the framework's own included."""

from http import HTTPStatus

from aiohttp import web

from api_gateway.routes.dashboard import get_nothing
from api_gateway.routing import Handler
from api_gateway.state import GATEWAY
from api_gateway.wire import failure
from shared.errors import InternalError, InvalidRequestError, NotFoundError, ServiceError
from shared.logs import get_logger


def translated(error: web.HTTPException) -> ServiceError:
    """The framework's error as one of the contract's."""
    if error.status == HTTPStatus.NOT_FOUND:
        return NotFoundError("There is nothing at this path.")
    if isinstance(error, web.HTTPMethodNotAllowed):
        allowed = ", ".join(sorted(error.allowed_methods))
        return InvalidRequestError(
            f"This path takes {allowed}, not {error.method}.", http=error.status, headers={"Allow": allowed}
        )
    if error.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return InvalidRequestError("The body is too large.", http=error.status)
    return InvalidRequestError(error.reason, http=error.status)


@web.middleware
async def errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """What a handler raises becomes a response; what nobody foresaw is logged and told as INTERNAL_ERROR only."""
    clock = request.app[GATEWAY].clock
    try:
        return await handler(request)
    except ServiceError as error:
        return failure(request, error, clock)
    except web.HTTPException as error:
        if error.status < HTTPStatus.BAD_REQUEST:
            raise
        page = get_nothing(request) if error.status == HTTPStatus.NOT_FOUND else None
        return page or failure(request, translated(error), clock)
    except Exception:  # noqa: BLE001 - the last line: no trace may reach the caller
        get_logger().exception("http.failed", path=request.path)
        return failure(request, InternalError("Something went wrong on our side; the request id finds it."), clock)
