"""A folder of its own for each fleet that is measured, gone with it."""

import tempfile
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

from deploy.local.signals import Interrupts

T = TypeVar("T")


def in_folder(work: Callable[[Path, Interrupts], Coroutine[Any, Any, T]]) -> T:
    """What `work` comes to. Raises `KeyboardInterrupt` when a signal ended it, after it has ended what it started."""
    interrupts = Interrupts()
    found: list[T] = []

    async def main(directory: Path) -> int:
        found.append(await work(directory, interrupts))
        return 0

    with tempfile.TemporaryDirectory(prefix="scanfleet-bench-") as directory:
        interrupts.run(main(Path(directory)))
    if interrupts.received is not None:
        raise KeyboardInterrupt
    return found[0]
