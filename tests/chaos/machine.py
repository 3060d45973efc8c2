"""How much slower the machine is than one of our own: what waits for a processor isn't to blame for it."""

import asyncio
import time

SPIN_SECONDS = 0.01
EVERY = 1.0


class Machine:
    """Measures it while it is `watched`: wall time over CPU time of small pieces of computation."""

    def __init__(self) -> None:
        self._wall = self._cpu = 1e-9

    @property
    def slowdown(self) -> float:
        """1 on a machine of our own."""
        return max(1.0, self._wall / self._cpu)

    def look(self) -> None:
        """Take a sample."""
        wall, cpu = time.perf_counter(), time.thread_time()
        while time.thread_time() - cpu < SPIN_SECONDS:
            pass
        self._wall += time.perf_counter() - wall
        self._cpu += time.thread_time() - cpu

    async def watch(self) -> None:
        """Take samples until cancelled, at 1 % of a core."""
        while True:
            await asyncio.to_thread(self.look)
            await asyncio.sleep(EVERY)


def slowdown(seconds: float = 0.3) -> float:
    """As it is now."""
    machine = Machine()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        machine.look()
    return machine.slowdown
