"""The compose file: what its specification allows, with every name, path, command and variable in agreement with the tree."""

import copy
import importlib.util
import json
import re
from typing import Any

import jsonschema
import pytest
import yaml

from shared.settings import read_settings
from tests.manifests.estate import DEPLOY, ROOT, documents

PATH = DEPLOY / "docker" / "compose.yaml"
TEXT = PATH.read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
SCHEMA = json.loads((DEPLOY / "docker" / "compose.schema.json").read_text())
OURS = {"migrate", "gateway", "scheduler", "worker"}
VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")
GIVEN = {"SECRET_KEY": "k" * 32, "POSTGRES_PASSWORD": "p", "GRAFANA_PASSWORD": "g"}


def problems(compose: dict[str, Any]) -> list[str]:
    return [error.message for error in jsonschema.Draft202012Validator(SCHEMA).iter_errors(compose)]


def interpolated(value: Any, env: dict[str, str]) -> Any:
    """As compose does it. Raises KeyError for a required variable that isn't given."""
    if isinstance(value, dict):
        return {name: interpolated(one, env) for name, one in value.items()}
    if isinstance(value, list):
        return [interpolated(one, env) for one in value]
    if not isinstance(value, str):
        return value

    def replace(found: re.Match[str]) -> str:
        name, kind, rest = found.groups()
        if kind == "?" and not env.get(name):
            raise KeyError(name)
        return env.get(name) or (rest if kind == "-" else "")

    return VARIABLE.sub(replace, value)


def test_the_file_is_valid() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert problems(COMPOSE) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("service",), {}),
        (("services", "gateway", "read_onyl"), True),
        (("services", "gateway", "restart"), "sometimes"),
        (("services", "gateway", "ports"), ["8080"]),
        (("services", "gateway", "command"), "api_gateway"),
        (("services", "gateway", "environment", "POOL_SIZE"), 10),
        (("services", "gateway", "depends_on", "migrate", "condition"), "service_complete"),
        (("services", "gateway", "stop_grace_period"), "40"),
        (("services", "gateway", "healthcheck", "intervall"), "1s"),
        (("services", "gateway", "healthcheck", "test"), ["python3", "-m", "x"]),
        (("services", "worker", "deploy", "replica"), 2),
        (("services", "worker", "deploy", "resources", "limits", "memory"), "2 GiB"),
        (("services", "postgres", "volumes"), ["postgres"]),
        (("networks", "inner", "intern"), True),
    ],
)
def test_a_wrong_field_is_found(path: tuple[str, ...], value: object) -> None:
    wrong = copy.deepcopy(COMPOSE)
    place: Any = wrong
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert problems(wrong)


def test_names_lead_somewhere() -> None:
    used: set[str] = set()
    for name, one in SERVICES.items():
        assert set(one["networks"]) <= COMPOSE["networks"].keys(), name
        for other, how in one.get("depends_on", {}).items():
            assert other in SERVICES, f"{name} waits for {other}"
            if how["condition"] == "service_healthy":
                assert "test" in SERVICES[other]["healthcheck"], f"{name} waits for ever"
            if how["condition"] == "service_completed_successfully":
                assert SERVICES[other]["restart"] in {"no", "on-failure"}, f"{other} never completes"
        for volume in one.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("."):
                assert (PATH.parent / source).exists(), source
            else:
                used.add(source)
    assert used == COMPOSE["volumes"].keys()
    build = SERVICES["migrate"]["build"]
    assert (PATH.parent / build["context"]).resolve() == ROOT
    assert (ROOT / build["dockerfile"]).is_file()
    assert len({SERVICES[name]["image"] for name in OURS}) == 1, "built once, used by all"


