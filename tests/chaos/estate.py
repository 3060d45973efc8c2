"""A fleet to be hurt: servers, two gateways, two schedulers, workers and sites, all separate processes.

Whoever dies is started again after a moment, as an orchestrator would do it, unless that is switched off.
"""

import asyncio
import json
import os
import shutil
import signal
import time
import urllib.request
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import DictRow, dict_row

from deploy.local.embedded import DataDir, EmbeddedServices
from deploy.local.fleet import base_environment, module_spec
from deploy.local.ports import free_ports
from deploy.local.service import Service
from shared.db.migrate import migrate
from shared.settings import USER_AGENT
from tests.chaos.machine import Machine, slowdown

SECRET = "chaos-" + "0123456789abcdef" * 3
READY_SECONDS = 60.0
RESTART_SECONDS = 0.5
NAMES = ("gateway-1", "gateway-2", "scheduler-1", "scheduler-2", "worker-1", "worker-2")
MODULES = {"gateway": "api_gateway", "scheduler": "scheduler", "worker": "workers"}


class Estate:
    """Everything that runs. Made and used in the main thread."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.directory = DataDir(folder / "data")
        self.services = EmbeddedServices(self.directory.path, fast=True)
        ports = free_ports(1 + 2 * len(NAMES))
        self.site_port = ports[0]
        self.ports = dict(zip(NAMES, ports[1 : len(NAMES) + 1], strict=True))
        self.metrics = dict(zip(NAMES, ports[len(NAMES) + 1 :], strict=True))
        self.running: dict[str, Service] = {}
        self.wanted: set[str] = set()
        self.born: dict[str, float] = {}
        self.deaths = 0
        self.machine = Machine()
        self.modules = dict(MODULES)

    # -- life

    def start(self) -> None:
        (self.folder / "logs").mkdir()
        self.services.start()
        migrate(self.services.database_url)
        spec = module_spec("sites", "tests.chaos.sites", base_environment(), str(self.site_port))
        self.running["sites"] = Service(spec, self.folder / "logs")
        self.running["sites"].launch()
        for name in NAMES:
            self.launch(name)
        self.wait_ready()

    def stop(self) -> None:
        self.wanted.clear()
        for service in self.running.values():
            service.terminate()
        end = time.monotonic() + 15
        while any(service.pid for service in self.running.values()) and time.monotonic() < end:
            time.sleep(0.05)
        for service in self.running.values():
            service.kill()
        self.services.postgres.resume()
        self.services.valkey.resume()
        self.services.stop()
        self.directory.close()

    def launch(self, name: str, extra: Mapping[str, str] | None = None) -> None:
        """Start a service, in another environment than last time if one is given."""
        if name not in self.running or extra is not None:
            module = self.modules[name.partition("-")[0]]
            env = self.environment(name) | (extra or {})
            self.running[name] = Service(module_spec(name, module, env), self.folder / "logs")
        self.running[name].launch()
        self.wanted.add(name)
        self.born[name] = time.monotonic()
        if name.startswith("worker"):
            self.control(pids={name: self.running[name].pid})

    def environment(self, name: str) -> dict[str, str]:
        return base_environment() | {
            "DATABASE_URL": self.services.database_url,
            "REDIS_URL": self.services.redis_url,
            "SECRET_KEY": SECRET,
            "GATEWAY_PORT": str(self.ports[name]),
            "METRICS_PORT": str(self.metrics[name]),
            "ALLOW_NETWORKS": "127.0.0.0/8",
            "LOG_FORMAT": "json",
            "WORKER_NAME": name,
            "USER_AGENT": USER_AGENT.replace(")", f"; {name})"),
        }

    def ready(self, name: str) -> bool:
        return http_status(f"http://127.0.0.1:{self.metrics[name]}/readyz") == 200

    def wait_ready(self, *names: str) -> None:
        end = time.monotonic() + READY_SECONDS * slowdown()
        for name in names or NAMES:
            while not self.ready(name):
                assert time.monotonic() < end, f"{name} did not become ready: {self.log(name)}"
                time.sleep(0.05)

    def log(self, name: str) -> str:
        return (self.folder / "logs" / f"{name}.log").read_text(errors="replace")[-4_000:]

    @asynccontextmanager
    async def kept(self) -> AsyncGenerator[None]:
        """Start again what dies, for the length of the block, and measure how busy the machine is with other things."""
        self.machine = Machine()
        tasks = {asyncio.create_task(self._keep()), asyncio.create_task(self.machine.watch())}
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            self.services.postgres.resume()
            self.services.valkey.resume()
            for server in self.services.servers:
                server.start()
            for name in NAMES:
                self.launch(name)
            await asyncio.to_thread(self.wait_ready)

    async def _keep(self) -> None:
        died: dict[str, float] = {}
        while True:
            for name in tuple(self.wanted):
                if self.running[name].poll() is None:
                    continue
                if died.setdefault(name, time.monotonic()) + RESTART_SECONDS <= time.monotonic():
                    self.deaths += 1
                    del died[name]
                    self.launch(name)
            await asyncio.sleep(0.1)

    async def relaunch(self, name: str, extra: Mapping[str, str]) -> None:
        """Start a service anew in another environment, and wait until it is ready."""
        self.wanted.discard(name)
        self.running[name].terminate()
        async with asyncio.timeout(30 * slowdown()):
            while self.running[name].poll() is None:
                await asyncio.sleep(0.05)
        self.launch(name, extra)
        await asyncio.to_thread(self.wait_ready, name)

    def limit(self, seconds: float) -> float:
        """A limit that a machine of our own would have to keep, as many times longer as this one is slower."""
        return seconds * self.machine.slowdown

    # -- looking and touching

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> None:
        pid = self.running[name].pid
        assert pid is not None, f"{name} isn't running"
        os.kill(pid, number)

    @contextmanager
    def held_down(self, *names: str) -> Iterator[None]:
        """Not started again for the length of the block."""
        self.wanted.difference_update(names)
        try:
            yield
        finally:
            for name in names:
                self.launch(name)

    def sql(self, query: str, *parameters: object) -> list[DictRow]:
        with psycopg.connect(
            self.services.database_url, autocommit=True, row_factory=dict_row, connect_timeout=2
        ) as conn:
            cursor = conn.execute(query.encode(), parameters)
            return cursor.fetchall() if cursor.description else []

    async def ask(self, query: str, *parameters: object) -> list[DictRow]:
        """Like `sql`, off the loop, until the server answers."""
        async with asyncio.timeout(60):
            while True:
                try:
                    return await asyncio.to_thread(self.sql, query, *parameters)
                except psycopg.OperationalError:
                    await asyncio.sleep(0.2)

    def control(self, **body: object) -> dict[str, Any]:
        """Tell the sites something; what they have counted."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.site_port}/__control",
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        end = time.monotonic() + 10
        while True:
            try:
                with urllib.request.urlopen(request, timeout=5) as response:
                    return json.loads(response.read())
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.05)

    def metrics_text(self, name: str) -> str:
        """What a service tells Prometheus; empty when it doesn't answer."""
        return http_text(f"http://127.0.0.1:{self.metrics[name]}/metrics")

    def leader(self) -> str:
        """The scheduler that leads."""
        for name in ("scheduler-1", "scheduler-2"):
            if "scheduler_leader 1.0" in self.metrics_text(name):
                return name
        message = "nobody leads"
        raise AssertionError(message)


def http_status(url: str) -> int | None:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return response.status
    except urllib.request.HTTPError as error:
        return error.code
    except OSError:
        return None


def http_text(url: str) -> str:
    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return response.read().decode()
    except OSError:
        return ""


@contextmanager
def estate(folder: Path) -> Iterator[Estate]:
    """A running estate; nothing of it is left after the block."""
    made = Estate(folder)
    try:
        made.start()
        yield made
    finally:
        made.stop()
        shutil.rmtree(folder / "data", ignore_errors=True)
