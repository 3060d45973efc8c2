"""The SDKs' own tools, and a fleet for them: real, with the sample site on loopback."""

import asyncio
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.e2e.conftest import ROOT, Fleet, fleet, sample_site

__all__ = ["fleet", "sample_site"]

SDK = ROOT / "sdk"
PASSWORD = "a long enough password"
SECONDS = 300.0
PACKAGES = {"node": "nodejs", "go": "golang-go"}


def program(name: str) -> str:
    """Where a program is; the test fails where it isn't."""
    found = shutil.which(name)
    if found is None:
        pytest.fail(f"{name} is missing: apt-get install {PACKAGES[name]}")
    return found


class Caller:
    """A user of the fleet and their key, as the SDKs' live tests take them from the environment."""

    def __init__(self, fleet: Fleet, name: str, *, mode: str = "live") -> None:
        self.email = f"{name}@example.com"
        fleet._run("user", "create", self.email, "--tier", "pro", "--password-stdin", given=PASSWORD + "\n")
        scopes = [part for scope in ("read", "scan", "export") for part in ("--scope", scope)]
        self.key = fleet._run("token", "create", self.email, *scopes, "--mode", mode)
        self.url = fleet.address

    def environment(self, site: str = "") -> dict[str, str]:
        return {
            "SCANFLEET_URL": self.url,
            "SCANFLEET_KEY": self.key,
            "SCANFLEET_SITE": site,
            "SCANFLEET_EMAIL": self.email,
            "SCANFLEET_PASSWORD": PASSWORD,
        }


async def run(command: list[str], folder: Path, environment: Mapping[str, str] | None = None) -> str:
    """What a command says; it has to succeed in time. No proxy stands between the SDKs and a loopback address."""
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        env={**kept, "GOFLAGS": "-mod=mod", "GOPROXY": "off", "PYTHONDONTWRITEBYTECODE": "1", **(environment or {})},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(SECONDS):
            said, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    text = said.decode(errors="replace")
    assert process.returncode == 0, text
    return text
