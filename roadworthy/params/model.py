"""The sections about a trained model: how it learns, and how good it has to be."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from roadworthy.params.base import Column, Section


class TrainParams(Section):
    """How the model learns."""

    estimator: str = "sklearn.ensemble.HistGradientBoostingClassifier"
    """A scikit-learn classifier's import path."""
    arguments: dict[str, str | int | float | bool | None] = {}
    encoding: Literal["ordinal", "one_hot"] = "ordinal"
    """ordinal: categories as codes (tree models). one_hot: imputed, scaled, one column a category."""
    seed: int = 0
    threads: int = Field(default=1, ge=1)
    """Fixed, because a gradient boosting model's numbers change with it."""
    trusted_modules: tuple[str, ...] = ()
    """Packages besides scikit-learn from which the estimator may come; installed, and trusted as code."""
    probe_rows: int = Field(default=200, ge=1)
    """How many fixed rows are kept with the model, to check its predictions wherever it is loaded."""


class EvaluateParams(Section):
    """How the model is measured."""

    segments: tuple[Column, ...] = ()
    """Columns by whose values the metrics are broken down."""
    smallest_segment: int = Field(default=100, ge=2)
    """A segment with fewer rows gets no metrics."""
    resamples: int = Field(default=1000, ge=100, le=100_000)
    confidence: float = Field(default=0.95, gt=0.5, lt=1)
    seed: int = 0
    resample_by: Column | None = None
    """The column whose equal values move together (a day, a customer); rows are independent without it."""


class Card(Section):
    """What people must know before they use the model."""

    intended_use: str = Field(min_length=1)
    limitations: str = Field(min_length=1)
    licence_of_data: str = Field(min_length=1)
