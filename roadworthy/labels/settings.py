"""How late labels may be, and how far back nights look at them."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from roadworthy.evaluation.values import Value


class LabelParams(BaseModel):
    """A capability's part of the section `labels:` of params.yaml; it is no part of what ships."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    delay_days: int = Field(default=7, ge=1, le=365)
    """Days after its event until a label is late: how long the truth takes to be known, such as until a loan is due."""


class LabelSettings(Value):
    """What is assumed of labels."""

    delay_days: int = Field(default=7, ge=1, le=365)
    """Days after its event until a label is late. Until they are over a night waits; then no label is a finding."""
    ahead_days: int = Field(default=7, ge=1, le=365)
    """Days after its prediction until an event can be."""
    nights: int = Field(default=14, ge=5)
    """So many past nights are measured beside their estimates, with the night itself."""
    reference_nights: int = Field(default=42, ge=7)
    """With so many nights the labels of the newest complete one are compared: whole weeks."""
    key_days: int = Field(default=62, ge=1)
    """So many days back rows are looked for by key."""
    most_rows: int = Field(default=5000, ge=1000)
    """So many rows stand for a night, evenly picked in the order of their requests."""
    resamples: int = Field(default=500, ge=100)
