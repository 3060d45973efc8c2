"""Waiting with a deadline: for processes that get ready, and for work that must stop when they fail."""

import asyncio
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from typing import TypeVar

import aiohttp

from deploy.local.errors import LaunchError
from deploy.local.logfile import tail

READY_SECONDS = 60.0
PROBE_SECONDS = 2.0
POLL_SECONDS = 0.05

T = TypeVar("T")


async def wait_until_ready(probes: Mapping[str, str], log_dir: Path, seconds: float = READY_SECONDS) -> None:
    """Wait until every URL of ``probes`` (by name of the process) answers 200.

    Raises LaunchError after ``seconds``, naming who isn't ready, with the end of their logs.
    """
    waiting = dict(probes)
    end = asyncio.get_running_loop().time() + seconds
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=PROBE_SECONDS)) as session:
        while waiting:
            for name, url in list(waiting.items()):
                if await _is_ready(session, url):
                    del waiting[name]
            if waiting and asyncio.get_running_loop().time() > end:
                logs = "\n".join(f"--- {name}.log\n{tail(log_dir / f'{name}.log')}" for name in waiting)
                message = f"Not ready within {seconds:.0f} s: {', '.join(waiting)}.\n{logs}"
                raise LaunchError(message)
            await asyncio.sleep(POLL_SECONDS)


async def _is_ready(session: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with session.get(url) as response:
            return response.status == HTTPStatus.OK
    except (aiohttp.ClientError, TimeoutError, OSError):
        return False


async def first_of(job: Coroutine[object, object, T], watch: "asyncio.Task[None]") -> T:
    """The result of ``job``, or the failure of ``watch`` if that comes first."""
    task = asyncio.ensure_future(job)
    try:
        await asyncio.wait({task, watch}, return_when=asyncio.FIRST_COMPLETED)
        if watch.done() and not task.done():
            watch.result()
            message = "The supervisor ended before its time."
            raise LaunchError(message)
        return await task
    finally:
        if not task.done():
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
