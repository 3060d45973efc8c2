"""Which peers there are, from `peers.toml`, and which of them a run was told to measure."""

import argparse
import os
import shutil
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import msgspec
from msgspec import Struct

from tests.bench.peers.contract import EVERY

ALL = "all"
Wanted = Mapping[str, Path | None]
"""Peer → a Python that has it, or None for an environment that the bench makes."""


class Peer(Struct, frozen=True, forbid_unknown_fields=True):
    """A table of `peers.toml`: `install` and `versions` are divided by blanks."""

    install: str
    work: str
    versions: str
    most: int = EVERY


@cache
def peers() -> dict[str, Peer]:
    """Name → peer."""
    text = Path(__file__).with_name("peers.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text), type=dict[str, Peer])


def wanted(text: str) -> Wanted:
    """The argument of `--peers`: names with commas, or `all`; a name may bring a Python that has the peer, `scrapy=PYTHON`."""
    found: dict[str, Path | None] = {}
    for word in text.split(","):
        name, given, python = word.strip().partition("=")
        if name not in {ALL, *peers()}:
            message = f"unknown: {name or 'a name that is empty'}; there are {', '.join(peers())} and {ALL}"
            raise argparse.ArgumentTypeError(message)
        if name == ALL and given:
            message = f"{ALL}: name the peer that {python or 'a Python'} has"
            raise argparse.ArgumentTypeError(message)
        for one in peers() if name == ALL else (name,):
            found[one] = _python(one, python) if given else found.get(one)
    return {name: found[name] for name in peers() if name in found}


def _python(name: str, text: str) -> Path:
    found = shutil.which(text)
    if found is None:
        message = f"{name}: {text or 'nothing'} is no program that can be started; name a Python that has {name}"
        raise argparse.ArgumentTypeError(message)
    return Path(os.path.abspath(found))  # noqa: PTH100 - a link into an environment must stay one
