"""What a night says about labels: which have come, how late, and what they say beside the estimates."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from pydantic import Field, field_serializer

from roadworthy.evaluation.values import Estimate, Metric, Value, stable
from roadworthy.performance.measured import EstimateCheck


class LabelState(StrEnum):
    """What is known of a night's labels."""

    MEASURED = "measured"
    WAITING = "waiting"
    """Labels may still come."""
    INCOMPLETE = "incomplete"
    """Time is over, and too many are missing: what came is no fair sample."""
    NO_LABELS = "no_labels"
    """Time is over, and none came."""
    TOO_FEW = "too_few"
    """Too few rows, or a single class."""
    BAD_SCORES = "bad_scores"
    """Scores that are no probabilities."""
    NO_ROWS = "no_rows"
    """Nothing was predicted, or by gateways that kept no scores yet."""
    NOT_READABLE = "not_readable"
    """Scores or labels in the store are damaged, or of a newer version."""


class Delays(Value):
    """How late labels came, in hours after their events."""

    median: float
    p95: float
    most: float

    @field_serializer("median", "p95", "most")
    def _stable(self, number: float) -> float:
        return stable(number)


class LabelledNight(Value):
    """One night's events, as one release predicted them."""

    night: date
    release: int
    digest: str
    rows: int
    labelled: int
    """Rows whose label has come."""
    state: LabelState
    reason: str | None = None
    """Why nothing was measured."""
    delays: Delays | None = None
    estimated: dict[Metric, Estimate] = Field(default_factory=dict)
    """What the same rows' scores let expect."""
    measured: dict[Metric, Estimate] = Field(default_factory=dict)

    @property
    def coverage(self) -> float:
        """The share of the rows whose label has come."""
        return self.labelled / self.rows if self.rows else 0.0


class Moved(Value):
    """Whether the labels themselves drift (roadworthy/drift/kinds/labels.py)."""

    night: date
    state: str
    reason: str
    culprits: tuple[str, ...] = ()


class LabelsReport(Value):
    """What is known of a capability's labels on one night."""

    capability: str
    state: LabelState
    """Of the newest night that waits no longer."""
    reason: str
    nights: tuple[LabelledNight, ...] = ()
    """Past nights, by night and release."""
    corrected: int = 0
    """Labels of these nights that a later one replaced."""
    checks: dict[str, EstimateCheck] = Field(default_factory=dict)
    """By a release's digest: its estimates beside its measurements."""
    drift: Moved | None = None
