"""JSON on standard output."""

import sys
from typing import Any

import msgspec


def print_json(value: Any) -> None:  # noqa: ANN401 - anything that can be written as JSON
    """Write `value`, indented, in UTF-8 whatever the terminal's encoding."""
    sys.stdout.flush()
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(value)) + b"\n")
    sys.stdout.buffer.flush()
