"""What a replay assumes: how late labels come, how loss is judged, and how a candidate is compared."""

from __future__ import annotations

from datetime import date
from typing import Self

from pydantic import Field, model_validator

from roadworthy.evaluation.values import Value
from roadworthy.performance.trigger import HarmBudget


class ReplaySettings(Value):
    """How nights are replayed. The defaults were chosen on April to June 2013 of flight-delay alone."""

    budget: HarmBudget = HarmBudget(margin=0.02, confidence=0.9, needed=2, nights=3)
    window: int = Field(default=7, ge=5)
    """A night's loss is that of the nights up to it, so many: a whole week, since days of the week differ."""
    held_out: int = Field(default=14, ge=5)
    """The last labelled nights, so many, from which a candidate learns nothing: there it meets the live model."""
    wait: int = Field(default=14, ge=1)
    """Nights between two retrainings; doubled by each candidate that was refused, until one replaces."""
    label_delay: int = Field(default=1, ge=0)
    """Nights until a night's labels are there."""
    resamples: int = Field(default=500, ge=100)
    seed: int = 0


class Span(Value):
    """Nights from `first` to `last`, both included."""

    first: date
    last: date

    @model_validator(mode="after")
    def _forward(self) -> Self:
        if self.last < self.first:
            raise ValueError(f"it ends on {self.last}, before it begins on {self.first}")
        return self
