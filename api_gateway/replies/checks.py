"""The catalogue of checks."""

from typing import Literal

from msgspec import Struct

from api_gateway.replies.names import SeverityName


class CheckItem(Struct, frozen=True):
    """A check of the catalogue."""

    id: str
    category: str
    severity: SeverityName
    severities: list[SeverityName]
    level: Literal["page", "site"]
    title: str
    why: str
    fix: str
    source: str
    network: str | None


class CheckList(Struct, frozen=True):
    """The catalogue."""

    items: list[CheckItem]
    total: int
