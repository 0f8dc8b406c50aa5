"""`POST /v1/capabilities/{name}/predict`, and what a client has to know to use it."""

from __future__ import annotations

from functools import partial

import orjson
from starlette.requests import Request
from starlette.responses import Response

from gateway.body import read_json
from gateway.chat import release_headers
from gateway.choosing import choose, known_capability, served_of
from gateway.predictions import Prediction, Served, predict, rows_as_json
from gateway.problems import Problem
from gateway.row_keys import split_keys
from gateway.services import Services, services_of
from gateway.visit import Visit, visit_of
from roadworthy.drift.served.interface import PredictedRows
from roadworthy.modelling.online_schema import record_schema
from roadworthy.serving.opened import OpenedModel
from roadworthy.telemetry.event import Content, Ending, Kind

_RETRY_SECONDS = 60.0
_MOST_NAMES = 50_000
"""A thousand rows of fifty features."""


async def predict_rows(request: Request) -> Response:
    """Predict rows with a released model."""
    services, visit = services_of(request), visit_of(request)
    visit.kind = Kind.PREDICTION
    key = services.door.enter(request, visit)
    name = request.path_params["name"]
    visit.capability = known_capability(services.follower, name)
    services.door.check(key, f"capability:{name}")
    await services.door.count(key)
    services.door.glance(key)
    if served_of(services.follower, name).is_off:
        # An operator said no; nothing is broken, and no error budget is spent.
        visit.ending = Ending.REJECTED
        raise Problem("switched-off", 503, f"{name} is switched off by an operator", retry_after=_RETRY_SECONDS)
    body = await read_json(request, services.body, _MOST_NAMES)
    async with services.door.place(visit, key):
        content = await _predicted(services, visit, name, body)
    return Response(content, headers=release_headers(visit), media_type="application/json")


async def _predicted(services: Services, visit: Visit, name: str, body: object) -> bytes:
    choice = choose(services.follower, visit, name, "model")
    with choice.loaded.in_use() as opened, visit.part("predict"):
        assert isinstance(opened, OpenedModel)  # noqa: S101  (choose looked at the kind)
        keyed = split_keys(body)
        prediction = await predict(opened.model, keyed.body, visit.deadline - visit.started - visit.seconds)
        visit.keys = keyed.digests(prediction.rows.count, partial(services.pseudonymiser.of_key, name))
        visit.rows, visit.ending, visit.scores = len(prediction.scores), Ending.PREDICTED, prediction.scores
        _count(services, visit, opened, prediction)
        if services.keeps_content:
            rows = rows_as_json(prediction.rows, opened.model.schema.columns)
            visit.content = Content(visit.id, visit.at, name, rows=rows, scores=prediction.scores)
    return prediction.body(Served(name, choice.loaded.name, visit.digest, choice.arm))


def _count(services: Services, visit: Visit, opened: OpenedModel, prediction: Prediction) -> None:
    if opened.counter is not None:
        columns, scores = prediction.rows.columns, prediction.scores
        services.counting.note(
            PredictedRows(visit.capability, visit.release, visit.digest, visit.at, opened.counter, columns, scores)
        )


async def show_capability(request: Request) -> Response:
    """Show what a capability takes: for a model the JSON Schema of a record, with an example."""
    services = services_of(request)
    key = services.door.enter(request, visit_of(request))
    name = request.path_params["name"]
    services.door.check(key, f"capability:{name}")
    served = served_of(services.follower, name)
    arm, loaded = next(iter(served.loaded.items()), ("", None))
    if loaded is None:
        raise Problem("not-ready", 503, f"no release of {name} could be loaded yet", retry_after=5)
    document: dict[str, object] = {
        "name": name,
        "kind": loaded.kind,
        "description": loaded.opened.parameters.description,
        "release": loaded.name,
        "digest": loaded.wanted.record.digest,
        "arm": arm,
    }
    if isinstance(loaded.opened, OpenedModel):
        document |= _shape(loaded.opened)
    return Response(orjson.dumps(document), media_type="application/json")


def _shape(opened: OpenedModel) -> dict[str, object]:
    return {"schema": record_schema(opened.model.schema), "example": opened.model.example}
