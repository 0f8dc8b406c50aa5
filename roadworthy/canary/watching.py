"""Looks at the canary of a capability: from its ledger and its telemetry to a verdict and what is to be done next."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from roadworthy.canary.judge import Judge
from roadworthy.canary.observing import Canary, observe, traffic_of
from roadworthy.canary.ramp import Action, next_action
from roadworthy.canary.settings import CanaryParams
from roadworthy.canary.verdict import Judgement
from roadworthy.release.entries import CanaryShared, Entry, Moved, Stage
from roadworthy.release.standing import standing_of

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Present:
    """The canary that a ledger tells of."""

    capability: str
    release: int
    share: float
    began: datetime
    """When it came into canary: telemetry before is not its own."""
    share_since: datetime


@dataclass(frozen=True)
class Watched:
    """One look at a canary."""

    canary: Present
    at: datetime
    judgement: Judgement
    action: Action


def present_canary(capability: str, entries: tuple[Entry, ...], first_share: float) -> Present | None:
    """Return the release in canary, which has `first_share` until somebody gives it another; None when there is none.

    Raises `IntegrityError` for entries that contradict each other.
    """
    standing = standing_of(capability, entries)
    if standing.canary is None:
        return None
    began = max(
        entry.at
        for entry in entries
        if isinstance(entry.fact, Moved)
        and (entry.fact.stage, entry.fact.release) == (Stage.CANARY, standing.canary.number)
    )
    found = Present(capability, standing.canary.number, first_share, began, began)
    for entry in entries:
        if isinstance(entry.fact, CanaryShared) and entry.at >= began and entry.fact.release == found.release:
            found = replace(found, share=entry.fact.share, share_since=entry.at)
    return found


def watch_canary(canary: Present, events: pa.Table, params: CanaryParams, now: datetime) -> Watched:
    """Judge a canary by all that `read_events` returned, of all capabilities, since it began.

    All is judged anew at each look: late events take their place, and nothing has to be kept between looks.
    """
    looked_at = Canary(canary.capability, canary.release, canary.share_since)
    judge = Judge(params)
    judge.observe(observe(events, looked_at, params.most_per_person))
    judgement = judge.judgement(traffic_of(events, looked_at), now)
    return Watched(canary, now, judgement, next_action(params, judgement, canary.share, now - canary.share_since))
