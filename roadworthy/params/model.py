"""The sections about a trained model: how it learns, and how good it has to be."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from roadworthy.params.base import Column, Section


class TextParams(Section):
    """How a column of text becomes numbers: short runs of characters and words, each hashed to a column."""

    characters: tuple[int, int] = (3, 5)
    """The shortest and the longest run of characters within a word."""
    words: tuple[int, int] = (1, 2)
    """The fewest and the most words in a run."""
    character_columns: int = Field(default=2**17, ge=2**8, le=2**22)
    word_columns: int = Field(default=2**16, ge=2**8, le=2**22)
    """More columns let fewer runs share one; a linear model's file holds eight bytes for each."""

    @model_validator(mode="after")
    def _run_upwards(self) -> Self:
        for name, (shortest, longest) in (("characters", self.characters), ("words", self.words)):
            if not 1 <= shortest <= longest <= 8:
                raise ValueError(f"{name} has to be two numbers between 1 and 8, the smaller one first")
        return self


class OperatingPointParams(Section):
    """How the score is chosen from which on the model says yes: by cross-validation on the training rows."""

    false_positives: float = Field(gt=0, lt=1)
    """The largest share of negative rows that may score as high."""
    hold_out: Column
    """The column whose equal values are held out together: the threshold must hold for what was never seen."""
    among: Column | None = None
    """A column that is true for the negative rows that count, the hard ones; all count without it."""
    folds: int = Field(default=5, ge=2, le=50)


class TrainParams(Section):
    """How the model learns."""

    estimator: str = "sklearn.ensemble.HistGradientBoostingClassifier"
    """A scikit-learn classifier's import path."""
    arguments: dict[str, str | int | float | bool | None] = {}
    encoding: Literal["ordinal", "one_hot"] = "ordinal"
    """ordinal: categories as codes (tree models). one_hot: imputed, scaled, one column a category."""
    # Left out of records where it is as here: releases without texts keep their digests.
    text: TextParams = Field(default=TextParams(), exclude_if=lambda text: text == TextParams())
    operating_point: OperatingPointParams | None = Field(default=None, exclude_if=lambda point: point is None)
    """Without it the model gives scores, and whoever uses them decides."""
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
