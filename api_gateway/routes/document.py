"""The contract itself: machine-readable, and as a page that needs nothing from elsewhere."""

import functools

from aiohttp import web

from api_gateway.docs_page import page, policy
from api_gateway.openapi import document, render
from api_gateway.routing import Route, route


@functools.cache
def _json() -> bytes:
    from api_gateway.routes import ALL  # noqa: PLC0415 - the table holds these routes too

    return render(ALL).encode()


@functools.cache
def _page() -> bytes:
    from api_gateway.routes import ALL  # noqa: PLC0415 - the table holds these routes too

    return page(document(ALL)).encode()


@route("GET", "/openapi.json", summary="This document")
async def get_openapi(_request: web.Request) -> web.Response:
    """OpenAPI 3.1, not in an envelope."""
    headers = {"Content-Type": "application/json; charset=utf-8", "X-Content-Type-Options": "nosniff"}
    return web.Response(body=_json(), headers=headers)


@route("GET", "/docs", summary="This document as a page", media="text/html")
async def get_docs(_request: web.Request) -> web.Response:
    """HTML without scripts and without anything from elsewhere."""
    headers = {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": policy(),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }
    return web.Response(body=_page(), headers=headers)


ROUTES: list[Route] = [get_openapi, get_docs]
