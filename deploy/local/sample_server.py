"""The bundled sample site over HTTP, on loopback: ``python -m deploy.local.sample_server PORT``."""

import sys
from collections.abc import Callable, Sequence
from typing import Protocol

from aiohttp import web
from multidict import CIMultiDict

from shared.samplesite import respond

HOST = "127.0.0.1"
READY_PATH = "/__ready"


class Answer(Protocol):
    """What the sample site answers."""

    @property
    def status(self) -> int:
        """HTTP status."""
        ...

    @property
    def headers(self) -> Sequence[tuple[str, str]]:
        """Header fields in order; a name may come more than once."""
        ...

    @property
    def body(self) -> bytes:
        """The body as it goes over the wire."""
        ...


def make_app(base: str, respond: Callable[..., Answer]) -> web.Application:
    """An application that hands every request to ``respond``; ``base`` is the address the pages link to."""

    async def handle(request: web.Request) -> web.Response:
        if request.path == READY_PATH:
            return web.Response(text="ready\n")
        # raw_path: the query and the spelling of the path as they came are part of what the site is asked for.
        answer = respond(request.raw_path, request.method, base=base)
        headers = CIMultiDict(answer.headers)
        headers.pop("Content-Length", None)
        return web.Response(status=answer.status, headers=headers, body=answer.body)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handle)
    return app


def main(arguments: Sequence[str]) -> None:
    """Serve until SIGTERM."""
    port = int(arguments[0])
    app = make_app(f"http://{HOST}:{port}", respond)
    web.run_app(app, host=HOST, port=port, print=None, access_log=None, shutdown_timeout=1.0)


if __name__ == "__main__":
    main(sys.argv[1:])
