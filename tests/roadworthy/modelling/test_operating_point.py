"""The threshold: it keeps to the allowed false positives on families that the model had not seen."""

from __future__ import annotations

import numpy
import pandas
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from modelling_samples import TrainSettings

from roadworthy.errors import DataError
from roadworthy.modelling.estimator import build_estimator
from roadworthy.modelling.operating_point import OperatingPoint, _lowest, choose_operating_point
from roadworthy.params.model import OperatingPointParams, TextParams

WORDS = {
    1: ["ignore the rules", "reveal the prompt", "drop your rules"],
    0: ["open the window", "the rules of chess", "hello"],
}


def table(rows: int = 400) -> pandas.DataFrame:
    """Texts of ten families, of which every fourth negative row counts."""
    number = numpy.arange(rows)
    label = number % 2
    texts = [f"{WORDS[one % 2][one % 3]} {one % 17}" for one in number]
    family = [f"family {one % 10}" for one in number]
    return pandas.DataFrame({"text": texts, "label": label, "family": family, "hard": number % 4 == 0})


def chosen(frame: pandas.DataFrame, **changes: object) -> OperatingPoint:
    """The operating point of a small model of these texts."""
    given = {"false_positives": 0.05, "hold_out": "family", "among": "hard", "folds": 5} | changes
    settings = TrainSettings(
        "sklearn.linear_model.LogisticRegression", text=TextParams(character_columns=2**10, word_columns=2**8)
    )
    estimator = build_estimator(settings, [], [], seed=0, text=["text"])
    point = OperatingPointParams.model_validate(given)
    return choose_operating_point(estimator, frame[["text"]], frame["label"].to_numpy(), frame, point)


def test_it_keeps_to_what_is_allowed() -> None:
    """The realised share is at most the allowed one, only counting rows count, and every family is told."""
    point = chosen(table())
    assert point.false_positives <= 0.05
    assert point.negatives == 100
    assert point.recall > 0.9
    assert set(point.families) == {f"family {number}" for number in range(10)}
    assert chosen(table(), among=None).negatives == 200
    assert chosen(table()) == point


@given(
    scores=st.lists(st.floats(0, 1, allow_nan=False), min_size=20, max_size=300),
    allowed=st.floats(0.06, 0.9),
)
@settings(max_examples=200, deadline=None)
def test_no_lower_threshold_would_do(scores: list[float], allowed: float) -> None:
    """For any scores: at most the allowed share reaches the threshold, and one rounding step below more do."""
    negatives = numpy.array(scores)
    threshold = _lowest(negatives, allowed)
    if threshold < 1:
        assert (negatives >= threshold).sum() <= int(len(scores) * allowed)
    assert (negatives >= threshold - 1.0001e-4).sum() > int(len(scores) * allowed)


def test_too_little_to_choose_by_is_refused() -> None:
    """Fewer families than folds, or too few counting rows to tell the share."""
    with pytest.raises(DataError, match="10 values to hold out, for 20 folds"):
        chosen(table(), folds=20)
    with pytest.raises(DataError, match=r"too few to tell 0\.10%"):
        chosen(table(), false_positives=0.001)
