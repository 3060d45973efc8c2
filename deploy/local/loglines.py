"""Reads the services' JSON log lines: which of them a person should see at once, and in what form."""

import msgspec

LOUD = frozenset({"warning", "error", "critical"})
QUIET_FIELDS = frozenset({"timestamp", "level", "event", "service", "exception", "worker"})
MAX_LENGTH = 400


def loud_line(line: bytes) -> str | None:
    """A log line of level warning or above in one short line, else None. A line that isn't JSON is never loud."""
    # Cheap first: almost every line is at level info.
    if not line.startswith(b"{") or not any(level.encode() in line for level in LOUD):
        return None
    try:
        record = msgspec.json.decode(line, type=dict[str, object])
    except msgspec.DecodeError:
        return None
    if record.get("level") not in LOUD:
        return None
    fields = " ".join(f"{name}={value}" for name, value in record.items() if name not in QUIET_FIELDS)
    error = str(record.get("exception") or "").strip().rpartition("\n")[2]
    text = " ".join(part for part in (str(record.get("event", "")), fields, error) if part)
    return text[:MAX_LENGTH]
