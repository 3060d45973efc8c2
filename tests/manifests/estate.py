"""Where the operators' files are, and what they say."""

import json
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
RULES = DEPLOY / "prometheus" / "rules.yml"
RULE_TESTS = DEPLOY / "prometheus" / "rules.test.yml"
DASHBOARDS = sorted((DEPLOY / "grafana" / "dashboards").glob("*.json"))
KUBERNETES = DEPLOY / "kubernetes"


def rules() -> list[dict[str, Any]]:
    """Alerts and recording rules."""
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


def panels(path: Path) -> list[dict[str, Any]]:
    """A dashboard's panels but for its headings."""
    return [panel for panel in json.loads(path.read_text())["panels"] if panel["type"] != "row"]


def documents(path: Path) -> list[dict[str, Any]]:
    """The objects of a YAML file."""
    return [one for one in yaml.safe_load_all(path.read_text()) if one is not None]


def scalers() -> list[dict[str, Any]]:
    """KEDA's objects."""
    return [
        one
        for path in sorted(KUBERNETES.rglob("*.yaml"))
        for one in documents(path)
        if one.get("kind") == "ScaledObject"
    ]


def expressions() -> dict[str, str]:
    """Every expression that stands anywhere, by its place."""
    found = {f"rule {rule.get('alert') or rule['record']}": rule["expr"] for rule in rules()}
    for path in DASHBOARDS:
        for panel in panels(path):
            for target in panel["targets"]:
                found[f"{path.stem}: {panel['title']} {target['refId']}"] = target["expr"]
    for scaler in scalers():
        for number, trigger in enumerate(scaler["spec"]["triggers"]):
            found[f"scaler {scaler['metadata']['name']} {number}"] = trigger["metadata"]["query"]
    return found
