"""How releases move between stages: decisions for `Ledger.record`, on what is recorded at that moment."""

from __future__ import annotations

from roadworthy.errors import RuleBroken
from roadworthy.release.entries import Entry, Fact, Moved, Released, RolledBack, Stage
from roadworthy.release.ledger import Decide
from roadworthy.release.standing import ALLOWED_MOVES, Evidence, ReleaseRecord, Standing, standing_of

__all__ = [
    "ALLOWED_MOVES",
    "Evidence",
    "ReleaseRecord",
    "Stage",
    "Standing",
    "check_move",
    "decide_move",
    "decide_release",
    "decide_rollback",
    "roll_back_target",
    "standing_of",
]


def decide_release(capability: str, digest: str, commit: str, *, clean_work_tree: bool) -> Decide:
    """Give the release with this digest the next number; nothing when it has one."""

    def decide(entries: tuple[Entry, ...]) -> Fact | None:
        standing = standing_of(capability, entries)
        if standing.by_digest(digest):
            return None
        number = len(standing.releases) + 1
        return Released(release=number, digest=digest, commit=commit, clean_work_tree=clean_work_tree)

    return decide


def decide_move(capability: str, number: int, stage: Stage) -> Decide:
    """Move release `number` to `stage`; nothing when it is there.

    Evidence and approval are the business of whoever asks for the move. Raises `RuleBroken` for a move that
    the table does not have, and for a release from a dirty work tree; `UnknownName` for an unknown number.
    """

    def decide(entries: tuple[Entry, ...]) -> Fact | None:
        record = standing_of(capability, entries).release(number)
        if record.stage == stage:
            return None
        check_move(capability, record, stage)
        return Moved(release=number, stage=stage)

    return decide


def check_move(capability: str, record: ReleaseRecord, stage: Stage) -> None:
    """Raise `RuleBroken` unless `record` may go to `stage` by the table and by its work tree."""
    where = f"{capability}@{record.number}"
    if stage not in ALLOWED_MOVES[record.stage]:
        onward = " or ".join(sorted(ALLOWED_MOVES[record.stage]))
        raise RuleBroken(
            f"A release can't go from {record.stage} to {stage}.",
            where=where,
            remedy=f"From {record.stage} it can go to {onward}." if onward else _no_way_on(capability, record),
        )
    if not record.clean_work_tree:
        raise RuleBroken(
            f"Release {record.number} was made from uncommitted changes: it stays a candidate.",
            where=where,
            remedy="Commit the changes and release again.",
        )


def decide_rollback(capability: str, reason: str, *, withdraw: int | None = None) -> Decide:
    """Withdraw the production release and put the one before it back.

    `withdraw` is the release that is to go; by default the one that is live when this is first asked. When it
    is no longer live, because somebody else was faster, nothing is recorded: two hasty people go back once.
    Raises `RuleBroken` when there is no release to go back to. The decision is for one use.
    """
    meant = withdraw

    def decide(entries: tuple[Entry, ...]) -> Fact | None:
        nonlocal meant
        standing = standing_of(capability, entries)
        live = standing.production
        meant = meant or (live.number if live else None)
        if live is not None and live.number != meant:
            return None
        target = roll_back_target(standing)
        return RolledBack(release=standing.production_history[-1], to=target.number, reason=reason)

    return decide


def roll_back_target(standing: Standing) -> ReleaseRecord:
    """Return the release that was live before the present one, or raise `RuleBroken` with a remedy."""
    target = standing.rollback_target
    if target is not None:
        return target
    live = standing.production
    problem = f"Release {live.number} is the first" if live else "No release is"
    raise RuleBroken(
        f"There is nothing to roll back to: {problem} in production.",
        where=standing.capability,
        remedy=f"`roadworthy history {standing.capability}` shows the releases; promote another one.",
    )


def _no_way_on(capability: str, record: ReleaseRecord) -> str:
    if record.stage is Stage.PRODUCTION:
        return f"`roadworthy rollback {capability}` withdraws it; a newer release supersedes it."
    return "A retired release comes back by a rollback alone; otherwise release again."
