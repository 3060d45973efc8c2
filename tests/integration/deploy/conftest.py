"""Directories for embedded servers."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def open_dir() -> Iterator[Path]:
    """A short path that every user may enter; pytest's own directories are closed to others."""
    path = Path(tempfile.mkdtemp(prefix="sf-", dir="/tmp"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)
