"""MLflow as the collector of the gateway's traces."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from servers.mlflow_server import MlflowServer

from gateway.tracing.opening import open_tracing
from roadworthy.telemetry.event import Ending, Event, Kind, Part
from tasks.mlflow_server import await_mlflow

ASKED = Event(
    id="r1",
    at=datetime.now(UTC),
    kind=Kind.ANSWER,
    ending=Ending.ANSWERED,
    status=200,
    seconds=0.8,
    capability="helpdesk",
    release=3,
    digest="d" * 64,
    arm="canary",
    parts=(Part("retrieve", 0.01), Part("ask the model", 0.7)),
    prompt_tokens=120,
    completion_tokens=30,
)


def test_a_request_is_found_in_mlflow_by_its_traces_id(
    plain_mlflow: MlflowServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With OpenTelemetry's standard variables alone; its spans, its release and its tokens are there."""
    import mlflow

    assert plain_mlflow.process is not None
    await_mlflow(plain_mlflow.process)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", plain_mlflow.url)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-mlflow-experiment-id=0")
    tracing = open_tracing()
    trace = tracing.begin()
    tracing.finish(trace, ASKED)
    tracing.close()
    assert tracing.lost == 0
    kept = mlflow.MlflowClient(plain_mlflow.url).get_trace(f"tr-{trace.trace_id:032x}")
    assert sorted(span.name for span in kept.data.spans) == ["answer helpdesk", "ask the model", "retrieve"]
    [request] = [span for span in kept.data.spans if span.name == "answer helpdesk"]
    assert request.attributes["roadworthy.digest"] == "d" * 64
    assert kept.info.token_usage == {"input_tokens": 120, "output_tokens": 30, "total_tokens": 150}
