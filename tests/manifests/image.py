"""`python -m tests.manifests.image --base IMAGE`: build the image, run a fleet of hardened containers, scan a page with it.

Not part of the tests, since few machines have a builder: it needs buildah, podman and runc, and root. A base without any
registry: debootstrap --include=python3,python3-venv,ca-certificates bookworm FOLDER; c=$(buildah from scratch); buildah add $c
FOLDER /; buildah commit $c localhost/debian-python. Servers are the embedded ones; containers reach them by the host's loopback.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg
from aiohttp import web

from deploy.local.embedded import embedded_services
from deploy.local.ports import free_ports
from shared.db.migrate import pending
from tests.chaos.wires import Wire

ROOT = Path(__file__).resolve().parents[2]
TAG = "localhost/scanfleet:test"
HARDENED = (
    "--network=host --read-only --cap-drop=all --security-opt=no-new-privileges --tmpfs=/tmp:size=64m,mode=1777 "
    "--no-healthcheck --ulimit=nofile=4096:4096 --ulimit=nproc=4096:4096"
).split()
STORE = ["--storage-driver", "overlay"]
SECONDS = 240.0
DATA = "/tmp/data"  # noqa: S108 - in the container, where nothing else can be written


def ran(*command: str, given: str | None = None, seconds: float = 1800.0) -> str:
    done = subprocess.run(command, cwd=ROOT, input=given, capture_output=True, text=True, timeout=seconds, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)}: status {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def build(base: str) -> None:
    mirror = ["--secret", "id=pip,src=/etc/pip.conf"] if Path("/etc/pip.conf").exists() else []
    began = time.monotonic()
    ran(
        "buildah", *STORE, "bud", "--isolation", "chroot", "--format", "docker", "--build-arg", f"BASE={base}", *mirror,
        "-v", "/etc/ssl/certs:/etc/ssl/certs:ro", "--ignorefile", "deploy/docker/Dockerfile.dockerignore",
        "-f", "deploy/docker/Dockerfile", "-t", TAG, ".",
    )  # fmt: skip
    sizes = json.loads(ran("buildah", *STORE, "images", "--json"))
    told = {name: one["size"] for one in sizes for name in one.get("names") or ()}
    print(f"built in {time.monotonic() - began:.0f} s; sizes: {told}")  # noqa: T201


def podman(*arguments: str, given: str | None = None) -> str:
    return ran(
        "podman", *STORE, "--cgroup-manager", "cgroupfs", "--runtime", "runc", *arguments, given=given, seconds=120
    )


class Fleet:
    """Containers, by the name of what runs in them."""

    def __init__(self, env: dict[str, str]) -> None:
        self._env = [f"--env={name}={value}" for name, value in env.items()]
        self.started: list[str] = []

    def once(self, *arguments: str, given: str | None = None) -> str:
        interactive = ["--interactive"] if given is not None else []
        return podman("run", "--rm", *interactive, *HARDENED, *self._env, TAG, *arguments, given=given)

    def start(self, module: str, metrics_port: int) -> None:
        name = f"scanfleet-test-{module}"
        podman(
            "run", "--detach", "--name", name, *HARDENED, *self._env, f"--env=METRICS_PORT={metrics_port}", TAG, module
        )
        self.started.append(name)
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            with suppress(SystemExit):
                podman("exec", name, "python3", "-m", "deploy.docker.healthcheck")
                return
            time.sleep(0.2)
        raise SystemExit(f"{module} was not ready: {podman('logs', name)[-2000:]}")

    def stop(self) -> None:
        for name in self.started:
            began = time.monotonic()
            podman("stop", "--time", "40", name)
            state = json.loads(podman("inspect", name))[0]["State"]
            print(f"{name}: drained in {time.monotonic() - began:.1f} s, status {state['ExitCode']}")  # noqa: T201
            podman("rm", name)


def sockets(database_url: str, redis_url: str) -> tuple[Path, Path]:
    """Where the embedded servers listen."""
    folder = Path(psycopg.conninfo.conninfo_to_dict(database_url)["host"])  # type: ignore[arg-type]
    return next(folder.glob(".s.PGSQL.[0-9]*[0-9]")), Path(urlsplit(redis_url).path)


async def scan(address: str, key: str, url: str) -> dict[str, Any]:
    def call(path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        request = urllib.request.Request(
            f"{address}/api/v1{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=10) as response:
            return json.loads(response.read())["data"]

    accepted = await asyncio.to_thread(call, "/scans", {"url": url, "mode": "single"})
    async with asyncio.timeout(SECONDS):
        while (found := await asyncio.to_thread(call, f"/scans/{accepted['scan_id']}"))["status"] == "running":
            await asyncio.sleep(0.5)
    request = urllib.request.Request(
        f"{address}/api/v1/scans/{accepted['scan_id']}/export/pdf", headers={"Authorization": f"Bearer {key}"}
    )
    with await asyncio.to_thread(urllib.request.urlopen, request, timeout=60) as response:
        pdf = response.read()
    assert pdf.startswith(b"%PDF-")
    print(f"report: {len(pdf)} bytes of PDF")  # noqa: T201
    return found


async def show(database_url: str, redis_url: str) -> None:
    postgres, valkey = sockets(database_url, redis_url)
    pg_port, redis_port, site_port, port, *metrics = free_ports(7)
    wires = [
        await asyncio.start_server(Wire(postgres).handle, "127.0.0.1", pg_port),
        await asyncio.start_server(Wire(valkey).handle, "127.0.0.1", redis_port),
    ]

    async def page(_request: web.Request) -> web.Response:
        return web.Response(text="<!doctype html><title>A page</title><h1>A page</h1>", content_type="text/html")

    app = web.Application()
    app.router.add_get("/{path:.*}", page)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", site_port).start()
    database = psycopg.conninfo.make_conninfo(database_url, host="127.0.0.1", port=pg_port)
    number = (parse_qs(urlsplit(redis_url).query).get("db") or ["0"])[0]
    fleet = Fleet(
        {
            "DATABASE_URL": database,
            "REDIS_URL": f"redis://127.0.0.1:{redis_port}/{number}",
            "SECRET_KEY": "image-" + "0123456789" * 3,
            "GATEWAY_PORT": str(port),
            "GATEWAY_HOST": "127.0.0.1",
            "METRICS_HOST": "127.0.0.1",
            "ALLOW_NETWORKS": "127.0.0.0/8",
        }
    )
    try:
        look = "import os; print(os.getuid(), [l.split() for l in open('/proc/self/status') if l[:3] in ('Cap', 'NoN', 'Sec')])"
        shown = podman("run", "--rm", *HARDENED, "--entrypoint", "python3", TAG, "-c", look)
        print(f"runs as {shown.strip()}")  # noqa: T201
        print((await asyncio.to_thread(fleet.once, "shared.db.migrate")).strip().splitlines()[-1])  # noqa: T201
        print(f"schema: {await asyncio.to_thread(fleet.once, 'deploy.docker.schema') or 'is there'}")  # noqa: T201
        with psycopg.connect(database_url) as conn:
            assert pending(conn) == []
        for module, at in zip(("api_gateway", "scheduler", "workers"), metrics, strict=True):
            began = time.monotonic()
            await asyncio.to_thread(fleet.start, module, at)
            print(f"{module}: ready after {time.monotonic() - began:.1f} s")  # noqa: T201
        local = ("deploy.local",)
        await asyncio.to_thread(
            fleet.once, *local, "user", "create", "ann@example.com", "--tier", "pro", "--password-stdin", "--data", DATA,
            given="correct horse battery\n",
        )  # fmt: skip
        scopes = [part for scope in ("read", "scan", "export") for part in ("--scope", scope)]
        key = await asyncio.to_thread(fleet.once, *local, "token", "create", "ann@example.com", *scopes, "--data", DATA)
        found = await scan(f"http://127.0.0.1:{port}", key.strip(), f"http://127.0.0.1:{site_port}/")
        print(f"scan: {found['status']}")  # noqa: T201
        assert found["status"] == "complete"
    finally:
        await asyncio.to_thread(fleet.stop)
        await runner.cleanup()
        for wire in wires:
            wire.close()


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", help="build on this image; without it the image of an earlier build is run")
    given = parser.parse_args(arguments)
    if given.base:
        build(given.base)
    with (
        tempfile.TemporaryDirectory(prefix="scanfleet-image-") as folder,
        embedded_services(Path(folder) / "data", fast=True) as services,
    ):
        asyncio.run(show(services.database_url, services.redis_url))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
