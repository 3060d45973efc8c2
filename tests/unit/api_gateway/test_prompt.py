"""The first step of a long answer doesn't take long."""

import asyncio

import pytest

from api_gateway import prompt
from api_gateway.prompt import promptly
from shared.errors import NotFoundError, UnavailableError


async def test_the_outcome() -> None:
    async def work() -> int:
        return 7

    assert await promptly(work()) == 7


async def test_a_failure_comes_through() -> None:
    async def work() -> None:
        raise NotFoundError("nothing")

    with pytest.raises(NotFoundError):
        await promptly(work())


async def test_what_can_t_even_be_cancelled_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prompt, "SECONDS", 0.05)
    released = asyncio.Event()
    cancelled: list[bool] = []

    async def stubborn() -> None:
        try:
            await released.wait()
        except asyncio.CancelledError:
            cancelled.append(True)
            await released.wait()

    async with asyncio.timeout(5):
        with pytest.raises(UnavailableError):
            await promptly(stubborn())
    await asyncio.sleep(0)
    assert cancelled
    released.set()
    await asyncio.sleep(0)


async def test_giving_up_takes_the_work_along() -> None:
    began, ended = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    task = asyncio.create_task(promptly(work()))
    await began.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await ended.wait()
