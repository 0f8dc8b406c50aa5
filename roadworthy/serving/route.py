"""The route of a capability: what its ledger says about which release answers whom, and what is switched off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from roadworthy.assistant.switches import PROMPT
from roadworthy.canary.split import CANARY, PRODUCTION, Share, choose_arm
from roadworthy.release.standing import ReleaseRecord, Standing
from roadworthy.serving.opened import Wanted

CANARY_SHARE = 0.05
"""What a canary gets until somebody sets its share in the ledger."""
TREATMENT, CONTROL = "treatment", "control"


@dataclass(frozen=True)
class Route:
    """Immutable: a change in the ledger makes a new one, so that no request sees half of it."""

    capability: str
    arms: Mapping[str, Wanted]
    """By arm, the release that answers; empty while nothing is in production."""
    shares: tuple[Share, ...]
    standby: tuple[Wanted, ...]
    """What is kept ready besides, so that a rollback takes no loading."""
    switched_off: frozenset[str]
    experiment: str = ""
    """The name of the experiment that runs, if any."""

    def arm(self, person: str) -> str:
        """Return the arm that answers `person`."""
        return choose_arm(self.shares, person)

    def label(self, arm: str) -> str:
        """Return what an arm is called in events: while an experiment runs, production is its control."""
        return f"{self.experiment}/{CONTROL}" if self.experiment and arm == PRODUCTION else arm


def route_of(standing: Standing) -> Route:
    """Return the route that a ledger's standing asks for."""
    production = standing.production
    if production is None:
        return Route(standing.capability, {}, (), (), standing.switched_off)
    arms, shares = {PRODUCTION: _wanted(standing, production)}, []
    if standing.canary is not None:
        arms[CANARY] = Wanted(standing.capability, standing.canary)
        shares.append(Share(CANARY, standing.canary_share or CANARY_SHARE, standing.canary.digest))
    experiment = standing.experiment
    if experiment is not None:
        arm = f"{experiment.name}/{TREATMENT}"
        arms[arm] = Wanted(standing.capability, standing.release(experiment.release))
        shares.append(Share(arm, experiment.share, experiment.name))
    before = standing.rollback_target
    standby = (Wanted(standing.capability, before),) if before else ()
    name = experiment.name if experiment else ""
    return Route(standing.capability, arms, tuple(shares), standby, standing.switched_off, name)


def _wanted(standing: Standing, record: ReleaseRecord) -> Wanted:
    """Return the release, with the prompts of the one before it when its own are switched off and there is one."""
    prompts_of = standing.rollback_target if PROMPT in standing.switched_off else None
    return Wanted(standing.capability, record, prompts_of)
