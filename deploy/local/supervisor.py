"""Keeps the fleet's processes running, and ends them in order."""

import asyncio
import signal
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from deploy.local.errors import LaunchError
from deploy.local.logfile import tail
from deploy.local.service import Runner

POLL_SECONDS = 0.1
FIRST_BACKOFF_SECONDS = 0.1
MAX_BACKOFF_SECONDS = 5.0
MAX_DEATHS = 5
DEATHS_WITHIN_SECONDS = 30.0
DRAIN_SECONDS = 25.0
SERVER_SECONDS = 10.0
SERVER_STAGE = 9
STAGE_SECONDS = 8.0
"""How long one stage may hold up the next: a gateway with open event streams must not keep the workers waiting."""


class CrashLoopError(LaunchError):
    """A process ends again and again right after its start."""


@dataclass(slots=True)
class _Kept:
    """One runner, and what is remembered of its deaths."""

    runner: Runner
    stage: int
    deaths: deque[float] = field(default_factory=lambda: deque(maxlen=MAX_DEATHS))
    restart_at: float | None = None
    restarts: int = 0


class Supervisor:
    """Restarts what dies and drains stage by stage. Runs on the event loop of the main thread.

    ``say`` hears one line for each death and restart; ``on_restart`` is called after each restart.
    """

    def __init__(self, say: Callable[[str], None], monotonic: Callable[[], float] = time.monotonic) -> None:
        """``monotonic`` gives seconds that only go forward."""
        self._say = say
        self._monotonic = monotonic
        self._kept: list[_Kept] = []
        self._killing = False
        self.on_restart: Callable[[], None] | None = None

    @property
    def pids(self) -> dict[str, int]:
        """Process ids by name, of those that run now."""
        return {kept.runner.name: pid for kept in self._kept if (pid := kept.runner.pid) is not None}

    def keep(self, runner: Runner, stage: int) -> None:
        """Launch ``runner`` (if it doesn't run yet) and keep it running. Lower stages are drained first."""
        self._kept.append(_Kept(runner, stage))
        runner.launch()

    async def watch(self) -> None:
        """Restart what dies, until cancelled. Raises CrashLoopError when something can't be kept running."""
        while True:
            self.check_all()
            await asyncio.sleep(POLL_SECONDS)

    def check_all(self) -> None:
        """Look after all once: note who has died, and start again whose time has come. Raises CrashLoopError."""
        for kept in self._kept:
            self._check(kept)

    def _check(self, kept: _Kept) -> None:
        now = self._monotonic()
        if kept.restart_at is None:
            status = kept.runner.poll()
            if status is not None:
                kept.restart_at = now + self._note_death(kept, status, now)
        elif now >= kept.restart_at:
            kept.restart_at = None
            kept.restarts += 1
            kept.runner.launch()
            if self.on_restart is not None:
                self.on_restart()

    def _note_death(self, kept: _Kept, status: int, now: float) -> float:
        """Seconds to wait before the next start. Raises CrashLoopError when there were too many deaths in a row."""
        while kept.deaths and now - kept.deaths[0] > DEATHS_WITHIN_SECONDS:
            kept.deaths.popleft()
        kept.deaths.append(now)
        how = describe_status(status)
        if len(kept.deaths) >= MAX_DEATHS:
            message = (
                f"{kept.runner.name} ended {MAX_DEATHS} times within {DEATHS_WITHIN_SECONDS:.0f} s, last {how}. "
                f"The end of {kept.runner.log_path}:\n{tail(kept.runner.log_path)}"
            )
            raise CrashLoopError(message)
        pause: float = min(FIRST_BACKOFF_SECONDS * 2.0 ** (len(kept.deaths) - 1), MAX_BACKOFF_SECONDS)
        self._say(f"{kept.runner.name} ended {how}; starting it again in {pause:.1f} s")
        return pause

    async def drain(self, seconds: float = DRAIN_SECONDS) -> None:
        """Ask the services to end, stage by stage, and kill what is left after ``seconds``; then the servers likewise.

        The servers' time only begins when no service is left that may still be writing to them.
        """
        await self._end([kept for kept in self._kept if kept.stage < SERVER_STAGE], seconds)
        await self._end([kept for kept in self._kept if kept.stage >= SERVER_STAGE], SERVER_SECONDS)

    async def _end(self, group: Sequence[_Kept], seconds: float) -> None:
        end = self._monotonic() + seconds
        for stage in sorted({kept.stage for kept in group}):
            members = [kept.runner for kept in group if kept.stage == stage]
            for runner in members:
                runner.terminate()
            await self._wait_for(members, min(end, self._monotonic() + STAGE_SECONDS))
        await self._wait_for([kept.runner for kept in group], end)
        self._kill(group)

    async def _wait_for(self, runners: Sequence[Runner], end: float) -> None:
        while any(runner.pid is not None for runner in runners):
            if self._killing or self._monotonic() > end:
                return
            await asyncio.sleep(POLL_SECONDS / 5)

    def kill_all(self) -> None:
        """End everything at once; a drain that is under way returns."""
        self._killing = True
        self._kill(self._kept)

    def _kill(self, group: Sequence[_Kept]) -> None:
        for kept in sorted(group, key=lambda one: one.stage):
            if kept.runner.pid is not None:
                if not self._killing:
                    self._say(f"{kept.runner.name} did not end in time; killing it")
                kept.runner.kill()


def describe_status(status: int) -> str:
    """An exit status in words, e.g. ``with status 1`` or ``by SIGKILL``."""
    if status >= 0:
        return f"with status {status}"
    try:
        return f"by {signal.Signals(-status).name}"
    except ValueError:
        return f"by signal {-status}"
