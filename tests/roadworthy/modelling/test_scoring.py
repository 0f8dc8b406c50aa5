"""Scoring in batches: the very bits that the model gives for each row alone, by every way of scoring."""

from __future__ import annotations

import math
from typing import Any

import numpy
import pandas
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from modelling_samples import CATEGORICAL, NUMERIC, TrainSettings, flights, labels
from scoring_samples import MORE, SCHEMA, TAKEN_APART, chosen, model

from roadworthy.modelling.estimator import build_estimator
from roadworthy.modelling.fitted_model import FittedModel
from roadworthy.modelling.online_rows import OnlineRows
from roadworthy.modelling.schema import Feature, FeatureSchema
from roadworthy.modelling.scoring.boosted_trees import BoostedTreesScorer, take_apart
from roadworthy.modelling.scoring.choosing import proves_itself, rows_of, scorer_for
from roadworthy.modelling.scoring.pipeline import PipelineScorer, frame_of


def alone(fitted: FittedModel, rows: OnlineRows) -> list[float]:
    """Return what the model itself says of each row, asked for one at a time."""
    frame = frame_of(rows, fitted)
    return [float(fitted.predict(frame.iloc[[row]])[0]) for row in range(rows.count)]


@pytest.mark.parametrize("specimen", MORE)
def test_every_way_gives_the_models_own_bits_row_by_row(specimen: str) -> None:
    """Rows with gaps and unseen categories, scored together, get what `FittedModel.predict` says of each alone."""
    rows = rows_of(flights(16, seed=4, unseen=True), model(specimen))
    expected = alone(model(specimen), rows)
    assert chosen(specimen).score(rows) == expected
    assert PipelineScorer(model(specimen)).score(rows) == expected
    assert len(set(expected)) > 2


@pytest.mark.parametrize("specimen", MORE)
def test_boosted_trees_are_taken_apart_and_others_left_whole(specimen: str) -> None:
    """The short way is taken where it is known to be right, and only there."""
    assert isinstance(chosen(specimen), BoostedTreesScorer if specimen in TAKEN_APART else PipelineScorer)


row = some.tuples(
    some.sampled_from(["AA", "B6", "UA", "", "nan", "None", None, "ünseen", "\0"]),
    some.sampled_from(["EWR", "JFK", "LGA", None, "aa"]),
    some.one_of(some.integers(-(2**63), 2**63 - 1).map(float), some.just(math.nan)),
    some.floats(allow_infinity=False),
    some.sampled_from([0.0, 1.0, math.nan]),
)


@settings(max_examples=40, deadline=None)
@given(some.lists(row, min_size=1, max_size=12))
def test_any_row_gets_the_same_bits_on_the_short_way(drawn: list[tuple[Any, ...]]) -> None:
    """Whatever values pass the checks of a request, from the largest numbers to texts like `nan`."""
    rows = OnlineRows(tuple(list(column) for column in zip(*drawn, strict=True)), len(drawn))
    assert chosen("many trees").score(rows) == model("many trees").predict(frame_of(rows, model("many trees"))).tolist()


def test_blocks_of_many_rows_are_cut_and_joined() -> None:
    """More rows than fit in one block get the same scores as in small portions."""
    rows = rows_of(flights(1500, seed=8), model("many trees"))
    assert chosen("many trees").score(rows) == model("many trees").predict(flights(1500, seed=8)).tolist()


def test_a_short_way_that_differs_in_one_bit_is_not_taken() -> None:
    """A scikit-learn that keeps its trees otherwise leads to the pipeline, not to other numbers."""

    class Off:
        """Differs in the first row, or only where something is missing."""

        quick_rows = 0

        def __init__(self, in_gaps: bool) -> None:
            self.in_gaps = in_gaps

        def score(self, rows: OnlineRows) -> list[float]:
            scores = chosen("boosting").score(rows)
            place = next(row for row, value in enumerate(rows.columns[3]) if value != value) if self.in_gaps else 0
            scores[place] = math.nextafter(scores[place], 1)
            return scores

    fixed = flights(20, seed=9).dropna()
    assert proves_itself(chosen("boosting"), model("boosting"), fixed)
    assert not proves_itself(Off(in_gaps=False), model("boosting"), fixed)
    assert not proves_itself(Off(in_gaps=True), model("boosting"), fixed)


def test_trees_that_can_not_be_read_are_scored_by_the_pipeline(caplog: pytest.LogCaptureFixture) -> None:
    """A model whose inside is not as expected still answers, and the log says why it is slower."""
    frame = flights()
    estimator = build_estimator(MORE["boosting"], CATEGORICAL, NUMERIC, seed=3).fit(SCHEMA.select(frame), labels(frame))
    expected = estimator.predict_proba(SCHEMA.select(frame))[:, 1].tolist()
    hidden = FittedModel(estimator, SCHEMA, threads=1)
    estimator[-1]._bin_mapper.n_bins_non_missing_ = None
    scorer = scorer_for(hidden, flights(20, seed=9))
    assert isinstance(scorer, PipelineScorer)
    assert "scored by its pipeline" in caplog.text
    assert scorer.score(rows_of(frame, hidden)) == expected


def test_a_model_of_texts_is_scored_by_its_pipeline() -> None:
    """Free text goes to the vectorizers as it came; nothing said is an empty text."""
    schema = FeatureSchema(
        features=(
            Feature(name="hour", kind="numeric", type="BIGINT"),
            Feature(name="note", kind="text", type="VARCHAR"),
        ),
        label="late",
        positive=True,
    )
    frame = pandas.DataFrame({"hour": numpy.arange(80) % 24, "note": ["broken", "fine", None, "on time"] * 20})
    estimator = build_estimator(
        TrainSettings("sklearn.linear_model.LogisticRegression"), [], ["hour"], 0, text=["note"]
    )
    fitted = FittedModel(estimator.fit(schema.select(frame), numpy.arange(80) % 4 == 0), schema, threads=1)
    assert take_apart(fitted) is None
    rows = OnlineRows(([1.0, math.nan, 3.0], ["broken!", None, "ünd"]), 3)
    assert scorer_for(fitted, frame).score(rows) == alone(fitted, rows)


def test_the_rarest_of_many_categories_share_a_code_on_the_short_way_too() -> None:
    """A column of more categories than trees take: known, rare and unseen ones get the model's own bits."""
    schema = FeatureSchema(
        features=(Feature(name="tail", kind="categorical", type="VARCHAR"),), label="late", positive=True
    )
    tails = [f"N{number}" for number in range(300) for _ in range(1 + number % 4)]
    frame = pandas.DataFrame({"tail": tails})
    late = numpy.array([int(tail[1:]) % 3 == 0 for tail in tails])
    estimator = build_estimator(TrainSettings(arguments={"max_iter": 9}), ["tail"], [], seed=0, largest=300)
    fitted = FittedModel(estimator.fit(schema.select(frame), late), schema, threads=1)
    scorer = scorer_for(fitted, frame.head(50))
    assert isinstance(scorer, BoostedTreesScorer)
    asked = OnlineRows(([*tails, None, "N9999", ""],), len(tails) + 3)
    assert scorer.score(asked) == fitted.predict(frame_of(asked, fitted)).tolist()
