"""`GET /v1/models` and `GET /v1/capabilities/{name}`: what is served, and by which release."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from gateway.choosing import served_of
from gateway.following.served import Served
from gateway.services import services_of
from gateway.visit import visit_of


async def list_models(request: Request) -> Response:
    """List what is served and the key is meant for, as OpenAI lists its models."""
    services = services_of(request)
    key = services.door.enter(request, visit_of(request))
    listed = [
        _model(name, served)
        for name, served in sorted(services.follower.served.items())
        if served.loaded and key.allows(f"capability:{name}")
    ]
    return _json({"object": "list", "data": listed})


async def show_model(request: Request) -> Response:
    """Show one of them."""
    services = services_of(request)
    key = services.door.enter(request, visit_of(request))
    name = request.path_params["name"]
    services.door.check(key, f"capability:{name}")
    return _json(_model(name, served_of(services.follower, name)))


def _model(name: str, served: Served) -> Mapping[str, Any]:
    arm, loaded = next(iter(served.loaded.items()))
    record = loaded.wanted.record
    return {
        "id": name,
        "object": "model",
        "created": int(record.released_at.timestamp()),
        "owned_by": loaded.opened.parameters.owner,
        "kind": loaded.kind,
        "release": loaded.name,
        "digest": record.digest,
        "arm": arm,
        "description": loaded.opened.parameters.description,
        "switched_off": sorted(served.route.switched_off),
    }


def _json(document: Mapping[str, Any]) -> Response:
    return Response(orjson.dumps(document), media_type="application/json")
