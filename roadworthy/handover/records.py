"""What is kept of a case: who was handed over and why, who took it, and what was answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import StringConstraints

from roadworthy.chain.link import Digest, Kept, Moment

Capability = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,62}$")]
RequestId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{7,47}$")]
TAKEN_LASTS = timedelta(hours=4)
"""So long a case belongs to the person who took it; then others may answer too."""


class Turn(Kept):
    """One thing that was said."""

    role: Literal["user", "assistant"]
    text: str


class Opened(Kept):
    """A conversation was handed to a person."""

    capability: Capability
    request: RequestId
    """The request that it is about; a request has one case at most."""
    tenant: str
    """The application's pseudonym: nobody else may read the answer."""
    user: Digest
    """Keyed; of nobody too."""
    reason: str
    """Redacted."""
    transcript: tuple[Turn, ...] = ()
    """Redacted; empty unless the policy says that content may be kept."""
    at: Moment


class Taken(Kept):
    """A person works on it."""

    by: str
    at: Moment


class Answered(Kept):
    """A person answered; the application fetches it."""

    by: str
    text: str
    """As the person wrote it, for the user."""
    at: Moment


class Closed(Kept):
    """A person ended it without an answer here."""

    by: str
    reason: str
    at: Moment


class CaseState(StrEnum):
    """How far a case has come."""

    OPEN = "open"
    TAKEN = "taken"
    ANSWERED = "answered"
    CLOSED = "closed"


@dataclass(frozen=True)
class Case:
    """One conversation in the hands of people."""

    opened: Opened
    taken: Taken | None = None
    answered: Answered | None = None
    closed: Closed | None = None

    @property
    def id(self) -> str:
        """What people and applications call it: CAPABILITY.REQUEST."""
        return f"{self.opened.capability}.{self.opened.request}"

    @property
    def state(self) -> CaseState:
        """How far it has come; of an answer and an end at the same moment the answer counts."""
        if self.answered:
            return CaseState.ANSWERED
        if self.closed:
            return CaseState.CLOSED
        return CaseState.TAKEN if self.taken else CaseState.OPEN

    @property
    def waits(self) -> bool:
        """Tell whether a person still has to do something."""
        return self.state in (CaseState.OPEN, CaseState.TAKEN)

    def held_by_other(self, person: str, now: datetime) -> str:
        """Return who else has it at the moment; empty when nobody has."""
        if self.taken is None or self.taken.by == person or now >= self.taken.at + TAKEN_LASTS:
            return ""
        return self.taken.by
