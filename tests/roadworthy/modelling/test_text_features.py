"""Models that learn from a column of text: they learn, keep their bytes, and carry nobody's words."""

from __future__ import annotations

from pathlib import Path

import numpy
import pandas
import pytest
from modelling_samples import TrainSettings
from pydantic import ValidationError

from roadworthy.errors import ParamsError
from roadworthy.modelling.estimator import build_estimator
from roadworthy.modelling.model_file import load_model, save_model
from roadworthy.modelling.probe import check_probe, make_probe, without_texts
from roadworthy.modelling.schema import Feature, FeatureSchema
from roadworthy.params.data import Features
from roadworthy.params.model import TextParams, TrainParams

SMALL = TextParams(character_columns=2**10, word_columns=2**9)
LOGISTIC = TrainSettings("sklearn.linear_model.LogisticRegression", text=SMALL)
SCHEMA = FeatureSchema(
    features=(
        Feature(name="hour", kind="numeric", type="BIGINT"),
        Feature(name="note", kind="text", type="VARCHAR"),
    ),
    label="late",
    positive=True,
)


def notes(rows: int = 200) -> pandas.DataFrame:
    """Return rows whose notes alone tell the label."""
    words = ["the aircraft is broken, wait", "on time as always", "Broken again!", "all is well"]
    return pandas.DataFrame({"hour": numpy.arange(rows) % 24, "note": [words[row % 4] for row in range(rows)]})


def broken(frame: pandas.DataFrame) -> numpy.ndarray:
    """Return the labels of such rows."""
    return frame["note"].str.contains("roken").to_numpy().astype(int)


def fitted(frame: pandas.DataFrame) -> object:
    """Return a model of the notes and the hour."""
    estimator = build_estimator(LOGISTIC, [], ["hour"], seed=0, text=["note"])
    return estimator.fit(SCHEMA.select(frame), broken(frame))


def test_it_learns_from_words_it_never_saw_in_that_form() -> None:
    """Runs of characters find a word again that is written otherwise; a missing text is an empty one."""
    unseen = pandas.DataFrame({"hour": [1, 1, 1], "note": ["brokenness", "always well", None]})
    high, low, nothing = fitted(notes()).predict_proba(SCHEMA.select(unseen))[:, 1]  # type: ignore[attr-defined]
    assert high > 0.6 > 0.4 > low
    assert 0 < nothing < 1


def test_equal_trainings_give_equal_bytes_that_load_without_pickle(tmp_path: Path) -> None:
    """The model's file is canonical, trusts scikit-learn alone, and predicts the same once loaded."""
    first = save_model(fitted(notes()), tmp_path / "first.skops")
    second = save_model(fitted(notes()), tmp_path / "second.skops")
    assert first.digest == second.digest
    assert all(name.startswith(("sklearn.", "numpy.", "functools.")) for name in first.trusted_types)
    fixed = without_texts(SCHEMA.select(notes(7)), SCHEMA)
    check_probe(load_model(first.path), fixed, make_probe(fitted(notes()), fixed))


def test_the_file_holds_none_of_the_words(tmp_path: Path) -> None:
    """Hashing keeps no vocabulary: what people wrote can't be read out of a release."""
    saved = save_model(fitted(notes()), tmp_path / "model.skops")
    content = saved.path.read_bytes()
    assert b"broken" not in content
    assert b"aircraft" not in content


def test_fixed_rows_hold_made_up_words_that_differ() -> None:
    """The probe's texts are the same everywhere, differ from row to row, and are nobody's."""
    rows = notes(50)
    made_up = without_texts(rows, SCHEMA)
    assert made_up["hour"].tolist() == rows["hour"].tolist()
    assert not set(made_up["note"]) & set(rows["note"])
    assert len(set(made_up["note"])) == 50
    assert made_up["note"].tolist() == without_texts(rows, SCHEMA)["note"].tolist()


def test_an_estimator_without_sparse_numbers_is_refused() -> None:
    """Boosted trees take no hashed texts: said before anything is trained, with a remedy."""
    with pytest.raises(ParamsError, match="can't learn from texts") as caught:
        build_estimator(TrainSettings(text=SMALL), [], [], seed=0, text=["note"])
    assert "LogisticRegression" in str(caught.value.remedy)


@pytest.mark.parametrize("wrong", [{"characters": (5, 3)}, {"words": (0, 2)}, {"words": (1, 9)}, {"word_columns": 3}])
def test_runs_that_can_not_be_meant_are_refused(wrong: dict[str, object]) -> None:
    """From long to short, empty, or endless runs, and too few columns."""
    with pytest.raises(ValidationError):
        TextParams.model_validate(wrong)


def test_parameters_without_texts_are_recorded_as_before() -> None:
    """A release that learns from no text keeps its digest: the fields are left out where they say nothing."""
    assert "text" not in Features(numeric=("hour",)).model_dump(mode="json")
    assert "text" not in TrainParams().model_dump(mode="json")
    assert Features(text=("note",)).model_dump(mode="json")["text"] == ["note"]
    assert TrainParams(text=SMALL).model_dump(mode="json")["text"]["word_columns"] == 512
    with pytest.raises(ValidationError, match="named twice: note"):
        Features(text=("note",), categorical=("note",))
