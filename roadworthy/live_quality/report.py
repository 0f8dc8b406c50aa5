"""What a night says of the quality of a capability's answers; holds figures, no contents."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from pydantic import Field

from roadworthy.evaluation.values import AnswerMetric, Estimate, Value


class QualityVerdict(StrEnum):
    """What a night allows to say."""

    MEASURED = "measured"
    """And nothing is below what was promised or seen before."""
    DROPPED = "dropped"
    NO_REQUESTS = "no_requests"
    NO_CONTENTS = "no_contents"
    """There were exchanges, but the policy keeps no contents, or they are gone."""
    TOO_FEW = "too_few"
    NOT_EVALUATED = "not_evaluated"
    """The release could not be read."""


class MetricOfNight(Value):
    """One metric of the exchanges that were looked at."""

    exchanges: int
    """To how many it applies."""
    version: int
    """Of its scorer: what another version scored does not compare."""
    estimate: Estimate | None
    """None for fewer than five exchanges."""
    surely_below: float | None
    """The mean is below this, but for one night and metric in a thousand or so, all live groups together.

    None as `estimate` is."""


class GroupOfNight(Value):
    """One release on one arm."""

    release: int
    arm: str
    exchanges: int
    kept: int
    """Of so many the contents were kept."""
    sampled: int
    metrics: dict[AnswerMetric, MetricOfNight] = Field(default_factory=dict)


class Drop(Value):
    """One metric below where it has to be."""

    release: int
    arm: str
    metric: AnswerMetric
    value: float
    surely_below: float
    expected: float
    """The gate's floor, or the mean of earlier nights less what does not matter."""
    against: str
    """What it was held against."""

    @property
    def text(self) -> str:
        """The drop as a phrase."""
        return (
            f"{self.metric} {self.value:.3f} of release {self.release}, surely below {self.surely_below:.3f}, "
            f"where {self.against} ask for {self.expected:.3f}"
        )


class NightQuality(Value):
    """One capability's night."""

    capability: str
    night: date
    verdict: QualityVerdict
    reason: str
    groups: tuple[GroupOfNight, ...] = ()
    drops: tuple[Drop, ...] = ()
    earlier_nights: int = 0
    """With so many it was compared."""
