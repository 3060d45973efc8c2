"""Ctrl-C, SIGTERM and SIGHUP: the first asks to stop in order, the next one stops at once."""

import asyncio
import signal
from collections.abc import Callable, Coroutine
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupts:
    """Turns signals into a cancellation of the main task, and then into a call of ``at_once``."""

    def __init__(self) -> None:
        """No signal is caught before ``run``."""
        self.received: signal.Signals | None = None
        self.at_once: Callable[[], None] | None = None
        self._stopping = False
        self._task: asyncio.Task[int] | None = None

    def begin_stopping(self) -> None:
        """From now on the way out must not be cancelled: a signal means "at once"."""
        self._stopping = True

    def on_signal(self, number: signal.Signals) -> None:
        """Act on one signal."""
        self.received = number
        if self._stopping:
            if self.at_once is not None:
                self.at_once()
            return
        self._stopping = True
        if self._task is not None:
            self._task.cancel()

    def run(self, main: Coroutine[Any, Any, int]) -> int:
        """Run ``main`` to its end; its exit status, or 128 + the signal that stopped it."""
        return asyncio.run(self._run(main))

    async def _run(self, main: Coroutine[Any, Any, int]) -> int:
        loop = asyncio.get_running_loop()
        self._task = asyncio.create_task(main)
        for number in SIGNALS:
            # nohup and shells in the background ask for a signal to be ignored: that stays so.
            if signal.getsignal(number) is signal.SIG_IGN:
                continue
            loop.add_signal_handler(number, self.on_signal, number)
        try:
            return await self._task
        except asyncio.CancelledError:
            if self.received is None:
                raise
            return 128 + int(self.received)
