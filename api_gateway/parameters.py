"""Query parameters as records: what reads them and what the OpenAPI document says of them is the same."""

from functools import lru_cache
from typing import Annotated, Any, Literal, get_args, get_origin

import msgspec
from aiohttp import web
from msgspec import Meta, Struct

from api_gateway.replies.names import CategoryName, ScanMode, ScanStatus, SeverityName
from shared.errors import InvalidRequestError
from shared.requests import wording

Text = Annotated[str, Meta(min_length=1, max_length=500, pattern=r"^[^\x00-\x1f\x7f]*$")]
CheckId = Annotated[str, Meta(pattern=r"^[a-z0-9_]+(\.[a-z0-9_]+)+$", max_length=100)]


@lru_cache(maxsize=128)
def _is_number(type_: Any) -> bool:  # noqa: ANN401
    return isinstance(msgspec.inspect.type_info(type_), msgspec.inspect.IntType)


class Parameter(Struct, frozen=True):
    """A query parameter: `type` is an int, a str or a Literal, with msgspec's constraints."""

    name: str
    type: Any
    about: str
    default: Any = None
    example: Any = None
    required: bool = False

    def read(self, request: web.Request) -> Any:  # noqa: ANN401
        """The value, or the default where it wasn't given. Raises `InvalidRequestError` naming the parameter."""
        raw = request.query.get(self.name)
        if raw is None and self.required:
            message = f"{self.name}: this parameter is needed."
            raise InvalidRequestError(message, param=self.name)
        if raw is None:
            return self.default
        value: object = raw
        if _is_number(self.type) and raw.isascii() and raw.isdigit() and len(raw) <= 9:  # noqa: PLR2004
            value = int(raw)
        try:
            raw.encode()
            return msgspec.convert(value, self.type)
        except (msgspec.ValidationError, UnicodeEncodeError) as error:
            raise InvalidRequestError(self._fault(error), param=self.name) from error

    def _fault(self, error: Exception) -> str:
        if not isinstance(error, msgspec.ValidationError):
            return f"{self.name}: holds a lone surrogate, which is not a character."
        if get_origin(self.type) is Literal:
            return f"{self.name}: must be one of {', '.join(map(str, get_args(self.type)))}."
        return wording(error, self.name)


def check_names(request: web.Request, allowed: tuple[Parameter, ...]) -> None:
    """Refuse parameters that the route doesn't take, and those given twice. Raises `InvalidRequestError`."""
    known = [one.name for one in allowed]
    for name in request.query:
        if name not in known:
            message = f"Unknown parameter {name!r}" + (f"; known: {', '.join(sorted(known))}." if known else ".")
            raise InvalidRequestError(message, param=name)
        if len(request.query.getall(name)) > 1:
            message = f"{name}: given more than once."
            raise InvalidRequestError(message, param=name)


CURSOR = Parameter(
    "cursor",
    Annotated[str, Meta(min_length=1, max_length=500)],
    "Where to go on: the `next_cursor` of the page before. Anything else is refused.",
)
LIMIT = Parameter("limit", Annotated[int, Meta(ge=1, le=500)], "At most this many items.", 100, 100)
PAGE = Parameter("page", Annotated[int, Meta(ge=1, le=1_000_000)], "Which page, from 1.", 1, 1)
PER_PAGE = Parameter("per_page", Annotated[int, Meta(ge=1, le=50)], "Items on a page.", 20, 20)
MODE = Parameter("mode", ScanMode, "Only scans of this mode.", None, "single")
SCAN_STATUS = Parameter("status", ScanStatus, "Only scans with this status.", None, "complete")
HTTP_STATUS = Parameter(
    "status", Annotated[int, Meta(ge=100, le=599)], "Only pages that answered with this HTTP status.", None, 200
)
URL_PART = Parameter("url", Text, "Only where the URL contains this, in any case.", None, "example")
CHECK = Parameter("check", CheckId, "Only pages on which this check fired.", None, "title.missing")
PAGE_ORDER = Parameter(
    "sort",
    Literal["found", "score"],
    "`found`: in the order of discovery; `score`: the lowest score first, pages without one last. To read all of a"
    " large scan take `found`: each stretch by score looks at every page.",
    "found",
    "score",
)
SEVERITY = Parameter("severity", SeverityName, "Only issues of this severity.", None, "high")
CATEGORY = Parameter("category", CategoryName, "Only issues of this category.", None, "on_page")


def like(part: str | None) -> str | None:
    """An ILIKE pattern for "contains"."""
    if part is None:
        return None
    escaped = part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