@pytest.mark.parametrize("name", sorted(OURS))
def test_a_service_s_command_is_in_the_image(name: str) -> None:
    """The entrypoint is `python3 -m`."""
    dockerfile = (DEPLOY / "docker" / "Dockerfile").read_text()
    assert 'ENTRYPOINT ["python3", "-m"]' in dockerfile
    commands = [SERVICES[name]["command"]]
    if "test" in SERVICES[name]["healthcheck"]:
        kind, *python, module = SERVICES[name]["healthcheck"]["test"]
        assert (kind, python) == ("CMD", ["python3", "-m"])
        commands.append([module])
    for (module,) in commands:
        path = ROOT.joinpath(*module.split("."))
        runnable = path / "__main__.py" if path.is_dir() else path.with_suffix(".py")
        assert runnable.is_file(), module
        assert importlib.util.find_spec(module) is not None
        if path.is_file():
            assert '__name__ == "__main__"' in runnable.read_text()
        copied = [word for line in dockerfile.splitlines() if line.startswith("COPY") for word in line.split()[1:-1]]
        assert any(runnable.is_relative_to(ROOT / word) for word in copied), module


@pytest.mark.parametrize("name", sorted(OURS))
def test_the_environment_is_one_that_services_read(name: str) -> None:
    known = set(re.findall(r'get\("([A-Z_]+)"', (ROOT / "shared" / "settings.py").read_text()))
    given = SERVICES[name]["environment"]
    assert given.keys() <= known
    env = interpolated(given, GIVEN)
    settings = read_settings(env)
    assert settings.redis_url == "redis://valkey:6379/0"
    assert settings.database_url == "postgresql://scanfleet:p@postgres:5432/scanfleet"
    assert not settings.otlp_endpoint
    traced = read_settings(interpolated(given, GIVEN | {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://otel-collector:4318"}))
    assert traced.otlp_endpoint == "http://otel-collector:4318"


def test_valkey_answers_others_than_itself() -> None:
    """By its own default it refuses whoever isn't on its machine while it has no password; not all images change that."""
    (kubernetes,) = (
        container["args"]
        for one in documents(DEPLOY / "kubernetes" / "components" / "datastores" / "valkey.yaml")
        if one["kind"] == "StatefulSet"
        for container in one["spec"]["template"]["spec"]["containers"]
    )
    for command in (SERVICES["valkey"]["command"], kubernetes):
        assert command[command.index("--protected-mode") + 1] == "no"
        assert command[command.index("--appendonly") + 1] == "yes"
        assert command[command.index("--maxmemory-policy") + 1] == "noeviction"


def test_servers_are_called_what_services_call_them() -> None:
    postgres = interpolated(SERVICES["postgres"]["environment"], GIVEN)
    assert (postgres["POSTGRES_USER"], postgres["POSTGRES_DB"], postgres["POSTGRES_PASSWORD"]) == (
        "scanfleet",
        "scanfleet",
        "p",
    )
    assert "5432" in TEXT
    assert {"postgres", "valkey"} <= SERVICES.keys()
    datasource = (DEPLOY / "grafana" / "provisioning" / "datasources" / "prometheus.yml").read_text()
    assert "http://prometheus:9090" in datasource
    assert any(volume.endswith(":/etc/prometheus/rules.yml:ro") for volume in SERVICES["prometheus"]["volumes"])
    provider = yaml.safe_load((DEPLOY / "grafana" / "provisioning" / "dashboards" / "scanfleet.yml").read_text())
    assert f"../grafana/dashboards:{provider['providers'][0]['options']['path']}:ro" in SERVICES["grafana"]["volumes"]


def test_what_must_be_given_is_asked_for_and_stands_in_the_head() -> None:
    found = {name: kind for name, kind, _ in VARIABLE.findall(TEXT)}
    assert all(found.values()), "a variable has a default or is required"
    required = {name for name, kind in found.items() if kind == "?"}
    head = TEXT.split("name: scanfleet")[0]
    assert required == GIVEN.keys()
    assert all(name in head for name in required)
    for name in required:
        with pytest.raises(KeyError, match=name):
            interpolated(SERVICES, {one: value for one, value in GIVEN.items() if one != name})
    assert "$" not in json.dumps(interpolated(SERVICES, GIVEN))
