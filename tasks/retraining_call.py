"""What a night's drift and harm call for: a retraining after harm, and nothing but a word after drift alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from roadworthy.performance.trigger import TriggerVerdict
from roadworthy.release.standing import Standing
from tasks.drift_night import CapabilityDrift
from tasks.served_harm import held_until


class Call(StrEnum):
    """What is called for."""

    NOTHING = "nothing"
    DRIFT_SEEN = "drift.seen"
    """Drift lasts, and does no harm that is known, or a retraining is too recent."""
    DRIFT_CONFIRMED = "drift.confirmed"
    """Drift lasts, and harm is to be expected of it: retrain."""
    QUALITY_DROPPED = "quality.dropped"
    """Harm is to be expected without drift that lasts: retrain."""


@dataclass(frozen=True)
class Called:
    """What is called for, and why."""

    verdict: Call
    reason: str = ""


def retraining_call(drift: CapabilityDrift, standing: Standing, night: date) -> Called:
    """Decide what to say. Harm alone retrains (docs/decisions/0032), and not again so soon."""
    decision, held = drift.decision, held_until(standing, night)
    harmed = decision is not None and decision.verdict is TriggerVerdict.RETRAIN
    if decision is None or not harmed:
        return Called(Call.DRIFT_SEEN, drift.sustained.reason) if drift.lasts else Called(Call.NOTHING)
    moved = f"{drift.sustained.reason}; " if drift.lasts else ""
    reason = f"{moved}{decision.reason}"
    if held is not None:
        return Called(Call.DRIFT_SEEN if drift.lasts else Call.NOTHING, f"{reason}; held until {held}")
    return Called(Call.DRIFT_CONFIRMED if drift.lasts else Call.QUALITY_DROPPED, reason)
