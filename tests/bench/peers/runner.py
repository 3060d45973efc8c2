"""Runs the peers in turn, round after round, and keeps the medians."""

import asyncio
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import msgspec
from msgspec import Struct

from deploy.local.fleet import base_environment
from tests.bench.figures import median
from tests.bench.peers.environment import NotInstalledError, cache_folder, python_of
from tests.bench.peers.roster import Peer, Wanted, peers

CONCURRENCY = 16
RUN_SECONDS = 300.0
ALL_SECONDS = 330.0
"""Of all peers together. One that would go beyond it, going by its last time, gets no further round: a slow machine has fewer of the slow ones."""
MOST_TOLD = 200
_TAIL = 4_000
BARE = "bare aiohttp + selectolax loop"


class Program(Struct, frozen=True):
    """A crawler: the command that starts it, what it is told after the sitemap, or why there is none."""

    name: str
    title: str
    command: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    why: str = ""


class Told(Struct, frozen=True):
    """The last line of a program. CPU in seconds, of all its processes, imports left out."""

    pages: int
    cpu: float
    links: int
    words: int
    asked: int = 1
    version: str = ""


class Measured(Struct, frozen=True):
    """What a crawler came to: pages a CPU-second, the median of so many rounds; `why` where it came to nothing."""

    name: str
    title: str
    rate: float = 0.0
    rounds: int = 0
    pages: int = 0
    links: float = 0.0
    words: float = 0.0
    why: str = ""


def programs(wanted: Wanted, say: Callable[[str], None]) -> list[Program]:
    """The bare loop and the peers, installed where that is to be done."""
    bare = Program(BARE, BARE, (sys.executable, "-m", "tests.bench.bare_loop"), (str(CONCURRENCY),))
    return [bare, *(_program(name, peers()[name], python, say) for name, python in wanted.items())]


def _program(name: str, peer: Peer, python: Path | None, say: Callable[[str], None]) -> Program:
    try:
        python = python or python_of(name, peer, cache_folder(), say)
    except NotInstalledError as error:
        return Program(name, name, why=str(error))
    module = f"tests.bench.peers.{name.replace('-', '_')}"
    told = (str(CONCURRENCY), str(peer.most))
    return Program(name, f"{name}, {peer.work}", (str(python), "-m", module), told)


class Turns:
    """One round after the other, each of those once a round: what disturbs the machine for a while disturbs them all."""

    def __init__(self, those: Sequence[Program]) -> None:
        """Nothing has been run yet."""
        self._those = those
        self._told: dict[str, list[Told]] = {one.name: [] for one in those}
        self._failed = {one.name: one.why for one in those if one.why}
        self._took: dict[str, float] = {}
        self._spent = 0.0

    async def __call__(self, sitemap: str) -> list[Measured]:
        """Another round, and the medians of all. One that failed isn't tried again."""
        for one in self._those:
            too_long = one.name in self._took and self._spent + self._took[one.name] > ALL_SECONDS
            if one.name not in self._failed and not too_long:
                await self._run(one, sitemap)
        return [_measured(one, self._told[one.name], self._failed.get(one.name)) for one in self._those]

    async def _run(self, one: Program, sitemap: str) -> None:
        began = time.monotonic()
        try:
            self._told[one.name].append(await _run(one, sitemap))
        except (RuntimeError, OSError) as error:
            self._failed[one.name] = str(error)
        self._took[one.name] = time.monotonic() - began
        self._spent += self._took[one.name]


def _measured(one: Program, told: Sequence[Told], why: str | None) -> Measured:
    if why is not None or not told:
        return Measured(one.name, one.title, why=why or "no round was asked for")
    last = told[-1]
    title = one.title.replace(one.name, f"{one.name} {last.version}".rstrip(), 1)
    rate = median([each.pages / each.cpu for each in told])
    return Measured(one.name, title, rate, len(told), last.pages, last.links / last.pages, last.words / last.pages)


async def _run(one: Program, sitemap: str) -> Told:
    """One crawl. Raises `RuntimeError` or `OSError` with what went wrong, in a line."""
    command = [*one.command, sitemap, *one.told]
    with tempfile.TemporaryDirectory(prefix="scanfleet-peer-") as folder, tempfile.TemporaryFile() as noise:
        status, out = await _finish(command, folder, noise)
        said = _last(noise)
    if status:
        message = f"ended with status {status}: {said}"
        raise RuntimeError(message)
    try:
        told = msgspec.json.decode(out.splitlines()[-1] if out else b"", type=Told)
    except msgspec.MsgspecError as error:
        message = f"its last line tells no figures ({error}): {said}"
        raise RuntimeError(message) from error
    if told.pages < max(told.asked, 1) or told.cpu <= 0:
        message = f"{told.pages} of {told.asked} pages in {told.cpu:.1f} s of CPU: {said}"
        raise RuntimeError(message)
    return told


async def _finish(command: Sequence[str], folder: str, noise: BinaryIO) -> tuple[int | None, bytes]:
    """Its status and output. It works in `folder`, and nothing that it has started is left."""
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, env=_environment(command[0]), stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE, stderr=noise, start_new_session=True,
    )  # fmt: skip
    try:
        async with asyncio.timeout(RUN_SECONDS):
            out, _ = await process.communicate()
    except TimeoutError as error:
        message = f"took longer than {RUN_SECONDS:.0f} s"
        raise RuntimeError(message) from error
    finally:
        with suppress(ProcessLookupError):  # nothing is left: the usual end
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
    return process.returncode, out


def _environment(python: str) -> dict[str, str]:
    env = base_environment()
    direct = {"no_proxy": "127.0.0.1", "NO_PROXY": "127.0.0.1"}
    # advertools starts `scrapy` by that name.
    return env | direct | {"PATH": f"{Path(python).parent}{os.pathsep}{env.get('PATH', '')}"}


def _last(noise: BinaryIO) -> str:
    """The last line that isn't blank, cut."""
    noise.seek(max(noise.seek(0, os.SEEK_END) - _TAIL, 0))
    lines = noise.read().decode("utf-8", "replace").split("\n")
    return next((line.strip()[:MOST_TOLD] for line in reversed(lines) if line.strip()), "it said nothing")
