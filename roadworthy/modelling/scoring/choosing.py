"""Chooses how a model is scored: the short way where it is proven to give the same bits, else the model's own."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from roadworthy.modelling.fitted_model import FittedModel
from roadworthy.modelling.online_rows import OnlineRows
from roadworthy.modelling.online_values import Value
from roadworthy.modelling.scoring.boosted_trees import take_apart
from roadworthy.modelling.scoring.interface import RowScorer
from roadworthy.modelling.scoring.pipeline import PipelineScorer, frame_of

if TYPE_CHECKING:
    import pandas

_LOG = logging.getLogger("roadworthy.modelling")


def scorer_for(model: FittedModel, fixed: pandas.DataFrame) -> RowScorer:
    """Return what scores rows for `model`; takes a tenth of a second, so call it where a release is loaded.

    `fixed` are the release's fixed rows (model/probe.parquet), on which the short way has to prove itself.
    """
    try:
        short = take_apart(model)
    except Exception as error:
        # It reads what scikit-learn keeps to itself, and so may break with any version: the other way always works.
        _LOG.warning("the model is scored by its pipeline: %s: %s", type(error).__name__, error)
        short = None
    return short if short is not None and proves_itself(short, model, fixed) else PipelineScorer(model)


def proves_itself(short: RowScorer, model: FittedModel, fixed: pandas.DataFrame) -> bool:
    """Tell whether `short` gives the model's own numbers on the fixed rows and on rows with gaps, bit for bit."""
    rows = _with_gaps(rows_of(fixed, model))
    expected: list[float] = model.predict(frame_of(rows, model)).tolist()
    return short.score(rows) == expected


def rows_of(frame: pandas.DataFrame, model: FittedModel) -> OnlineRows:
    """Return rows that a model takes as a request has them."""
    selected = model.schema.select(frame)
    columns = [_values(selected[feature.name], feature.kind) for feature in model.schema.features]
    return OnlineRows(tuple(columns), len(selected))


def _values(column: pandas.Series, kind: str) -> list[Value]:
    if kind == "numeric":
        return list(column.tolist())
    return [None if isinstance(value, float) else value for value in column.tolist()]


def _with_gaps(rows: OnlineRows) -> OnlineRows:
    """Add, for each feature, the rows again with this feature missing: every tree has its way for a gap."""
    parts = [rows]
    for number, column in enumerate(rows.columns):
        gap: Value = float("nan") if isinstance(column[0], float) else None
        changed = [*rows.columns]
        changed[number] = [gap] * rows.count
        parts.append(OnlineRows(tuple(changed), rows.count))
    return OnlineRows.joined(parts)
