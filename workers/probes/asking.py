"""One probe: what a URL that pages load, or link to, answers."""

from typing import Final

from msgspec.structs import replace

from shared.image_size import image_size
from shared.minified import minified
from shared.page import Asset, ErrorKind, ExternalLink, Fetched
from shared.reading.challenge import REFUSALS
from workers.fetch.answer import Answer
from workers.fetch.challenge import challenge
from workers.fetch.client import Fetcher
from workers.fetch.options import Caps, FetchOptions
from workers.probes.candidates import AssetKind

CODE_READ: Final = 2_000_000
CODE_LOOKED_AT: Final = 200_000
ANSWER_READ: Final = 32_768
IMAGE_READ: Final = 65_536
"""Photos carry up to 64 KB of metadata before the size; few need more."""
_NOT_ASKED_AGAIN: Final = frozenset({401, 407, 429, 999})
"""Answers that don't depend on the method: signing in, asking less."""
_SAY_LITTLE: Final = frozenset({"connection", "protocol"})
_FAILED: Final = 400
_OK: Final = 200
_CODE_TYPES: Final = ("javascript", "ecmascript", "css")


async def ask_asset(
    fetcher: Fetcher, url: str, kind: AssetKind, options: FetchOptions, caps: Caps
) -> tuple[Asset, Fetched]:
    """GET it, and read as much as its kind is worth: code up to 2 MB, images 64 KB, else nothing."""
    async with fetcher.stream(url, replace(options, accept="*/*"), caps=caps) as answer:
        limit = _limit(answer, kind)
        fetched = await answer.start(limit)
    return asset_of(fetched, url, kind, read=limit > 0), fetched


def _limit(answer: Answer, kind: AssetKind) -> int:
    if answer.head.status != _OK:
        return 0
    media = (_header(answer.head, "content-type") or "").lower()
    if kind in {"script", "style"} or any(one in media for one in _CODE_TYPES):
        return CODE_READ
    return IMAGE_READ if kind in {"image", "icon"} or media.startswith("image/") else 0


def asset_of(fetched: Fetched, url: str, kind: AssetKind, *, read: bool) -> Asset:
    """The facts of an answer. A size that only the header tells is that on the wire."""
    whole = read and not fetched.truncated and fetched.error is None
    encoding = _header(fetched, "content-encoding")
    announced = _number(_header(fetched, "content-length"))
    plain = (encoding or "identity").strip().lower() in {"", "identity"}
    code = kind in {"script", "style"}
    size = image_size(fetched.body) if fetched.body and not code else None
    return Asset(
        url=url,
        kind=kind,
        internal=True,
        status=fetched.status,
        error=fetched.error.kind if fetched.error else None,
        bytes=len(fetched.body) if whole else announced if plain else None,
        wire_bytes=fetched.wire_bytes if whole else announced,
        content_type=_cut(_header(fetched, "content-type")),
        content_encoding=_cut(encoding),
        cache_control=_cut(_header(fetched, "cache-control")),
        redirects=len(fetched.redirects or ()),
        width=size[0] if size else None,
        height=size[1] if size else None,
        minified=minified(fetched.body[:CODE_LOOKED_AT].decode("utf-8", "replace")) if whole and code else None,
    )


async def ask_link(fetcher: Fetcher, url: str, options: FetchOptions, caps: Caps) -> tuple[ExternalLink, Fetched]:
    """HEAD, and GET where HEAD failed: many servers refuse or mishandle HEAD, so it alone condemns no link."""
    fetched = await fetcher.probe(url, options, method="HEAD", caps=caps)
    again = fetched.error is not None and fetched.error.kind in _SAY_LITTLE
    if again or (fetched.status is not None and fetched.status >= _FAILED and fetched.status not in _NOT_ASKED_AGAIN):
        fetched = await fetcher.probe(url, options, limit=ANSWER_READ, caps=caps)
    error = fetched.error.kind if fetched.error else _kept_out(fetched)
    return ExternalLink(url, fetched.status, error, len(fetched.redirects or ())), fetched


def _kept_out(fetched: Fetched) -> ErrorKind | None:
    """What shows that a robot was refused and no reader; the statuses that say so themselves need no other word."""
    return "blocked_by_server" if fetched.status not in REFUSALS and challenge(fetched) is not None else None


def _header(fetched: Fetched, name: str) -> str | None:
    values = [value for key, value in fetched.headers or () if key.lower() == name]
    return ", ".join(values) if values else None


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 16 else None  # noqa: PLR2004


def _cut(text: str | None) -> str | None:
    return None if text is None else text[:200]
