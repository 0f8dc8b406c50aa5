"""One trace for each request: its place, its spans, and what happens when nobody takes them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fakes.sample_events import ANSWER, REJECTED
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from servers.otlp_collector import Collector, running_collector

from gateway.tracing.interface import Trace, Tracing
from gateway.tracing.off import NoTracing
from gateway.tracing.opening import open_tracing
from gateway.tracing.traceparent import read_parent
from roadworthy.errors import ParamsError
from roadworthy.telemetry.event import Ending, Part

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
FULL = replace(ANSWER, parts=(*ANSWER.parts, Part("call a tool", 0.02)))


@pytest.fixture
def collector() -> Iterator[Collector]:
    """A collector that works."""
    with running_collector() as running:
        yield running


@pytest.fixture
def tracing(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tracing]:
    """Tracing to the collector; few spans are held."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "10")
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "40")
    opened = open_tracing()
    yield opened
    opened.close()


def attributes(span: Span) -> dict[str, object]:
    """A span's attributes as Python values."""
    return {one.key: getattr(one.value, str(one.value.WhichOneof("value"))) for one in span.attributes}


def test_a_request_is_one_trace_below_its_clients_span(tracing: Tracing, collector: Collector) -> None:
    """A span for the request and one for each part, with OpenTelemetry's names, release and arm."""
    trace = tracing.begin(PARENT, "vendor=1")
    tracing.finish(trace, FULL, "a-model")
    tracing.close()
    *parts, request = collector.spans
    assert {span.trace_id.hex() for span in collector.spans} == {PARENT.split("-")[1]}
    assert request.parent_span_id.hex() == "00f067aa0ba902b7"
    assert request.span_id.hex() == trace.headers["traceparent"].split("-")[2]
    assert {span.parent_span_id for span in parts} == {request.span_id}
    said = attributes(request)
    assert said["gen_ai.request.model"] == "helpdesk"
    assert (said["gen_ai.usage.input_tokens"], said["gen_ai.usage.output_tokens"]) == (120, 30)
    assert (said["roadworthy.digest"], said["roadworthy.arm"], said["roadworthy.release"]) == ("d" * 64, "canary", 3)
    assert [span.name for span in parts] == ["retrieve", "ask the model", "execute_tool balance"]
    assert attributes(parts[1])["gen_ai.request.model"] == "a-model"
    assert attributes(parts[2])["gen_ai.tool.name"] == "balance"
    assert parts[1].start_time_unix_nano == parts[0].end_time_unix_nano
    assert request.end_time_unix_nano - request.start_time_unix_nano == 800_000_000
    assert [attributes(event)["guard"] for event in request.events] == ["injection", "secrets"]
    assert collector.services == {"roadworthy-gateway"}
    assert tracing.lost == 0


def test_what_failed_is_marked_as_failed(tracing: Tracing, collector: Collector) -> None:
    """A part that raised and a request that ended badly are errors; a refusal of bad input is none."""
    tracing.finish(tracing.begin(), replace(FULL, ending=Ending.TIMEOUT, status=504, problem="timeout"))
    tracing.finish(tracing.begin(), REJECTED)
    tracing.close()
    codes = [span.status.code for span in collector.spans]
    assert codes == [0, 2, 0, 2, 0]
    assert attributes(collector.spans[3])["error.type"] == "timeout"


def test_a_clients_wish_not_to_be_traced_is_kept(tracing: Tracing, collector: Collector) -> None:
    """A trace that the client does not keep is passed on as not kept, and not sent."""
    trace = tracing.begin(PARENT[:-2] + "00")
    tracing.finish(trace, FULL)
    tracing.close()
    assert trace.headers["traceparent"].endswith("-00")
    assert collector.spans == []


def test_a_collector_that_hangs_costs_spans_and_nothing_else(tracing: Tracing, collector: Collector) -> None:
    """No more than the queue is held, however many requests there are; what is lost is counted."""
    collector.held.clear()
    for _ in range(100):
        tracing.finish(tracing.begin(), FULL)
    assert tracing.lost == 400 - 40
    collector.held.set()
    tracing.close()
    assert len(collector.spans) + tracing.lost == 400


def test_a_collector_that_refuses_is_counted(tracing: Tracing, collector: Collector) -> None:
    """Spans that the collector does not take are lost, and said to be."""
    collector.status = 400
    tracing.finish(tracing.begin(), FULL)
    tracing.close()
    assert tracing.lost == 4


def test_without_an_endpoint_opentelemetry_is_not_imported() -> None:
    """Who does not trace does not pay for it; a client's trace is passed on all the same."""
    program = (
        "import os, sys; os.environ.pop('OTEL_EXPORTER_OTLP_ENDPOINT', None)\n"
        "from gateway.tracing.opening import open_tracing\n"
        f"tracing = open_tracing(); print(dict(tracing.begin('{PARENT}').headers))\n"
        "print([name for name in sys.modules if name.startswith('opentelemetry')])"
    )
    root = Path(__file__).resolve().parents[2]
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=root)
    assert said.stdout.splitlines() == [str({"traceparent": PARENT}), "[]"]


def test_disabled_is_disabled(monkeypatch: pytest.MonkeyPatch) -> None:
    """OTEL_SDK_DISABLED counts for more than an endpoint; a queue of no size is refused."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")
    assert isinstance(open_tracing(), NoTracing)
    monkeypatch.setenv("OTEL_SDK_DISABLED", "false")
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "many")
    with pytest.raises(ParamsError, match="no number of spans"):
        open_tracing()


@pytest.mark.parametrize(
    "header",
    [
        "",
        "00-" + "0" * 32 + "-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-" + "0" * 16 + "-01",
        "ff" + PARENT[2:],
        PARENT + "-more",
        PARENT.upper(),
        PARENT[:-1],
    ],
)
def test_a_header_that_is_none_begins_a_trace_of_its_own(header: str) -> None:
    """Nonsense in traceparent is read as nothing (W3C Trace Context, section 3.2.2)."""
    assert read_parent(header, "vendor=1") == Trace()


def test_a_later_version_is_read_as_far_as_it_is_known() -> None:
    """What a later version adds after the known part is left out."""
    assert read_parent("cc" + PARENT[2:] + "-what-comes").headers == {"traceparent": PARENT}


@given(st.text(), st.text())
def test_nothing_that_a_client_sends_breaks_a_header(traceparent: str, tracestate: str) -> None:
    """Whatever comes in, what goes on is a header's value."""
    for said in (read_parent(traceparent, tracestate), read_parent(PARENT, tracestate)):
        assert all(value.isascii() and value.isprintable() for value in said.headers.values())
