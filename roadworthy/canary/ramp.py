"""The plan of a canary: from a verdict and its present share to what is to be done next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from roadworthy.canary.settings import CanaryParams
from roadworthy.canary.verdict import CanaryVerdict, Judgement


@dataclass(frozen=True)
class RampTo:
    """Give it the next share."""

    share: float
    reason: str
    kind: Literal["ramp"] = "ramp"


@dataclass(frozen=True)
class Promote:
    """It has come to the last share: move it to production, when the rule allows."""

    reason: str
    kind: Literal["promote"] = "promote"


@dataclass(frozen=True)
class RollBack:
    """Take it out of the traffic."""

    reason: str
    kind: Literal["roll_back"] = "roll_back"


@dataclass(frozen=True)
class Hold:
    """Leave it as it is."""

    reason: str
    overdue: bool
    """It has been held for so long that a person has to decide."""
    kind: Literal["hold"] = "hold"


Action = RampTo | Promote | RollBack | Hold


def next_action(params: CanaryParams, judgement: Judgement, share: float, held: timedelta) -> Action:
    """Return what is to be done with a canary that has had `share` of the traffic for as long as `held`."""
    match judgement.verdict:
        case CanaryVerdict.WORSE:
            return RollBack(judgement.reason)
        case CanaryVerdict.NOT_WORSE:
            return _onwards(params, judgement.reason, share)
        case CanaryVerdict.UNDECIDED:
            return Hold(judgement.reason, held > timedelta(hours=params.longest_hold_hours))


def _onwards(params: CanaryParams, reason: str, share: float) -> RampTo | Promote:
    """A share that somebody set by hand goes on to the next one of the plan."""
    following = next((step for step in params.shares if step > share), 1.0)
    return Promote(reason) if following == 1.0 else RampTo(following, reason)
