"""Jobs that the parser's tests run in real child processes."""

import os
import signal
import time

from msgspec import msgpack

from shared.page import Context, Fetched
from workers.extract import TooDeep, extract

_kept: list[bytearray] = []


def work(payload: bytes) -> bytes:
    """Obey the payload's first word."""
    word, _, rest = payload.partition(b" ")
    if word == b"spin":
        while True:
            pass
    elif word == b"crash":
        os.kill(os.getpid(), signal.SIGSEGV)
    elif word == b"hoard":
        _kept.append(bytearray(1 << 33))
    elif word == b"raise":
        raise ValueError(rest.decode())
    elif word == b"pid":
        return str(os.getpid()).encode()
    elif word == b"wait":
        time.sleep(float(rest))
    elif word == b"length":
        return str(len(rest)).encode()
    return rest


def extracted(payload: bytes) -> bytes:
    """Number of links and the title, or the name of the refusal."""
    fetched = Fetched("https://a.example/", "https://a.example/", 200, (("Content-Type", "text/html"),), payload)
    try:
        page = extract(fetched, Context(now=0.0))
    except TooDeep:
        return msgpack.encode("too_deep")
    return msgpack.encode((len(page.links), page.title))
