"""What a release run ends in: the release, its figures, its verdicts, what waits for whom, and the next command."""

# Late imports: start-up time.
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from roadworthy.errors import IntegrityError
from roadworthy.evaluation.gates import GateResult
from roadworthy.evaluation.values import AnyMetric, Estimate
from roadworthy.release.approval import ENVIRONMENT, RESTORE_ENVIRONMENT
from roadworthy.release.bundle import blob_key
from roadworthy.release.entries import Stage
from roadworthy.release.ledger import Ledger
from roadworthy.release.standing import ReleaseRecord, Standing, standing_of
from tasks.compare import GATES, read_evaluation
from tasks.seal import own_release
from tasks.stores import open_store

if TYPE_CHECKING:
    from roadworthy.store import Store
    from tasks.workshop import Workshop


@dataclass(frozen=True)
class Shipped:
    """A release as it stands after the run."""

    capability: str
    release: int
    digest: str
    commit: str
    clean_work_tree: bool
    stage: Stage
    production: int | None
    """The release that is live."""
    metrics: Mapping[AnyMetric, Estimate]
    gates: tuple[GateResult, ...]
    verdict: str
    waits_for: str
    """What has to happen now, and who has to do it."""
    next_command: str

    @property
    def name(self) -> str:
        """What people call the release."""
        return f"{self.capability}@{self.release}"


def describe_shipped(workshop: Workshop) -> Shipped:
    """Describe the release that the bundle in the work tree has become."""
    from roadworthy.evaluation.judgement import Judgement

    store = open_store(workshop.settings.store_address)
    standing = standing_of(workshop.capability, Ledger(store, workshop.capability).entries())
    record = _own(workshop, standing)
    workspace = workshop.workspace
    evaluation = read_evaluation(workshop.section, workspace.evaluation)
    judgement = Judgement.model_validate_json(_report(store, record))
    waits_for, next_command = _next(standing, record, judgement.verdict.value)
    return Shipped(
        capability=workshop.capability,
        release=record.number,
        digest=record.digest,
        commit=record.commit,
        clean_work_tree=record.clean_work_tree,
        stage=record.stage,
        production=standing.production.number if standing.production else None,
        metrics=evaluation.metrics,
        gates=judgement.gates,
        verdict=judgement.verdict.value,
        waits_for=waits_for,
        next_command=next_command,
    )


def _own(workshop: Workshop, standing: Standing) -> ReleaseRecord:
    record = own_release(workshop.section, workshop.workspace, standing)
    if record is None:
        raise IntegrityError(
            "the work tree changed while the release was made", where="git status", remedy="run it again"
        )
    return record


def _report(store: Store, record: ReleaseRecord) -> bytes:
    report = record.evidence[GATES].report
    assert report is not None  # noqa: S101  (compare always keeps one)
    return store.read(blob_key(report))


def _next(standing: Standing, record: ReleaseRecord, verdict: str) -> tuple[str, str]:
    """Return what the release waits for, and the command that goes on from here."""
    capability = standing.capability
    name = f"{capability}@{record.number}"
    if record.stage is Stage.PRODUCTION:
        return "nobody: it is live", f"roadworthy verify {name}"
    if record.stage is Stage.RETIRED:
        return "nobody: it was live and is retired", f"roadworthy history {capability}"
    if not record.clean_work_tree:
        return "you: it comes from uncommitted changes and stays a candidate; commit and release again", "git status"
    drift = record.evidence.get(ENVIRONMENT)
    if drift is not None:
        return (
            f"you: it was not made in the locked environment ({drift.summary}) and stays a candidate",
            RESTORE_ENVIRONMENT,
        )
    if verdict != "pass":
        # Without a live release there is nothing to hold it against but its own pages.
        look = f"roadworthy diff {capability}@production {name}" if standing.production else "make ui"
        return f"you: a gate says {verdict}, so it can't be promoted", look
    return (
        "an ML lead: set the tag approval=approved on the version in MLflow (make ui), then run the next command",
        f"roadworthy promote {capability}",
    )
