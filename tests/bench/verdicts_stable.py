"""Guards changes that must not change a verdict: `python -m tests.bench.verdicts_stable store|compare FILE FOLDER…`.

`store` judges the HTML files below the folders and every example of the catalogue, and writes digests of each field of
the extracted page and of the row that Postgres would get. `compare` does it again and names what differs.
"""

import argparse
import dataclasses
import sys
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path

import msgspec

from shared.checks import catalogue
from shared.checks.base import Level
from shared.page import Context, Fetched, Page, Timings
from workers.extract import TooDeep, extract
from workers.judge import Judge
from workers.scan_page import PageJob, Terms, bench, judge_page

PAGES_PER_FOLDER = 250
_NOW = 1_795_000_000.0
_HEADERS = (("Content-Type", "text/html; charset=utf-8"), ("Server", "nginx"), ("Content-Encoding", "gzip"))
_ROBOTS = (200, b"User-agent: *\nDisallow: /private/\n")
_NOT_COMPARED = {"fetched", "context"}

Digests = dict[str, dict[str, str]]


def jobs(folders: Sequence[Path]) -> Iterator[tuple[str, PageJob]]:
    """Saved pages as one site's, then the catalogue's examples."""
    terms = Terms("default-2026.11")
    context = Context(
        now=_NOW, in_sitemap=True, depth=2, robots={"*": True, "Googlebot": True}, site_host="www.example.com"
    )
    for folder in folders:
        files = sorted(folder.rglob("*.html"))
        for n, file in enumerate(files[:: -(-len(files) // PAGES_PER_FOLDER)]):
            url = f"https://www.example.com/{file.relative_to(folder).as_posix()}"
            body = file.read_bytes()
            fetched = Fetched(url, url, 200, _HEADERS, body, timings=Timings(10, 20), wire_bytes=len(body) // 5)
            yield str(file), PageJob(n, fetched, context, terms, links=True, robots=_ROBOTS)
    for check in catalogue().values():
        for n, one in enumerate((*check.bad, *check.good) if check.level is Level.PAGE else ()):
            yield f"{check.id} {n}", PageJob(n, one.fetched, one.context, terms, links=True, robots=_ROBOTS)


def _digest(value: object) -> str:
    return blake2b(_ordered(value).encode("utf-8", "replace"), digest_size=8).hexdigest()


def _ordered(value: object) -> str:
    """A text that doesn't depend on the order in which sets happen to be iterated."""
    return msgspec.json.encode(value, order="deterministic", enc_hook=repr).decode()


def digests(job: PageJob) -> dict[str, str]:
    """Field → digest."""
    found: dict[str, str] = {}
    try:
        page = extract(job.fetched, job.context)
    except TooDeep as error:
        found["too_deep"] = str(error)
    else:
        for field in dataclasses.fields(Page):
            if field.name not in _NOT_COMPARED:
                found[f"page.{field.name}"] = _digest(getattr(page, field.name))
        judge: Judge = bench(job.terms).judge
        found["verdict"] = _digest(judge(extract(job.fetched, job.context)))
    row = msgspec.msgpack.decode(judge_page(msgspec.msgpack.encode(job)))
    for name, value in row.items():
        found[f"row.{name}"] = _digest(value)
    return found


def main(words: Sequence[str]) -> int:
    """Entry point; 1 when something differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("action", choices=("store", "compare"))
    parser.add_argument("file", type=Path, help="where the digests are kept")
    parser.add_argument("folders", type=Path, nargs="*", metavar="FOLDER", help="saved HTML pages")
    asked = parser.parse_args(words)
    file: Path = asked.file
    found: Digests = {name: digests(job) for name, job in jobs(asked.folders)}
    if asked.action == "store":
        file.write_bytes(msgspec.json.encode(found))
        sys.stdout.write(f"{len(found)} pages stored\n")
        return 0
    before = msgspec.json.decode(file.read_bytes(), type=Digests)
    differing = 0
    for name in sorted(before.keys() | found.keys()):
        old, new = before.get(name, {}), found.get(name, {})
        fields = sorted(field for field in old.keys() & new.keys() if old[field] != new[field])
        if not (old and new):
            fields.append("only in one")
        if fields:
            differing += 1
            sys.stdout.write(f"{name}: {' '.join(fields)}\n")
    sys.stdout.write(f"{differing} of {len(found)} pages differ\n")
    return int(differing > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
