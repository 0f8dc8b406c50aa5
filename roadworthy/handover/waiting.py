"""Everything that waits for a person, in one list: conversations and calls of tools."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from roadworthy.handover.queue import CaseQueue
from roadworthy.handover.records import Taken
from roadworthy.tools.approval_files import ApprovalFiles


@dataclass(frozen=True)
class Waiting:
    """One thing that a person has to look at."""

    kind: Literal["case", "approval"]
    id: str
    capability: str
    since: datetime
    reason: str
    """Why a conversation was handed over, or which tool is to be called."""
    taken_by: str = ""


def waiting_in(queue: CaseQueue, capability: str = "") -> tuple[Waiting, ...]:
    """Return what waits for a person, of one capability or all, the oldest first.

    Raises `Unavailable` when the store can't be reached, and `IntegrityError` when something in it is damaged.
    """
    cases = [
        Waiting("case", case.id, case.opened.capability, case.opened.at, case.opened.reason, _taker(case.taken))
        for case in queue.waiting(capability)
    ]
    now = queue.clock()
    calls = [
        Waiting("approval", one.id, one.capability, one.requested_at, f"calls {one.tool}")
        for one in ApprovalFiles(queue.store).unanswered()
        if now < one.expires_at and capability in ("", one.capability)
    ]
    return tuple(sorted([*cases, *calls], key=lambda one: (one.since, one.id)))


def _taker(taken: Taken | None) -> str:
    return taken.by if taken else ""
