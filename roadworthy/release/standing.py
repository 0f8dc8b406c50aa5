"""Where every release of a capability stands: what a ledger's entries add up to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from roadworthy.errors import IntegrityError, UnknownName
from roadworthy.release.entries import (
    Approved,
    CanaryShared,
    CanaryWithdrawn,
    Entry,
    EvidenceRecorded,
    ExperimentEnded,
    ExperimentStarted,
    Moved,
    Released,
    RolledBack,
    Stage,
    SwitchedOff,
    SwitchedOn,
)
from roadworthy.release.experiment_metric import ExperimentMetric

ALLOWED_MOVES: Mapping[Stage, frozenset[Stage]] = {
    Stage.CANDIDATE: frozenset({Stage.STAGING}),
    Stage.STAGING: frozenset({Stage.CANARY, Stage.PRODUCTION}),
    Stage.CANARY: frozenset({Stage.PRODUCTION}),
    Stage.PRODUCTION: frozenset(),
    Stage.RETIRED: frozenset(),
}
"""From which stage a release may be moved to which. A rollback has an entry of its own."""

_AFTER_BEING_SUPERSEDED = {
    Stage.STAGING: Stage.CANDIDATE,
    Stage.CANARY: Stage.CANDIDATE,
    Stage.PRODUCTION: Stage.RETIRED,
}
"""One release at most holds each of these; when another comes, the one before steps to this stage."""


@dataclass(frozen=True)
class Evidence:
    """The latest that is known about a release under one name."""

    sequence: int
    """The entry that says so."""
    verdict: Literal["pass", "fail", "inconclusive"]
    summary: str
    report: str | None
    """The digest of a report in the store."""
    facts: Mapping[str, str | bool | int | float | None]


@dataclass(frozen=True)
class ReleaseRecord:
    """One release: what it is, how far it has come, and what is known about it."""

    number: int
    digest: str
    commit: str
    clean_work_tree: bool
    stage: Stage
    released_at: datetime
    evidence: Mapping[str, Evidence] = field(default_factory=dict)
    """By name; an older finding under the same name no longer counts."""
    approved_for: frozenset[Stage] = frozenset()
    """The stages for which it was approved; a rollback withdraws all of them."""


@dataclass(frozen=True)
class Experiment:
    """A release that answers a share of production's traffic under a name."""

    name: str
    release: int
    share: float
    metric: ExperimentMetric | None = None
    smallest_effect: float | None = None


@dataclass(frozen=True)
class Standing:
    """All releases of a capability, in the order of their numbers."""

    capability: str
    releases: tuple[ReleaseRecord, ...] = ()
    production_history: tuple[int, ...] = ()
    """A stack of numbers: a promotion puts one on top, a rollback takes it off. The last one is live."""
    switched_off: frozenset[str] = frozenset()
    canary_share: float | None = None
    """The share that somebody gave to the release in canary; None until somebody did."""
    experiment: Experiment | None = None
    """The one that runs, if any."""

    @property
    def production(self) -> ReleaseRecord | None:
        """The release that is live, if any."""
        return self.release(self.production_history[-1]) if self.production_history else None

    @property
    def rollback_target(self) -> ReleaseRecord | None:
        """The release that a rollback would make live, if any."""
        return self.release(self.production_history[-2]) if len(self.production_history) > 1 else None

    @property
    def staging(self) -> ReleaseRecord | None:
        """The release in staging, if any."""
        return self.latest(Stage.STAGING)

    @property
    def canary(self) -> ReleaseRecord | None:
        """The release in canary, if any."""
        return self.latest(Stage.CANARY)

    def latest(self, stage: Stage | None = None) -> ReleaseRecord | None:
        """Return the newest release, or the newest one at `stage`."""
        found = [record for record in self.releases if stage in (None, record.stage)]
        return found[-1] if found else None

    def release(self, number: int) -> ReleaseRecord:
        """Return release `number`, or raise `UnknownName` that lists the numbers there are."""
        if 1 <= number <= len(self.releases):
            return self.releases[number - 1]
        known = f"1 to {len(self.releases)}" if self.releases else "none yet"
        raise UnknownName(
            f"There is no release {number} of '{self.capability}'.",
            where=f"{self.capability}@{number}",
            remedy=f"Known releases: {known}. `roadworthy history {self.capability}` lists them.",
        )

    def by_digest(self, digest: str) -> ReleaseRecord | None:
        """Return the release with this digest, or None."""
        return next((record for record in self.releases if record.digest == digest), None)


def standing_of(capability: str, entries: tuple[Entry, ...]) -> Standing:
    """Fold `entries`, in their order, into where each release stands now.

    Raises `IntegrityError` for an entry that contradicts those before it.
    """
    standing = Standing(capability)
    for entry in entries:
        standing = _after(standing, entry)
    return standing


