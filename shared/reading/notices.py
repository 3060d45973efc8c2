"""Copyright notices at the foot of a page (heuristic)."""

import re

_COPYRIGHT = re.compile(
    r"(?:©|\(c\)|copyright|\u2117)[\s:,]*(?:©|\(c\))?(?P<gap>[^\d©.!?]{0,40}?)"
    r"\b(?P<years>(?:19|20)\d\d(?:\s*[-–—/,]\s*(?:\d\d){1,2})*)\b"
    r"(?P<open>\s*[-–—]\s*(?:present|today|now|heute|aujourd|hoy|oggi|н\.\s?в))?"
    r"|\b(?P<before>(?:19|20)\d\d(?:\s*[-–—/,]\s*(?:\d\d){1,2})*)\s*(?:©|\(c\)(?!\w))",
    re.IGNORECASE,
)
_CREDIT = re.compile(r"(?:photo|image|picture|bild|foto|illustration|credit|courtesy)\w*\W*$", re.IGNORECASE)
_REACH = 40
_HINTS = ("©", "opyright", "OPYRIGHT", "(c)", "(C)", "\u2117")
_TAIL = 600
"""Characters at the end of the text where a site's own notice stands."""


def _last_year(years: str, century: int) -> int:
    last = re.findall(r"\d+", years)[-1]
    return int(last) if len(last) == 4 else century * 100 + int(last)  # noqa: PLR2004


def copyright_year(text: str) -> int | None:
    """The newest year in the copyright notices at the end of `text`; None without one, or when one is open-ended."""
    tail = text[-_TAIL:]
    hints = [at for hint in _HINTS if (at := tail.find(hint)) >= 0]
    if not hints:
        return None
    tail = tail[max(0, min(hints) - _REACH) :]
    newest: int | None = None
    for match in _COPYRIGHT.finditer(tail):
        if match["open"]:
            return None
        if (match["gap"] or "").strip() and "©" not in match[0] and "(c)" not in match[0].lower():
            continue  # "the Copyright Act of 1976" is no notice
        if _CREDIT.search(tail, 0, match.start()):
            continue
        years = match["years"] or match["before"]
        newest = max(newest or 0, _last_year(years, int(years[:2])))
    return newest
