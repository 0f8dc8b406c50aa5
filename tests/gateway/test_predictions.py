"""Predictions over HTTP, of a real small release behind a small application: rows in, scores or problems out."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pandas
import pytest
from fakes.small_bundle import make_small_bundle
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.body import parse_json
from gateway.predictions import Served, predict, rows_as_json
from gateway.problems import Problem, response_to
from roadworthy.errors import IntegrityError
from roadworthy.modelling.micro_batches import BatchLimits
from roadworthy.modelling.online_model import OnlineModel, open_online_model
from roadworthy.modelling.online_rows import OnlineRows
from roadworthy.modelling.scoring.boosted_trees import BoostedTreesScorer

SERVED = Served("flight-delay", "flight-delay@3", "d" * 64, "production")
ROW: dict[str, Any] = {"carrier": "UA", "distance": 800.5, "wind": 31}
PATH = "/v1/capabilities/flight-delay/predict"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release's folder."""
    return make_small_bundle(tmp_path_factory.mktemp("small"))


def application(model: OnlineModel, seconds: float) -> Starlette:
    """Return the least that serves a model."""

    async def answer(request: Request) -> Response:
        try:
            prediction = await predict(model, parse_json(await request.body(), depth=16), seconds)
        except Problem as problem:
            return response_to(problem)
        return Response(prediction.body(SERVED), media_type="application/json")

    return Starlette(routes=[Route(PATH, answer, methods=["POST"])])


Ask = Callable[[Any], Awaitable[httpx.Response]]


def served(
    bundle: Path,
    test: Callable[[OnlineModel, Ask], Awaitable[None]],
    seconds: float = 30,
    limits: BatchLimits | None = None,
) -> None:
    """Run `test` with the release served, and a way to ask it."""

    async def run() -> None:
        model = await asyncio.to_thread(open_online_model, bundle, limits, 50)
        transport = httpx.ASGITransport(application(model, seconds))
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:

            async def ask(body: Any) -> httpx.Response:
                content = body if isinstance(body, bytes) else json.dumps(body).encode()
                return await client.post(PATH, content=content, timeout=60)

            await test(model, ask)
        await model.batcher.drain()

    asyncio.run(run())


def test_an_answer_names_the_release_and_scores_each_row(bundle: Path) -> None:
    """Records and columns get the same scores: those that the model gives by itself."""

    async def test(model: OnlineModel, ask: Ask) -> None:
        rows = [ROW, {"carrier": None, "distance": None, "wind": None}]
        expected = model.model.predict(pandas.DataFrame(rows)).tolist()
        answered = await ask({"records": rows})
        assert answered.status_code == 200
        assert answered.json() == {
            "capability": "flight-delay",
            "release": "flight-delay@3",
            "digest": "d" * 64,
            "arm": "production",
            "predictions": [{"score": score} for score in expected],
        }
        columns = {name: [row[name] for row in rows] for name in ROW}
        assert (await ask({"columns": columns})).json() == answered.json()

    served(bundle, test)


def test_many_at_once_each_get_their_own(bundle: Path) -> None:
    """Sixty clients at the same time: fewer batches than requests, and nobody gets another's score."""

    async def test(model: OnlineModel, ask: Ask) -> None:
        rows = [{**ROW, "wind": number / 2, "carrier": ("AA", "UA", "WN")[number % 3]} for number in range(60)]
        expected = model.model.predict(pandas.DataFrame(rows)).tolist()
        answers = await asyncio.gather(*(ask({"records": [row]}) for row in rows))
        assert [answer.json()["predictions"] for answer in answers] == [[{"score": score}] for score in expected]
        assert len(set(expected)) > 5
        assert model.batcher.batches < 60

    served(bundle, test)


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        ({"records": [{**ROW, "wind": "strong"}]}, 422, "/records/0/wind"),
        ({"records": [{**ROW, "wnd": 1}]}, 422, "/records/0/wnd"),
        ({"records": [ROW] * 51}, 422, "/records"),
        ({"columns": {**{name: [value] for name, value in ROW.items()}, "wind": [True]}}, 422, "/columns/wind/0"),
        (b'{"records": [{"carrier": "UA", "distance": NaN, "wind": 1}]}', 400, None),
        (b"[]", 422, ""),
    ],
)
def test_what_does_not_fit_is_a_problem_document_that_names_the_place(
    bundle: Path, body: Any, status: int, pointer: str | None
) -> None:
    """By RFC 9457, with a pointer into the body."""

    async def test(model: OnlineModel, ask: Ask) -> None:
        answered = await ask(body)
        assert answered.status_code == status
        assert answered.headers["content-type"] == "application/problem+json"
        assert [one["pointer"] for one in answered.json().get("errors", ())] == ([] if pointer is None else [pointer])

    served(bundle, test)


def test_a_bad_neighbour_changes_nothing(bundle: Path) -> None:
    """Requests that come together fail or succeed each by itself."""

    async def test(model: OnlineModel, ask: Ask) -> None:
        alone = (await ask({"records": [ROW]})).json()
        bad = {"records": [{**ROW, "carrier": 7}]}
        answers = await asyncio.gather(*(ask({"records": [ROW]} if number % 2 else bad) for number in range(20)))
        assert [answer.status_code for answer in answers] == [422, 200] * 10
        assert all(answer.json() == alone for answer in answers[1::2])

    served(bundle, test)


def test_too_late_and_too_many_say_so(bundle: Path) -> None:
    """504 when the time is over; 503 with Retry-After when too many rows wait."""

    async def late(model: OnlineModel, ask: Ask) -> None:
        answered = await ask({"records": [ROW]})
        assert (answered.status_code, answered.json()["error"]["code"]) == (504, "deadline")

    served(bundle, late, seconds=0)

    async def many(model: OnlineModel, ask: Ask) -> None:
        answers = await asyncio.gather(*(ask({"records": [ROW] * 50}) for _ in range(20)))
        refused = [answer for answer in answers if answer.status_code == 503]
        assert refused
        assert all(int(answer.headers["retry-after"]) >= 1 for answer in refused)
        assert sum(answer.status_code == 200 for answer in answers) == 20 - len(refused) > 0

    served(bundle, many, limits=BatchLimits(most_rows=50, most_waiting=100))


def test_a_release_that_predicts_otherwise_is_not_opened(bundle: Path, tmp_path: Path) -> None:
    """Its fixed rows are predicted before it serves; a real release's trees are scored the short way."""
    assert isinstance(open_online_model(bundle).batcher._scorer, BoostedTreesScorer)
    other = make_small_bundle(tmp_path, train={"arguments": {"max_iter": 7}})
    for name in ("probe.json", "probe.parquet"):
        (other / "model" / name).write_bytes((bundle / "model" / name).read_bytes())
    with pytest.raises(IntegrityError, match="does not predict what it did"):
        open_online_model(other)


def test_rows_are_kept_as_records() -> None:
    """What a policy allows to keep of a request is readable JSON, with null for gaps."""
    rows = OnlineRows((["UA", None], [1.5, math.nan]), 2)
    assert json.loads(rows_as_json(rows, ["carrier", "wind"])) == [
        {"carrier": "UA", "wind": 1.5},
        {"carrier": None, "wind": None},
    ]
