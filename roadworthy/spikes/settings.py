"""How sure one has to be of a spike. Light, since every command reads params.yaml."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class SpikeParams(BaseModel):
    """The section `spikes:` of params.yaml."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    alpha: float = Field(default=1e-7, gt=0, le=0.01)
    """The probability of a false alarm, for one interval and one measure: four measures come to .04 a year."""
    least_ratio: float = Field(default=2, ge=1)
    """What is less than so many times as much as usual calls nobody, however sure it is."""
    least_bad: int = Field(default=5, ge=1)
    """So many requests have to be bad in the interval."""
    history_days: int = Field(default=14, ge=3, le=90)
    """What is usual is learned from so many days."""
    least_days: int = Field(default=3, ge=1)
    """With fewer days of traffic there is no verdict."""
    beyond: float = Field(default=1.5, ge=1)
    """Slow is so many times the usual 95th percentile; dear likewise."""
    lasting_hours: float = Field(default=6, gt=0, le=24)
    """What lasts longer is no spike but a state: promises and their budgets tell of it."""
