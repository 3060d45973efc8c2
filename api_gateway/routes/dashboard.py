"""The dashboard: static files out of memory, compressed once at start, under a policy that lets in nothing else.

It is a client of the public API like any other; nothing here knows who is asking. Its views have paths of their own,
which all answer with the same page, so that a link to a report can be sent to somebody.
"""

import functools
import gzip
import hashlib
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Final, cast

import brotli  # type: ignore[import-untyped]  # it has no stubs
from aiohttp import web
from msgspec import Struct

from shared.errors import NotFoundError

FOLDER: Final = Path(__file__).resolve().parents[1] / "dashboard"
ASSETS: Final = "/assets/{version}/{file:.+}"
VIEWS: Final = (
    "/",
    "/sign-in",
    "/sign-up",
    "/history",
    "/checks",
    "/scans/{rest:.+}",
    "/tokens",
    "/usage",
    "/monitors",
    "/monitors/{rest:.+}",
    "/webhooks",
    "/webhooks/{rest:.+}",
    "/account",
)
"""Paths that answer with the page; its router (`app.js`) shows the view. Any other path is 404 (`get_nothing`)."""

_DIRECTIVES: Final = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    # No code can turn text into markup, whatever a scanned page is called.
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
)
SECURITY: Final = {
    "Content-Security-Policy": "; ".join(_DIRECTIVES),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
FOR_EVER: Final = "public, max-age=31536000, immutable"
TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}
"""Files of other types (licences, notes) are shipped beside them and not served."""
BROTLI_QUALITY: Final = 9
"""All files take 0.1 s; quality 11 takes 1 s and saves a tenth."""


class Asset(Struct, frozen=True):
    """A file as it is sent: one body for each encoding, "" being none, and a tag of its content."""

    media: str
    tag: str
    bodies: Mapping[str, bytes]


class Assets(Struct, frozen=True):
    """All files. `version` changes with any of them, so that files of two releases never mix in a cache."""

    version: str
    page: Asset
    files: Mapping[str, Asset]


def _asset(data: bytes, suffix: str) -> Asset:
    tag = hashlib.blake2b(data, digest_size=12).hexdigest()
    small = cast("bytes", brotli.compress(data, quality=BROTLI_QUALITY))  # pyright: ignore[reportUnknownMemberType]
    bodies = {"br": small, "gzip": gzip.compress(data, mtime=0), "": data}
    return Asset(TYPES[suffix], tag, bodies)


@functools.cache
def load(folder: Path = FOLDER) -> Assets:
    """Read and compress everything under `folder`. Raises `OSError` when the page isn't there."""
    paths = sorted(path for path in folder.rglob("*") if path.suffix in TYPES and path.name != "index.html")
    contents = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
    page = (folder / "index.html").read_bytes()
    digest = hashlib.blake2b(page, digest_size=8)
    for name, data in contents.items():
        digest.update(name.encode() + b"\0" + hashlib.blake2b(data).digest())
    version = digest.hexdigest()
    return Assets(
        version=version,
        page=_asset(page.replace(b"{{assets}}", f"/assets/{version}".encode()), ".html"),
        files={name: _asset(data, Path(name).suffix) for name, data in contents.items()},
    )


def encoding_of(accepted: str, bodies: Mapping[str, bytes]) -> str:
    """The first of `bodies` that an Accept-Encoding header allows (RFC 9110, section 12.5.3); "" for none."""
    allowed: set[str] = set()
    for part in accepted.split(","):
        name, _, weight = part.strip().lower().partition(";")
        if weight.replace(" ", "").rstrip("0") not in {"q=", "q=0."}:
            allowed.add(name.strip())
    return next((name for name in bodies if name in allowed), "")


def send(request: web.Request, asset: Asset, caching: str, status: int = HTTPStatus.OK) -> web.Response:
    """The asset in an encoding that the caller takes, or 304 if it has that already."""
    encoding = encoding_of(request.headers.get("Accept-Encoding", ""), asset.bodies)
    tag = f"{asset.tag}-{encoding}" if encoding else asset.tag
    headers = {"ETag": f'"{tag}"', "Cache-Control": caching, "Vary": "Accept-Encoding", **SECURITY}
    known = {one.strip().removeprefix("W/").strip('"') for one in request.headers.get("If-None-Match", "").split(",")}
    if tag in known and status == HTTPStatus.OK:
        return web.Response(status=304, headers=headers)
    headers["Content-Type"] = asset.media
    if encoding:
        headers["Content-Encoding"] = encoding
    return web.Response(status=status, body=asset.bodies[encoding], headers=headers)


async def get_view(request: web.Request) -> web.Response:
    """The page, for every view; asked for anew each time, since it names the version of all else."""
    return send(request, load().page, "no-cache")


def get_nothing(request: web.Request) -> web.Response | None:
    """The page as 404 for a path that leads nowhere; None below /api, and for those who take no HTML."""
    of_api = request.path == "/api" or request.path.startswith("/api/")
    if of_api or request.method not in {"GET", "HEAD"} or "text/html" not in request.headers.get("Accept", ""):
        return None
    return send(request, load().page, "no-store", HTTPStatus.NOT_FOUND)


async def get_asset(request: web.Request) -> web.Response:
    """A file. Under another release's version it is sent all the same, so that a rollout breaks no open page."""
    assets = load()
    asset = assets.files.get(request.match_info["file"])
    if asset is None:
        raise NotFoundError("There is no such file.")
    return send(request, asset, FOR_EVER if request.match_info["version"] == assets.version else "no-store")


def add_dashboard(router: web.UrlDispatcher) -> None:
    """Serve it: `VIEWS` and the files. These are no routes of the API: no envelope, no limits, not in its document."""
    load()
    router.add_get(ASSETS, get_asset)
    for path in VIEWS:
        router.add_get(path, get_view)
