"""How well a judge agrees with people, and so whether it may gate.

Cohen, A coefficient of agreement for nominal scales, Educational and Psychological Measurement 20 (1960).
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from roadworthy.errors import DataError
from roadworthy.evaluation.bootstrap import Resampling, estimate, replicates
from roadworthy.evaluation.metrics import Flags, Floats
from roadworthy.evaluation.scored_query import Opinion
from roadworthy.evaluation.values import AnswerMetric, Estimate, Value

_FEWEST_ITEMS = 20
"""Of fewer items of either kind neither a threshold nor an interval means anything."""


class JudgeCalibration(Value):
    """A judge's threshold, chosen on one half of the people's labels, and its agreement with the other half."""

    judge: str = Field(min_length=1)
    """The judge's digest; opinions of another judge don't count under this calibration."""
    labels: str = Field(min_length=1)
    """Whose labels: the data set's name."""
    threshold: float = Field(allow_inf_nan=False)
    """Ratings from here on approve."""
    chosen_on: int
    measured_on: int
    kappa: Estimate
    """Agreement beyond chance on the half that the threshold has not seen: 1 full, 0 none."""
    least_kappa: float = Field(gt=0, le=1)
    """What the lower end of κ's interval has to reach."""

    @property
    def may_gate(self) -> bool:
        """Only a judge that is shown to agree with people may gate; any other informs."""
        return self.kappa.low >= self.least_kappa

    @property
    def standing(self) -> Literal["gates", "informs"]:
        """What the judge's opinions are good for."""
        return "gates" if self.may_gate else "informs"

    @property
    def reason(self) -> str:
        """Why it gates, or only informs."""
        found = f"κ {self.kappa.text()} with {self.labels}"
        if self.may_gate:
            return f"the judge gates: {found}"
        return f"the judge only informs: {found}, whose lower end must be at least {self.least_kappa:g}"


def calibrate_judge(
    judge: str, labels: str, ratings: Floats, approved: NDArray[np.generic], least_kappa: float, how: Resampling
) -> JudgeCalibration:
    """Choose the threshold of the greatest κ on one half of the items, and measure κ on the other.

    `ratings` holds the judge's rating of each item, `approved` what people said (1 approved, 0 not). The halves are
    drawn with `how.seed`, each with the same share of approved items. Raises `DataError` for fewer than 20 items of
    either kind.
    """
    # Late imports: start-up time.
    from sklearn.model_selection import train_test_split

    positive = approved.astype(bool)
    _check(ratings, positive)
    chosen, measured = train_test_split(
        np.arange(len(ratings)), test_size=0.5, random_state=how.seed, stratify=positive
    )
    threshold = best_threshold(ratings[chosen], positive[chosen])
    return JudgeCalibration(
        judge=judge,
        labels=labels,
        threshold=threshold,
        chosen_on=len(chosen),
        measured_on=len(measured),
        kappa=agreement(ratings[measured] >= threshold, positive[measured], how),
        least_kappa=least_kappa,
    )


def agreement(first: Flags, second: Flags, how: Resampling) -> Estimate:
    """Return Cohen's κ between two raters who say yes or no, with its bootstrap interval over the items."""
    cells = np.stack([first & second, first & ~second, ~first & second, ~first & ~second]).astype(np.float64)
    values = replicates(lambda weights: {AnswerMetric.JUDGE: _kappa(weights @ cells.T)}, len(first), how)
    value = float(_kappa(cells.sum(axis=1)[None, :])[0])
    return estimate(value, values[AnswerMetric.JUDGE], how.confidence, len(first))


def best_threshold(ratings: Floats, approved: Flags) -> float:
    """Return the rating from which on to approve, in the middle of a gap, for the greatest κ; the least of equals."""
    levels = np.unique(ratings)
    candidates = np.append((levels[1:] + levels[:-1]) / 2, levels[:1])
    said = ratings[None, :] >= candidates[:, None]
    cells = np.stack([said & approved, said & ~approved, ~said & approved, ~said & ~approved], axis=-1).sum(axis=1)
    return float(candidates[int(np.argmax(np.nan_to_num(_kappa(cells.astype(np.float64)), nan=-1.0)))])


def judged_share(opinion: Opinion | None, calibration: JudgeCalibration | None) -> float | None:
    """Return 1 where the judge approves and 0 where not; None without an opinion of the calibrated judge."""
    if opinion is None or calibration is None or opinion.judge != calibration.judge:
        return None
    return float(opinion.rating >= calibration.threshold)


def _kappa(cells: Floats) -> Floats:
    """Return κ for each row of counts: yes-yes, yes-no, no-yes, no-no. NaN where both always say the same one thing."""
    shares = cells / cells.sum(axis=1, keepdims=True)
    both, first, second, neither = shares.T
    by_chance = (both + first) * (both + second) + (neither + second) * (neither + first)
    with np.errstate(invalid="ignore", divide="ignore"):
        kappa: Floats = np.where(by_chance < 1, (both + neither - by_chance) / (1 - by_chance), np.nan)
    return kappa


def _check(ratings: Floats, approved: Flags) -> None:
    if len(ratings) != len(approved) or not np.isfinite(ratings).all():
        raise DataError(
            f"{len(ratings):,} ratings and {len(approved):,} labels, or a rating that is no number",
            where="ratings",
            remedy="give one finite rating a label",
        )
    if min(int(approved.sum()), int((~approved).sum())) < _FEWEST_ITEMS:
        raise DataError(
            f"{int(approved.sum()):,} of {len(approved):,} items are approved: too few of one kind",
            where="approved",
            remedy=f"give at least {_FEWEST_ITEMS} items that people approved and as many that they did not",
        )
