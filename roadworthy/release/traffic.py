"""How traffic is shared between releases: decisions for `Ledger.record`, on what is recorded at that moment."""

from __future__ import annotations

from roadworthy.errors import RuleBroken
from roadworthy.release.entries import (
    CanaryShared,
    CanaryWithdrawn,
    Entry,
    ExperimentEnded,
    ExperimentStarted,
    Fact,
    Stage,
)
from roadworthy.release.ledger import Decide
from roadworthy.release.standing import Experiment, Standing, standing_of

APPROVED_STAGES = frozenset({Stage.STAGING, Stage.CANARY, Stage.PRODUCTION, Stage.RETIRED})
"""A lead has approved a release that stands here; a candidate may not meet people."""


def decide_canary_share(capability: str, share: float, reason: str) -> Decide:
    """Set the share of the release in canary; nothing when it has it. Raises `RuleBroken` when there is none."""

    def decide(entries: tuple[Entry, ...]) -> Fact | None:
        standing = standing_of(capability, entries)
        if standing.canary is None:
            raise RuleBroken(
                "No release is in canary.",
                where=capability,
                remedy=f"`roadworthy promote {capability}@N --approve --to canary` puts one there.",
            )
        if standing.canary_share == share:
            return None
        return CanaryShared(release=standing.canary.number, share=share, reason=reason)

    return decide


def decide_canary_withdrawal(capability: str, reason: str) -> Decide:
    """Take the release in canary out of the traffic; nothing when there is none."""

    def decide(entries: tuple[Entry, ...]) -> Fact | None:
        record = standing_of(capability, entries).canary
        return CanaryWithdrawn(release=record.number, reason=reason) if record else None

    return decide


def decide_experiment_start(capability: str, started: ExperimentStarted) -> Decide:
    """Start an experiment; nothing when just this one runs. Raises `RuleBroken` when it may not start."""

    def decide(entries: tuple[Entry, ...]) -> Fact | None:
        standing = standing_of(capability, entries)
        running = standing.experiment
        if running == _as_running(started):
            return None
        _check_start(standing, started)
        return started

    return decide


def decide_experiment_end(capability: str, reason: str) -> Decide:
    """End the experiment that runs; nothing when none does."""

    def decide(entries: tuple[Entry, ...]) -> Fact | None:
        running = standing_of(capability, entries).experiment
        return ExperimentEnded(name=running.name, reason=reason) if running else None

    return decide


def _as_running(started: ExperimentStarted) -> Experiment:
    return Experiment(started.name, started.release, started.share, started.metric, started.smallest_effect)


def _check_start(standing: Standing, started: ExperimentStarted) -> None:
    record, live = standing.release(started.release), standing.production
    where = f"{standing.capability}@{record.number}"
    if standing.experiment is not None:
        remedy = f"`roadworthy experiment end {standing.capability}` ends it."
        raise RuleBroken(f"The experiment {standing.experiment.name!r} runs already.", where=where, remedy=remedy)
    if live is None:
        remedy = "Promote a release to production, and name another one to compare it with."
        raise RuleBroken("There is nothing in production to compare it with.", where=where, remedy=remedy)
    if live.number == record.number:
        remedy = "Name another release, which is in staging: it takes its share of production's traffic."
        raise RuleBroken("It is in production, and can't be compared with itself.", where=where, remedy=remedy)
    if record.stage not in APPROVED_STAGES:
        remedy = f"`roadworthy promote {where} --approve --to staging` takes it there, when the rule allows."
        raise RuleBroken(
            f"Release {record.number} is a {record.stage}: nobody has approved it.", where=where, remedy=remedy
        )
