"""The frames between `workers.parser` and its child; the payloads are the caller's own (msgpack, as a rule)."""

import struct
from typing import Final

REQUEST: Final = struct.Struct(">QI")
"""Number of the request, length of the payload that follows."""
ANSWER: Final = struct.Struct(">QIB")
"""Number of the request, length of the answer that follows, outcome."""
ANSWERED: Final = 0
RAISED: Final = 1

MEMORY_EXIT: Final = 77
"""Exit status of a child whose memory ran out."""

_PID: Final = struct.Struct(">cI")
_EXIT: Final = struct.Struct(">cII")


def pack_pid(kind: bytes, pid: int) -> bytes:
    """`K`ill or s`P`awned."""
    return _PID.pack(kind, pid)


def unpack_pid(message: bytes) -> int:
    """The pid of a `K` or `P` message."""
    pid: int = _PID.unpack(message)[1]
    return pid


def pack_exit(pid: int, status: int) -> bytes:
    """A child ended with this wait status."""
    return _EXIT.pack(b"X", pid, status)


def unpack_exit(message: bytes) -> tuple[int, int]:
    """Pid and wait status of an `X` message."""
    _, pid, status = _EXIT.unpack(message)
    return pid, status
