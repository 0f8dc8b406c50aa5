"""`roadworthy canary watch`: how a canary does against production, and what the evidence allows; changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime

from cli.output import columns, print_json
from cli.releases import open_ledger
from roadworthy.canary.ramp import Action, Hold, Promote, RampTo, RollBack
from roadworthy.canary.settings import CanaryParams
from roadworthy.canary.verdict import MetricEvidence
from roadworthy.canary.watching import Watched
from roadworthy.errors import RuleBroken
from roadworthy.params.loading import load_params
from roadworthy.settings import Settings
from tasks.canary_watch import look_at_canary
from tasks.perform import PARAMS_FILE

_HEADINGS = ("metric", "canary", "of", "production", "of", "difference", "margin", "")


def show_canary(capability: str, as_json: bool) -> int:
    """Print shares, figures of both arms, the verdict and what is to be done next."""
    watched = _watched(capability)
    if as_json:
        print_json({"canary": watched.canary, "judgement": watched.judgement, "action": watched.action})
        return 0
    canary = watched.canary
    since = f"{canary.share_since:%Y-%m-%d %H:%M} UTC"
    print(f"{capability}@{canary.release} has {canary.share:.0%} of the traffic since {since}")
    for line in columns([_HEADINGS, *map(_row, watched.judgement.metrics)]):
        print(line)
    print(f"{watched.judgement.verdict}: {watched.judgement.reason}")
    print(f"next: {_told(watched.action)}")
    return 0


def _watched(capability: str) -> Watched:
    settings = Settings()
    plan = load_params(settings.root / PARAMS_FILE).canary.get(capability, CanaryParams())
    watched = look_at_canary(open_ledger(capability), settings, plan, datetime.now(UTC))
    if watched is None:
        raise RuleBroken(
            "No release is in canary.",
            where=capability,
            remedy=f"`roadworthy promote {capability}@N --approve --to canary` puts one there.",
        )
    return watched


def _row(line: MetricEvidence) -> tuple[str, ...]:
    said = "within" if line.within_margin else "needed" if line.needed else ""
    if line.canary_mean is None or line.production_mean is None:
        return line.metric.value, "-", str(line.canary), "-", str(line.production), "-", "-", said
    return (
        line.metric.value, f"{line.canary_mean:.4g}", str(line.canary), f"{line.production_mean:.4g}",
        str(line.production), f"{line.low:+.3g} to {line.high:+.3g}", f"{line.margin:.3g}", said,
    )  # fmt: skip


def _told(action: Action) -> str:
    match action:
        case RampTo(share=share):
            return f"ramp to {share:.0%}"
        case Promote():
            return "promote to production"
        case RollBack():
            return "roll back"
        case Hold(overdue=True):
            return "hold; it has been held for so long that a person has to decide"
        case Hold():
            return "hold"
