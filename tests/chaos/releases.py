"""The release before this one, out of the history: the newest commit that knew one migration less."""

import io
import subprocess
import tarfile
from pathlib import Path

from deploy.local.fleet import ROOT
from shared.db.migrate import migrations


def git(*arguments: str) -> bytes:
    """What git says; empty when there is no history, or not enough of it."""
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, check=False, timeout=60)
    return done.stdout if done.returncode == 0 else b""


def commit_before() -> str | None:
    """The last commit without the newest migration; None where the history doesn't reach back to it."""
    newest = migrations()[-1].relative_to(ROOT)
    added = git("log", "--diff-filter=A", "--format=%H", "--", str(newest)).split()
    before = git("rev-parse", "--verify", "--quiet", f"{added[-1].decode()}~1") if added else b""
    return before.decode().strip() or None


def unpack(commit: str, folder: Path) -> Path:
    """The tree of that commit."""
    with tarfile.open(fileobj=io.BytesIO(git("archive", "--format=tar", commit))) as archive:
        archive.extractall(folder, filter="data")
    return folder
