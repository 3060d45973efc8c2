"""What is wrong with an address as somebody wrote it in `href`."""

import re
from ipaddress import AddressValueError, IPv6Address

_LOCAL = re.compile(
    r"""\s*(?:https?:)?//(?:[^/?#@\s]*@)?(?:
        (?:[a-z0-9-]+\.)*localhost(?:\.localdomain)?
        | (?:0|10|127)(?:\.\d{1,3}){3} | 192\.168(?:\.\d{1,3}){2} | 169\.254(?:\.\d{1,3}){2}
        | 172\.(?:1[6-9]|2\d|3[01])(?:\.\d{1,3}){2}
        | \[(?:::1?|f[cd][0-9a-f]{2}:[0-9a-f:]*|fe[89ab][0-9a-f]:[0-9a-f:]*)\]
    )\.?(?::\d*)?(?:[/?#]|\s*$) | \s*localhost:\d+(?:[/?#]|\s*$)""",
    re.IGNORECASE | re.VERBOSE,
)
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_AUTHORITY = re.compile(r"(?:https?:)?//([^/?#]*)", re.IGNORECASE)
_BARE_HOST = re.compile(
    r"(?:www\.[^/\s?#]+\.[a-z]{2,}|(?:[a-z0-9-]+\.)+(?:com|org|net|edu|gov))(?::\d+)?(?:[/?#]|$)", re.IGNORECASE
)
_BARE_MAIL = re.compile(r"[^/\s@?#:]+@[^/\s@?#:]+\.[a-z]{2,}$", re.IGNORECASE)
_NO_COLON = re.compile(r"https?;?/", re.IGNORECASE)
_TWICE = re.compile(r"(?:https?:)?//https?(?::|//)", re.IGNORECASE)
_PLACEHOLDER = re.compile(r"\{\{[^{}]*\}\}|<%|\$\{|\[object |^(?:undefined|null)$|^%7b%7b", re.IGNORECASE)
_BAD_HOST = re.compile(r"""[\s<>"{}|^`\\]|\.\.|^\.|^$""")
_BAD_PORT = re.compile(r":(?!\d{0,5}$)[^\]:]*$")
_SWALLOWED = re.compile(r"</?[a-z]", re.IGNORECASE)
_DRIVE = re.compile(r"\s*[a-z]:[\\/]", re.IGNORECASE)
_LONGEST = 4_096
"""Characters of an address that are looked at closely."""
_REST = r"[^\\{}<\[\0]*"
_ORDINARY = (
    rf"(?:https?://(?!https?[:/])(?:[a-z0-9-]+\.)+[a-z0-9-]+(?:[/?#]{_REST})?|/(?!/){_REST}|[#?]{_REST}"
    rf"|(?:mailto|tel|javascript):[^\0]*|(?:\.\.?/)*(?!https?/)[a-z0-9_-]+(?:\.(?:html?|php|aspx?))?(?:[/?#]{_REST})?)"
)
# Nearly all addresses of nearly all pages, decided in one go: about 0.3 us each.
_ALL_ORDINARY = re.compile(rf"\0(?:{_ORDINARY}\0)*+", re.IGNORECASE)
_BAD_ESCAPE = re.compile(r"%(?![0-9a-f]{2})", re.IGNORECASE)
_FINE = re.compile(_ORDINARY, re.IGNORECASE)
_MAPPED = re.compile(r"\s*(?:https?:)?//(?:[^/?#@\s]*@)?\[(::ffff:[0-9a-f.:]+)\]", re.IGNORECASE)
_NUMERIC = re.compile(r"//(?:[^/?#\0]*@)?[0-9a-fx.%]+(?::\d*)?(?=[/?#\0]|\Z)")
_LOCAL_HINTS = ("localhost", "//127.", "//10.", "//192.168.", "//172.", "//169.254.", "//0.", "//[")


