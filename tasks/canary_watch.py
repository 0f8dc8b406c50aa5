"""Looks at a canary: gathers what telemetry says since it began, has it judged, and does what its plan says."""

# Late imports: start-up time.
from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from roadworthy.canary.ramp import Action, Hold, Promote, RampTo, RollBack
from roadworthy.canary.settings import CanaryParams
from roadworthy.canary.verdict import CanaryVerdict
from roadworthy.release.approval import Wish, rule_on
from roadworthy.release.entries import Actor, CanaryShared, CanaryWithdrawn, Entry, EvidenceRecorded, Fact, Stage
from roadworthy.release.ledger import Decide, Ledger
from roadworthy.release.stages import decide_move
from roadworthy.release.standing import Standing, standing_of
from roadworthy.serving.route import CANARY_SHARE
from roadworthy.settings import Settings
from roadworthy.telemetry.opening import OPEN

if TYPE_CHECKING:
    from roadworthy.canary.watching import Watched

WATCH = Actor(name="watch_canary")
"""Who acts: nobody approved this step, the plan that a person approved with the canary did."""
EVIDENCE = "canary"


def look_at_canary(ledger: Ledger, settings: Settings, params: CanaryParams, now: datetime) -> Watched | None:
    """Judge the canary by all telemetry since it began; None when there is none. Nothing is changed."""
    from roadworthy.canary.watching import present_canary, watch_canary
    from roadworthy.telemetry.reading import Window, read_events

    present = present_canary(ledger.capability, ledger.entries(), CANARY_SHARE)
    if present is None:
        return None
    # Of all capabilities: what users say of an answer names the answer alone.
    events = read_events(ledger.store, Window(min(present.began, now), now), segments=settings.home_path / OPEN)
    return watch_canary(present, events, params, now)


def act_on(seen: Watched, ledger: Ledger) -> tuple[Entry, ...]:
    """Do what the plan says, with the evidence before it; return the ledger's new entries.

    Killed in between and done again, or done by two at once, it ends in the same state: each decision looks at what the
    ledger says at that moment, and a canary that is gone meanwhile is left alone.
    """
    if isinstance(seen.action, Hold):
        return ()
    evidence = EvidenceRecorded(
        release=seen.canary.release,
        name=EVIDENCE,
        verdict=_VERDICTS[seen.judgement.verdict],
        summary=f"{seen.judgement.reason}; at {seen.canary.share:.0%} of the traffic: {_said(seen.action)}",
        facts=_facts(seen),
    )
    recorded = (ledger.record(_if_canary(seen, _once(seen, evidence)), by=WATCH),)
    return tuple(entry for entry in (*recorded, ledger.record(_decision(seen), by=WATCH)) if entry)


_VERDICTS: Mapping[CanaryVerdict, Literal["pass", "fail", "inconclusive"]] = {
    CanaryVerdict.WORSE: "fail",
    CanaryVerdict.NOT_WORSE: "pass",
    CanaryVerdict.UNDECIDED: "inconclusive",
}


def _decision(seen: Watched) -> Decide:
    match seen.action:
        case RampTo(share=share, reason=reason):
            fact: Fact = CanaryShared(release=seen.canary.release, share=share, reason=reason)
            return _if_canary(seen, lambda _: fact)
        case RollBack(reason=reason):
            withdrawn = CanaryWithdrawn(release=seen.canary.release, reason=reason)
            return _if_canary(seen, lambda _: withdrawn)
        case Promote():
            return _if_canary(seen, _promotion(seen))
        case Hold():
            return lambda _: None


def _promotion(seen: Watched) -> Decide:
    """Move to production what the rule still allows; the lead's approval of the canary is the approval of its plan."""

    def decide(entries: tuple[Entry, ...]) -> Fact | None:
        wish = Wish(seen.canary.release, Stage.PRODUCTION, "the canary's plan", WATCH)
        if not rule_on(standing_of(seen.canary.capability, entries), wish, require_identity=False).allowed:
            return None
        return decide_move(seen.canary.capability, seen.canary.release, Stage.PRODUCTION)(entries)

    return decide


def _if_canary(seen: Watched, decide: Decide) -> Decide:
    """Decide only while the release is the canary with the share at which it was looked at."""

    def decided(entries: tuple[Entry, ...]) -> Fact | None:
        standing = standing_of(seen.canary.capability, entries)
        return decide(entries) if _is_as_seen(standing, seen) else None

    return decided


def _is_as_seen(standing: Standing, seen: Watched) -> bool:
    canary = standing.canary
    share = standing.canary_share or CANARY_SHARE
    return canary is not None and (canary.number, share) == (seen.canary.release, seen.canary.share)


def _once(seen: Watched, evidence: EvidenceRecorded) -> Decide:
    def decide(entries: tuple[Entry, ...]) -> Fact | None:
        known = standing_of(seen.canary.capability, entries).release(seen.canary.release).evidence.get(EVIDENCE)
        return None if known and known.summary == evidence.summary else evidence

    return decide


def _facts(seen: Watched) -> dict[str, str | bool | int | float | None]:
    """Return the figures that the verdict rests on: the e-values, and each metric's difference."""
    facts: dict[str, str | bool | int | float | None] = {
        "share": seen.canary.share,
        "log_e": round(seen.judgement.log_e, 4),
        "log_e_needed": round(seen.judgement.log_needed, 4),
        "decided_by": seen.judgement.decided_by,
    }
    for one in seen.judgement.metrics:
        if one.canary:
            facts[f"{one.metric}.low"], facts[f"{one.metric}.high"] = round(one.low, 6), round(one.high, 6)
            facts[f"{one.metric}.log_e"] = round(one.log_e, 4)
    return facts


def _said(action: Action) -> str:
    match action:
        case RampTo(share=share):
            return f"ramp to {share:.0%}"
        case Promote():
            return "promote"
        case RollBack():
            return "roll back"
        case Hold():
            return "hold"
