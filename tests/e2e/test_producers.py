"""The examples of docs/producers.md, run as they stand there against a fleet."""

import asyncio
import os
import re
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.e2e.conftest import ROOT, Api, Fleet

SECONDS = 180.0


def example(language: str) -> str:
    text = (ROOT / "docs" / "producers.md").read_text(encoding="utf-8")
    found = re.search(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found.group(1)


def as_owner(fleet: Fleet, quota: int) -> None:
    fleet._run("user", "set", "ann@example.com", "--override", f"single={quota}")


@pytest.fixture
async def site(numbered_site: Callable[..., Any]) -> str:
    made = await numbered_site(100)
    return f"{made.address}/p"


async def settled(fleet: Fleet, ids: list[str]) -> dict[str, str]:
    """Statuses of the scans once every id has one and none runs."""
    deadline = time.monotonic() + SECONDS
    while True:
        rows = fleet.sql("SELECT id, status FROM scans WHERE id = ANY(%s)", [uuid.UUID(one) for one in ids])
        if len(rows) == len(set(ids)) and all(row["status"] != "running" for row in rows):
            return {str(row["id"]): row["status"] for row in rows}
        assert time.monotonic() < deadline, rows
        await asyncio.sleep(0.2)


async def test_the_python_example(fleet: Fleet, api: Api, site: str, tmp_path: Path) -> None:
    program = tmp_path / "submit.py"
    program.write_text(example("python"), encoding="utf-8")
    environment = {**os.environ, "REDIS_URL": fleet.record.redis_url, "SCANFLEET_KEY": fleet.key}
    command = [sys.executable, str(program), f"{site}/1", f"{site}/2", "ftp://example.com/"]
    done = await asyncio.to_thread(
        subprocess.run, command, env=environment, capture_output=True, text=True, timeout=30, check=True
    )
    first, second, bad = done.stdout.split()
    assert await settled(fleet, [first, second, bad]) == {first: "complete", second: "complete", bad: "error"}
    told = await api("GET", f"/scans/{bad}")
    assert "http" in told["reason"]
    assert (await api("GET", f"/scans/{first}"))["result"]["totals"]["pages"] == 1


@pytest.mark.sdk
@pytest.mark.timeout(600)
async def test_a_hundred_messages_of_a_shell_script(fleet: Fleet, api: Api, site: str, tmp_path: Path) -> None:
    assert shutil.which("redis-cli"), "redis-cli is missing: apt-get install redis-tools"
    as_owner(fleet, 10_000)
    script = tmp_path / "submit.sh"
    script.write_text(example("sh"), encoding="utf-8")
    path = urlsplit(fleet.record.redis_url).path
    administrator = ["redis-cli", "-s", path]
    rule = "resetkeys nocommands +multi +exec (+hset ~scanfleet:ingress.msgs) (+rpush ~scanfleet:ingress)"
    setuser = [
        *administrator,
        "ACL",
        "SETUSER",
        "nightly",
        "on",
        ">a-long-password",
        *re.findall(r"\([^)]*\)|\S+", rule),
    ]
    assert rule in (ROOT / "docs" / "producers.md").read_text(encoding="utf-8")
    assert subprocess.run(setuser, capture_output=True, text=True, timeout=10, check=True).stdout.strip() == "OK"

    async def run(*words: str, key: str = fleet.key) -> list[str]:
        reach = f"redis-cli -s {path} --user nightly --pass a-long-password --no-auth-warning"
        environment = {**os.environ, "REDIS_CLI": reach, "SCANFLEET_KEY": key}
        command = ["sh", str(script), *words]
        done = await asyncio.to_thread(
            subprocess.run, command, env=environment, capture_output=True, text=True, timeout=180, check=True
        )
        return done.stdout.split()

    used = len(fleet.sql("SELECT 1 FROM quota_uses"))
    aside = len(fleet.sql("SELECT 1 FROM set_aside"))
    good = await run(*(f"{site}/{number}" for number in range(70)))
    repeated = await run(*(f"{one}={site}/{number}" for number, one in enumerate(good[:10])))
    refused = await run(*(["ftp://example.com/", "http://10.0.0.1/", "not a url", 'http://exa"mple/', ""] * 2))
    await run(*(f"{site}/1" for _ in range(5)), key="sk_live_nobody")
    for number in range(5):
        broken = f'MULTI\nHSET scanfleet:ingress.msgs broken-{number} "{{{number}"\nRPUSH scanfleet:ingress broken-{number}\nEXEC\n'
        subprocess.run(administrator, input=broken, capture_output=True, text=True, timeout=10, check=True)

    statuses = await settled(fleet, [*good, *refused])
    deadline = time.monotonic() + SECONDS
    while len(fleet.sql("SELECT 1 FROM set_aside")) < aside + 10:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.2)
    assert repeated == good[:10]
    assert [statuses[one] for one in good] == ["complete"] * 70
    assert [statuses[one] for one in refused] == ["error"] * 10
    for one in refused:
        assert (await api("GET", f"/scans/{one}"))["reason"]
    reasons = fleet.sql("SELECT code, reason, message FROM set_aside ORDER BY at DESC, id DESC LIMIT 10")
    assert sorted(row["code"] for row in reasons) == ["INVALID_REQUEST"] * 5 + ["INVALID_TOKEN"] * 5
    assert len(fleet.sql("SELECT 1 FROM quota_uses")) == used + 70
    assert len(fleet.sql("SELECT 1 FROM set_aside")) == aside + 10
    denied = subprocess.run(
        [*administrator[:3], "--user", "nightly", "--pass", "a-long-password", "--no-auth-warning", "FLUSHALL"],
        capture_output=True,
        text=True,
        timeout=10,
        check=False,
    )
    assert "NOPERM" in denied.stdout + denied.stderr
    shown = fleet._run("messages", "--limit", "10", "--json").splitlines()
    assert len(shown) == 10
    assert not any("sk_live_nobody" in line for line in shown)
