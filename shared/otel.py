"""Spans by OpenTelemetry, sent by OTLP over HTTP; loaded by `shared.tracing` alone, and only if they are wanted."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Final

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from shared.settings import Settings
from shared.tracing import Kind, Span, Value

MOST_WAITING: Final = 4_096
"""Spans that wait to be sent; what comes beyond is dropped, with a line in the log. 1 KB each at most, so 4 MB."""
MOST_AT_ONCE: Final = 512
SEND_EVERY_SECONDS: Final = 2.0
SEND_SECONDS: Final = 5.0
"""For one request to the collector, repetitions included; then its spans are dropped."""
MOST_TEXT: Final = 1_000
MOST_ATTRIBUTES: Final = 24

_KINDS: Final[Mapping[Kind, trace.SpanKind]] = {
    "server": trace.SpanKind.SERVER,
    "consumer": trace.SpanKind.CONSUMER,
    "internal": trace.SpanKind.INTERNAL,
}
_WIRE: Final = TraceContextTextMapPropagator()


class _Recorded:
    def __init__(self, span: trace.Span) -> None:
        self._span = span

    def note(self, attributes: Mapping[str, Value], *, failed: bool = False) -> None:
        self._span.set_attributes(attributes)
        if failed:
            self._span.set_status(trace.StatusCode.ERROR)


class OtelTracer:
    """Makes spans and sends them from a thread of its own."""

    def __init__(self, service: str, settings: Settings, exporter: SpanExporter) -> None:
        """Nothing is sent yet. The share of traces is kept by a trace's id, so all services decide alike."""
        share = TraceIdRatioBased(settings.trace_share)
        self._provider = TracerProvider(
            # A stranger's header may say that it isn't recorded, but not that it is.
            sampler=ParentBased(share, remote_parent_sampled=share),
            resource=Resource.create(
                {"service.name": f"scanfleet-{service}", "service.instance.id": settings.worker_name}
            ),
            span_limits=SpanLimits(max_span_attributes=MOST_ATTRIBUTES, max_attribute_length=MOST_TEXT),
            shutdown_on_exit=False,
        )
        self._provider.add_span_processor(
            BatchSpanProcessor(
                exporter,
                max_queue_size=MOST_WAITING,
                schedule_delay_millis=SEND_EVERY_SECONDS * 1000,
                max_export_batch_size=MOST_AT_ONCE,
            )
        )
        self._tracer = self._provider.get_tracer("scanfleet")

    @contextmanager
    def span(self, name: str, attributes: Mapping[str, Value], kind: Kind, parent: str | None) -> Generator[Span]:
        """A span as long as the block. Of an error only its class is told: its text may hold addresses."""
        around = None if parent is None else _WIRE.extract({"traceparent": parent})
        with self._tracer.start_as_current_span(
            name,
            context=around,
            kind=_KINDS[kind],
            attributes=attributes,
            record_exception=False,
            set_status_on_exception=False,
        ) as made:
            try:
                yield _Recorded(made)
            except BaseException as error:
                made.set_attribute("error.type", type(error).__name__)
                made.set_status(trace.StatusCode.ERROR)
                raise

    def traceparent(self) -> str | None:
        """The current span's, None where it isn't recorded: others needn't keep what nobody will see."""
        if not trace.get_current_span().get_span_context().trace_flags.sampled:
            return None
        carrier: dict[str, str] = {}
        _WIRE.inject(carrier)
        return carrier.get("traceparent")

    def close(self) -> None:
        """Send what is left; how long that may take is the caller's to say."""
        self._provider.shutdown()


def make_tracer(service: str, settings: Settings) -> OtelTracer:
    """A tracer that sends to the collector of the settings."""
    exporter = OTLPSpanExporter(
        endpoint=f"{settings.otlp_endpoint}/v1/traces",
        headers=dict(settings.otlp_headers),
        timeout=SEND_SECONDS,
        compression=Compression.Gzip,
    )
    return OtelTracer(service, settings, exporter)
