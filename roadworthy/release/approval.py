"""The rule of approval: whether a release may move to a stage, and if not, every reason why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from roadworthy.release.entries import Actor, Stage
from roadworthy.release.standing import ALLOWED_MOVES, ReleaseRecord, Standing

GATES = "gates"
"""The evidence that every move rests on."""

REGISTRY = "registry"
"""The evidence that tells what MLflow has of a release: its version at first, and then, by present, its verdict."""

ENVIRONMENT = "environment"
"""The evidence that a release was made with other packages than its lock names; without it, it was not."""

RESTORE_ENVIRONMENT = "python deployments/install.py"
"""The command that installs what requirements.lock says."""


@dataclass(frozen=True)
class Wish:
    """A move that somebody asks for."""

    release: int
    stage: Stage
    gesture: str
    """What the person did, such as: tag approval=approved."""
    by: Actor
    unclear: str | None = None
    """What is not understood of it, and what to do instead."""


@dataclass(frozen=True)
class Ruling:
    """What the rule says of a wish."""

    reasons: tuple[str, ...]
    """Why not, each with what to do about it; empty when it is allowed."""

    @property
    def allowed(self) -> bool:
        """Tell whether the release may move."""
        return not self.reasons


def rule_on(standing: Standing, wish: Wish, require_identity: bool) -> Ruling:
    """Rule on a wish by what the ledger holds now; whether evidence is fresh, the caller sees to before."""
    record = standing.release(wish.release)
    if wish.unclear:
        return Ruling((wish.unclear,))
    return Ruling(tuple(_reasons(record, wish, require_identity)))


def path_to(record: ReleaseRecord, stage: Stage) -> tuple[Stage, ...]:
    """Return the stages through which `record` goes to `stage`; empty when it is there, or can't get there."""
    # A canary is a stop that a person may ask for; who asks for production goes straight there.
    through_canary = Stage.CANARY in (record.stage, stage)
    canary = (Stage.CANARY,) if through_canary else ()
    road = (Stage.CANDIDATE, Stage.STAGING, *canary, Stage.PRODUCTION)
    if record.stage not in road or stage not in road:
        return ()
    return road[road.index(record.stage) + 1 : road.index(stage) + 1]


def evidence_for(record: ReleaseRecord) -> tuple[int, ...]:
    """Return the sequence numbers of the ledger's entries on which a move of `record` rests."""
    return tuple(sorted(evidence.sequence for evidence in record.evidence.values()))


def _onward(record: ReleaseRecord) -> str:
    if record.stage is Stage.PRODUCTION:
        return "`roadworthy rollback` withdraws it, and a newer release supersedes it"
    moves = " or ".join(sorted(ALLOWED_MOVES[record.stage]))
    return f"from there it can go to {moves}" if moves else "release again instead"


def _reasons(record: ReleaseRecord, wish: Wish, require_identity: bool) -> Iterator[str]:
    if not path_to(record, wish.stage):
        yield f"it is at {record.stage} and can't move to {wish.stage}; {_onward(record)}"
    if not record.clean_work_tree:
        yield "it was made from uncommitted changes and stays a candidate; commit them and release again"
    environment = record.evidence.get(ENVIRONMENT)
    if environment is not None and environment.verdict != "pass":
        remedy = f"install requirements.lock (`{RESTORE_ENVIRONMENT}`) and release again"
        yield f"its environment was not the locked one: {environment.summary}; {remedy}"
    gates = record.evidence.get(GATES)
    if gates is None:
        yield "nobody has judged its gates; run the release again"
    elif gates.verdict == "inconclusive":
        yield f"its gates are inconclusive, which holds it: {gates.summary}; evaluate on more rows"
    elif gates.verdict != "pass":
        yield f"its gates say {gates.verdict}: {gates.summary}; release a better one"
    if require_identity and not wish.by.authenticated:
        yield (
            "nobody knows who asks, and approval.require_identity asks for that; "
            "turn on MLflow's authentication, and approve with `roadworthy promote RELEASE --approve`"
        )
