"""What metrics and traces cost a request, each beside what its library costs when it is used directly.

`python -m benchmarks.observability --requests 5000`. Metrics: one `observe` of an answer with all that it consists of,
against the same number of counters of prometheus_client that are looked up by their labels. Traces: `begin` and
`finish`, against OpenTelemetry's tracer that starts and ends as many spans with the same attributes
and hands them to nobody. Rounds take turns, and the medians are kept. The reading of all figures is timed beside it.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import DEFAULT_ON
from prometheus_client import CollectorRegistry, Counter

from benchmarks.telemetry import TYPICAL
from gateway.metrics.metrics import Metrics
from gateway.tracing.attributes import of_part, of_request
from gateway.tracing.otlp import OtlpTracing
from roadworthy.atomic import write_bytes
from roadworthy.canonical import readable_json

RESULTS = Path(__file__).resolve().parent / "results" / "observability.json"
CAPACITY = 1_000_000


class Nowhere(SpanExporter):
    """Takes everything and sends nothing."""

    def export(self, spans: Any) -> SpanExportResult:
        """Say that it was sent."""
        return SpanExportResult.SUCCESS


def observing(metrics: Metrics, count: int) -> float:
    """Return the seconds of one `observe`."""
    return _each(count, lambda: metrics.observe(TYPICAL))


def counting(counter: Counter, figures: int, count: int) -> float:
    """Return the seconds of `figures` counters that are looked up and counted."""

    def act() -> None:
        for number in range(figures):
            counter.labels("bank-helpdesk", "5", "production", str(number)).inc()

    return _each(count, act)


def tracing(traced: OtlpTracing, count: int) -> float:
    """Return the seconds of one `begin` and `finish`."""
    return _each(count, lambda: traced.finish(traced.begin(), TYPICAL))


def with_a_tracer(provider: TracerProvider, count: int) -> float:
    """Return the seconds of the same spans by OpenTelemetry's tracer."""
    tracer = provider.get_tracer("peer")

    def act() -> None:
        with tracer.start_as_current_span("answer", attributes=of_request(TYPICAL)):
            for part in TYPICAL.parts:
                tracer.start_span(part.name, attributes=of_part(part.name, part.failure, None, "model")).end()

    return _each(count, act)


def measure(count: int, rounds: int) -> dict[str, Any]:
    """Return the figures and their ratios."""
    metrics, resource = Metrics(), Resource({})
    counter = Counter("peer", "Peer.", ("capability", "release", "arm", "number"), registry=CollectorRegistry())
    provider = TracerProvider(DEFAULT_ON, resource, shutdown_on_exit=False)
    figures = 4 + len(TYPICAL.parts) + len(TYPICAL.guards) + len(TYPICAL.calls) + 3
    found: dict[str, list[float]] = {name: [] for name in ("observe", "counters", "trace", "tracer")}
    for _ in range(rounds):
        traced = OtlpTracing(Nowhere(), DEFAULT_ON, resource, CAPACITY)
        found["observe"].append(observing(metrics, count))
        found["counters"].append(counting(counter, figures, count))
        found["trace"].append(tracing(traced, count))
        found["tracer"].append(with_a_tracer(provider, count))
        traced.close()
    middle = {name: median(values) for name, values in found.items()}
    return {
        "requests": count, "rounds": rounds,
        "metrics": {
            "observe, us": _us(middle["observe"]), f"{figures} counters by label, us": _us(middle["counters"]),
            "ratio": round(middle["observe"] / middle["counters"], 3), **reading(),
        },
        "traces": {
            "begin and finish, us": _us(middle["trace"]), "OpenTelemetry's tracer, us": _us(middle["tracer"]),
            "ratio": round(middle["trace"] / middle["tracer"], 3), "spans": 1 + len(TYPICAL.parts),
        },
    }  # fmt: skip


def reading() -> dict[str, Any]:
    """Return how long the reading of twenty releases takes, and how many series they are."""
    metrics = Metrics()
    for number in range(1, 21):
        metrics.observe(replace(TYPICAL, release=number))
    series = sum(len(family.samples) for family in metrics.collect())
    return {"series": series, "collect, ms": round(1e3 * _each(20, metrics.collect), 2)}


def main() -> None:
    """Measure, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    figures = readable_json(measure(arguments.requests, arguments.rounds))
    write_bytes(RESULTS, figures)
    print(figures.decode())


def _each(count: int, act: Callable[[], object]) -> float:
    begun = perf_counter()
    for _ in range(count):
        act()
    return (perf_counter() - begun) / count


def _us(seconds: float) -> float:
    return round(1e6 * seconds, 2)


if __name__ == "__main__":
    main()
