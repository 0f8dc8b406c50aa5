"""`POST /v1/capabilities/{name}/predict`: rows, checked, scored beside other requests' rows, and answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import orjson

from gateway.problems import FieldProblem, Problem
from roadworthy.modelling.online_rows import InvalidRows, OnlineRows
from roadworthy.modelling.refusals import Closed, Overloaded, TooLate
from roadworthy.modelling.scoring.together import NotScored


class Reader(Protocol):
    """Reads a request's rows."""

    def read(self, body: object) -> OnlineRows:
        """Return the rows of a JSON body. Raises `InvalidRows`."""


class Batcher(Protocol):
    """Scores rows."""

    async def score(self, rows: OnlineRows, seconds: float) -> list[float]:
        """Return each row's score within `seconds`."""


class PredictingModel(Protocol):
    """What is needed of a model: `roadworthy.modelling.online_model.OnlineModel` is one."""

    @property
    def reader(self) -> Reader:
        """Reads a request's rows."""

    @property
    def batcher(self) -> Batcher:
        """Scores them."""


@dataclass(frozen=True)
class Served:
    """Which release answers, as the answer and the event name it."""

    capability: str
    release: str
    """As people write it: flight-delay@3."""
    digest: str
    arm: str


@dataclass(frozen=True)
class Prediction:
    """The rows of a request and their scores."""

    rows: OnlineRows
    scores: tuple[float, ...]

    def body(self, served: Served) -> bytes:
        """Return the answer's JSON."""
        return orjson.dumps(
            {
                "capability": served.capability,
                "release": served.release,
                "digest": served.digest,
                "arm": served.arm,
                "predictions": [{"score": score} for score in self.scores],
            }
        )


async def predict(model: PredictingModel, body: object, seconds: float) -> Prediction:
    """Predict the rows of a JSON body within `seconds`. Raises `Problem`."""
    try:
        rows = model.reader.read(body)
        return Prediction(rows, tuple(await model.batcher.score(rows, seconds)))
    except InvalidRows as error:
        places = tuple(FieldProblem(one.pointer, one.problem) for one in error.problems)
        raise Problem("invalid-rows", 422, error.problem, places) from None
    except NotScored as error:
        raise Problem("invalid-rows", 422, error.problem) from None
    except Overloaded as error:
        raise Problem("overloaded", 503, error.problem, retry_after=error.retry_after) from None
    except TooLate as error:
        raise Problem("deadline", 504, error.problem) from None
    except Closed as error:
        raise Problem("not-ready", 503, error.problem, retry_after=1.0) from None


def rows_as_json(rows: OnlineRows, names: list[str]) -> str:
    """Return the rows as a JSON list of records, as `Content` keeps them; a gap is null."""
    records = [dict(zip(names, row, strict=True)) for row in zip(*rows.columns, strict=True)]
    return orjson.dumps(records).decode()
