"""Opens tracing as the environment's standard variables say: off unless there is an endpoint."""

# Late imports: start-up time.
from __future__ import annotations

import logging
import os

from gateway.tracing.interface import Tracing
from gateway.tracing.off import NoTracing
from roadworthy.errors import ParamsError

SERVICE = "roadworthy-gateway"
CAPACITY = 4096
"""Spans that are held; a request has about ten."""
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_CAPACITY = "OTEL_BSP_MAX_QUEUE_SIZE"


def open_tracing() -> Tracing:
    """Return tracing to the endpoint that OpenTelemetry's variables name; none without one, or with OTEL_SDK_DISABLED.

    Without an endpoint OpenTelemetry is not even imported. Headers, timeouts, sampler and batches are read by
    OpenTelemetry from its own variables (opentelemetry.io, "SDK environment variables"). For MLflow set
    OTEL_EXPORTER_OTLP_ENDPOINT to its address and OTEL_EXPORTER_OTLP_HEADERS to x-mlflow-experiment-id=NUMBER.
    Raises `ParamsError` when the size of the queue is no number.
    """
    disabled = os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"
    if disabled or not any(os.environ.get(name) for name in _ENDPOINTS):
        return NoTracing()
    return _open()


def _open() -> Tracing:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider

    from gateway.tracing.otlp import OtlpTracing

    # It says something at each try; we say once that it fails, and count.
    logging.getLogger("opentelemetry.exporter.otlp").setLevel(logging.CRITICAL)
    named = "OTEL_SERVICE_NAME" in os.environ or "service.name=" in os.environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
    # Only for the sampler that its variables choose; it is never made the process's provider.
    provider = TracerProvider(
        resource=Resource.create({} if named else {"service.name": SERVICE}), shutdown_on_exit=False
    )
    return OtlpTracing(OTLPSpanExporter(), provider.sampler, provider.resource, _capacity())


def _capacity() -> int:
    given = os.environ.get(_CAPACITY, str(CAPACITY))
    if given.isdecimal() and int(given) > 0:
        return int(given)
    raise ParamsError("this is no number of spans", where=_CAPACITY, remedy=f"unset it, or give one such as {CAPACITY}")
