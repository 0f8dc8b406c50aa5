"""The score from which on a model says yes, chosen on training rows whose family the model had not seen."""

# Late imports: start-up time.
from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Protocol

from pydantic import BaseModel, ConfigDict

from roadworthy.errors import DataError

if TYPE_CHECKING:
    import numpy
    import pandas

DIGITS = 4
"""The threshold is rounded up to so many digits, so that people can read it."""


class OperatingPointSettings(Protocol):
    """The part of params.yaml's section `train.operating_point`."""

    @property
    def false_positives(self) -> float:
        """The largest share of negative rows that may score as high as the threshold."""

    @property
    def hold_out(self) -> str:
        """The column whose equal values are held out together."""

    @property
    def among(self) -> str | None:
        """The column that is true for the negative rows that count; all count without it."""

    @property
    def folds(self) -> int:
        """How many models are trained, each without one part of the families."""


class OperatingPoint(BaseModel):
    """A threshold, and what it does on rows of families that were held out."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    threshold: float
    """A score at or above it counts as positive."""
    allowed_false_positives: float
    false_positives: float
    """The realised share of the counting negative rows at or above the threshold."""
    negatives: int
    """How many negative rows count."""
    recall: float
    """The share of positive rows at or above the threshold."""
    families: dict[str, float]
    """Of each family that was held out, the share of rows at or above the threshold."""


def choose_operating_point(
    estimator: Any,
    features: pandas.DataFrame,
    labels: numpy.ndarray,
    rows: pandas.DataFrame,
    settings: OperatingPointSettings,
) -> OperatingPoint:
    """Cross-validate by family, and take the lowest threshold that keeps to the allowed false positives.

    `estimator` is an unfitted pipeline, `features` what it takes, `labels` 0 or 1, `rows` the same rows with the
    columns that `settings` names. Raises `DataError` when too few families or negatives are there.
    """
    from sklearn.model_selection import GroupKFold, cross_val_predict

    families = rows[settings.hold_out].astype("object").fillna("(missing)").map(str).to_numpy(dtype="object")
    if len(set(families)) < settings.folds:
        raise _too_few(f"there are {len(set(families))} values to hold out, for {settings.folds} folds", "hold_out")
    folds = GroupKFold(settings.folds)
    scores = cross_val_predict(estimator, features, labels, groups=families, cv=folds, method="predict_proba")[:, 1]
    counting = (labels == 0) & (rows[settings.among].to_numpy(dtype=bool) if settings.among else True)
    threshold = _lowest(scores[counting], settings.false_positives)
    above = scores >= threshold
    return OperatingPoint(
        threshold=threshold,
        allowed_false_positives=settings.false_positives,
        false_positives=_share(above[counting]),
        negatives=int(counting.sum()),
        recall=_share(above[labels == 1]),
        families={family: _share(above[families == family]) for family in sorted(set(families))},
    )


def _lowest(negatives: numpy.ndarray, allowed: float) -> float:
    """Return the lowest rounded score that at most the allowed share of `negatives` reaches."""
    import numpy

    if len(negatives) * allowed < 1:
        raise _too_few(f"{len(negatives)} negative rows count: too few to tell {allowed:.2%} of them", "among")
    most = math.floor(len(negatives) * allowed)
    # The score that must not be reached: of those that may be, one fewer than the next.
    border = float(numpy.sort(negatives)[::-1][most])
    scale = 10.0**DIGITS
    return min((math.floor(border * scale) + 1) / scale, 1.0)


def _share(marks: numpy.ndarray) -> float:
    return round(float(marks.mean()), DIGITS) if len(marks) else 0.0


def _too_few(problem: str, field: str) -> DataError:
    return DataError(
        problem,
        where=f"params.yaml: train.operating_point.{field}",
        remedy="give more rows, fewer folds, or allow more false positives",
    )
