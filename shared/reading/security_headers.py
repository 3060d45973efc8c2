"""Reading the response headers that tell browsers to be careful."""

import re
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

_MAX_AGE = re.compile(r"(?:^|;)\s*max-age\s*=\s*\"?\s*(\d{1,18})\s*\"?\s*(?:;|$)", re.IGNORECASE)
_QUOTED = re.compile(r'"[^"]*"')
_REFERRER_POLICIES = frozenset(
    {
        *("no-referrer", "no-referrer-when-downgrade", "same-origin", "origin", "strict-origin"),
        *("origin-when-cross-origin", "strict-origin-when-cross-origin", "unsafe-url"),
    }
)


def hsts_age(value: str) -> int | None:
    """Seconds of max-age in Strict-Transport-Security, None when the header is invalid (RFC 6797 section 6.1).

    A header that has a directive twice is invalid as a whole, even if both say the same.
    """
    directives = [one.partition("=")[0].strip().lower() for one in _QUOTED.sub("", value).split(";")]
    named = [one for one in directives if one]
    if len(set(named)) < len(named):
        return None
    match = _MAX_AGE.search(value)
    return int(match[1]) if match else None


def csp_directives(values: Iterable[str]) -> Iterator[Mapping[str, str]]:
    """Name → value of each policy's directives; the first of a name counts (CSP Level 3 section 2.2.1)."""
    for value in values:
        for policy in value.split(","):
            found: dict[str, str] = {}
            for directive in policy.split(";"):
                name, _, sources = directive.strip().partition(" ")
                if name:
                    found.setdefault(name.lower(), sources.strip())
            if found:
                yield found


def referrer_policy(value: str) -> str | None:
    """The last policy in the list that browsers know, "" when they know none (Referrer Policy section 8.1)."""
    known = [token for token in (one.strip().lower() for one in value.split(",")) if token in _REFERRER_POLICIES]
    return known[-1] if known else None


class Cookie(Struct, frozen=True, gc=False):
    """What Set-Cookie says beside the value. `same_site` is lower-cased, "" when absent."""

    name: str
    secure: bool
    http_only: bool
    same_site: str
    removed: bool


def cookie(line: str) -> Cookie | None:
    """Read a Set-Cookie value as browsers do (RFC 6265 section 5.2), None when it has no name."""
    pair, *rest = line.split(";")
    name, equals, value = pair.partition("=")
    if not equals or not name.strip():
        return None
    attributes: dict[str, str] = {}
    for part in rest:
        key, _, content = part.partition("=")
        attributes[key.strip().lower()] = content.strip().lower()
    expired = attributes.get("max-age") in {"0", "-1"} or "1970" in attributes.get("expires", "")
    return Cookie(
        name=name.strip(),
        secure="secure" in attributes,
        http_only="httponly" in attributes,
        same_site=attributes.get("samesite", ""),
        removed=expired or not value.strip(),
    )
