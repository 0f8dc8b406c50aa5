"""What users say of an answer: checked, redacted, and turned into an event."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator

from roadworthy.handover.words import kept
from roadworthy.telemetry.event import Content, Ending, Event, Kind, Said

LONGEST_COMMENT = 2000


class Feedback(BaseModel):
    """Thumb, resolved or comment, one at least, about an earlier request."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    request: Annotated[str, StringConstraints(pattern=r"^[0-9a-v]{32}$")]
    """The id of the answer that it is about."""
    thumb: Literal["up", "down"] | None = None
    resolved: bool | None = None
    """Whether the user's matter is settled."""
    comment: Annotated[str, StringConstraints(max_length=LONGEST_COMMENT)] = ""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.thumb is None and self.resolved is None and not self.comment.strip():
            raise ValueError("say at least one of thumb, resolved and comment")
        return self

    @property
    def said(self) -> Said:
        """Return what the event holds of it: everything but the comment."""
        return Said(self.request, self.thumb or "", self.resolved)

    @property
    def redacted_comment(self) -> str:
        """Return the comment without secrets and identifiers; takes some milliseconds for a long one."""
        return kept(self.comment).strip()


@dataclass(frozen=True)
class Giver:
    """Who gave feedback, and when, as the event has it."""

    id: str
    """The id of the request that brought the feedback."""
    at: datetime
    tenant: str
    """Pseudonyms, both."""
    user: str = ""
    capability: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Noted:
    """What feedback leaves."""

    event: Event
    content: Content | None
    """The redacted comment; None when there is none, or the policy does not let it be kept."""


def noted(feedback: Feedback, giver: Giver, keeps_content: bool) -> Noted:
    """Return the event of feedback, and its comment where content may be kept."""
    event = Event(
        id=giver.id,
        at=giver.at,
        kind=Kind.FEEDBACK,
        ending=Ending.NOTED,
        status=202,
        seconds=giver.seconds,
        tenant=giver.tenant,
        user=giver.user,
        capability=giver.capability,
        said=feedback.said,
    )
    return Noted(event, comment_of(feedback, giver) if keeps_content else None)


def comment_of(feedback: Feedback, giver: Giver) -> Content | None:
    """Return the redacted comment as content of the request that brought it, or None when there is none."""
    comment = feedback.redacted_comment
    return Content(giver.id, giver.at, giver.capability, comment=comment) if comment else None
