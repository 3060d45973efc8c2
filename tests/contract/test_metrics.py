"""Registry, document, rules, dashboards and the autoscaler speak of the same metrics."""

import re
from contextlib import suppress
from pathlib import Path

import pytest
import yaml
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client.parser import text_string_to_metric_families

from api_gateway.middleware.tracing import tracing
from api_gateway.routing import Handler
from deploy.docs import metrics as document
from scheduler.__main__ import CHORES
from shared import network
from shared.metrics import DESCRIBED, REGISTRY, SSRF_BLOCKED
from tests.manifests.estate import DASHBOARDS, ROOT, RULE_TESTS, expressions, panels, rules
from tests.manifests.promql import RATES, uses
from workers.fetch.guard import ForbiddenAddress, Guard

KNOWN = {one.name: one for one in DESCRIBED}
TARGET = {"job", "instance", "component", "le"}
"""Labels that Prometheus adds, and that of buckets."""
PROCESS = {
    "process_cpu_seconds_total", "process_resident_memory_bytes", "process_virtual_memory_bytes", "process_open_fds",
    "process_max_fds", "process_start_time_seconds",
}  # fmt: skip
RECORDED = {rule["record"] for rule in rules() if "record" in rule}
ALERTS = {rule["alert"]: rule for rule in rules() if "alert" in rule}
OPERATIONS = """
    http_server_request_duration_seconds scans_total scan_duration_seconds queue_depth queue_oldest_age_seconds
    worker_inflight pages_total fetch_duration_seconds ssrf_blocked_total parse_killed_total quota_denied_total
    webhook_deliveries_total
""".split()
"""Names that dashboards of others may rely on."""
UNBOUNDED = {"url", "host", "user", "owner", "scan_id", "path", "page", "ip", "worker", "email", "request_id"}


def base(name: str) -> str:
    """The metric that a name belongs to: a histogram has three."""
    stem = re.sub(r"_(bucket|sum|count)$", "", name)
    return stem if stem in KNOWN and KNOWN[stem].kind == "histogram" else name


def test_names_that_operators_rely_on_exist() -> None:
    assert set(OPERATIONS) <= KNOWN.keys()


def test_the_registry_holds_what_is_described_and_nothing_else() -> None:
    exposed = {
        family.name + ("_total" if family.type == "counter" else ""): family.type for family in REGISTRY.collect()
    }
    assert {name: kind for name, kind in exposed.items() if name not in PROCESS} == {
        one.name: one.kind for one in DESCRIBED
    }


def test_no_label_can_grow_with_what_is_scanned() -> None:
    for one in DESCRIBED:
        assert not UNBOUNDED & one.labels.keys(), one.name
        assert all(one.labels.values()), one.name


def test_the_document_names_each_metric_once_with_its_labels() -> None:
    text = (ROOT / "docs" / "metrics.md").read_text()
    assert text == document.page(), "run python -m deploy.docs"
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| (.*?) \| (.+) \|$", text, re.MULTILINE)
    assert sorted((name, kind) for name, kind, _, _ in rows) == sorted((one.name, one.kind) for one in DESCRIBED)
    for name, _, labels, meaning in rows:
        assert set(re.findall(r"`(\w+)`:", labels)) == KNOWN[name].labels.keys()
        assert meaning
    assert all(f"`{name}`" in text for name in PROCESS)


@pytest.mark.parametrize(("place", "expr"), expressions().items(), ids=list(expressions()))
def test_expressions_read_what_exists_by_labels_that_it_has(place: str, expr: str) -> None:
    found = uses(expr)
    assert found, place
    of_all: set[str] = set()
    for use in found:
        if use.metric in {"up", *RECORDED, *PROCESS}:
            assert use.labels <= TARGET
            of_all |= TARGET
            continue
        assert base(use.metric) in KNOWN, f"{place}: nothing exports {use.metric}"
        labels = KNOWN[base(use.metric)].labels.keys() | TARGET
        assert use.labels <= labels, f"{place}: {use.metric} has no {use.labels - labels}"
        of_all |= labels
    assert found[0].grouped <= of_all, f"{place}: nothing has {found[0].grouped - of_all}"


@pytest.mark.parametrize(("place", "expr"), expressions().items(), ids=list(expressions()))
def test_counters_are_only_read_through_rates(place: str, expr: str) -> None:
    for use in uses(expr):
        counts = use.metric.endswith(("_total", "_count", "_sum", "_bucket"))
        assert (use.function in RATES and use.window is not None) == counts, f"{place}: {use.metric} in {use.function}"


def test_every_metric_is_shown_or_watched() -> None:
    read = {base(use.metric) for expr in expressions().values() for use in uses(expr)}
    assert KNOWN.keys() - read == set(), "add a panel to deploy/grafana/dashboards, or an alert"