def all_ordinary(joined: str) -> bool:
    """Whether none of the addresses, each with NUL before and after it, can have a fault."""
    return _ALL_ORDINARY.fullmatch(joined) is not None and _BAD_ESCAPE.search(joined) is None


def any_local(joined: str) -> bool:
    """Whether one of the lower-case addresses in a text might be local; False is certain."""
    return any(hint in joined for hint in _LOCAL_HINTS) or _NUMERIC.search(joined) is not None


def is_local(address: str) -> bool:
    """Whether an address leads to the visitor's own machine or a private network (RFC 1918, 4193, 6761)."""
    if _LOCAL.match(address) is not None:
        return True
    found = _MAPPED.match(address) if "[" in address else None
    try:
        mapped = IPv6Address(found[1]).ipv4_mapped if found else None
    except AddressValueError:  # no address at all: `fault` tells
        return False
    return mapped is not None and _LOCAL.match(f"//{mapped}") is not None


def leads_local(href: str, url: str | None) -> bool:
    """Whether a link is local as written, or as parsed: hosts have many spellings (127.1, 0x7f.1, 2130706433).

    Source: https://url.spec.whatwg.org/#concept-ipv4-parser. `url` is what `href` resolved to.
    """
    return is_local(href) or (url is not None and any_local(href.lower()) and is_local(url))


def is_file(href: str) -> bool:
    """Whether an address is a file on somebody's own disk: `file:` or a Windows path."""
    return href[:8].lstrip().lower().startswith("file:") or _DRIVE.match(href) is not None


def fault(href: str, url: str | None, own_host: str) -> str:
    """What is malformed in an address, "" when nothing is. `url` is what it resolved to, `own_host` the page's host.

    Schemes that aren't for the web (mailto, tel, javascript, an application's own) and local files are left alone.
    """
    if _FINE.fullmatch(href) and _BAD_ESCAPE.search(href) is None and (url is not None or href[:1] not in "hH/"):
        return ""
    stripped = href[:_LONGEST].strip()
    if is_file(stripped) or is_local(stripped):
        return ""
    found = _SCHEME.match(stripped)
    scheme = found.group(1).lower() if found else ""
    if scheme in {"", "http", "https"}:
        if _PLACEHOLDER.search(stripped):
            return "an unfilled placeholder of a template"
        return _web_fault(stripped, url, own_host)
    if len(scheme) > 1 and set(scheme) <= set("htps") and scheme != "ssh":
        return f"an unknown scheme {scheme}:"
    if _BARE_HOST.match(stripped) and stripped[len(scheme) + 1 : len(scheme) + 2].isdigit():
        return "no scheme before the host name"
    return ""


def _web_fault(href: str, url: str | None, own_host: str) -> str:
    if "\\" in href.partition("?")[0].partition("#")[0]:
        return "a backslash"
    if _TWICE.match(href):
        return "two schemes"
    authority = _AUTHORITY.match(href)
    if authority is not None:
        host = authority.group(1).rpartition("@")[2]
        if _BAD_HOST.search(host) or _BAD_PORT.search(host):
            return "an invalid host name" if host else "no host name"
        return _path_fault(href) if url else "an address that can't be parsed"
    if _SCHEME.match(href):
        return "no // after the scheme"
    if _NO_COLON.match(href):
        return "no colon after the scheme" if "//" in href[:8] else ""
    if _BARE_MAIL.match(href):
        return "an e-mail address without mailto:"
    if _BARE_HOST.match(href) or (own_host and href.lower().startswith((f"{own_host}/", f"{own_host}:"))):
        return "no scheme before the host name"
    return _path_fault(href)


def _path_fault(href: str) -> str:
    """What RFC 3986 forbids and browsers repair in different ways.

    An address with a tag in it comes from a missing quote: html.malformed tells about that.
    """
    if _SWALLOWED.search(href):
        return ""
    if "<" in href or ">" in href:
        return "an unescaped < or >"
    return "a % that is no escape" if _BAD_ESCAPE.search(href) else ""
