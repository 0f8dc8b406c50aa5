"""Building the estimator: every realistic table trains, every mistake in params.yaml is named."""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb
import numpy
import pandas
import pytest
from modelling_samples import CATEGORICAL, NUMERIC, SPECIMENS, TrainSettings, fitted, flights, labels

from roadworthy.errors import ParamsError
from roadworthy.modelling.estimator import build_estimator


@pytest.mark.parametrize("specimen", SPECIMENS)
def test_it_learns_and_predicts_what_it_never_saw(specimen: str) -> None:
    """Unknown categories, missing ones and missing numbers get probabilities; the model is not blind."""
    model = fitted(specimen)
    rows = flights(seed=9, unseen=True)
    rows.loc[0, ["carrier", "origin"]] = None
    rows["origin"] = rows["origin"].replace("EWR", "never seen")
    probabilities = model.predict_proba(rows)
    assert numpy.isfinite(probabilities).all()
    assert model.score(flights(), labels(flights())) > 0.75


@pytest.mark.parametrize("specimen", SPECIMENS)
def test_none_and_nan_are_both_missing(specimen: str) -> None:
    """Text columns may hold their gaps as None in an object column, as a typed frame from a request does."""
    frame = flights()
    frame["carrier"] = frame["carrier"].astype("object").where(frame["carrier"].notna(), None)
    model = build_estimator(SPECIMENS[specimen], CATEGORICAL, NUMERIC, seed=3).fit(frame, labels(frame))
    assert numpy.isfinite(model.predict_proba(frame.iloc[:5])).all()


@pytest.mark.parametrize("specimen", SPECIMENS)
def test_rows_that_duckdb_wrote(specimen: str, tmp_path: Path) -> None:
    """Columns with gaps, as DuckDB types them: text, integers, floats, and booleans too."""
    path = tmp_path / "rows.parquet"
    duckdb.sql(
        "select case when i % 7 = 0 then null else 'c' || i % 3 end as carrier, 'EWR' as origin,"
        " case when i % 5 = 0 then null else i % 24 end as hour, nullif(i, 3)::double as distance,"
        " case when i % 4 = 0 then null else i % 3 = 0 end as holiday, (i % 3 = 0)::int as label"
        " from range(300) rows(i)"
    ).write_parquet(str(path))
    frame = pandas.read_parquet(path)
    model = build_estimator(SPECIMENS[specimen], CATEGORICAL, NUMERIC, seed=3).fit(frame, frame["label"])
    assert numpy.isfinite(model.predict_proba(frame)).all()


@pytest.mark.parametrize("missing", [True, False])
@pytest.mark.parametrize("arguments", [{"max_iter": 3}, {"max_iter": 3, "max_bins": 16}])
def test_a_column_of_very_many_categories_is_limited(arguments: dict[str, int], missing: bool) -> None:
    """Histogram gradient boosting takes 255 categories (or `max_bins`): the rarest beyond share one code."""
    names = [f"N{number}" for number in range(400)] * 3
    frame = pandas.DataFrame({"tail": pandas.Series(names, dtype="str"), "hour": numpy.arange(1200) % 24})
    if missing:
        frame.loc[::50, "tail"] = None
    model = build_estimator(TrainSettings(arguments=arguments), ["tail"], ["hour"], seed=0)
    model.fit(frame, frame["hour"] > 12)
    assert model.named_steps["estimator"].is_categorical_.tolist() == [True, False]


def test_only_named_columns_are_used_and_any_may_be_absent() -> None:
    """Further columns change nothing; a table without categories, or without numbers, trains."""
    frame = flights()
    for categorical, numeric in ((CATEGORICAL, []), ([], NUMERIC)):
        for encoding in ("ordinal", "one_hot"):
            settings = TrainSettings(arguments={"max_iter": 2}, encoding=encoding)
            model = build_estimator(settings, categorical, numeric, seed=0).fit(frame, labels(frame))
            only = frame[[*categorical, *numeric]]
            numpy.testing.assert_array_equal(model.predict_proba(only), model.predict_proba(frame))


def test_the_seed_becomes_the_random_state() -> None:
    """Equal seeds give equal forests, other seeds others."""
    models = [build_estimator(SPECIMENS["forest"], CATEGORICAL, NUMERIC, seed) for seed in (1, 1, 2)]
    one, same, other = [model.fit(flights(), labels(flights())).predict_proba(flights()) for model in models]
    numpy.testing.assert_array_equal(one, same)
    assert (one != other).any()


@pytest.mark.parametrize(
    ("settings", "where", "says"),
    [
        (TrainSettings("sklearn.ensemble.HistGradientBostingClassifier"), "train.estimator", "Boosting"),
        (
            TrainSettings("sklearn.ensembel.RandomForestClassifier"),
            "train.estimator",
            "sklearn.ensemble.Random",
        ),
        (
            TrainSettings("sklearn.linear_model.LinearRegression"),
            "train.estimator",
            "not a scikit-learn classifier",
        ),
        (TrainSettings("sklearn.utils.resample"), "train.estimator", "not a scikit-learn classifier"),
        (TrainSettings("os.system"), "train.estimator", "trusted_modules"),
        (TrainSettings("sklearnish.Classifier"), "train.estimator", "trusted_modules"),
        (
            TrainSettings("nowhere.Model", trusted_modules=("nowhere",)),
            "train.estimator",
            "can't be imported",
        ),
        (TrainSettings("sklearn.svm.LinearSVC"), "train.estimator", "no probabilities"),
        (TrainSettings(arguments={"max_iters": 3}), "train.arguments.max_iters", "Did you mean 'max_iter'"),
        (TrainSettings(arguments={"zzz": 3}), "train.arguments.zzz", "learning_rate"),
        (TrainSettings(arguments={"max_iter": "many"}), "train.arguments.max_iter", "must be an int"),
        (TrainSettings(arguments={"random_state": 1}), "train.arguments.random_state", "train.seed"),
    ],
)
def test_a_mistake_is_named_with_its_field(settings: TrainSettings, where: str, says: str) -> None:
    """Each mistake is one clear error with the field, and a suggestion where there is one."""
    with pytest.raises(ParamsError) as caught:
        build_estimator(settings, CATEGORICAL, NUMERIC, seed=0)
    assert caught.value.where == where
    assert says in str(caught.value)


def test_an_estimator_of_a_trusted_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A class from outside of scikit-learn can be used once its package is trusted, and saved with it."""
    from roadworthy.modelling.model_file import load_model, save_model

    (tmp_path / "our_models.py").write_text(
        "from sklearn.dummy import DummyClassifier\nclass Prior(DummyClassifier):\n    pass\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    settings = TrainSettings("our_models.Prior", trusted_modules=("our_models",))
    model = build_estimator(settings, CATEGORICAL, NUMERIC, seed=0).fit(flights(), labels(flights()))
    with pytest.raises(ParamsError, match=r"our_models\.Prior"):
        save_model(model, tmp_path / "model.skops")
    saved = save_model(model, tmp_path / "model.skops", trusted_modules=["our_models"])
    assert load_model(saved.path, saved.trusted_types).predict_proba(flights()).shape == (600, 2)
    sys.modules.pop("our_models")
