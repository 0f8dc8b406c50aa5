"""What a replay gives: each night's verdicts, each retraining, and what the three ways to retrain come to."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from pydantic import field_serializer

from roadworthy.evaluation.values import Value, stable
from roadworthy.performance.estimated import EstimatedPerformance
from roadworthy.performance.measured import EstimateCheck, MeasuredPerformance
from roadworthy.performance.trigger import Decision, NightLoss
from roadworthy.replay.settings import ReplaySettings, Span


class NightState(StrEnum):
    """Whether there was a night."""

    REPLAYED = "replayed"
    NO_ROWS = "no_rows"


class DriftSeen(Value):
    """What the drift watch says of a night."""

    verdict: str
    causes: tuple[str, ...] = ()
    """What moved, the largest change first."""


class NightReport(Value):
    """One night as it would have been reported."""

    night: date
    state: NightState
    rows: int
    drift: DriftSeen
    estimated: EstimatedPerformance
    measured: MeasuredPerformance
    """As known when the span ends."""
    loss: NightLoss | None
    """None while the live model has served too few nights."""
    decision: Decision
    held_until: date | None = None
    """Harm calls for a retraining, but the last one is too recent: from this night on there may be another."""


class Retraining(Value):
    """A retraining that harm called for, and what came of it."""

    night: date
    learned_until: date
    """The last night from which the candidate learned."""
    replaced: bool
    reasons: tuple[str, ...]
    """What called for it, then what each gate said of the candidate."""


class MonthResult(Value):
    """One way to retrain in one month."""

    month: str
    rows: int
    auc: float | None
    """Over the month's rows together; None where a class is missing."""

    @field_serializer("auc")
    def _stable(self, number: float | None) -> float | None:
        return None if number is None else stable(number)


class WayResult(Value):
    """One way to retrain over the whole span."""

    retrainings: int
    """Models learned after the first, whether they replaced it or not."""
    mean_auc: float | None
    """The mean of the months' AUCs."""
    months: tuple[MonthResult, ...]

    @field_serializer("mean_auc")
    def _stable(self, number: float | None) -> float | None:
        return None if number is None else stable(number)


class Replay(Value):
    """A span of nights, lived again."""

    capability: str
    span: Span
    settings: ReplaySettings
    rows: int
    nights: tuple[NightReport, ...]
    retrainings: tuple[Retraining, ...]
    alarms: tuple[date, ...]
    """Nights on which the drift watch raised an alarm."""
    estimates: EstimateCheck
    """What the measurements say about the estimates."""
    stale: WayResult
    monthly: WayResult | None
    """None where it was not asked for."""
    triggered: WayResult
