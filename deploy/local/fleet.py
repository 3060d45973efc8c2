"""The whole fleet: servers, schema, gateway, scheduler and workers, ready or not at all."""

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from deploy.local.backends import Backends, backends_for
from deploy.local.embedded import DataDir, EmbeddedServices
from deploy.local.errors import LaunchError
from deploy.local.logfile import tail
from deploy.local.loglines import MAX_LENGTH, loud_line
from deploy.local.ports import check_free, free_ports
from deploy.local.record import FleetRecord, remove_record, write_record
from deploy.local.screen import clean
from deploy.local.secret import secret_key
from deploy.local.service import Service, ServiceSpec
from deploy.local.signals import Interrupts
from deploy.local.supervisor import SERVER_STAGE, Supervisor
from deploy.local.waiting import first_of, wait_until_ready

ROOT = Path(__file__).resolve().parents[2]
SERVERS_SECONDS = 120.0
MIGRATE_SECONDS = 300.0
POLL_SECONDS = 0.05
GATEWAY, SCHEDULER, WORKERS, EXTRA = 0, 1, 2, 3

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class FleetOptions:
    """What ``up`` may be told. ``port`` 0 takes a free one; ``root`` is where the services' packages are."""

    data_dir: Path
    host: str = "127.0.0.1"
    port: int = 0
    workers: int = 2
    allow_networks: tuple[str, ...] = ()
    root: Path = ROOT


