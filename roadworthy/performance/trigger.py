"""When to retrain: after harm, which is performance lost beyond a budget, night by night; never after drift alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from roadworthy.evaluation.bootstrap import Resampling, estimate, replicates
from roadworthy.evaluation.metrics import Floats, Meter, Scored
from roadworthy.evaluation.values import Estimate, Metric, Value
from roadworthy.performance.calibrator import Calibrator
from roadworthy.performance.estimated import draws
from roadworthy.performance.expectation import Unlabelled


class HarmBudget(Value):
    """How much may be lost against the release's evaluation, and for how long, before it is harm."""

    metric: Metric = Metric.AUC
    margin: float = Field(default=0.02, gt=0)
    """The loss that is allowed, in the metric's own unit."""
    confidence: float = Field(default=0.9, gt=0.5, lt=1)
    """The loss's lower bound at this one-sided confidence has to lie beyond the margin."""
    needed: int = Field(default=3, ge=1)
    nights: int = Field(default=5, ge=1)
    """Harm on `needed` of the last `nights` nights is enough."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.needed > self.nights:
            raise ValueError(f"{self.needed} of {self.nights} nights can never be reached")
        return self


class Source(StrEnum):
    """What a night's loss rests on."""

    MEASURED = "measured"
    ESTIMATED = "estimated"
    CORRECTED = "corrected"
    """Estimated, less what past estimates were too hopeful by."""


class Harm(StrEnum):
    """What one night says."""

    HARMED = "harmed"
    WITHIN = "within"
    """Not surely beyond the budget."""
    UNKNOWN = "unknown"
    """Neither measured nor estimated."""


@dataclass(frozen=True)
class Level:
    """A metric's value on some rows, and how it would have come out had their units been drawn again."""

    value: float
    replicates: Floats
    units: int
    source: Source

    @classmethod
    def measured(cls, scored: Scored, metric: Metric, how: Resampling) -> Level:
        """Return the level of rows with labels."""
        meter = Meter(scored)
        values = replicates(meter.measure, scored.units, how)[metric]
        return cls(meter.measure_once()[metric], values, scored.units, Source.MEASURED)

    @classmethod
    def estimated(cls, scores: Floats, calibrator: Calibrator, metric: Metric, how: Resampling) -> Level:
        """Return the level that is to be expected of rows without labels."""
        rows = Unlabelled.of(scores, calibrator.shares_of(scores), how.clusters)
        return cls(rows.expected()[metric], draws(rows, how)[metric], rows.units, Source.ESTIMATED)


class NightLoss(Value):
    """What one night says about harm."""

    night: date
    verdict: Harm
    source: Source | None = None
    loss: Estimate | None = None
    """How much worse than the reference; the interval's lower end is what the verdict rests on."""
    reason: str


def loss_of(night: date, reference: Level, now: Level | None, budget: HarmBudget) -> NightLoss:
    """Compare a night's level with the release's evaluation; `now` is None when there is no level.

    The loss's interval comes from both bootstrap distributions, which are independent: neither the reference nor the
    night is taken for exact.
    """
    if now is None:
        return NightLoss(night=night, verdict=Harm.UNKNOWN, reason="neither measured nor estimated")
    sign, count = budget.metric.sign, min(len(reference.replicates), len(now.replicates))
    values = sign * (reference.replicates[:count] - now.replicates[:count])
    # Two-sided with the same tails: its lower end is the one-sided bound.
    confidence = 2 * budget.confidence - 1
    loss = estimate(sign * (reference.value - now.value), values, confidence, min(reference.units, now.units))
    verdict = Harm.HARMED if loss.low > budget.margin else Harm.WITHIN
    return NightLoss(
        night=night,
        verdict=verdict,
        source=now.source,
        loss=loss,
        reason=(
            f"{budget.metric} {now.value:.3f} {now.source}, {reference.value:.3f} at its evaluation: "
            f"lost {loss.value:+.3f}, at least {loss.low:+.3f}; {budget.margin:g} is allowed"
        ),
    )


class TriggerVerdict(StrEnum):
    """What to do about the model."""

    RETRAIN = "retrain"
    KEEP = "keep"
    BLIND = "blind"
    """So many of the last nights say nothing that harm can't be ruled out: someone has to look."""


class Decision(Value):
    """Whether to retrain, and why."""

    verdict: TriggerVerdict
    harmed: int
    """How many of the last nights were harmed."""
    unknown: int
    """How many of them say nothing."""
    reason: str


def decide(losses: Sequence[NightLoss], budget: HarmBudget) -> Decision:
    """Decide by the last nights, given in order; nights that are missing at the start count as not harmed."""
    last = losses[-budget.nights :]
    harmed = [loss for loss in last if loss.verdict is Harm.HARMED]
    unknown = sum(loss.verdict is Harm.UNKNOWN for loss in last)
    counted = f"{len(harmed)} of the last {budget.nights} nights harmed, {budget.needed} needed"
    if len(harmed) >= budget.needed:
        verdict, reason = TriggerVerdict.RETRAIN, f"{counted}; last: {harmed[-1].reason}"
    elif last and unknown > budget.nights - budget.needed:
        verdict, reason = TriggerVerdict.BLIND, f"{unknown} of the last {budget.nights} nights say nothing"
    else:
        verdict, reason = TriggerVerdict.KEEP, counted
    return Decision(verdict=verdict, harmed=len(harmed), unknown=unknown, reason=reason)
