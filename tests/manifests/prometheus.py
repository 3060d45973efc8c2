"""A real Prometheus beside a fleet of processes, with our rules and a scrape every second."""

import json
import math
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from deploy.local.ports import free_ports
from deploy.local.process import spawn_command
from tests.manifests.conftest import program
from tests.manifests.estate import DEPLOY, RULES

READY_SECONDS = 60.0


class Prometheus:
    """Its API."""

    def __init__(self, address: str) -> None:
        self.address = address

    def get(self, path: str, **values: object) -> Any:
        url = f"{self.address}/api/v1/{path}?{urllib.parse.urlencode(values)}"
        with urllib.request.urlopen(url, timeout=20) as response:
            answer = json.loads(response.read())
        assert answer["status"] == "success", answer
        return answer["data"]

    def query(self, expr: str) -> list[tuple[dict[str, str], float]]:
        """Now."""
        data = self.get("query", query=expr)
        if data["resultType"] == "scalar":
            return [({}, float(data["result"][1]))]
        return [(one["metric"], float(one["value"][1])) for one in data["result"]]

    def value(self, expr: str) -> float:
        """Of an expression with one value; 0 where there is none."""
        found = [value for _, value in self.query(expr) if not math.isnan(value)]
        assert len(found) <= 1, found
        return found[0] if found else 0.0

    def over(self, expr: str, seconds: float, step: float = 1.0) -> list[float]:
        """The values of an expression with one series, from so long ago until now."""
        now = time.time()
        data = self.get("query_range", query=expr, start=now - seconds, end=now, step=step)
        (one,) = data["result"]
        return [float(value) for _, value in one["values"]]

    def firing(self) -> set[str]:
        """Alerts that fire now."""
        return {one["labels"]["alertname"] for one in self.get("alerts")["alerts"] if one["state"] == "firing"}


def configuration(targets: Mapping[str, int]) -> dict[str, Any]:
    """That of deploy/prometheus, with the processes' ports in the place of names, and every second."""
    whole = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())
    whole["global"] = {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}
    whole["rule_files"] = [str(RULES)]
    (job,) = whole["scrape_configs"]
    del job["dns_sd_configs"], job["relabel_configs"]
    job["static_configs"] = [
        {"targets": [f"127.0.0.1:{port}"], "labels": {"component": name.partition("-")[0]}}
        for name, port in targets.items()
    ]
    return whole


@contextmanager
def prometheus(folder: Path, targets: Mapping[str, int]) -> Iterator[Prometheus]:
    """A running one; nothing of it is left after the block."""
    folder.mkdir()
    (folder / "prometheus.yml").write_text(yaml.safe_dump(configuration(targets)))
    (port,) = free_ports(1)
    command = [
        program("prometheus"), f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]  # fmt: skip
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(spawn_command(command), stdout=log, stderr=log) as process,
    ):
        try:
            made = Prometheus(f"http://127.0.0.1:{port}")
            _wait(made, process, folder / "log")
            yield made
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait(made: Prometheus, process: "subprocess.Popen[bytes]", log: Path) -> None:
    end = time.monotonic() + READY_SECONDS
    while True:
        assert process.poll() is None and time.monotonic() < end, log.read_text()[-2_000:]  # noqa: PT018
        try:
            with urllib.request.urlopen(f"{made.address}/-/ready", timeout=2):
                return
        except OSError:
            time.sleep(0.1)
