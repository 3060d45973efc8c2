"""Text of a stranger's page, made safe to show on a screen or in a report file."""

import re

_UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]"
)


def clean(text: str, limit: int = 300) -> str:
    """``text`` without control or direction characters, at most ``limit`` characters long."""
    shown = _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"
