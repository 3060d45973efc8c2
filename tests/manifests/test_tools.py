"""The operators' own tools read our files: kubectl renders the overlays, promtool checks and tests the rules."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml

from tests.contract.test_manifests import SCHEMAS, VERSIONS
from tests.manifests.conftest import program
from tests.manifests.estate import DEPLOY, KUBERNETES, RULE_TESTS, RULES, rules

SECONDS = 400.0
"""An alert that always fires takes promtool 5 s, and on a machine where forty processes wait for two cores over a minute."""

pytestmark = [pytest.mark.manifests, pytest.mark.timeout(SECONDS + 20)]

ALERTS = [rule["alert"] for rule in rules() if "alert" in rule]


def ran(*command: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)


def rendered(folder: Path) -> list[dict[str, Any]]:
    done = ran(program("kubectl"), "kustomize", str(folder))
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))


@pytest.mark.parametrize("overlay", ["small", "production"])
def test_an_overlay_is_valid_as_rendered(overlay: str) -> None:
    objects = rendered(KUBERNETES / "overlays" / overlay)
    for one in objects:
        if one["kind"] in SCHEMAS:
            jsonschema.validate(one, SCHEMAS[one["kind"]], jsonschema.Draft202012Validator)
        else:
            for version in (VERSIONS[0], VERSIONS[-1]):
                kubernetes_validate.validate(one, version, strict=True)
        if one["kind"] != "Namespace":
            assert one["metadata"]["namespace"] == "scanfleet"
    kinds = [one["kind"] for one in objects]
    assert {"Deployment", "Job", "NetworkPolicy", "PodDisruptionBudget", "ConfigMap", "Service"} <= set(kinds)
    images = {
        container["image"]
        for one in objects if one["kind"] in {"Deployment", "Job"}
        for key in ("containers", "initContainers")
        for container in one["spec"]["template"]["spec"].get(key, [])
    }  # fmt: skip
    assert images == {"registry.example/scanfleet:0.1.0"}
    assert "Secret" not in kinds, "secrets aren't kept here"


def test_small_needs_no_operator_and_production_has_everything() -> None:
    small = rendered(KUBERNETES / "overlays" / "small")
    production = rendered(KUBERNETES / "overlays" / "production")
    asked = {"ScaledObject", "PodMonitor", "PrometheusRule", "HorizontalPodAutoscaler"}
    assert not asked & {one["kind"] for one in small}
    assert asked <= {one["kind"] for one in production}
    replicas = {one["metadata"]["name"]: one["spec"].get("replicas") for one in small if one["kind"] == "Deployment"}
    assert replicas == {"gateway": 1, "scheduler": 1, "worker": 2}
    scaled = {one["metadata"]["name"]: one["spec"].get("replicas") for one in production if one["kind"] == "Deployment"}
    assert scaled == {"gateway": None, "scheduler": 2, "worker": None}
    assert {one["metadata"]["name"] for one in small if one["kind"] == "StatefulSet"} == {"postgres", "valkey"}
    assert not [one for one in production if one["kind"] == "StatefulSet"]


def test_a_misspelt_kustomization_is_found(tmp_path: Path) -> None:
    shutil.copytree(KUBERNETES, tmp_path / "kubernetes")
    path = tmp_path / "kubernetes" / "overlays" / "small" / "kustomization.yaml"
    path.write_text(path.read_text().replace("components:", "componets:"))
    assert ran(program("kubectl"), "kustomize", str(path.parent)).returncode != 0


def test_promtool_accepts_rules_and_configuration() -> None:
    for command in (("check", "rules", str(RULES)), ("test", "rules", str(RULE_TESTS))):
        done = ran(program("promtool"), *command)
        assert done.returncode == 0, done.stdout + done.stderr
    config = DEPLOY / "prometheus" / "prometheus.yml"
    assert ran(program("promtool"), "check", "config", "--syntax-only", str(config)).returncode == 0


def changed(folder: Path, alert: str, expr: str) -> "subprocess.CompletedProcess[str]":
    """The tests of the rules where one alert has another expression."""
    whole = yaml.safe_load(RULES.read_text())
    for group in whole["groups"]:
        for rule in group["rules"]:
            if rule.get("alert") == alert:
                rule["expr"] = expr
                rule.pop("for", None)
    (folder / RULES.name).write_text(yaml.safe_dump(whole, sort_keys=False))
    shutil.copy(RULE_TESTS, folder)
    return ran(program("promtool"), "test", "rules", str(folder / RULE_TESTS.name))


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_that_never_fires_fails_its_test(alert: str, tmp_path: Path) -> None:
    done = changed(tmp_path, alert, "vector(0) > 1")
    assert done.returncode != 0
    assert f"alertname: {alert}" in done.stdout + done.stderr


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_that_always_fires_fails_its_test(alert: str, tmp_path: Path) -> None:
    done = changed(tmp_path, alert, "vector(1)")
    assert done.returncode != 0
    assert f"alertname: {alert}" in done.stdout + done.stderr


def test_a_broken_rule_is_found(tmp_path: Path) -> None:
    (tmp_path / "rules.yml").write_text(RULES.read_text().replace("sum by (chore)", "sum by chore"))
    assert ran(program("promtool"), "check", "rules", str(tmp_path / "rules.yml")).returncode != 0
