"""Failures of an installation, put into words."""

import errno
from pathlib import Path

import pytest

from deploy.local.installer import explain_failure, explain_os_error

CASES = {
    "pip, no network": (
        "WARNING: connection broken by 'NewConnectionError'\nERROR: No matching distribution found for uv==1.0",
        "index could not be reached",
    ),
    "uv, no network": (
        "error: Failed to fetch: `https://index.example/simple/rich/`\n  cause: dns error",
        "index could not be reached",
    ),
    "pip, hash": ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.", "its hash differs"),
    "uv, hash": ("error: Hash mismatch for `rich==15.0.0`\n\nExpected:\n  sha256:aa", "its hash differs"),
    "disk full while downloading": (
        "error: Failed to fetch: `https://index.example/rich.whl`\n  cause: No space left on device (os error 28)",
        "The disk is full",
    ),
    "read-only": ("error: failed to create directory: Read-only file system (os error 30)", "can't be written to"),
    "no wheel": ("error: rich==1 has no wheels with a matching Python ABI tag", "not available for this Python"),
    "something else": ("error: the moon is in the wrong house", "the moon is in the wrong house"),
}


@pytest.mark.parametrize(("output", "words"), CASES.values(), ids=CASES.keys())
def test_what_the_tools_say_becomes_what_to_do(output: str, words: str, tmp_path: Path) -> None:
    assert words in str(explain_failure("installing", output, tmp_path))


def test_the_package_with_the_wrong_hash_is_named(tmp_path: Path) -> None:
    output = "error: Hash mismatch for `rich==15.0.0`\n" + "\n".join(f"  sha256:{number:064}" for number in range(20))
    assert "rich==15.0.0" in str(explain_failure("installing", output, tmp_path))


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "The disk is full"),
        (errno.EROFS, "can't be written to"),
        (errno.EACCES, "can't be written to"),
        (errno.EIO, "Setting up failed"),
    ],
)
def test_errors_of_our_own(number: int, words: str, tmp_path: Path) -> None:
    assert words in str(explain_os_error(OSError(number, "no"), tmp_path))
