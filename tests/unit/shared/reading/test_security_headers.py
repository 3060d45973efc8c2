"""Reading security headers and cookies."""

import pytest

from shared.reading.security_headers import Cookie, cookie, csp_directives, hsts_age, referrer_policy


@pytest.mark.parametrize(
    ("value", "age"),
    [
        ("max-age=31536000", 31_536_000),
        ('includeSubDomains; MAX-AGE = "63072000" ; preload', 63_072_000),
        ("max-age=0", 0),
        ("max-age=", None),
        ("max-age=1y", None),
        ("x-max-age=5", None),
        ("includeSubDomains", None),
        ("max-age=31536000; max-age=31536000", None),
        ("max-age=31536000;; preload; includeSubDomains;", 31_536_000),
        ("", None),
    ],
)
def test_hsts_age(value: str, age: int | None) -> None:
    assert hsts_age(value) == age


def test_csp_keeps_the_first_of_a_name_and_splits_policies() -> None:
    found = list(csp_directives(["default-src 'self'; DEFAULT-SRC *;; img-src *, frame-ancestors 'none'", ""]))
    assert found == [{"default-src": "'self'", "img-src": "*"}, {"frame-ancestors": "'none'"}]


@pytest.mark.parametrize(
    ("value", "policy"),
    [
        ("Strict-Origin", "strict-origin"),
        ("no-referrer, future-policy", "no-referrer"),
        ("no-referrer, unsafe-url", "unsafe-url"),
        ("future-policy", None),
        ("", None),
    ],
)
def test_referrer_policy(value: str, policy: str | None) -> None:
    assert referrer_policy(value) == policy


def test_cookie() -> None:
    assert cookie("id=a=b; Secure; HttpOnly ; SameSite = Lax") == Cookie(
        "id", secure=True, http_only=True, same_site="lax", removed=False
    )
    assert cookie("id=1; secure=no; samesite") == Cookie(
        "id", secure=True, http_only=False, same_site="", removed=False
    )
    gone = cookie("id=deleted; Expires=Thu, 01 Jan 1970 00:00:00 GMT")
    assert gone is not None
    assert gone.removed
    assert cookie("Secure") is None
    assert cookie("=x") is None
