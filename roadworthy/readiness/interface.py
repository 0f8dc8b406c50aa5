"""What a proof of readiness is, and what it finds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from roadworthy.errors import DataError, IntegrityError
from roadworthy.release.standing import ReleaseRecord
from roadworthy.store import NotStored, Store

UNFIT = (DataError, IntegrityError, NotStored)
"""The errors that tell something about a release; others tell about the machine, and are raised."""


@dataclass(frozen=True)
class Subject:
    """The release to prove, and what is at hand for it."""

    store: Store
    public_key: Path
    """Of the key that signs releases."""
    record: ReleaseRecord
    rollback_target: ReleaseRecord | None
    """The release that is live now, to which a rollback would lead."""


@dataclass(frozen=True)
class Finding:
    """What a proof found."""

    verdict: Literal["pass", "fail"]
    summary: str


@dataclass(frozen=True)
class Proof:
    """One thing that has to hold."""

    name: str
    """The evidence's name in the ledger."""
    title: str
    look: Callable[[Subject], Finding]
    """Returns what it found; may raise what is in `UNFIT`."""

    def prove(self, subject: Subject) -> Finding:
        """Return what was found: a release that fails a proof is a finding, a store that is down is a fault."""
        try:
            return self.look(subject)
        except UNFIT as error:
            return Finding("fail", error.problem)
