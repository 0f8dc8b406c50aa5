"""What a ledger is made of: entries, each with one fact."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from roadworthy.chain.link import Digest, Kept, Link, Number
from roadworthy.release.experiment_metric import ExperimentMetric

Share = Annotated[float, Field(gt=0, le=1)]
Effect = Annotated[float, Field(gt=0, le=0.9)]


class Stage(StrEnum):
    """How far a release has come."""

    CANDIDATE = "candidate"
    STAGING = "staging"
    CANARY = "canary"
    PRODUCTION = "production"
    RETIRED = "retired"


class Actor(Kept):
    """Who did it, and whether a system that checks identities says so."""

    name: str
    authenticated: bool = False


class Released(Kept):
    """A release was sealed and stored; it starts as a candidate."""

    kind: Literal["released"] = "released"
    release: Number
    digest: Digest
    commit: str
    clean_work_tree: bool


class EvidenceRecorded(Kept):
    """Something was found out about a release; the latest evidence of a name counts."""

    kind: Literal["evidence_recorded"] = "evidence_recorded"
    release: Number
    name: str
    """What was looked at: gates, environment, work_tree, staging_test, rollback_plan, documentation."""
    verdict: Literal["pass", "fail", "inconclusive"]
    summary: str
    report: Digest | None = None
    """The digest of a report in the store."""
    facts: dict[str, str | bool | int | float | None] = Field(default_factory=dict)


class Approved(Kept):
    """A person let a release move to a stage, on evidence that the ledger holds."""

    kind: Literal["approved"] = "approved"
    release: Number
    stage: Stage
    gesture: str
    """What the person did, such as: tag approval=approved."""
    evidence: tuple[Number, ...] = ()
    """The sequence numbers of the entries on which the approval rests."""


class RequestRefused(Kept):
    """A person asked for a move that the rules don't allow."""

    kind: Literal["request_refused"] = "request_refused"
    release: Number
    stage: Stage
    gesture: str
    reason: str


class Moved(Kept):
    """A release came to a stage; one that stood there before has left it."""

    kind: Literal["moved"] = "moved"
    release: Number
    stage: Stage


class RolledBack(Kept):
    """The production release was withdrawn, and the one before it is live again."""

    kind: Literal["rolled_back"] = "rolled_back"
    release: Number
    """The release that was withdrawn."""
    to: Number
    """The release that is live now."""
    reason: str


class SwitchedOff(Kept):
    """Serving of a target was stopped at once."""

    kind: Literal["switched_off"] = "switched_off"
    target: str
    reason: str


class SwitchedOn(Kept):
    """Serving of a target that was switched off goes on."""

    kind: Literal["switched_on"] = "switched_on"
    target: str
    reason: str


class CanaryShared(Kept):
    """The canary's share of the traffic was set."""

    kind: Literal["canary_shared"] = "canary_shared"
    release: Number
    share: Share
    reason: str


class CanaryWithdrawn(Kept):
    """The release in canary is a candidate again, and its approval is gone."""

    kind: Literal["canary_withdrawn"] = "canary_withdrawn"
    release: Number
    reason: str


class ExperimentStarted(Kept):
    """Another release answers a share of the traffic, to be compared with production under a name."""

    kind: Literal["experiment_started"] = "experiment_started"
    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,62}$")]
    release: Number
    share: Share
    hypothesis: str
    metric: ExperimentMetric | None = Field(default=None, exclude_if=lambda metric: metric is None)
    """What decides it; None in entries from before one could say."""
    smallest_effect: Effect | None = Field(default=None, exclude_if=lambda effect: effect is None)
    """From where on a difference of it matters: of shares, or a part of control's mean."""


class ExperimentEnded(Kept):
    """Production answers all of an experiment's traffic again."""

    kind: Literal["experiment_ended"] = "experiment_ended"
    name: str
    reason: str


Fact = (
    Released
    | EvidenceRecorded
    | Approved
    | RequestRefused
    | Moved
    | RolledBack
    | SwitchedOff
    | SwitchedOn
    | CanaryShared
    | CanaryWithdrawn
    | ExperimentStarted
    | ExperimentEnded
)


class Entry(Link):
    """One fact at its place in the chain of a capability's ledger."""

    capability: str
    by: Actor
    fact: Annotated[Fact, Field(discriminator="kind")]