def test_recorded_rules_are_read() -> None:
    assert RECORDED - {use.metric for expr in expressions().values() for use in uses(expr)} == set()


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_dashboards_stand_by_themselves(path: Path) -> None:
    import json

    board = json.loads(path.read_text())
    assert board["uid"] == f"scanfleet-{path.stem}"
    assert "id" not in board
    assert [(one["type"], one["query"]) for one in board["templating"]["list"]] == [("datasource", "prometheus")]
    ids = [panel["id"] for panel in board["panels"]]
    assert len(set(ids)) == len(ids)
    taken: set[tuple[int, int]] = set()
    for panel in board["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert at["x"] + at["w"] <= 24
        assert not cells & taken, panel["title"]
        taken |= cells
    for panel in panels(path):
        assert panel["targets"]
        for target in panel["targets"]:
            assert target["datasource"]["uid"] == "${datasource}"
            windows = [use.window for use in uses(target["expr"]) if use.window is not None]
            assert set(windows) <= {"$__rate_interval"}, panel["title"]


def test_dashboards_have_different_names() -> None:
    import json

    boards = [json.loads(path.read_text()) for path in DASHBOARDS]
    assert len({board["uid"] for board in boards}) == len({board["title"] for board in boards}) == len(boards) >= 2


def test_every_alert_is_in_the_runbook_and_the_other_way_round() -> None:
    text = (ROOT / "docs" / "runbook.md").read_text()
    sections = dict(re.findall(r"^### (\w+)\n(.*?)(?=^#|\Z)", text, re.MULTILINE | re.DOTALL))
    assert sections.keys() == ALERTS.keys()
    for name, section in sections.items():
        assert all(word in section for word in ("**Means**", "**Look**", "**Do**")), name
        assert ALERTS[name]["annotations"]["runbook"] == f"docs/runbook.md#{name.lower()}"
        assert ALERTS[name]["labels"]["severity"] in {"page", "ticket"}


def test_every_alert_is_tested_where_it_fires_and_where_it_does_not() -> None:
    cases: dict[str, set[bool]] = {name: set() for name in ALERTS}
    for test in yaml.safe_load(RULE_TESTS.read_text())["tests"]:
        for case in test["alert_rule_test"]:
            cases[case["alertname"]].add(bool(case["exp_alerts"]))
    told_apart = {"NoLeader", "ProcessNotScraped", "ChoreFails"}
    for name, kinds in cases.items():
        # Where a test names all alerts that are expected, others that must be silent stand beside them.
        assert True in kinds, name
        assert False in kinds or name in told_apart, name


def test_a_chore_that_cannot_fail_four_times_in_ten_minutes_is_given_an_hour() -> None:
    seldom = {chore.name for chore in CHORES if 600 / (chore.every + chore.deadline) < 4}
    (named,) = re.findall(r'chore=~"([^"]+)"', ALERTS["ChoreFails"]["expr"])
    assert set(named.split("|")) == seldom


async def test_ten_thousand_hosts_make_no_series() -> None:
    """What sees hosts and paths: the guard of the fetcher, and the gateway's measure of requests."""
    guard = Guard(on_refused=lambda reason: SSRF_BLOCKED.labels(reason).inc())

    def refused(number: int) -> None:
        with suppress(ForbiddenAddress):
            guard.check(f"{number % 256}.{number // 256 % 256}.{number % 7}.{number % 251}", 80)
        with suppress(ForbiddenAddress):
            guard.check_answers([f"10.0.{number // 256}.{number % 256}", "8.8.8.8"])

    app = web.Application(middlewares=[tracing, _answered])
    app.router.add_get("/api/v1/scans/{id}", _answer)
    async with TestClient(TestServer(app)) as client:

        async def ask(number: int) -> None:
            async with client.get(f"/api/v1/scans/{number}", headers={"Host": f"h{number}.example"}) as response:
                assert response.status == 200
            async with client.get(f"/{number}/elsewhere") as response:
                assert response.status == 404

        for net, _ in network._IPV4_TABLE:
            with suppress(ForbiddenAddress):
                guard.check(net.partition("/")[0], 80)
        refused(0)
        await ask(0)
        before = series()
        for number in range(10_000):
            refused(number)
        for number in range(200):
            await ask(number)
    assert series() == before


@web.middleware
async def _answered(request: web.Request, handler: Handler) -> web.StreamResponse:
    with suppress(web.HTTPNotFound):
        return await handler(request)
    return web.Response(status=404)


async def _answer(_request: web.Request) -> web.Response:
    return web.Response()


def series() -> set[tuple[str, tuple[tuple[str, str], ...]]]:
    return {
        (sample.name, tuple(sorted(sample.labels.items())))
        for family in REGISTRY.collect()
        for sample in family.samples
    }


def test_what_is_exposed_can_be_parsed() -> None:
    from prometheus_client import generate_latest

    text = generate_latest(REGISTRY).decode()
    assert "_created" not in text
    assert len(list(text_string_to_metric_families(text))) >= len(DESCRIBED)
