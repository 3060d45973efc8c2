"""Lists that come in pages, one item after the other."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import Protocol, TypeVar

from scanfleet_client.errors import UnexpectedAnswerError

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class ByCursor(Protocol[T_co]):
    """A page that names the cursor of the next one."""

    @property
    def items(self) -> Sequence[T_co]:
        """Its items."""
        ...

    @property
    def next_cursor(self) -> str | None:
        """None on the last page."""
        ...


class ByNumber(Protocol[T_co]):
    """A page that has a number."""

    @property
    def items(self) -> Sequence[T_co]:
        """Its items."""
        ...

    @property
    def per_page(self) -> int:
        """How many items a page has."""
        ...

    @property
    def total(self) -> int:
        """How many items there are on all pages."""
        ...


async def by_cursor(fetch: Callable[[str | None], Awaitable[ByCursor[T]]]) -> AsyncGenerator[T]:
    """Every item; at most one page is held. Raises `UnexpectedAnswerError` where a cursor leads back to itself."""
    cursor: str | None = None
    while True:
        page = await fetch(cursor)
        for item in page.items:
            yield item
        if page.next_cursor is None:
            return
        if page.next_cursor == cursor:
            raise UnexpectedAnswerError("The list goes round in circles: a page's next_cursor is its own.")
        cursor = page.next_cursor


async def by_number(fetch: Callable[[int], Awaitable[ByNumber[T]]]) -> AsyncGenerator[T]:
    """Every item. What is added at the front meanwhile shows as an item that comes twice."""
    number = 1
    while True:
        page = await fetch(number)
        for item in page.items:
            yield item
        if not page.items or number * page.per_page >= page.total:
            return
        number += 1
