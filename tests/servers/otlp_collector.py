"""A small real collector of traces: takes OTLP over HTTP, or refuses it, as a test tells it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span


@dataclass
class Collector:
    """A running collector, and what it has taken."""

    url: str
    status: int = 200
    """What it answers."""
    held: threading.Event = field(default_factory=threading.Event)
    """While this is not set, nobody gets an answer."""
    spans: list[Span] = field(default_factory=list)
    services: set[str] = field(default_factory=set)


@contextmanager
def running_collector() -> Iterator[Collector]:
    """Serve on a free port of the loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            collector.held.wait(30)
            if collector.status == 200:
                _take(collector, body)
            self.send_response(collector.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        collector = Collector(f"http://127.0.0.1:{server.server_port}")
        collector.held.set()
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield collector
        finally:
            collector.held.set()
            server.shutdown()
            thread.join()


def _take(collector: Collector, body: bytes) -> None:
    for of_resource in ExportTraceServiceRequest.FromString(body).resource_spans:
        names = [one.value.string_value for one in of_resource.resource.attributes if one.key == "service.name"]
        collector.services.update(names)
        for of_scope in of_resource.scope_spans:
            collector.spans.extend(of_scope.spans)
