"""The peer: a bare script that loads, prepares, trains and evaluates the same model, as one would in a notebook.

`python benchmarks/bare_release.py FOLDER`, with flights.csv.zip, weather.csv and planes.csv in FOLDER. It imports
nothing of ours, validates nothing, and keeps nothing: no intervals, no bundle, no signature, no registry, no lineage.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OrdinalEncoder

CATEGORICAL = ["carrier", "origin", "dest", "manufacturer"]
NUMERIC = ["distance", "hour", "minute", "sched_arr_time", "day_of_week", "aircraft_age", "seats", "engines"]
WEATHER = ["temp", "dewp", "humid", "wind_dir", "wind_speed", "wind_gust", "precip", "pressure", "visib"]
FEATURES = [*CATEGORICAL, *NUMERIC, *WEATHER]


def load(folder: Path) -> pd.DataFrame:
    """Read the three tables and join them: the weather two hours before, the aircraft by its tail number."""
    flights = pd.read_csv(folder / "flights.csv.zip", parse_dates=["time_hour"])
    weather = pd.read_csv(folder / "weather.csv", parse_dates=["time_hour"])[["origin", "time_hour", *WEATHER]]
    planes = pd.read_csv(folder / "planes.csv").rename(columns={"year": "built"})
    weather["time_hour"] += pd.Timedelta(hours=2)
    planes = planes[["tailnum", "built", "seats", "engines", "manufacturer"]]
    return flights.merge(weather, how="left", on=["origin", "time_hour"]).merge(planes, how="left", on="tailnum")


def prepare(rows: pd.DataFrame) -> pd.DataFrame:
    """Add the label and the features that are made of others."""
    dates = pd.to_datetime(rows[["year", "month", "day"]])
    rows["day_of_week"] = dates.dt.day_of_week + 1
    rows["aircraft_age"] = rows["year"] - rows["built"]
    rows["late"] = (rows["arr_delay"] > 15) | rows["arr_delay"].isna()
    return rows


def train(rows: pd.DataFrame) -> Pipeline:
    """Fit the model on January to June of 2013."""
    rows = rows[rows["month"] <= 6]
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=float("nan"))
    model = make_pipeline(
        ColumnTransformer([("categories", encoder, CATEGORICAL)], remainder="passthrough"),
        HistGradientBoostingClassifier(categorical_features=list(range(len(CATEGORICAL))), random_state=0),
    )
    print(f"{len(rows):,} rows to train")
    return model.fit(rows[FEATURES], rows["late"])


def evaluate(model: Pipeline, rows: pd.DataFrame) -> None:
    """Print the metrics of July, as a whole and by segment."""
    rows = rows[rows["month"] == 7]
    scores = model.predict_proba(rows[FEATURES])[:, 1]
    print(f"{len(rows):,} rows to evaluate")
    for name, metric in (("auc", roc_auc_score), ("log_loss", log_loss), ("brier", brier_score_loss)):
        print(f"{name:<9} {metric(rows['late'], scores):.4f}")
    for segment in ("carrier", "origin"):
        for value, part in rows.assign(score=scores).groupby(segment):
            if part["late"].nunique() == 2:
                print(f"{segment} {value}: {len(part):,} rows, auc {roc_auc_score(part['late'], part['score']):.4f}")


def main(folder: Path) -> None:
    """Run it all, one after another, in one process."""
    rows = prepare(load(folder))
    evaluate(train(rows), rows)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
