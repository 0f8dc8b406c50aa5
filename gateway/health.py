"""`/healthz` and `/readyz`: whether the process lives, and whether it can answer."""

from __future__ import annotations

import time

import orjson
from starlette.requests import Request
from starlette.responses import Response

from gateway.following.follower import Failure
from gateway.services import services_of


async def is_alive(request: Request) -> Response:
    """Answer as long as the process can."""
    return Response(b'{"status":"ok"}', media_type="application/json")


async def is_ready(request: Request) -> Response:
    """Answer 200 when everything that is in production is loaded, 503 before; says which releases serve."""
    follower = services_of(request).follower
    document = {
        "status": "ready" if follower.is_ready else "not ready",
        "ledger_age_seconds": round(time.monotonic() - follower.looked_at, 3),
        "serving": {
            name: {arm: loaded.name for arm, loaded in served.loaded.items()}
            for name, served in follower.served.items()
        },
        "could_not_load": sorted(_said(failure) for failure in follower.failures.values()),
    }
    return Response(orjson.dumps(document), 200 if follower.is_ready else 503, media_type="application/json")


def _said(failure: Failure) -> str:
    return f"{failure.wanted.capability}@{failure.wanted.record.number}: {failure.problem}"
