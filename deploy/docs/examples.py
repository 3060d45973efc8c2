"""What a check's bad example does differently from the clean page, short enough to print."""

from itertools import takewhile
from typing import Final

from shared.checks.base import Check
from shared.checks.sample import CLEAN_HEADERS, Sample, sample

MAX_LENGTH: Final = 320
MAX_LINES: Final = 8


def example_of(check: Check) -> str | None:
    """The shortest of the bad examples in a few lines of HTTP and HTML; None when each takes more, or bytes."""
    shown = [text for text in (_difference(one) for one in check.bad) if text]
    return min(shown, key=len, default=None)


def _difference(bad: Sample) -> str | None:
    fetched = bad.fetched
    if fetched.error is not None or fetched.status is None:
        return None
    lines = [f"HTTP status {fetched.status}"] if fetched.status != sample().fetched.status else []
    lines += [f"GET {hop.url} -> {hop.status} {hop.location}" for hop in fetched.redirects or ()]
    lines += _headers(fetched.headers or ())
    try:
        html = fetched.body.decode()
    except UnicodeDecodeError:
        return None
    lines += _markup(html, sample(url=fetched.url, final_url=fetched.final_url).fetched.body.decode())
    text = "\n".join(lines)
    good = text and len(text) <= MAX_LENGTH and text.count("\n") < MAX_LINES
    return text if good and all(one.isprintable() or one == "\n" for one in text) else None


def _headers(headers: tuple[tuple[str, str], ...]) -> list[str]:
    """Headers that the clean page hasn't, and the names of those that it has and this one not."""
    added = [f"{name}: {value}" for name, value in headers if CLEAN_HEADERS.get(name) != value]
    given = {name for name, _ in headers}
    return added + [f"(no {name})" for name in CLEAN_HEADERS if name not in given]


def _markup(bad: str, clean: str) -> list[str]:
    """What stands in `bad` instead of what stands in `clean`, widened to whole tags."""
    if bad == clean:
        return []
    start = _common(bad, clean)
    rest = min(len(bad), len(clean)) - start
    end = _common(bad[::-1][:rest], clean[::-1][:rest])
    first = bad.rfind("<", 0, start + 1)
    last = bad.find(">", len(bad) - end - 1) + 1
    piece = bad[max(first, 0) : last or len(bad)].strip()
    return (bad if len(bad) < len(piece) else piece).splitlines()


def _common(one: str, other: str) -> int:
    """How many characters both begin with."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
