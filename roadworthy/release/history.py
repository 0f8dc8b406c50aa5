"""What happened to a capability, line by line, and what was live at a moment.

Entries are ordered by their number, never by a clock. To ask for a moment, each entry still needs a time: the
latest that any clock said up to that entry (the running maximum). An entry can't have happened before the one
to which it was added; so a slow clock moves nothing, and a fast one dates what follows too late, but in order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate, takewhile

from roadworthy.digest import SHORT
from roadworthy.errors import UsageError
from roadworthy.release.entries import (
    Approved,
    CanaryShared,
    CanaryWithdrawn,
    Entry,
    EvidenceRecorded,
    ExperimentEnded,
    ExperimentStarted,
    Fact,
    Moved,
    Released,
    RequestRefused,
    RolledBack,
    SwitchedOff,
    SwitchedOn,
)
from roadworthy.release.standing import ReleaseRecord, standing_of


@dataclass(frozen=True)
class TimelineLine:
    """One entry, for people."""

    sequence: int
    at: datetime
    """When, in UTC, by the running maximum of the writers' clocks."""
    who: str
    authenticated: bool
    release: int | None
    """The release that it is about; None for a switch."""
    what: str


def timeline(entries: tuple[Entry, ...]) -> tuple[TimelineLine, ...]:
    """Return a line for each entry, in the ledger's order."""
    return tuple(
        TimelineLine(
            sequence=entry.sequence,
            at=moment,
            who=entry.by.name,
            authenticated=entry.by.authenticated,
            release=getattr(entry.fact, "release", None),
            what=describe(entry.fact),
        )
        for entry, moment in zip(entries, _moments(entries), strict=True)
    )


def live_at(entries: tuple[Entry, ...], moment: datetime) -> ReleaseRecord | None:
    """Return the release that was in production at `moment`, as it stood then; None when there was none.

    Raises `UsageError` for a moment without a time zone.
    """
    if moment.tzinfo is None:
        raise UsageError(
            f"{moment.isoformat()} is not one moment: its time zone is missing.",
            remedy="Add it, such as +01:00, or Z for UTC.",
        )
    happened = takewhile(lambda pair: pair[1] <= moment, zip(entries, _moments(entries), strict=True))
    past = tuple(entry for entry, _ in happened)
    return standing_of(past[0].capability, past).production if past else None


def describe(fact: Fact) -> str:
    """Return what happened, as a phrase."""
    match fact:
        case Released():
            dirty = "" if fact.clean_work_tree else ", with uncommitted changes"
            return f"released as {fact.digest[:SHORT]} from commit {fact.commit[:SHORT]}{dirty}"
        case EvidenceRecorded():
            return f"evidence {fact.name}: {fact.verdict}. {fact.summary}"
        case Approved():
            return f"approved for {fact.stage} ({fact.gesture})"
        case RequestRefused():
            return f"request for {fact.stage} refused ({fact.gesture}): {fact.reason}"
        case Moved():
            return f"moved to {fact.stage}"
        case RolledBack():
            return f"rolled back to release {fact.to}: {fact.reason}"
        case SwitchedOff():
            return f"{fact.target} switched off: {fact.reason}"
        case SwitchedOn():
            return f"{fact.target} switched on: {fact.reason}"
        case CanaryShared():
            return f"canary gets {fact.share:.1%} of the traffic: {fact.reason}"
        case CanaryWithdrawn():
            return f"withdrawn from canary: {fact.reason}"
        case ExperimentStarted():
            why = fact.hypothesis or "without a hypothesis"
            decided = f", decided by {fact.metric}" if fact.metric else ""
            return f"experiment {fact.name} started with {fact.share:.1%} of the traffic{decided}: {why}"
        case ExperimentEnded():
            return f"experiment {fact.name} ended: {fact.reason}"


def _moments(entries: tuple[Entry, ...]) -> Iterator[datetime]:
    return accumulate((entry.at for entry in entries), max)
