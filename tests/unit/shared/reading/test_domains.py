"""Which hosts belong together."""

import pytest

from shared.reading.domains import registrable, together


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("www.example.com", "example.com"),
        ("shop.example.co.uk", "example.co.uk"),
        ("anna.github.io", "anna.github.io"),
        ("localhost", "localhost"),
        ("192.0.2.7", "192.0.2.7"),
        ("[2001:db8::1]", "[2001:db8::1]"),
        ("co.uk", "co.uk"),
    ],
)
def test_registrable(host: str, domain: str) -> None:
    assert registrable(host) == domain


def test_together() -> None:
    assert together("static.example.com", "www.example.com")
    assert not together("anna.github.io", "ben.github.io")
    assert not together("example.com", "example.net")
