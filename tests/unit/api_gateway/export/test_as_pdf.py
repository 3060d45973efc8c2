"""Typesetters that fail, hang or talk too much."""

import asyncio
from pathlib import Path

import pytest

from api_gateway.export.as_pdf import AT_ONCE, WAITING, Press
from shared.errors import InternalError, UnavailableError


def child(folder: Path, code: str) -> Path:
    path = folder / "child.py"
    path.write_text("import sys\n" + code)
    return path


async def test_what_the_child_prints(tmp_path: Path) -> None:
    press = Press(child(tmp_path, "sys.stdout.write('%PDF-' + sys.stdin.read())"))
    assert await press.print({"a": "ü"}) == '%PDF-{"a":"ü"}'.encode()


async def test_the_child_gets_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "hush")
    press = Press(child(tmp_path, "import os; sys.stdout.write('%PDF-' + ' '.join(sorted(os.environ)))"))
    assert b"SECRET_KEY" not in await press.print({})


@pytest.mark.parametrize("code", ["sys.exit(1)", "print('no pdf')", "import os; os.abort()"])
async def test_a_failure_is_ours(tmp_path: Path, code: str) -> None:
    with pytest.raises(InternalError):
        await Press(child(tmp_path, code)).print({})


async def test_a_hanging_child_is_killed(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    code = f"import os, time; open({str(pid)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    with pytest.raises(InternalError, match="too long"):
        await Press(child(tmp_path, code), seconds=0.5).print({})
    assert not Path(f"/proc/{pid.read_text()}").exists()


async def test_a_giving_up_caller_takes_the_child_along(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    code = f"import os, time; open({str(pid)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    task = asyncio.create_task(Press(child(tmp_path, code)).print({}))
    while not pid.exists() or not pid.read_text():
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not Path(f"/proc/{pid.read_text()}").exists()


async def test_no_more_than_fit_wait(tmp_path: Path) -> None:
    press = Press(child(tmp_path, "import time; time.sleep(60)"))
    tasks = [asyncio.create_task(press.print({})) for _ in range(AT_ONCE + WAITING)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    with pytest.raises(UnavailableError):
        await press.print({})
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
