"""A rolling upgrade from the release before, on its own schema, under load: no request fails and no scan is lost."""

import asyncio
import io
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp import ClientSession, ClientTimeout

from deploy.local.fleet import base_environment, module_spec
from deploy.local.service import Service
from shared.db import migrate as migrations
from tests.chaos.estate import NAMES, Estate
from tests.chaos.load import make_users
from tests.chaos.test_rolling import Balancer
from tests.manifests.estate import ROOT

pytestmark = [pytest.mark.manifests, pytest.mark.timeout(1_800)]


def git(*arguments: str) -> bytes:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, check=False, timeout=60)
    return done.stdout if done.returncode == 0 else b""


@pytest.fixture
def before(tmp_path: Path) -> Path:
    """The tree of the newest commit that knew one migration less."""
    newest = migrations.migrations()[-1]
    path = newest.relative_to(ROOT).as_posix()
    added = git("log", "--diff-filter=A", "--format=%H", "-1", "--", path).decode().strip()
    tree = git("archive", "--format=tar", f"{added}^") if added else b""
    if not tree:
        pytest.skip("no history to take the release before from")
    with tarfile.open(fileobj=io.BytesIO(tree)) as packed:
        packed.extractall(tmp_path / "before", filter="data")
    assert not (tmp_path / "before" / path).exists()
    return tmp_path / "before"


class Older(Estate):
    """Services of another tree, on the schema that it knows."""

    def __init__(self, folder: Path, tree: Path) -> None:
        super().__init__(folder)
        self.tree = tree

    def environment(self, name: str) -> dict[str, str]:
        return super().environment(name) | {"PYTHONPATH": str(self.tree)}

    def migrate(self) -> str:
        """With the code of the tree."""
        env = base_environment() | {"PYTHONPATH": str(self.tree), "DATABASE_URL": self.services.database_url}
        command = [sys.executable, "-P", "-m", "shared.db.migrate"]
        done = subprocess.run(command, cwd=self.tree, env=env, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def start(self) -> None:
        (self.folder / "logs").mkdir()
        self.services.start()
        self.migrate()
        sites = module_spec("sites", "tests.chaos.sites", base_environment(), str(self.site_port))
        self.running["sites"] = Service(sites, self.folder / "logs")
        self.running["sites"].launch()
        for name in NAMES:
            self.launch(name)
        self.wait_ready()


@pytest.fixture
def older(before: Path, tmp_path: Path) -> Iterator[Older]:
    (tmp_path / "estate").mkdir()
    made = Older(tmp_path / "estate", before)
    try:
        made.start()
        yield made
    finally:
        made.stop()


async def test_no_request_fails_while_everything_is_replaced(older: Older) -> None:
    (caller,) = await make_users(older, 1, f"upgrade-{time.time_ns()}")
    balancer = Balancer(older, caller)
    watching = asyncio.create_task(balancer.watch())
    done = asyncio.Event()

    async def knock() -> None:
        async with ClientSession(timeout=ClientTimeout(total=30)) as session, asyncio.TaskGroup() as group:
            number = 0
            while not done.is_set():
                group.create_task(balancer.one(session, number))
                number += 1
                await asyncio.sleep(0.1)

    async with asyncio.timeout(60):
        while len(balancer.ready) < 2:
            await asyncio.sleep(0.05)
    knocking = asyncio.create_task(knock())
    await asyncio.sleep(2)
    old_code = older.tree
    older.tree = ROOT
    applied = await asyncio.to_thread(older.migrate)
    assert migrations.migrations()[-1].stem in applied
    await asyncio.sleep(2)
    for name in NAMES:
        await older.relaunch(name, {})
        await asyncio.sleep(0.5)
    done.set()
    await knocking
    watching.cancel()
    assert old_code != older.tree
    assert balancer.failures == []
    async with asyncio.timeout(300):
        query = "SELECT count(*) AS n FROM scans WHERE owner = %s AND status = 'running'"
        while (await older.ask(query, caller.owner))[0]["n"]:
            await asyncio.sleep(0.5)
    kept = await older.ask("SELECT count(*) AS n FROM scans WHERE owner = %s AND status = 'complete'", caller.owner)
    assert kept[0]["n"] == balancer.sent
    print(f"{balancer.sent} scans asked for, {applied.split()[1::2]} applied, six services replaced")  # noqa: T201
