"""The endpoint `/metrics`: all workers' figures in the format that the reader understands."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response

from gateway.metrics.siblings import Siblings


class MetricsEndpoint:
    """Give its `read` as the route's endpoint."""

    def __init__(self, siblings: Siblings) -> None:
        self._siblings = siblings

    async def read(self, request: Request) -> Response:
        """Answer in Prometheus' text format, or OpenMetrics where the reader asks for it."""
        encode, media_type = choose_encoder(request.headers.get("accept", ""))
        families = await self._siblings.collect()
        content = await asyncio.to_thread(encode, _Collected(families))
        # Starlette would add a second charset to `media_type`.
        return Response(content, headers={"Content-Type": media_type, "Cache-Control": "no-store"})


class _Collected(Collector):
    """Families that were collected already."""

    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        """Yield them."""
        return iter(self._families)