def _after(standing: Standing, entry: Entry) -> Standing:
    match entry.fact:
        case Released() as fact:
            return _with_release(standing, entry, fact)
        case EvidenceRecorded() as fact:
            record = _known(standing, entry, fact.release)
            found = Evidence(entry.sequence, fact.verdict, fact.summary, fact.report, fact.facts)
            return _with(standing, replace(record, evidence={**record.evidence, fact.name: found}))
        case Approved() as fact:
            record = _known(standing, entry, fact.release)
            return _with(standing, replace(record, approved_for=record.approved_for | {fact.stage}))
        case Moved() as fact:
            return _with_move(standing, entry, fact)
        case RolledBack() as fact:
            return _with_rollback(standing, entry, fact)
        case SwitchedOff(target=target):
            return replace(standing, switched_off=standing.switched_off | {target})
        case SwitchedOn(target=target):
            return replace(standing, switched_off=standing.switched_off - {target})
        case CanaryShared(share=share):
            return replace(standing, canary_share=share)
        case CanaryWithdrawn() as fact:
            return _without_canary(standing, entry, fact)
        case ExperimentStarted() as fact:
            _known(standing, entry, fact.release)
            running = Experiment(fact.name, fact.release, fact.share, fact.metric, fact.smallest_effect)
            return replace(standing, experiment=running)
        case ExperimentEnded():
            return replace(standing, experiment=None)
        case _:
            # A refused request changes nothing.
            return standing


def _with_release(standing: Standing, entry: Entry, fact: Released) -> Standing:
    if fact.release != len(standing.releases) + 1 or standing.by_digest(fact.digest):
        raise _contradiction(standing, entry, f"release {fact.release} is not the next new one")
    record = ReleaseRecord(fact.release, fact.digest, fact.commit, fact.clean_work_tree, Stage.CANDIDATE, entry.at)
    return replace(standing, releases=(*standing.releases, record))


def _with_move(standing: Standing, entry: Entry, fact: Moved) -> Standing:
    record = _known(standing, entry, fact.release)
    if fact.stage not in ALLOWED_MOVES[record.stage]:
        raise _contradiction(standing, entry, f"release {fact.release} can't go from {record.stage} to {fact.stage}")
    before = standing.latest(fact.stage)
    if before is not None:
        standing = _with(standing, replace(before, stage=_AFTER_BEING_SUPERSEDED[fact.stage]))
    standing = _with(standing, replace(record, stage=fact.stage))
    if Stage.CANARY in (fact.stage, record.stage):
        # The share was the one canary's, not the next one's.
        standing = replace(standing, canary_share=None)
    if fact.stage is Stage.PRODUCTION:
        standing = replace(standing, production_history=(*standing.production_history, fact.release))
    return _without_settled_experiment(standing)


def _without_settled_experiment(standing: Standing) -> Standing:
    """End an experiment whose release is in production: there is nothing left to compare."""
    live, experiment = standing.production, standing.experiment
    settled = live is not None and experiment is not None and experiment.release == live.number
    return replace(standing, experiment=None) if settled else standing


def _without_canary(standing: Standing, entry: Entry, fact: CanaryWithdrawn) -> Standing:
    record = _known(standing, entry, fact.release)
    if record.stage is not Stage.CANARY:
        raise _contradiction(standing, entry, f"release {fact.release} is no canary")
    withdrawn = replace(record, stage=Stage.CANDIDATE, approved_for=frozenset())
    return replace(_with(standing, withdrawn), canary_share=None)


def _with_rollback(standing: Standing, entry: Entry, fact: RolledBack) -> Standing:
    if standing.production_history[-2:] != (fact.to, fact.release):
        raise _contradiction(standing, entry, f"{fact.to} was not the one before {fact.release}")
    withdrawn, back = standing.release(fact.release), standing.release(fact.to)
    standing = _with(standing, replace(withdrawn, stage=Stage.RETIRED, approved_for=frozenset()))
    standing = _with(standing, replace(back, stage=Stage.PRODUCTION))
    return _without_settled_experiment(replace(standing, production_history=standing.production_history[:-1]))


def _with(standing: Standing, record: ReleaseRecord) -> Standing:
    releases = list(standing.releases)
    releases[record.number - 1] = record
    return replace(standing, releases=tuple(releases))


def _known(standing: Standing, entry: Entry, number: int) -> ReleaseRecord:
    if number > len(standing.releases):
        raise _contradiction(standing, entry, f"release {number} was never released")
    return standing.release(number)


def _contradiction(standing: Standing, entry: Entry, problem: str) -> IntegrityError:
    return IntegrityError(
        f"Entry {entry.sequence} of '{standing.capability}' contradicts those before it: {problem}.",
        where=f"ledger/{standing.capability}/{entry.sequence:08d}.json",
        remedy="Only Roadworthy's own commands may write to the ledger: find out what wrote this entry.",
    )
