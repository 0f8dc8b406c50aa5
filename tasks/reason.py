"""Records why a release was made, when it was no person who asked for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.errors import UsageError
from roadworthy.release.entries import Entry, EvidenceRecorded, Fact
from roadworthy.release.ledger import Ledger
from roadworthy.release.standing import standing_of
from tasks.actor import local_actor
from tasks.seal import own_release
from tasks.stores import open_store

if TYPE_CHECKING:
    from tasks.workshop import Workshop

REASON = "reason"
"""The evidence that says what the release was made for, such as `drift.confirmed: arrivals from EWR`."""
LONGEST = 500


def checked_reason(reason: object) -> str | None:
    """Return what came as a parameter, over Prefect's API perhaps, or raise `UsageError` when it is no line of text."""
    if reason is None or (isinstance(reason, str) and reason.isprintable() and 0 < len(reason) <= LONGEST):
        return reason
    raise UsageError(
        f"a reason is one line of text, of at most {LONGEST} characters",
        where="ship_release: reason",
        remedy="say in a few words what was observed, and where the figures are",
    )


def record_reason(workshop: Workshop, reason: str) -> Entry | None:
    """Record `reason` with the release that the work tree has become; once, however often the run is repeated."""
    ledger = Ledger(open_store(workshop.settings.store_address), workshop.capability)

    def decide(entries: tuple[Entry, ...]) -> Fact | None:
        record = own_release(workshop.section, workshop.workspace, standing_of(ledger.capability, entries))
        if record is None:
            return None
        known = record.evidence.get(REASON)
        if known and known.summary == reason:
            return None
        return EvidenceRecorded(release=record.number, name=REASON, verdict="pass", summary=reason)

    return ledger.record(decide, by=local_actor())
