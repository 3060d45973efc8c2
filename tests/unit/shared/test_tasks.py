import asyncio
import subprocess
import sys

from shared import tasks


async def test_a_task_that_swallows_one_request_is_asked_again() -> None:
    swallowed = 0

    async def stubborn() -> None:
        nonlocal swallowed
        while True:
            try:
                await asyncio.sleep(1_000)
            except asyncio.CancelledError:
                swallowed += 1
                if swallowed > 2:
                    raise

    tasks.AGAIN_SECONDS, before = 0.01, tasks.AGAIN_SECONDS
    try:
        task = asyncio.create_task(stubborn())
        await asyncio.sleep(0)
        async with asyncio.timeout(5):
            await tasks.end(task)
    finally:
        tasks.AGAIN_SECONDS = before
    assert (swallowed, task.cancelled()) == (3, True)


async def test_what_has_ended_is_left_alone() -> None:
    done = asyncio.create_task(asyncio.sleep(0, "value"))
    await done
    await tasks.end(done)
    assert done.result() == "value"


async def test_a_failure_at_the_end_is_not_raised() -> None:
    async def failing() -> None:
        try:
            await asyncio.sleep(1_000)
        finally:
            raise ValueError

    task = asyncio.create_task(failing())
    await asyncio.sleep(0)
    await tasks.end(task)
    assert isinstance(task.exception(), ValueError)


def test_a_process_leaves_at_once_and_says_all_it_had_to_say() -> None:
    code = (
        "import atexit, sys, shared.tasks;"
        "atexit.register(print, 'taken apart');"
        "sys.stdout.write('out'); sys.stderr.write('err'); shared.tasks.leave(3)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (3, "out", "err")
