"""Programs that the suite needs from the system; one that is missing is a failure that names its package."""

import json
import shutil
import subprocess
from functools import cache

import pytest

PACKAGES = {"kubectl": "kubernetes-client", "promtool": "prometheus", "prometheus": "prometheus"}
KUBECTL = (1, 21)
"""The first whose kustomize knows components."""


@cache
def program(name: str) -> str:
    """The program's path."""
    path = shutil.which(name)
    if path is None:
        pytest.fail(f"{name} is not installed: apt-get install -y {PACKAGES[name]}", pytrace=False)
    if name == "kubectl":
        told = subprocess.run([path, "version", "--client", "-o", "json"], capture_output=True, timeout=60, check=True)
        version = json.loads(told.stdout)["clientVersion"]
        if (int(version["major"]), int(version["minor"].rstrip("+"))) < KUBECTL:
            pytest.fail(
                f"kubectl {version['gitVersion']} is too old to render components: 1.21 or newer is needed "
                "(Debian 13's kubernetes-client, or the one from kubernetes.io)",
                pytrace=False,
            )
    return path
