"""Session ids in addresses: parameters and path segments that name a visit, not a page (heuristic)."""

import re

NAMES = frozenset(
    {
        *("phpsessid", "jsessionid", "aspsessionid", "asp.net_sessionid", "sessionid", "session_id", "sessid", "cfid"),
        *("cftoken", "oscsid", "zenid", "xtcsid", "mscsid", "bv_sessionid"),
    }
)
SHORT_NAMES = frozenset({"sid", "session", "sess"})
"""Names that mean a session only when the value looks like one."""
VALUE = re.compile(r"(?=.*\d)(?=.*[A-Za-z])[0-9a-zA-Z,-]{12,128}")
IN_PATH = re.compile(r";\s*(?:jsessionid|phpsessid|sid)=|/\(S\([0-9a-z]{20,}\)\)", re.IGNORECASE)

_IN_PATH_WHOLE = re.compile(r";\s*(?:jsessionid|phpsessid|sid)=[^;/?]*|/\(S\([0-9a-z]{20,}\)\)", re.IGNORECASE)


def is_session(name: str, value: str) -> bool:
    """Whether a query parameter holds a session id."""
    lower = name.lower()
    return bool(value) and (lower in NAMES or (lower in SHORT_NAMES and VALUE.fullmatch(value) is not None))


def strip_session_ids(url: str) -> str:
    """`url`, which has no fragment, without session ids; the order and spelling of the rest stay."""
    head, question, query = url.partition("?")
    if ";" in head or "/(" in head:
        head = _IN_PATH_WHOLE.sub("", head)
    if question and "=" in query:
        pairs = query.split("&")
        kept = [pair for pair in pairs if not is_session(*_halves(pair))]
        if len(kept) < len(pairs):
            query = "&".join(kept)
            question = "?" if kept else ""
    return head + question + query


def _halves(pair: str) -> tuple[str, str]:
    name, _, value = pair.partition("=")
    return name, value
