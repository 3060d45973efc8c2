"""File locks: one holder, free when the last descriptor is closed."""

import os
from pathlib import Path

import pytest

from deploy.local.locks import FileLock, is_locked


def test_one_holder_at_a_time(tmp_path: Path) -> None:
    first, second = FileLock(tmp_path / "lock"), FileLock(tmp_path / "lock")
    assert first.try_acquire()
    assert not second.try_acquire()
    assert is_locked(tmp_path / "lock")
    first.close()
    assert second.acquire(0)
    second.close()
    assert not is_locked(tmp_path / "lock")


def test_the_lock_lasts_as_long_as_an_inherited_descriptor(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "lock")
    assert lock.try_acquire()
    inherited = os.dup(lock.fd)
    lock.close()
    assert is_locked(tmp_path / "lock")
    os.close(inherited)
    assert not is_locked(tmp_path / "lock")


def test_waiting_ends_and_does_something_meanwhile(tmp_path: Path) -> None:
    first, second = FileLock(tmp_path / "lock"), FileLock(tmp_path / "lock")
    assert first.try_acquire()
    waits: list[None] = []
    assert not second.acquire(0.05, lambda: waits.append(None))
    assert waits
    assert second.acquire(5, first.close)
    second.close()


def test_nothing_is_locked_where_there_is_no_file(tmp_path: Path) -> None:
    assert not is_locked(tmp_path / "none")
    with pytest.raises(RuntimeError, match="is not locked"):
        _ = FileLock(tmp_path / "none").fd
