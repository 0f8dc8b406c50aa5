"""The paired comparison: challenger against production on the same rows, under the same resamples."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, field_serializer

from roadworthy.evaluation.bootstrap import Resampling, estimate, replicates, widened
from roadworthy.evaluation.checks import check_measurable
from roadworthy.evaluation.metrics import Floats, Meter, Scored
from roadworthy.evaluation.values import AnyMetric, Direction, Estimate, Metric, Value, stable

QUANTILES = 1000
"""The distribution of a difference is kept as this many quantiles, so that a gate of any confidence can read it."""


class Difference(Value):
    """Challenger minus production in one metric, turned so that a positive number means better."""

    estimate: Estimate
    quantiles: tuple[float, ...]
    """The bootstrap distribution's quantiles at (i + ½) / n, moved outwards where units are few."""

    @field_serializer("quantiles")
    def _stable(self, numbers: tuple[float, ...]) -> tuple[float, ...]:
        return tuple(float(f"{stable(number):.6g}") for number in numbers)

    def quantile(self, level: float) -> float:
        """Return the quantile of the bootstrap distribution at `level`."""
        places = (np.arange(len(self.quantiles)) + 0.5) / len(self.quantiles)
        return float(np.interp(level, places, self.quantiles))

    def direction(self, confidence: float = 0.95) -> Direction:
        """Say better or worse where zero lies outside the one-sided bound at `confidence`, else inconclusive."""
        if self.quantile(1 - confidence) > 0:
            return Direction.BETTER
        return Direction.WORSE if self.quantile(confidence) < 0 else Direction.INCONCLUSIVE


class Comparison(Value):
    """How the challenger does against production, metric by metric."""

    rows: int
    """Rows, or queries, that both sides answered."""
    differences: dict[AnyMetric, Difference]
    unpaired: int = Field(default=0, ge=0, exclude_if=lambda count: count == 0)
    """Queries that only one side was asked; they are left out."""
    rescored: tuple[AnyMetric, ...] = Field(default=(), exclude_if=lambda metrics: not metrics)
    """Metrics without a difference, because the two sides were scored by other versions of the scorer."""


def compare_predictions(
    labels: NDArray[np.generic], challenger: Floats, production: Floats, how: Resampling
) -> Comparison:
    """Compare two models' scores of the same rows. Raises `DataError` as `evaluate_predictions` does."""
    scored, theirs_scored = (Scored.of(labels, scores, how.clusters) for scores in (challenger, production))
    check_measurable(labels, how.clusters)
    new, old = Meter(scored), Meter(theirs_scored)

    def differences(weights: Floats) -> dict[Metric, Floats]:
        mine, theirs = new.measure(weights), old.measure(weights)
        return {metric: metric.sign * (mine[metric] - theirs[metric]) for metric in Metric}

    values = replicates(differences, scored.units, how)
    mine, theirs = new.measure_once(), old.measure_once()
    return Comparison(
        rows=len(labels),
        differences={
            metric: difference_of(
                metric.sign * (mine[metric] - theirs[metric]), values[metric], how.confidence, scored.units
            )
            for metric in Metric
        },
    )


def difference_of(value: float, values: Floats, confidence: float, units: int) -> Difference:
    """Return the difference with this value and bootstrap distribution of so many units."""
    levels = widened((np.arange(QUANTILES) + 0.5) / QUANTILES, units)
    quantiles = tuple(float(number) for number in np.nanquantile(values, levels))
    return Difference(estimate=estimate(value, values, confidence, units), quantiles=quantiles)
