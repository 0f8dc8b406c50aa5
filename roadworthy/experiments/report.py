"""What an experiment's report says: the verdict, the figures that it rests on, and whether the split held."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from roadworthy.experiments.plan import ExperimentPlan
from roadworthy.release.experiment_metric import ExperimentMetric


class ExperimentVerdict(StrEnum):
    """What the evidence allows to say of the treatment."""

    BETTER = "better"
    WORSE = "worse"
    NO_RELEVANT_DIFFERENCE = "no_relevant_difference"
    """The whole interval is smaller than the smallest effect that matters."""
    NOT_YET = "not_yet"


class SplitVerdict(StrEnum):
    """Whether people came to the arms as planned."""

    AS_PLANNED = "as_planned"
    BROKEN = "broken"
    TOO_FEW = "too_few"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SplitCheck(_Frozen):
    """The sample ratio."""

    verdict: SplitVerdict
    treatment: int
    """People who were sent there first."""
    control: int
    planned: float
    """The treatment's share."""
    crossed: int
    """People who met both arms."""
    log_e: float
    """The largest logarithm ever of the e-value against the planned share."""
    log_needed: float


class Arm(_Frozen):
    """One arm's figures for one metric."""

    people: int
    mean: float | None
    """Of all its people; None without any."""


class MetricReport(_Frozen):
    """One metric in both arms."""

    metric: ExperimentMetric
    verdict: ExperimentVerdict
    reason: str
    treatment: Arm
    control: Arm
    waiting: int
    """People in their first hour: they count when it is over."""
    low: float | None
    """The difference treatment − control lies between `low` and `high`, at all looks together; in the metric's unit."""
    high: float | None
    smallest_effect: float | None
    """In the metric's unit too; None while control's mean is not known."""
    confidence: float
    """Of the interval, at all looks together."""


class PathPoint(_Frozen):
    """The interval after so many people."""

    people: int
    low: float
    high: float


class ExperimentReport(_Frozen):
    """An experiment as it stands."""

    plan: ExperimentPlan
    at: datetime
    verdict: ExperimentVerdict
    reason: str
    split: SplitCheck
    decides: MetricReport
    """The metric that was chosen at the start."""
    beside: tuple[MetricReport, ...]
    """All others that have figures; their intervals hold together, and none of them decides."""
    path: tuple[PathPoint, ...]
    """How the deciding metric's interval narrowed."""
    remarks: tuple[str, ...] = ()
    """What to know when reading it."""
