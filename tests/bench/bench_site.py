"""Time and memory of the site-level analysis on made-up sites: `python -m tests.bench.bench_site [PAGES…]`.

Each page has 50 links, 10 ids, a link to a place, 3 language alternates, a text sketch; one in a hundred is broken, one
redirects, one shares its title, one its text, two nearly. Facts are written to a file first and read back by a process
of their own, as they would be from a database, so that making them up isn't measured.
"""

import json
import resource
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from shared.checks.base import On
from shared.checks.limits import load_profile
from shared.checks.site import RobotsFile, SiteInputs, SitemapFile
from shared.facts import Flag, SiteFacts, decode, encode, url_hash
from shared.minhash import SIZE
from shared.robots import parse
from tests.bench.figures import Plan, Row, row
from workers.site import Analysis, SiteJudge

Hashes = npt.NDArray[np.uint64]
Numbers = npt.NDArray[np.uint32]

LINKS, IDS, ALTERNATES = 50, 10, 3
SIZES = (1_000, 10_000, 100_000, 1_000_000)
SHORT, LONG = (30_000, 100_000), (100_000, 300_000, 1_000_000)
START = "https://example.com/"
BATCH = 1_000
_FINE = Flag.FETCHED | Flag.HTML | Flag.INDEXABLE | Flag.HTTPS | Flag.LISTED | Flag.LISTED_KNOWN | Flag.HAS_LANG
_SEED = np.uint64(0x9E3779B97F4A7C15)


def _hashes(numbers: npt.NDArray[np.generic], salt: int) -> Hashes:
    """Made-up hashes: the same number and salt give the same."""
    mixed = (numbers.astype(np.uint64) + np.uint64(salt)) * _SEED
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    found: Hashes = (mixed ^ (mixed >> np.uint64(27))) | np.uint64(1)
    return found


