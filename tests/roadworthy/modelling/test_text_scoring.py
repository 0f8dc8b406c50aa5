"""A text scored by itself: the same score as the pipeline's, whatever the text."""

from __future__ import annotations

from functools import lru_cache

import pandas
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from modelling_samples import TrainSettings
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.utils import murmurhash3_32

from roadworthy.errors import IntegrityError
from roadworthy.modelling.estimator import build_estimator
from roadworthy.modelling.fitted_model import FittedModel
from roadworthy.modelling.hashed_runs import RunHasher, hashes_of
from roadworthy.modelling.schema import Feature, FeatureSchema
from roadworthy.modelling.text_scoring import text_scorer
from roadworthy.params.model import TextParams

NOTE = Feature(name="note", kind="text", type="VARCHAR")
TEXTS = st.text() | st.text("aAbB é\u0130\u212aß’\t\n\x1c\x85.0", max_size=60) | st.text("ab ", max_size=300)


@lru_cache
def learned(text: TextParams, classifier: str = "sklearn.linear_model.LogisticRegression") -> FittedModel:
    """Return a model of texts; its few columns make sure that runs meet in one, with either sign."""
    words = ["the aircraft is broken, wait", "on time as always", "Broken again!", "all is well"]
    frame = pandas.DataFrame({"note": [words[row % 4] for row in range(80)]})
    schema = FeatureSchema(features=(NOTE,), label="late", positive=True)
    estimator = build_estimator(TrainSettings(classifier, text=text), [], [], seed=0, text=["note"])
    late = frame["note"].str.contains("roken").to_numpy().astype(int)
    return FittedModel(estimator.fit(schema.select(frame), late), schema, 1)


@pytest.mark.parametrize("characters", [(3, 5), (1, 2), (2, 8), (4, 5)])
@given(text=TEXTS)
@settings(deadline=None)
def test_it_scores_as_the_pipeline_does(characters: tuple[int, int], text: str) -> None:
    """Any alphabet, any spaces, any length of runs: but for the last digits it is the pipeline's own score."""
    model = learned(TextParams(characters=characters, character_columns=2**10, word_columns=2**9))
    rows = pandas.DataFrame({"note": [text]}, dtype="str")
    (expected,) = model.estimator.predict_proba(rows)[:, 1]
    assert text_scorer(model).score(text) == pytest.approx(expected, abs=1e-12)


@given(
    least=st.integers(1, 3),
    more=st.integers(0, 10),
    words=st.lists(st.text(st.characters(codec="ascii"), max_size=12).filter(lambda one: one.split() == [one])),
)
def test_all_runs_at_once_are_hashed_as_one_by_one(least: int, more: int, words: list[str]) -> None:
    """The hashes of a text's runs are those that scikit-learn gives to each of them, as often as they occur."""
    runs = HashingVectorizer(analyzer="char_wb", ngram_range=(least, least + more), lowercase=False).build_analyzer()
    expected = [murmurhash3_32(run, positive=True) for run in runs(" ".join(words))]
    assert sorted(RunHasher(least, least + more).hashes(words).tolist()) == sorted(expected)
    assert hashes_of(runs(" ".join(words))).tolist() == expected


@pytest.mark.parametrize("wrong", [(4, 5), (0, 3), (3, 2)])
def test_runs_that_it_does_not_know_are_refused(wrong: tuple[int, int]) -> None:
    """A word shorter than the shortest run would count as a whole, which this does not do."""
    with pytest.raises(ValueError, match="1, 2 or 3"):
        RunHasher(*wrong)


def test_a_half_character_is_no_text() -> None:
    """Half a surrogate pair has no bytes to hash; it raises, as the pipeline does, and gives no wrong score."""
    scorer = text_scorer(learned(TextParams()))
    with pytest.raises(UnicodeEncodeError):
        scorer.score("half \ud800 a character")


def test_another_model_is_refused() -> None:
    """Only a model of one column of text can be taken apart."""
    other = FeatureSchema(features=(Feature(name="hour", kind="numeric", type="BIGINT"),), label="late", positive=True)
    with pytest.raises(IntegrityError, match="one column of text"):
        text_scorer(FittedModel(learned(TextParams()).estimator, other, 1))
