"""Traces: free of cost and of imports where they are off; linked, bounded and without secrets where they are on."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import StatusCode

from shared import otel, tracing
from shared.settings import SettingsError, read_settings

ROOT = Path(__file__).resolve().parents[3]
NEEDED = {"DATABASE_URL": "postgresql://x/x", "REDIS_URL": "redis://x", "SECRET_KEY": "x" * 32}
STRANGER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


class Kept(SpanExporter):
    """Keeps what is sent; while `shut` it takes nothing."""

    def __init__(self) -> None:
        self.spans: list[ReadableSpan] = []
        self.open = threading.Event()
        self.open.set()

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.open.wait()
        self.spans += spans
        return SpanExportResult.SUCCESS

    def by_name(self) -> dict[str, ReadableSpan]:
        tracing.flush()
        return {span.name: span for span in self.spans}


def use(share: str = "1") -> Kept:
    kept = Kept()
    tracing.use(otel.OtelTracer("test", read_settings(NEEDED | {"OTEL_TRACES_SAMPLER_ARG": share}), kept))
    return kept


@pytest.fixture(autouse=True)
def off_again() -> Iterator[None]:
    yield
    tracing.use(None)


def ran(code: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )


SERVICES = "import api_gateway.__main__, scheduler.__main__, workers.__main__; from shared import tracing; "
CONFIGURE = "from shared.settings import read_settings; tracing.configure('worker', read_settings({given!r})); "
TELL = "print([name for name in sys.modules if name.startswith({names!r})])"


def test_without_an_endpoint_nothing_of_it_is_imported() -> None:
    """But for metrics, which redis-py imports by itself wherever it finds them."""
    loaded = TELL.format(names=("shared.otel", "opentelemetry.sdk.trace", "opentelemetry.exporter", "google.protobuf"))
    done = ran(f"import sys; {SERVICES}{CONFIGURE.format(given=NEEDED)}{loaded}")
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr


def test_without_the_extra_nothing_is_imported_and_the_log_says_what_to_do() -> None:
    missing = "import sys; sys.modules['opentelemetry'] = None; "
    configured = CONFIGURE.format(given=NEEDED | {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318"})
    loaded = "del sys.modules['opentelemetry']; " + TELL.format(names=("opentelemetry", "google", "requests"))
    done = ran(f"{missing}{SERVICES}{configured}{loaded}; print(tracing.traceparent())")
    assert (done.returncode, done.stdout.split()[-2:]) == (0, ["[]", "None"]), done.stderr
    assert "tracing.not_installed" in done.stdout + done.stderr
    assert "install the extra" in done.stdout + done.stderr


async def test_off_a_call_is_the_function_s_own_and_nobody_describes_it() -> None:
    described: list[object] = []

    async def work(value: int) -> int:
        return value + 1

    wrapped = tracing.traced("work", lambda *given: described.append(given))(work)
    own: Any = wrapped(1)
    assert own.cr_code is work.__code__
    assert await own == 2
    assert described == []
    assert tracing.span("a") is tracing.span("b")
    with tracing.span("a") as made:
        made.note({"x": 1}, failed=True)
    assert tracing.traceparent() is None
    tracing.flush()


async def test_spans_are_linked_by_parent_also_over_a_traceparent() -> None:
    kept = use()

    @tracing.traced("inner", lambda value: {"value": value})
    async def inner(value: int) -> int:
        return value

    @tracing.traced("unseen", lambda *_: None)
    async def unseen() -> int:
        return await inner(7)

    with tracing.span("outer", kind="server"):
        carried = tracing.traceparent()
    assert carried is not None
    with tracing.span("elsewhere", {"a": "b"}, kind="consumer", parent=carried):
        assert await unseen() == 7
    spans = kept.by_name()
    outer, elsewhere, deep = spans["outer"], spans["elsewhere"], spans["inner"]
    assert outer.parent is None
    assert elsewhere.parent is not None
    assert deep.parent is not None
    assert elsewhere.parent.span_id == outer.context.span_id
    assert deep.parent.span_id == elsewhere.context.span_id
    assert {span.context.trace_id for span in spans.values()} == {outer.context.trace_id}
    assert spans.keys() == {"outer", "elsewhere", "inner"}
    assert dict(deep.attributes or {}) == {"value": 7}


def test_of_an_error_only_the_class_is_told() -> None:
    kept = use()
    with pytest.raises(ValueError, match="hidden"), tracing.span("work"):
        raise ValueError("http://user:hidden@host/?token=hidden")
    span = kept.by_name()["work"]
    assert span.status.status_code is StatusCode.ERROR
    assert dict(span.attributes or {}) == {"error.type": "ValueError"}
    assert "hidden" not in span.to_json()


def test_an_address_is_told_without_its_secrets() -> None:
    told = tracing.told("https://ann:secret@example.com/a/b?key=secret&empty=&x=secret#secret")
    assert told == "https://…@example.com/a/b?key=…&empty=&x=…"
    assert len(tracing.told("http://x/" + "a" * 9_000)) == tracing.MOST_URL


def test_a_share_of_nothing_records_nothing_whatever_a_stranger_asks() -> None:
    kept = use("0")
    with tracing.span("asked", kind="server", parent=STRANGER):
        assert tracing.traceparent() is None
    with tracing.span("own", kind="server"):
        assert tracing.traceparent() is None
    assert kept.by_name() == {}


@pytest.mark.parametrize("header", ["", "x", "00-" + "0" * 32 + "-" + "0" * 16 + "-01", STRANGER[:-1], "é" * 200])
def test_a_malformed_header_begins_a_trace_of_its_own(header: str) -> None:
    kept = use()
    with tracing.span("asked", kind="server", parent=header):
        pass
    assert kept.by_name()["asked"].parent is None


def test_a_stranger_s_header_is_gone_on_with() -> None:
    kept = use()
    with tracing.span("asked", kind="server", parent=STRANGER):
        pass
    span = kept.by_name()["asked"]
    assert span.parent is not None
    assert f"{span.parent.trace_id:032x}-{span.parent.span_id:016x}" == STRANGER[3:-3]


def test_a_collector_that_is_away_costs_neither_memory_nor_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(otel, "MOST_WAITING", 600)
    monkeypatch.setattr(tracing, "FLUSH_SECONDS", 0.2)
    kept = use()
    kept.open.clear()
    for _ in range(5_000):
        with tracing.span("work"):
            pass
    began = time.monotonic()
    tracing.flush()
    assert time.monotonic() - began < 2
    kept.open.set()
    assert len(kept.spans) <= 600 + otel.MOST_AT_ONCE


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318", "http or https"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c/?key=1", "http or https"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "bare", "name=value"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "=x", "name=value"),
        ("OTEL_TRACES_SAMPLER_ARG", "1.5", "between 0 and 1"),
        ("OTEL_TRACES_SAMPLER_ARG", "nan", "between 0 and 1"),
        ("OTEL_TRACES_SAMPLER_ARG", "all", "all"),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: str, said: str) -> None:
    with pytest.raises(SettingsError, match=f"{name}: .*{said}"):
        read_settings(NEEDED | {name: value})


def test_settings_as_others_write_them() -> None:
    given = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": "https://collector:4318/v1/traces",
        "OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer%20a, x=b=c",
        "OTEL_TRACES_SAMPLER_ARG": "0.25",
    }
    settings = read_settings(NEEDED | given)
    assert settings.otlp_endpoint == "https://collector:4318"
    assert settings.otlp_headers == (("authorization", "Bearer a"), ("x", "b=c"))
    assert settings.trace_share == 0.25
    assert "Bearer" not in repr(settings)
