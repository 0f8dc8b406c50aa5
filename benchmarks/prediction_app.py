"""The gateway's predictions alone, for measuring: `uvicorn --factory benchmarks.prediction_app:make_app`."""

from __future__ import annotations

import os
from pathlib import Path

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from gateway.body import BodyLimits, read_json
from gateway.predictions import Served, predict
from gateway.problems import Problem, response_to
from roadworthy.modelling.online_model import open_online_model

BUNDLE = "BENCHMARK_BUNDLE"
"""The variable that names the release's folder."""


def make_app() -> FastAPI:
    """Return an application that answers with the release in the folder that the environment names."""
    model = open_online_model(Path(os.environ[BUNDLE]))
    served = Served("flight-delay", "flight-delay@1", "0" * 64, "production")
    limits = BodyLimits()
    app = FastAPI()

    async def answer(request: Request) -> Response:
        try:
            prediction = await predict(model, await read_json(request, limits), 30.0)
        except Problem as problem:
            return response_to(problem)
        return Response(prediction.body(served), media_type="application/json")

    app.add_api_route("/v1/capabilities/{name}/predict", answer, methods=["POST"])
    return app
