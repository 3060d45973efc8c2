"""Typesetting in child processes: two at once, each with a deadline after which it is killed."""

import asyncio
import contextlib
import sys
from pathlib import Path
from typing import Any, Final

import msgspec

from shared.errors import InternalError, UnavailableError
from shared.logs import get_logger

AT_ONCE: Final = 2
WAITING: Final = 8
WAIT_SECONDS: Final = 20.0
SECONDS: Final = 10.0
"""A report of 28 issues takes 0.2 s, the largest possible (60 sections, 250 lines, every script) 0.5 s."""
MAX_BYTES: Final = 30_000_000

_CHILD: Final = Path(__file__).with_name("typeset.py")


class Press:
    """A process's typesetters."""

    def __init__(self, child: Path = _CHILD, seconds: float = SECONDS) -> None:
        """`child` is run with this interpreter; it is killed after `seconds`."""
        self._child = child
        self._seconds = seconds
        self._free = asyncio.Semaphore(AT_ONCE)
        self._waiting = 0

    async def print(self, report: dict[str, Any]) -> bytes:
        """The report as a PDF. Raises `UnavailableError` when too many are asked for, `InternalError` when it fails."""
        if self._waiting >= WAITING:
            raise UnavailableError("Too many reports are being made at the moment.", retry_after=5)
        self._waiting += 1
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                await self._free.acquire()
        except TimeoutError as error:
            raise UnavailableError("Too many reports are being made at the moment.", retry_after=5) from error
        finally:
            self._waiting -= 1
        try:
            return await self._run(msgspec.json.encode(report))
        finally:
            self._free.release()

    async def _run(self, report: bytes) -> bytes:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", str(self._child)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={"RAYON_NUM_THREADS": "1"},
        )
        try:
            async with asyncio.timeout(self._seconds):
                pdf, told = await process.communicate(report)
        except TimeoutError as error:
            get_logger().error("report.timeout", seconds=self._seconds)
            raise InternalError("The report took too long to make.") from error
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        if process.returncode != 0 or not pdf.startswith(b"%PDF-") or len(pdf) > MAX_BYTES:
            get_logger().error("report.failed", status=process.returncode, error=told.decode(errors="replace")[:500])
            raise InternalError("The report could not be made; the request id finds the reason.")
        return pdf
