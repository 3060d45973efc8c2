"""The pages that are measured: saved ones from a folder, or made-up ones of the same size."""

import argparse
from pathlib import Path

MADE = 250
_LINKS = 100
_PARAGRAPHS = 30


def load(folder: Path | None, most: int) -> dict[str, bytes]:
    """Path → document, at most `most`, spread evenly over the folder's HTML files.

    Raises `FileNotFoundError` for a folder without any.
    """
    if folder is None:
        return {f"/guide/page-{number}.html": made(number) for number in range(min(most, MADE))}
    files = sorted(folder.rglob("*.html"))
    if not files:
        message = f"{folder} holds no .html file, nor does a folder in it: name one with saved pages"
        raise FileNotFoundError(message)
    return {f"/{one.relative_to(folder).as_posix()}": one.read_bytes() for one in files[:: -(-len(files) // most)]}


def folder_of_pages(text: str) -> Path:
    """A folder that `load` reads, as a command's argument: who names another is told at once, in one line."""
    try:
        load(Path(text), 1)
    except OSError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return Path(text)


def made(number: int) -> bytes:
    """A page of 40 kB with a menu, tables and prose; no two are alike."""
    menu = "".join(f'<li class="entry"><a href="page-{n}.html">Entry {n} of the guide</a></li>' for n in range(_LINKS))
    words = [f"word{number * 7 % 91}", "knife", "stone", "the", "edge", "of", "and", "water", f"grit{number}", "is"]
    prose = "".join(
        f'<h2 id="part-{n}">Part {n} about {words[n % 10]}</h2><p class="text">'
        + " ".join(words[(n * 3 + k * k) % 10] for k in range(90))
        + f'. <b>Note</b> <a href="/guide/page-{n}.html#part-{n}">more</a></p>'
        f"<table><tr><td>{n}</td><td><code>{words[n % 10]}</code></td></tr></table>"
        for n in range(_PARAGRAPHS)
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Page {number} of the guide to knives</title>'
        f'<meta name="description" content="What part {number} of the guide says about stones, water and grit.">'
        '<link rel="stylesheet" href="/style.css"><script src="/app.js" defer></script></head>'
        f"<body><nav><ul>{menu}</ul></nav><main><h1>Guide, page {number}</h1>{prose}</main></body></html>"
    ).encode()
