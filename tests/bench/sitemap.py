"""`python -m tests.bench.sitemap`: reading sitemaps, and planning a scan of what they list.

Two kinds of files of 50,000 entries: with lastmod, changefreq and priority, as generators write them; and with five
language alternates and an image each. Reading runs in a process of its own, so that its memory is its own.
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from deploy.local.screen import Screen
from shared.sitemaps import SitemapReader
from tests.bench.figures import Plan, Row, median, row
from tests.bench.processes import forget_peak, peak, resident

ENTRIES = 50_000
FILES = 4
FEED = 16_384
"""Octets at a time, as the discovery feeds them."""
_HOME = "https://www.example.com"
_HEAD = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
    b'xmlns:xhtml="http://www.w3.org/1999/xhtml" xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">\n'
)
_LANGUAGES = ("en", "de", "fr", "es", "ja")


class Read(Struct, frozen=True):
    """Megabytes a CPU-second and megabytes that the reader added at most."""

    rate: float
    grown: float


def _entry(number: int, home: str, rich: bool) -> str:
    path = f"/catalogue/department-{number % 97}/product-{number}.html"
    if not rich:
        return (
            f"<url><loc>{home}{path}?ref=a&amp;v={number}</loc><lastmod>2026-01-{number % 28 + 1:02d}T10:00:00+00:00"
            "</lastmod><changefreq>weekly</changefreq><priority>0.5</priority></url>\n"
        )
    others = "".join(
        f'<xhtml:link rel="alternate" hreflang="{one}" href="{home}{"" if one == "en" else "/" + one}{path}"/>'
        for one in _LANGUAGES
    )
    return f"<url><loc>{home}{path}</loc>{others}<image:image><image:loc>{home}/i/{number}.jpg</image:loc></image:image></url>\n"


def made(first: int, entries: int, home: str = _HOME, *, rich: bool = False) -> Iterator[bytes]:
    """A file of so many entries, a thousand at a time."""
    yield _HEAD
    for at in range(first, first + entries, 1_000):
        numbers = range(at, min(at + 1_000, first + entries))
        yield "".join(_entry(number, home, rich) for number in numbers).encode()
    yield b"</urlset>\n"


def _read(body: bytes) -> int:
    reader, found = SitemapReader(f"{_HOME}/sitemap.xml"), 0
    for at in range(0, len(body), FEED):
        found += len(reader.feed(body[at : at + FEED]))
    found += len(reader.close())
    assert not reader.problems, reader.problems[:3]
    return found


def _one(rich: bool) -> Read:
    """In a process of its own."""
    _read(b"".join(made(0, 100, rich=rich)))
    bodies = [b"".join(made(n * ENTRIES, ENTRIES, rich=rich)) for n in range(FILES)]
    rates: list[float] = []
    before = resident_self()
    forget_peak()
    for body in bodies:
        began = time.process_time()
        assert _read(body) == ENTRIES
        rates.append(len(body) / 1e6 / (time.process_time() - began))
    return Read(median(rates), peak() - before)


def resident_self() -> float:
    """Megabytes of this process in memory."""
    return resident(int(Path("/proc/self").resolve().name))


def measure(*, rich: bool) -> Read:
    """Read four files of 50,000 entries, medians."""
    command = [sys.executable, "-m", "tests.bench.sitemap", "--one", "rich" if rich else "plain"]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=600).stdout
    return Read(**json.loads(answer))


def rows(_plan: Plan) -> list[Row]:
    """The table's lines."""
    plain, rich = measure(rich=False), measure(rich=True)
    return [
        row("sitemap", "reading entries with loc and lastmod", plain.rate, "MB/s", least=15.0),
        row("sitemap", "reading entries with 5 alternates, 1 image", rich.rate, "MB/s", least=15.0),
        row("sitemap", "memory added by 4 files of 50,000 entries", max(plain.grown, rich.grown), "MB", most=20.0),
    ]


def main() -> int:
    """Entry point; 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--one", choices=("plain", "rich"), help="be the process that reads")
    arguments = parser.parse_args()
    if arguments.one:
        found = _one(arguments.one == "rich")
        sys.stdout.write(json.dumps({"rate": found.rate, "grown": found.grown}))
        return 0
    told = rows(Plan(screen=Screen()))
    for one in told:
        print(f"{one.what:48} {one.figure:>12}  {one.target:>10}  {'' if one.met is None else one.met}")  # noqa: T201
    return int(any(one.met is False for one in told))


if __name__ == "__main__":
    sys.exit(main())
