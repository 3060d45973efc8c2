"""Programs that the suite needs from the system; one that is missing is a failure that names its package."""

import shutil

import pytest

PACKAGES = {"kubectl": "kubernetes-client", "promtool": "prometheus", "prometheus": "prometheus"}


def program(name: str) -> str:
    """The program's path."""
    path = shutil.which(name)
    if path is None:
        pytest.fail(f"{name} is not installed: apt-get install -y {PACKAGES[name]}", pytrace=False)
    return path