def _made(pages: int) -> Iterator[SiteFacts]:
    random = np.random.default_rng(7)
    base = np.zeros((0, SIZE), np.uint8)
    for first in range(0, pages, BATCH):
        rows = np.arange(first, min(first + BATCH, pages))
        here = _hashes(rows, 1)
        if first == 0:
            here[0] = url_hash(START)
        # A third of the links goes to a few hundred pages, as menus do.
        targets = random.integers(0, pages, (len(rows), LINKS))
        targets[:, : LINKS // 3] %= min(pages, 300)
        linked = _hashes(targets, 1)
        linked[targets == 0] = np.uint64(url_hash(START))
        sketches = random.integers(0, 256, (len(rows), SIZE), dtype=np.uint8)
        if len(base):
            near = rows % 100 >= 98
            sketches[near] = base[rows[near] % len(base)]
            sketches[near, :6] ^= 1
        else:
            base = sketches.copy()
        ids = random.integers(0, 2**32, (len(rows), IDS), dtype=np.uint32)
        for n, number in enumerate(rows.tolist()):
            yield _page(number, int(here[n]), linked[n], ids[n], sketches[n].tobytes())


def _page(row: int, here: int, linked: Hashes, ids: Numbers, sketch: bytes) -> SiteFacts:
    kind = row % 100
    url = START if row == 0 else f"https://example.com/section-{row % 997}/page-{row}"
    directory = row % 997 + 1
    if kind == 10:
        return SiteFacts(
            row, url, int(Flag.FETCHED | Flag.LISTED), 404, int(On.ANY | On.RESPONSE), here=here, final=here
        )
    if kind == 20:
        final = int(_hashes(np.array([row - 5]), 1)[0])
        return SiteFacts(row, url, int(_FINE), 200, 63, here=here, final=final, bare=here, loose=here, looser=here)
    first = row - row % ALTERNATES
    cluster = _hashes(np.arange(first, first + ALTERNATES), 1).tolist()
    shared = np.array([row // 1000 if kind == 30 else row])
    same = np.array([row // 1000 if kind == 40 else row])
    return SiteFacts(
        row,
        url,
        int(_FINE),
        200,
        63,
        depth=row.bit_length() // 3,
        here=here,
        final=here,
        canonical=here,
        links=linked.tobytes() + bytes([1]) * LINKS,
        fragments=linked[:1].tobytes() + struct.pack("<I", row & 0xFFFFFFFF),
        ids=ids.tobytes(),
        alternates=tuple((lang, target, True) for lang, target in zip(("en", "de", "fr"), cluster, strict=True)),
        title=int(_hashes(shared, 2)[0]),
        description=int(_hashes(np.array([row]), 3)[0]),
        h1=int(_hashes(np.array([row]), 4)[0]),
        title_end=9,
        content=int(_hashes(same, 5)[0]),
        sketch=sketch,
        words=300 + row % 50,
        language="en",
        types=("Article",),
        directory=directory,
        style=1,
        bare=here,
        loose=here,
        looser=here,
        slashless=here,
        folded=here,
    )


def write(pages: int, path: Path) -> None:
    """Write the facts of a site, each after its length."""
    with path.open("wb") as file:
        for one in _made(pages):
            stored = encode(one)
            file.write(struct.pack("<I", len(stored)) + stored)


def _read(path: Path) -> Iterator[SiteFacts]:
    with path.open("rb") as file:
        while head := file.read(4):
            yield decode(file.read(struct.unpack("<I", head)[0]))


def measure(path: Path) -> dict[str, float]:
    """Read, analyse and judge one site; seconds and megabytes."""
    inputs = SiteInputs(
        start_url=START,
        complete=True,
        robots=RobotsFile(url=f"{START}robots.txt", robots=parse(b"User-agent: *\nAllow: /\n")),
        sitemaps=(SitemapFile(url=f"{START}sitemap.xml", urls=1),),
    )
    began = time.perf_counter()
    empty = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    site = Analysis(_read(path), inputs)
    built = time.perf_counter()
    judging = SiteJudge(site, load_profile().limits(), lambda seqs: dict.fromkeys(seqs, "https://example.com/x"))
    findings = sum(1 for _ in judging.findings())
    done = time.perf_counter()
    raised = [outcome.raised for outcome in judging.outcomes.values() if outcome.raised]
    if raised:
        raise RuntimeError(raised)
    return {
        "read_s": round(built - began, 2),
        "judge_s": round(done - built, 2),
        "cpu_s": round(time.process_time(), 2),
        "findings": findings,
        "rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "grown_mb": round((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - empty) / 1024),
        "stored_bytes_a_page": path.stat().st_size // max(site.count(On.ANY), 1),
        **{
            f"{name}": outcome.total for name, outcome in judging.outcomes.items() if outcome.total and "-v" in sys.argv
        },
    }


def run(pages: int, *options: str) -> dict[str, float]:
    """Make a site up and measure it in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "facts"
        write(pages, path)
        command = [sys.executable, "-m", "tests.bench.bench_site", "--one", str(path), *options]
        answer: dict[str, float] = json.loads(
            subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        )
        return answer


def rows(plan: Plan) -> list[Row]:
    """The table's lines."""
    sizes = LONG if plan.long else SHORT
    found = {pages: run(pages) for pages in sizes}
    each = [1e6 * one["cpu_s"] / pages for pages, one in found.items()]
    last = sizes[-1]
    return [
        *(
            row("site", f"analysis of {pages:,} pages", one, "µs a page")
            for pages, one in zip(sizes, each, strict=True)
        ),
        row("site", "dearest page of the cheapest", max(each) / min(each), "×", most=1.5),
        row("site", f"memory for {last:,} pages", found[last]["rss_mb"] * 1.048576, "MB", most=2_000.0),
    ]


def main(arguments: list[str]) -> None:
    """Measure each size in a process of its own and print a line each."""
    if arguments and arguments[0] == "--one":
        sys.stdout.write(json.dumps(measure(Path(arguments[1]))) + "\n")
        return
    verbose = ["-v"] if "-v" in arguments else []
    for pages in [int(one) for one in arguments if one != "-v"] or SIZES:
        answer = run(pages, *verbose)
        sys.stdout.write(f"{pages:>9} pages  {1e6 * answer['cpu_s'] / pages:6.1f} us a page  {json.dumps(answer)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