def base_environment(root: Path = ROOT) -> dict[str, str]:
    """The environment of every program of ours: the caller's, with our modules and nobody else's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return kept | {"PYTHONPATH": str(root), "PYTHONUNBUFFERED": "1"}


def module_spec(name: str, module: str, env: Mapping[str, str], *arguments: str) -> ServiceSpec:
    """``python -m module arguments`` as a service."""
    return ServiceSpec(name, [sys.executable, "-P", "-m", module, *arguments], dict(env), Path(env["PYTHONPATH"]))


class Fleet:
    """Use as ``async with``: it is up inside the block, and nothing of it is left after."""

    def __init__(self, options: FleetOptions, say: Callable[[str], None], interrupts: Interrupts) -> None:
        """Nothing is touched yet. ``say`` hears what goes on, a line at a time and from any thread."""
        self.options = options
        self.supervisor = Supervisor(say)
        self._say = say
        self._interrupts = interrupts
        self._directory: DataDir | None = None
        self._backends: Backends | None = None
        self._watch: asyncio.Task[None] | None = None
        self._port = options.port
        self._metrics_ports: dict[str, int] = {}

    @property
    def address(self) -> str:
        """Where the gateway answers."""
        host = "127.0.0.1" if self.options.host in {"0.0.0.0", "::"} else self.options.host  # noqa: S104 - compared
        return f"http://{host}:{self._port}"

    @property
    def database_url(self) -> str:
        """The Postgres in use; only while up."""
        return self._using.database_url

    @property
    def redis_url(self) -> str:
        """The Redis in use; only while up."""
        return self._using.redis_url

    @property
    def embedded(self) -> EmbeddedServices | None:
        """The embedded servers, None when others are used."""
        return self._using.embedded

    @property
    def log_dir(self) -> Path:
        """Where every process has its log."""
        return self.options.data_dir / "logs"

    @property
    def _using(self) -> Backends:
        if self._backends is None:
            message = "the fleet is not up"
            raise RuntimeError(message)
        return self._backends

    async def __aenter__(self) -> Self:
        """Bring everything up. Raises LaunchError, with nothing left running, when that fails."""
        self._interrupts.at_once = self.supervisor.kill_all
        try:
            await self._start()
        except BaseException:
            await self._stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Drain and end everything."""
        await self._stop()

    async def run(self, job: Coroutine[object, object, T]) -> T:
        """Do ``job`` while the fleet is up. Raises CrashLoopError when a part of it can't be kept running."""
        if self._watch is None:
            message = "the fleet is not up"
            raise RuntimeError(message)
        return await first_of(job, self._watch)

    async def add(self, spec: ServiceSpec, ready_url: str) -> None:
        """Start and supervise one more process, and wait until ``ready_url`` answers 200."""
        self.supervisor.keep(Service(spec, self.log_dir, self._hear), EXTRA)
        await self.run(wait_until_ready({spec.name: ready_url}, self.log_dir))

    async def _start(self) -> None:
        if self.options.port:
            check_free(self.options.host, self.options.port)
        self._directory = DataDir(self.options.data_dir)
        remove_record(self.options.data_dir)
        self.log_dir.mkdir(mode=0o700, exist_ok=True)
        self._backends = backends_for(self._directory.path)
        await self._start_servers()
        await self._migrate()
        probes = self._start_services()
        self._watch = asyncio.create_task(self.supervisor.watch())
        await self.run(wait_until_ready(probes, self.log_dir))
        self._publish()
        self.supervisor.on_restart = self._publish

    async def _start_servers(self) -> None:
        embedded = self._using.embedded
        if embedded is None:
            return
        self._say("starting Postgres and Valkey")
        for server in embedded.servers:
            self.supervisor.keep(server, SERVER_STAGE)
        end = asyncio.get_running_loop().time() + SERVERS_SECONDS
        for server in embedded.servers:
            while not server.is_ready():
                server.check_alive()
                if asyncio.get_running_loop().time() > end:
                    message = f"{server.name} was not ready in {SERVERS_SECONDS:.0f} s.\n{tail(server.log_path)}"
                    raise LaunchError(message)
                await asyncio.sleep(POLL_SECONDS)

    async def _migrate(self) -> None:
        await run_migrations(self._environment(), self.log_dir)

    def _start_services(self) -> dict[str, str]:
        """Start all three kinds; the readiness probe of each process."""
        self._say(f"starting the gateway, the scheduler and {self.options.workers} workers")
        workers = [f"worker-{number}" for number in range(1, self.options.workers + 1)]
        names = ["gateway", "scheduler", *workers]
        port, *metrics = free_ports(len(names) + 1)
        self._port = self.options.port or port
        self._metrics_ports = dict(zip(names, metrics, strict=True))
        modules = {"gateway": ("api_gateway", GATEWAY), "scheduler": ("scheduler", SCHEDULER)}
        for name in names:
            module, stage = modules.get(name, ("workers", WORKERS))
            env = self._environment() | {"METRICS_PORT": str(self._metrics_ports[name]), "WORKER_NAME": name}
            self.supervisor.keep(Service(module_spec(name, module, env), self.log_dir, self._hear), stage)
        probes = {name: f"http://127.0.0.1:{self._metrics_ports[name]}/readyz" for name in workers}
        return {"gateway": f"{self.address}/readyz", **probes}

    def _environment(self) -> dict[str, str]:
        return base_environment(self.options.root) | {
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "SECRET_KEY": secret_key(self.options.data_dir),
            "GATEWAY_HOST": self.options.host,
            "GATEWAY_PORT": str(self._port),
            "ALLOW_NETWORKS": ",".join(self.options.allow_networks),
            "LOG_FORMAT": "json",
        }

    def _publish(self) -> None:
        """Tell other commands about us, with the process ids of now."""
        record = FleetRecord(
            pid=os.getpid(),
            address=self.address,
            database_url=self.database_url,
            redis_url=self.redis_url,
            pids=self.supervisor.pids,
            metrics_ports=self._metrics_ports,
            allow_networks=list(self.options.allow_networks),
        )
        write_record(self.options.data_dir, record)

    def _hear(self, name: str, line: bytes) -> None:
        text = loud_line(line)
        if text is not None:
            self._say(f"{name}: {clean(text, MAX_LENGTH)}")

    async def _stop(self) -> None:
        self._interrupts.begin_stopping()
        if self._watch is not None:
            self._watch.cancel()
            with suppress(asyncio.CancelledError, LaunchError):
                await self._watch
        if self._directory is not None:
            remove_record(self.options.data_dir)
        await self.supervisor.drain()
        if self._backends is not None and self._backends.embedded is not None:
            self._backends.embedded.stop()
        if self._directory is not None:
            self._directory.close()


async def run_migrations(env: Mapping[str, str], log_dir: Path) -> None:
    """Bring the schema up to date. Raises LaunchError with the end of its log."""
    runner = Service(module_spec("migrate", "shared.db.migrate", env), log_dir)
    runner.launch()
    end = asyncio.get_running_loop().time() + MIGRATE_SECONDS
    try:
        while (status := runner.poll()) is None:
            if asyncio.get_running_loop().time() > end:
                message = f"The migrations did not finish within {MIGRATE_SECONDS:.0f} s.\n{tail(runner.log_path)}"
                raise LaunchError(message)
            await asyncio.sleep(POLL_SECONDS)
    finally:
        runner.kill()
    if status != 0:
        message = f"The schema could not be brought up to date:\n{tail(runner.log_path)}"
        raise LaunchError(message)
