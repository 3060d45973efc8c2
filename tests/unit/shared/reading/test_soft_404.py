"""Which titles and texts say that a page is missing."""

import pytest

from shared.reading.soft_404 import says_missing, shell_says_missing


@pytest.mark.parametrize(
    "text",
    [
        "404",
        "Page Not Found",
        "404 Not Found | Kitchen workshop",
        "Kitchen workshop – Page not found",
        "Error 404: not found",
        "Oops! That page can’t be found.",
        "Página no encontrada | Cocina",
        "页面不存在",
        "500 Internal Server Error",
    ],
)
def test_missing(text: str) -> None:
    assert says_missing(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Room 404",
        "How to fix a 404 error in your shop",
        "404 area code: Atlanta",
        "Lost and not found again: a story",
        "Error handling in Python",
        "Peugeot 404 for sale",
    ],
)
def test_not_missing(text: str) -> None:
    assert not says_missing(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Sorry, the page you are looking for could not be found.", True),
        ("The page you requested doesn’t exist.", True),
        ("The page you were trying to access has been removed.", True),
        ("The page you are looking at is about knives.", False),
        ("Write a page that readers look for.", False),
    ],
)
def test_shell(text: str, found: bool) -> None:
    assert (shell_says_missing(text) is not None) == found
