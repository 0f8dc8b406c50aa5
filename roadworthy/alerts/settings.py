"""How alerts are told: how often, how late and how patiently. Light, since every command reads params.yaml."""

from __future__ import annotations

from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field


class AlertParams(BaseModel):
    """The section `alerts:` of params.yaml. Addresses and secrets are settings, and stand in the environment."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    group_minutes: float = Field(default=10, ge=0, le=24 * 60)
    """What joins a group waits so long after its last message, and is told together; what is worse waits never."""
    repeat_hours: float = Field(default=12, gt=0, le=24 * 30)
    """What is still open is told again after so long."""
    note_minutes: float = Field(default=5, ge=0, le=24 * 60)
    """Looks that see the same within so long count once, and write nothing."""
    passing_hours: float = Field(default=24, gt=0, le=24 * 30)
    """What happened once, such as a canary that was taken back, is open for so long."""
    attempts: int = Field(default=3, ge=1, le=10)
    """So often one look tries to send a message."""
    patience_seconds: float = Field(default=20, gt=0, le=300)
    """So long a look waits for all sending together; what did not arrive is tried again by later looks."""
    retry_minutes: float = Field(default=2, gt=0, le=24 * 60)
    """After a failure a later look waits so long, doubled with each failure up to an hour."""
    night_due_hours: float = Field(default=5, gt=0, le=24)
    """So long after a UTC day has ended its report has to be there."""

    @property
    def group_window(self) -> timedelta:
        """See `group_minutes`."""
        return timedelta(minutes=self.group_minutes)

    @property
    def repeat_after(self) -> timedelta:
        """See `repeat_hours`."""
        return timedelta(hours=self.repeat_hours)

    @property
    def note_after(self) -> timedelta:
        """See `note_minutes`."""
        return timedelta(minutes=self.note_minutes)

    @property
    def passes_after(self) -> timedelta:
        """See `passing_hours`."""
        return timedelta(hours=self.passing_hours)

    @property
    def night_due(self) -> timedelta:
        """See `night_due_hours`."""
        return timedelta(hours=self.night_due_hours)

    def retry_after(self, failures: int) -> timedelta:
        """Return how long to wait after so many failures in a row."""
        return timedelta(minutes=min(self.retry_minutes * 2.0 ** min(failures - 1, 16), 60.0))
